"""The report: one HTML file that needs nothing else, and the same numbers as JSON beside it."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np

from ... import files
from ...protocol import ErrorCode, PlatelightError
from ..measures.metrics import THRESHOLDS, error_map
from . import paper, pictures, plots
from .evaluate import Finding, Outcome
from .measure import Gallery, Kept
from .results import CONSTANT, TRUTH, SetResult
from .sets import Moment
from .tables import COLUMNS, DEPTH_COLUMNS, Row, depth_rows, rows, shot_rows

HTML, JSON = "report.html", "report.json"


@dataclass(frozen=True, kw_only=True)
class Picture:
    uri: str
    caption: str


@dataclass(frozen=True, kw_only=True)
class Strip:
    """Pictures that belong side by side."""

    title: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, kw_only=True)
class SetView:
    """A set as the page shows it."""

    result: SetResult
    rows: tuple[Row, ...]
    curve: str
    time: str
    sheet: tuple[Strip, ...]
    worst: tuple[Strip, ...]
    slices: tuple[Strip, ...]
    shots: tuple[Row, ...]
    shot_columns: tuple[str, ...]
    depths: tuple[Row, ...]
    depth_time: str
    depth_slices: tuple[Strip, ...]


def write(outcome: Outcome, *, out: Path) -> tuple[Path, Path]:
    """Write the report into the folder `out`; returns the paths of the page and of the JSON.

    Raises:
        PlatelightError: `disk_full`, `output_not_writable`.
    """
    evaluation = outcome.evaluation
    views = [_view(finding, result) for finding, result in zip(outcome.findings, evaluation.sets, strict=True)]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html.jinja").render(
        evaluation=evaluation,
        views=views,
        columns=COLUMNS,
        depth_columns=DEPTH_COLUMNS,
        paper=paper,
        colour_bar=plots.colour_bar(),
        thresholds=THRESHOLDS,
    )
    numbers = {**dataclasses.asdict(evaluation), "quoted": {"source": paper.SOURCE, "columns": paper.COLUMNS} | _tables()}
    text = json.dumps(_finite(numbers), indent=1, allow_nan=False) + "\n"
    files.replace(out / JSON, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    files.replace(out / HTML, lambda temporary: temporary.write_text(page, encoding="utf-8"))
    return out / HTML, out / JSON


def _view(finding: Finding, result: SetResult) -> SetView:
    models = {score.model: finding.galleries[score.model] for score in result.scores if score.model != CONSTANT}
    truth = finding.galleries[TRUTH]
    return SetView(
        result=result,
        rows=rows(result),
        curve=plots.error_curve(result),
        time=plots.over_time(result),
        sheet=tuple(_sheet(finding, key, models) for key in sorted(truth.wanted)),
        worst=tuple(_worst(finding, kept, label=label) for label, gallery in models.items() for kept in gallery.worst_frames),
        slices=tuple(_slices(finding, number, models) for number in sorted(truth.slices)),
        shots=shot_rows(result),
        shot_columns=tuple(score.model for score in result.scores),
        depths=depth_rows(result),
        depth_time=plots.depth_over_time(result) if result.depths else "",
        depth_slices=tuple(_depth_slices(finding, number) for number in sorted(truth.slices) if finding.depth_galleries),
    )


def _sheet(finding: Finding, key: tuple[int, int], models: dict[str, Gallery]) -> Strip:
    """Return a frame, its true normals, and what each model says of it."""
    moment = _read(finding, key)
    shown = [
        Picture(uri=pictures.data_uri(moment.frame), caption="plate"),
        Picture(uri=pictures.data_uri(pictures.normals_picture(moment.normals, valid=moment.valid)), caption=TRUTH),
    ]
    for label, gallery in models.items():
        shown += _estimate(gallery.kept[key], moment, caption=label)
    return Strip(title=_name(finding, key), pictures=tuple(shown))


def _worst(finding: Finding, kept: Kept, *, label: str) -> Strip:
    moment = _read(finding, (kept.shot, kept.index))
    truth = pictures.normals_picture(moment.normals, valid=moment.valid)
    shown = [
        Picture(uri=pictures.data_uri(moment.frame), caption="plate"),
        Picture(uri=pictures.data_uri(truth), caption=TRUTH),
        *_estimate(kept, moment, caption=label),
    ]
    return Strip(title=f"{label}: {_name(finding, (kept.shot, kept.index))}", pictures=tuple(shown))


def _estimate(kept: Kept, moment: Moment, *, caption: str) -> list[Picture]:
    degrees, _ = error_map(kept.normals.astype(np.float32), moment.normals)
    degrees[~moment.valid] = np.nan
    mean = "no true normals" if math.isnan(kept.mean) else f"mean error {kept.mean:.1f}°"
    return [
        Picture(uri=pictures.data_uri(pictures.normals_picture(kept.normals)), caption=caption),
        Picture(uri=pictures.data_uri(pictures.error_picture(degrees)), caption=f"{caption}: {mean}"),
    ]


def _slices(finding: Finding, number: int, models: dict[str, Gallery]) -> Strip:
    shot, shown = finding.test_set.shots[number], _plate_slice(finding, number)
    for label, gallery in {TRUTH: finding.galleries[TRUTH], **models}.items():
        columns = [pictures.normals_picture(column[:, None])[:, 0] for column in gallery.columns[number]]
        shown.append(Picture(uri=pictures.data_uri(pictures.slice_picture(columns)), caption=label))
    return Strip(title=f"{shot.name}, {shot.count} frames", pictures=tuple(shown))


def _plate_slice(finding: Finding, number: int) -> list[Picture]:
    shot = finding.test_set.shots[number]
    frames = [shot.read(index).frame for index in range(shot.count)]
    middle = frames[0].shape[1] // 2
    return [
        Picture(uri=pictures.data_uri(pictures.with_line(frames[0])), caption="where it is taken"),
        Picture(uri=pictures.data_uri(pictures.slice_picture([frame[:, middle] for frame in frames])), caption="plate"),
    ]


def _depth_slices(finding: Finding, number: int) -> Strip:
    """Return each model's own range of colours, over the whole shot: its unit is its own."""
    shot, shown = finding.test_set.shots[number], _plate_slice(finding, number)
    for label, gallery in finding.depth_galleries.items():
        columns = np.stack(gallery.columns[number])
        limits = (float(np.percentile(columns, 2)), float(np.percentile(columns, 98)))
        coloured = list(pictures.depth_picture(columns, limits=limits))
        caption = "true depth" if label == TRUTH else label
        shown.append(Picture(uri=pictures.data_uri(pictures.slice_picture(coloured)), caption=caption))
    return Strip(title=f"{shot.name}, {shot.count} frames", pictures=tuple(shown))


def _read(finding: Finding, key: tuple[int, int]) -> Moment:
    return finding.test_set.shots[key[0]].read(key[1])


def _name(finding: Finding, key: tuple[int, int]) -> str:
    shot = finding.test_set.shots[key[0]]
    return shot.name if shot.count == 1 else f"{shot.name}, frame {key[1] + 1} of {shot.count}"


def _tables() -> dict[str, object]:
    return {"tables": [dataclasses.asdict(table) for table in paper.TABLES]}


def _finite(value: object) -> object:
    """JSON knows no NaN: None stands for it."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def check_folder(out: Path) -> None:
    """Make sure, before hours of work, that the report can be written there.

    Raises:
        PlatelightError: `disk_full`, `output_not_writable`.
    """
    if out.is_file():
        raise PlatelightError(ErrorCode.OUTPUT_NOT_WRITABLE, f"{out} is a file; name a folder for the report")
    files.make_folder(out)
