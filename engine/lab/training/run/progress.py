"""How far a run is: a bar on a terminal, and in a log a line now and then."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ....reporting import line
from .step import Step

SMOOTHING = 0.05


def follow(steps: Iterator[Step], *, name: str) -> None:
    """Run `steps` to their end and show where they are; only the first of several processes says anything."""
    smoothed: float | None = None
    if not is_first():
        for _ in steps:
            pass
        return
    if sys.stderr.isatty():
        columns = (
            TextColumn(name),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[text]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(name, total=None, text="loading")
            for step in steps:
                smoothed = _smooth(smoothed, step)
                bar.update(task, completed=step.step, total=step.steps, text=describe(step, loss=smoothed))
        return
    for step in steps:
        smoothed = _smooth(smoothed, step)
        line(f"{name}: step {step.step}/{step.steps}, {describe(step, loss=smoothed)}", last=step.step == step.steps)


def is_first() -> bool:
    """Return whether this is the first, or the only, process of a run; torchrun and accelerate number them."""
    return os.environ.get("RANK", "0") == "0"


def describe(step: Step, *, loss: float) -> str:
    """``loss 0.1234, degrees 12.3, cosine 0.45, 8.1 frames/s``; `loss`: smoothed."""
    parts = [f"loss {loss:.4f}", *(f"{name} {value:.4g}" for name, value in step.parts.items())]
    return ", ".join([*parts, f"{step.frames / max(step.seconds, 1e-9):.3g} frames/s"])


def _smooth(before: float | None, step: Step) -> float:
    return step.loss if before is None else before + SMOOTHING * (step.loss - before)
