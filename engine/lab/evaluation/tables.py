"""The tables of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..measures.metrics import THRESHOLDS
from . import paper
from .depth import DepthScore
from .results import CONSTANT, TRUTH, Score, SetResult

COLUMNS = (
    "mean",
    "median",
    "rmse",
    *(f"< {threshold:g}" for threshold in THRESHOLDS),
    "mean / constant",
    "change",
    "change / true",
    "change, camera turned back",
    "OPW",
    "s / frame",
)
DEPTH_COLUMNS = ("AbsRel", "delta1, %", "OPW", "change, %", "change / true")
_LOW, _HIGH = "low", "high"
_BEST = (_LOW, _LOW, _LOW, *(_HIGH for _ in THRESHOLDS), "", "", "", "", "", "")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of a table. `kind`: model, reference or quoted. `cells`: text, and whether it is the best of the models."""

    name: str
    kind: str
    cells: tuple[tuple[str, bool], ...]


def rows(result: SetResult) -> tuple[Row, ...]:
    """Return the table of a set: the models, what to compare them with, and published figures."""
    models = [score for score in result.scores if score.model != CONSTANT]
    references = [score for score in result.scores if score.model == CONSTANT]
    values = [_values(score, result) for score in models]
    best = [_best([line[column] for line in values], kind) for column, kind in enumerate(_BEST)]
    table = [
        Row(
            name=score.model,
            kind="model",
            cells=tuple(
                (_text(value, column), len(models) > 1 and value is not None and value == best[column])
                for column, value in enumerate(line)
            ),
        )
        for score, line in zip(models, values, strict=True)
    ]
    for score in (*references, result.truth):
        line = _values(score, result)
        table.append(Row(name=score.model, kind="reference", cells=tuple((_text(value, i), False) for i, value in enumerate(line))))
    for model, figures in paper.quoted(result.name):
        known = dict(zip(paper.COLUMNS, figures, strict=True))
        cells = tuple((f"{known[column]:.1f}" if column in known else "", False) for column in COLUMNS)
        table.append(Row(name=f"{model} (quoted)", kind="quoted", cells=cells))
    return tuple(table)


def _values(score: Score, result: SetResult) -> tuple[float | None, ...]:
    angular, stability, truth = score.angular, score.stability, result.truth.stability
    moving: tuple[float | None, ...] = (None, None, None, None)
    if stability is not None and truth is not None:
        ratio = stability.change / truth.change if truth.change else None
        moving = (stability.change, ratio, stability.change_turned, stability.opw)
    constant = next(other.angular.mean for other in result.scores if other.model == CONSTANT)
    share = angular.mean / constant if constant else None
    errors: tuple[float | None, ...] = (angular.mean, angular.median, angular.rmse, *angular.within, share)
    if score.model == TRUTH:
        errors = (None,) * len(errors)
    return (*errors, *moving, score.seconds if score.model not in (TRUTH, CONSTANT) else None)


def _best(column: Sequence[float | None], kind: str) -> float | None:
    known = [value for value in column if value is not None]
    return (min(known) if kind == _LOW else max(known)) if known and kind else None


def _text(value: float | None, column: int) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if COLUMNS[column] == "OPW" else f"{value:.3g}" if COLUMNS[column] == "s / frame" else f"{value:.2f}"


def shot_rows(result: SetResult) -> tuple[Row, ...]:
    """Return mean error and change of each shot, by model."""
    table = []
    for index, truth in enumerate(result.truth.shots):
        cells = []
        for score in result.scores:
            shot = score.shots[index]
            error = "no true normals" if shot.angular is None else f"{shot.angular.mean:.1f}"
            cells.append((error if shot.change is None else f"{error} / {shot.change:.2f}", False))
        change = "" if truth.change is None else f" (true change {truth.change:.2f})"
        table.append(Row(name=f"{truth.name}{change}", kind="model", cells=tuple(cells)))
    return tuple(table)


def depth_rows(result: SetResult) -> tuple[Row, ...]:
    """Return the table of a set's depths; empty where no model gives any."""
    truth = next((score for score in result.depths if score.model == TRUTH), None)
    return tuple(_depth_row(score, truth) for score in result.depths) if len(result.depths) > (truth is not None) else ()


def _depth_row(score: DepthScore, truth: DepthScore | None) -> Row:
    true = truth.change if truth else None
    ratio = score.change / true if true and score.change is not None else None
    accuracy = (None, None) if score.model == TRUTH else (score.abs_rel, score.delta1)
    shown = zip((*accuracy, score.opw, score.change, ratio), ("{:.3f}", "{:.1f}", "{:.4f}", "{:.2f}", "{:.2f}"), strict=True)
    cells = tuple(("" if value is None else form.format(value), False) for value, form in shown)
    name, kind = ("true depth", "reference") if score is truth else (score.model, "model")
    return Row(name=name, kind=kind, cells=cells)
