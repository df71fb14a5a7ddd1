"""The report's curves, drawn by Matplotlib; each comes as a PNG within the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from ..measures.metrics import THRESHOLDS
from . import paper
from .pictures import COLOURS, WORST_DEGREES
from .results import CONSTANT, TRUTH, Score, SetResult

_QUOTED = ("NormalCrafter", "Marigold-E2E-FT")
_SHOWN_UPTO = 60
_DPI = 110
_MANY = 30


def error_curve(result: SetResult) -> str:
    """Percent of the pixels below each angle, a line a model; published figures as crosses."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    for score in result.scores:
        axes.plot(result.curve_degrees, score.shares, label=score.model, **_style(score))
    for (model, figures), marker in zip(_quoted(result), "x+", strict=False):
        axes.plot(THRESHOLDS[2:], figures[2:5], marker, color="black", label=f"{model} (quoted)")
    for threshold in THRESHOLDS:
        axes.axvline(threshold, color="black", alpha=0.15, linewidth=0.7)
    axes.set(xlim=(0, _SHOWN_UPTO), ylim=(0, 100), xlabel="error below, degrees", ylabel="pixels, %", title="Errors")
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8, loc="lower right")
    return _png(figure)


def over_time(result: SetResult) -> str:
    """Return the mean error of each frame and, where shots are films, the change from each frame to the next."""
    films = result.truth.stability is not None
    figure = Figure(figsize=(11, 5.2 if films else 2.8), layout="constrained")
    axes = np.atleast_1d(figure.subplots(2 if films else 1, sharex=True))
    _lines(axes[0], result.scores, lambda score: [shot.frame_means for shot in score.shots])
    axes[0].set(ylabel="mean error, degrees", title="Error")
    if films:
        _lines(axes[1], (result.truth, *result.scores), lambda score: [(None, *shot.pair_changes) for shot in score.shots])
        turned = all(shot.turned for shot in result.truth.shots)
        axes[1].set(ylabel="change, degrees", title="Change, camera turned back" if turned else "Change")
    _name_shots(axes[-1], result.truth)
    axes[-1].legend(fontsize=8, loc="lower left", bbox_to_anchor=(1, 0))
    return _png(figure)


def depth_over_time(result: SetResult) -> str:
    """Return the change of inverse depth from each frame to the next."""
    figure = Figure(figsize=(11, 2.8), layout="constrained")
    axes = figure.subplots()
    for score in result.depths:
        line = [np.nan if value is None else value for shot in score.shots for value in (None, *shot.pair_changes, None)]
        style = {"color": "black", "linewidth": 1.2, "linestyle": "--"} if score.model == TRUTH else {"linewidth": 1.6}
        axes.plot(np.arange(len(line)), line, label=score.model, marker="." if len(line) < 4 * _MANY else "", **style)
    axes.set(ylabel="change, % of the mean", title="Change of inverse depth")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.25)
    _name_shots(axes, result.truth)
    axes.legend(fontsize=8, loc="lower left", bbox_to_anchor=(1, 0))
    return _png(figure)


def colour_bar() -> str:
    """Return what the colours of the error maps mean."""
    figure = Figure(figsize=(4.2, 0.55), layout="constrained")
    axes = figure.subplots()
    figure.colorbar(ScalarMappable(Normalize(0, WORST_DEGREES), colormaps[COLOURS]), cax=axes, orientation="horizontal")
    axes.set_xlabel("error, degrees; grey: no true normal", fontsize=8)
    axes.tick_params(labelsize=7)
    return _png(figure)


def _lines(axes: Axes, scores: Sequence[Score], values: Callable[[Score], Sequence[Sequence[float | None]]]) -> None:
    """A line a model over all frames of all shots, broken between shots."""
    for score in scores:
        line = [np.nan if value is None else value for shot in values(score) for value in (*shot, None)]
        marker = "." if len(line) < 4 * _MANY else ""
        axes.plot(np.arange(len(line)), line, label=score.model, marker=marker, **_style(score))
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.25)


def _name_shots(axes: Axes, score: Score) -> None:
    """Names under the shots while they are few; else the number of frames."""
    if len(score.shots) > _MANY:
        axes.set_xlabel("frames of all shots, one after another")
        return
    starts = np.cumsum([0, *(shot.frames + 1 for shot in score.shots)])
    middles = [start + shot.frames / 2 - 0.5 for start, shot in zip(starts, score.shots, strict=False)]
    axes.set_xticks(middles, [shot.name for shot in score.shots], rotation=40, ha="right", fontsize=7)


def _style(score: Score) -> dict[str, object]:
    if score.model == TRUTH:
        return {"color": "black", "linewidth": 1.2, "linestyle": "--"}
    if score.model == CONSTANT:
        return {"color": "grey", "linewidth": 1.0, "linestyle": ":"}
    return {"linewidth": 1.6}


def _quoted(result: SetResult) -> list[tuple[str, paper.Figures]]:
    return [(model, figures) for model, figures in paper.quoted(result.name) if model in _QUOTED]


def _png(figure: Figure) -> str:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DPI)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
