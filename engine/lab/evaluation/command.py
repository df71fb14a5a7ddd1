"""``python -m engine evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...options import Device, Precision
from ...protocol import ErrorCode, EstimateSettings, PlatelightError
from ...reporting import follow
from .results import Score


def evaluate(
    data: Annotated[list[Path], typer.Option(help="A set: of dsine_eval, a folder of them, or a folder of clips; repeat for more")],
    out: Annotated[Path, typer.Option(help="Folder for report.html and report.json")],
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="A name that `models` lists, a checkpoint folder that `estimate` reads, a Marigold of several "
            "steps, a safetensors file of the preview model, or a folder of EXR files; LABEL=WHAT names it; "
            "WHAT@none runs it frame by frame, WHAT@FILE with other temporal blocks, WHAT@tune with blocks tuned to each shot; "
            "repeat for more; without any, the preview model"
        ),
    ] = None,
    axes: Annotated[list[str] | None, typer.Option(help="LABEL=-++ for a model whose x points left; y up, z to the camera")] = None,
    shots: Annotated[int, typer.Option(help="At most that many shots of each set, spread evenly; 0 for all")] = 0,
    max_resolution: Annotated[int, typer.Option(help="Long side in pixels, 0 for native, -1 for each model's own")] = -1,
    tune_minutes: Annotated[float, typer.Option(help="How long WHAT@tune trains on each shot")] = 5.0,
    tune_steps: Annotated[int, typer.Option(help="At most so many steps of that, 0 for as many as there is time for")] = 0,
    window: Annotated[int, typer.Option(help="Frames estimated together, 0 for what each model was made for")] = 0,
    overlap: Annotated[int, typer.Option(help="Frames that neighbouring windows share, -1 for what each model was made for")] = -1,
    decode_chunk_size: Annotated[int, typer.Option(help="Frames decoded together")] = 7,
    precision: Precision = "auto",
    device: Device = "auto",
) -> None:
    """Measure models against true normals and depths and write a report; needs engine/requirements/evaluate.txt."""
    from . import report
    from .evaluate import evaluate as run
    from .find_sets import find_sets
    from .predictors import Tuning
    from .specs import parse
    from .tables import DEPTH_COLUMNS, depth_rows

    if max_resolution < -1 or shots < 0:
        raise PlatelightError(ErrorCode.SETTING_INVALID, "neither --max-resolution below -1 nor --shots below 0 means anything")
    out = out.expanduser().absolute()
    specs = parse(model or ["preview"], axes=axes or [])
    report.check_folder(out)
    sets = [test_set for folder in data for test_set in find_sets(folder, shots=shots)]
    settings = EstimateSettings(
        max_resolution=max_resolution,
        window=window,
        overlap=overlap,
        decode_chunk_size=decode_chunk_size,
        precision=precision,
        device=device,
    )
    tuning = Tuning(minutes=tune_minutes, steps=tune_steps)
    outcome = follow(run(sets, specs, settings=settings, tuning=tuning), unit="frames")
    for warning in outcome.evaluation.warnings:
        print(f"Note: {warning}")
    for result in outcome.evaluation.sets:
        true = _change(result.truth)
        print(f"{result.name}, {result.frames} frames: mean, median, < 11.25, < 22.5, < 30; change (the truth's: {true})")
        for score in result.scores:
            angular = score.angular
            figures = (angular.mean, angular.median, *angular.within[2:])
            print(f"  {score.model:24} {'  '.join(f'{figure:6.2f}' for figure in figures)};  {_change(score)}")
        for row in depth_rows(result):
            told = (f"{name} {text}" for name, (text, _) in zip(DEPTH_COLUMNS, row.cells, strict=True) if text)
            print(f"  {row.name:24} depth: {', '.join(told)}")
    page, numbers = report.write(outcome, out=out)
    print(f"{page} ({page.stat().st_size / 1e6:.1f} MB), {numbers.name} beside it")


def _change(score: Score) -> str:
    return f"{score.stability.change:.2f}" if score.stability else "-"
