"""Following a job on a terminal, or in a log with one line a window."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from .protocol import FramesReady, Notice, Progress, Stage

EVERY_S = 10.0

_last_line = 0.0
_WORDS = {Stage.LOADING: "loading the model", Stage.CLIP: "looking", Stage.UNET: "estimating"}


def follow(events: Iterator[Any], *, unit: str) -> Any:
    """Show what `events` say and return what the generator returns. `unit`: frames or bytes, what `done` and `total` count."""
    if sys.stderr.isatty():
        columns = (TextColumn("{task.description:>18}"), BarColumn(bar_width=None), TextColumn("{task.fields[text]}"))
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("starting", total=1.0, text="")
            return _loop(events, lambda progress: _draw(bar, task, progress, unit), bar.console.print)
    return _loop(events, _Log(unit), lambda text: print(text, file=sys.stderr, flush=True))


def _loop(events: Iterator[Any], show: Any, say: Any) -> Any:
    while True:
        try:
            event = next(events)
        except StopIteration as stop:
            return stop.value
        if isinstance(event, Progress):
            show(event)
        elif isinstance(event, Notice):
            say(f"Note: {event.text}.")
        elif not isinstance(event, FramesReady):
            raise TypeError(f"unexpected {event!r}")


def _draw(bar: Bar, task: TaskID, progress: Progress, unit: str) -> None:
    bar.update(task, completed=progress.fraction, description=_stage(progress), text=describe(progress, unit=unit))


class _Log:
    """One line a window, and for a download one every few percent."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._last: object = None

    def __call__(self, progress: Progress) -> None:
        key = (progress.window, progress.window == 0 and progress.stage) if self._unit == "frames" else int(progress.fraction * 20)
        if key != self._last and progress.total:
            self._last = key
            print(f"{_stage(progress)}: {describe(progress, unit=self._unit)}", file=sys.stderr, flush=True)


def describe(progress: Progress, *, unit: str) -> str:
    """``window 2/4, 14/48 frames, 1.3 frames/s, 0:26 left``"""
    parts = [f"window {progress.window}/{progress.windows}"] if progress.windows else []
    if unit == "bytes":
        parts.append(f"{gigabytes(progress.done)} of {gigabytes(progress.total)}")
        if progress.rate:
            parts.append(f"{progress.rate / 1e6:.1f} MB/s")
    else:
        parts.append(f"{progress.done}/{progress.total} {unit}")
        if progress.rate:
            parts.append(f"{progress.rate:.2g} {unit}/s")
    if progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """``0:26``, ``3:05:00``"""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def gigabytes(size: int) -> str:
    return f"{size / 1e9:.2f} GB"


def _stage(progress: Progress) -> str:
    return _WORDS.get(progress.stage, str(progress.stage))


def line(text: str, *, last: bool) -> None:
    """Print a line to standard error, at most one in `EVERY_S` seconds unless it is the last."""
    global _last_line
    now = time.monotonic()
    if last or now - _last_line >= EVERY_S:
        _last_line = now
        print(text, file=sys.stderr, flush=True)
