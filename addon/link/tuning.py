"""Shot tuning under way: a child process of its own beside the engine, followed on Blender's main thread.

It runs as long as it was told to, so it shares nothing with the jobs; what it leaves is found by the next estimate.
"""

from __future__ import annotations

import queue
import shlex
from collections import deque
from dataclasses import dataclass, field
from pathlib import PureWindowsPath

import bpy

from ..contract import ErrorCode, PlatelightError
from ..identity import extension_root
from ..planning import Plan
from . import pump
from .command import engine_command, engine_environment
from .process import ChildProcess, Ended

INTERVAL = 0.5
_REMOTE_SHELLS = frozenset({"ssh", "autossh", "plink"})
"""Programs that join their arguments with blanks and hand them to a shell elsewhere."""


@dataclass(kw_only=True)
class Tuning:
    """`label`: of the plate. `lines`: what was said last. `finished`: it has ended, well where it neither `failed` nor was
    `cancelled`."""

    label: str
    child: ChildProcess
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=6))
    finished: bool = False
    failed: bool = False
    cancelled: bool = False


_current: list[Tuning] = []


def current() -> Tuning | None:
    """The tuning that was started last, under way or ended."""
    return _current[-1] if _current else None


def is_busy() -> bool:
    return bool(_current) and not _current[-1].finished


def start(plan: Plan, *, minutes: float) -> Tuning:
    """Tune the model of a plan to its plate.

    Raises:
        PlatelightError: `engine_missing`.
    """
    child = ChildProcess(command(plan, minutes=minutes), cwd=extension_root(), env=engine_environment(), merge=True)
    _current[:] = [Tuning(label=plan.target.label, child=child)]
    if not bpy.app.background and not bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.register(_on_timer, first_interval=INTERVAL, persistent=True)
    return _current[-1]


def command(plan: Plan, *, minutes: float) -> list[str]:
    """The engine's command with ``tune`` in the place of ``serve``; quoted where a shell will read it.

    Raises:
        PlatelightError: `engine_missing`, also where the engine's command doesn't end in ``serve``.
    """
    *engine, end = engine_command()
    line, serve = end[: -len("serve")], end[-len("serve") :]
    if serve != "serve" or (line and not line[-1].isspace()):
        raise PlatelightError(ErrorCode.ENGINE_MISSING, f"the engine command ends in {end!r}, so it can serve but not tune")
    words = _words(plan, minutes=minutes)
    if line:  # all of it is a line for a shell: ssh gpu-box 'cd /opt && python -m engine serve'
        return [*engine, line + shlex.join(words)]
    if any(PureWindowsPath(word).stem.lower() in _REMOTE_SHELLS for word in engine):
        return [*engine, *map(shlex.quote, words)]
    return [*engine, *words]


def _words(plan: Plan, *, minutes: float) -> list[str]:
    target, source, settings = plan.target, plan.target.source, plan.settings
    options = {
        "--out": plan.out, "--model": settings.model, "--minutes": minutes, "--first": target.first, "--last": target.last,
        "--max-resolution": settings.max_resolution, "--clip": source.clip, "--color-space": source.color_space,
        "--ocio-config": source.ocio_config, "--device": settings.device,
    }
    return ["tune", source.path, *(str(part) for pair in options.items() if pair[1] != "" for part in pair)]


def cancel() -> None:
    """End it; nothing is kept."""
    if is_busy():
        _current[-1].cancelled = True
        _current[-1].child.stop_soon()


def tick() -> bool:
    """Take in what was said since; True while it is under way. With a window a timer calls it, without one the caller does."""
    tuning = current()
    if tuning is None or tuning.finished:
        return False
    while True:
        try:
            item = tuning.child.lines.get_nowait()
        except queue.Empty:
            return True
        if isinstance(item, Ended):
            tuning.finished, tuning.failed = True, item.code != 0
            if tuning.failed and not tuning.lines:
                tuning.lines.append(f"It stopped: {item.how}")
            return False
        if text := item.decode(errors="replace").strip():
            tuning.lines.append(text)


def _on_timer() -> float | None:
    busy = tick()
    pump.redraw()
    return INTERVAL if busy else None
