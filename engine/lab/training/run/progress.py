"""How far a run is: a bar on a terminal, and in a log a line now and then."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .step import Step

EVERY_S = 10.0
SMOOTHING = 0.05

_last_line = 0.0


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
    """Whether this is the first, or the only, process of a run; torchrun and accelerate number them."""
    return os.environ.get("RANK", "0") == "0"


def describe(step: Step, *, loss: float) -> str:
    """``loss 0.1234, degrees 12.3, cosine 0.45, 8.1 frames/s``; `loss`: smoothed."""
    parts = [f"loss {loss:.4f}", *(f"{name} {value:.4g}" for name, value in step.parts.items())]
    return ", ".join([*parts, f"{step.frames / max(step.seconds, 1e-9):.3g} frames/s"])


def line(text: str, *, last: bool) -> None:
    """A line on standard error, at most one in `EVERY_S` seconds unless it is the last."""
    global _last_line
    now = time.monotonic()
    if last or now - _last_line >= EVERY_S:
        _last_line = now
        print(text, file=sys.stderr, flush=True)


def _smooth(before: float | None, step: Step) -> float:
    return step.loss if before is None else before + SMOOTHING * (step.loss - before)
