"""How numbers and long sentences are put on a narrow panel."""

from __future__ import annotations

import textwrap

import bpy

from .. import messages
from ..contract import PlatelightError, Progress, Stage
from ..link.jobs import Download, Job, JobState, Task, Tuning

STAGES = {
    Stage.QUEUED: "Waiting",
    Stage.LOADING: "Loading the model",
    Stage.READING: "Reading",
    Stage.CLIP: "Looking",
    Stage.ENCODE: "Encoding",
    Stage.UNET: "Estimating",
    Stage.DECODE: "Decoding",
    Stage.WRITING: "Writing",
    Stage.TUNING: "Tuning",
}
_SLOWEST = 1e-6
"""Frames or bytes a second; less is no pace that can be told."""

_GENERAL = {
    JobState.QUEUED: "Waiting",
    JobState.STARTING: "Starting the engine",
    JobState.CANCELLING: "Cancelling",
}


def duration(seconds: float) -> str:
    """``42 s``, ``3:05 min``, ``2:10 h``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"


def size(count: int) -> str:
    """Return bytes as ``4.5 GB`` or ``12 MB``."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def rate(frames_per_second: float) -> str:
    """``12 fps``, ``1.4 fps``, and ``8 s a frame`` below one in two seconds."""
    if frames_per_second < 0.5:
        return f"{duration(1 / frames_per_second)} a frame"
    return f"{frames_per_second:.{0 if frames_per_second >= 10 else 1}f} fps"


def doing(task: Task) -> str:
    """Return what is being done and how much of it is: ``Estimating · 28/120``."""
    now = task.progress
    if now is None or task.state in _GENERAL:
        return _GENERAL.get(task.state, "Working")
    if isinstance(task, Download):
        return f"{size(now.done)} of {size(now.total)}"
    return f"{STAGES[now.stage]} · {now.done}/{now.total}" if now.total else STAGES[now.stage]


def pace(task: Task) -> str:
    """Return how fast it goes, as far as that is known: ``1.4 fps · 1:05 min left``."""
    now = task.progress
    if task.state is JobState.CANCELLING:
        return "Stops after this step. Cancel again to stop at once"
    if now is None or task.state in _GENERAL:
        return ""
    parts = []
    if now.rate > _SLOWEST:
        parts.append(f"{size(round(now.rate))}/s" if isinstance(task, Download) else rate(now.rate))
    if now.seconds_left is not None:
        parts.append(f"{duration(now.seconds_left)} left")
    return " · ".join(parts)


def fraction(now: Progress | None) -> float:
    """0 to 1: of the work where the engine tells it, else of the frames or bytes."""
    if now is None:
        return 0.0
    done = now.fraction or (now.done / now.total if now.total else 0.0)
    return min(max(done, 0.0), 1.0)


def tuned(task: Tuning) -> str:
    """Return what a finished tuning gave, in words: ``17 % less flicker. Estimate again to use it``."""
    result = task.result
    if result is None:
        return "Cancelled. Nothing changed" if task.state is JobState.CANCELLED else "Failed. Nothing changed"
    if not result.file:
        return "The passes cannot be made steadier. Nothing changed"
    less = 100 * (1 - result.after / result.before) if result.before else 0.0
    return f"{less:.0f} % less flicker. Estimate again to use it"


def outcome(job: Job) -> str:
    """Return what a finished estimate came to: ``Frames 1-120 in 1:05 min, 28 of them done before``; its error is told apart."""
    result = job.result
    if result is None:
        ended = "Cancelled" if job.state is JobState.CANCELLED else "Failed"
        return f"{ended}. Frames {job.first_ready}-{job.last_ready} are kept" if job.ready else ended
    if result.frames_written == 0:
        return f"Frames {result.first}-{result.last} were done already"
    kept = f", {result.frames_reused} of them done before" if result.frames_reused else ""
    return f"Frames {result.first}-{result.last} in {duration(result.seconds)}{kept}"


def paragraph(layout: bpy.types.UILayout, text: str, *, width: int, icon: str = "NONE", lines: int = 30) -> None:
    """Text over as many lines as it needs, at most `lines`; `width` in characters. The icon stands before the first."""
    column = layout.column(align=True)
    column.scale_y = 0.8
    wrapped = textwrap.wrap(text, max(width, 16), max_lines=lines, placeholder=" …")
    for index, line in enumerate(wrapped or [""]):
        column.label(text=line, icon=icon if index == 0 else ("BLANK1" if icon != "NONE" else "NONE"))


def characters(context: bpy.types.Context, *, margin: int = 78) -> int:
    """About how many characters a line of the region takes; `margin`: pixels for tabs, boxes and an icon."""
    pixels = context.region.width / context.preferences.system.ui_scale if context.region else 280
    return int((pixels - margin) / 6.5)


def problem(layout: bpy.types.UILayout, error: PlatelightError, *, width: int) -> None:
    """An error's sentence, cut short where it goes into details, and below it what to do."""
    words = messages.explain(error)
    box = layout.column()
    box.alert = True
    paragraph(box, words.sentence, width=width, icon="ERROR", lines=5)
    paragraph(layout, words.remedy, width=width, icon="BLANK1")
