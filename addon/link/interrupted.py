"""Estimates that the end of Blender cut short. Their project tells of them when it is opened again.

Each Blender keeps a file of the estimates that it has not finished, and touches it while it works. What stands in a
file that nobody touches any more was cut short.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import bpy

from ..blender import redraw
from ..contract import PlatelightError, from_fields, read_json
from ..identity import user_folder
from .jobs import Interrupted, Job
from .state import state

_FOLDER = "unfinished"
_TOUCH_EVERY, _DEAD_AFTER = 10.0, 60.0
"""Seconds: how often the file is touched, and after how long without it its Blender counts as ended."""
_OWN = f"{secrets.token_hex(8)}.json"


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What a file holds. `ended`: its Blender said itself that it ends."""

    ended: bool
    estimates: tuple[Interrupted, ...]


_written: tuple[float, _Kept] = (float("-inf"), _Kept(ended=False, estimates=()))


def keep(*, ended: bool = False) -> None:
    """Write down the unfinished estimates of this Blender, when they changed or a while has passed."""
    global _written
    now = _Kept(ended=ended, estimates=(*state.interrupted, *_unfinished()))
    when, before = _written
    if now == before and (not now.estimates or time.monotonic() - when < _TOUCH_EVERY):
        return
    _write(_folder() / _OWN, now)
    _written = (time.monotonic(), now)


def look() -> None:
    """Find what was cut short of the open project; `state.interrupted` holds it until the user goes on with it or dismisses it.

    With a window it looks again later, where a Blender that crashed a moment ago still counts as running.
    """
    blend, may_be_running = bpy.data.filepath, False
    for file in sorted(_folder().glob("*.json")) if blend and _folder().is_dir() else ():
        if file.name == _OWN:
            continue
        try:
            kept = from_fields(_Kept, read_json(file))
            dead = kept.ended or time.time() - file.stat().st_mtime > _DEAD_AFTER
        except (OSError, ValueError, PlatelightError):
            continue
        if not dead:
            may_be_running |= any(each.blend == blend for each in kept.estimates)
            continue
        state.interrupted += [each for each in kept.estimates if each.blend == blend]
        others = tuple(each for each in kept.estimates if each.blend != blend)
        _write(file, _Kept(ended=True, estimates=others))
    keep()
    if may_be_running and not bpy.app.background and not bpy.app.timers.is_registered(_look_again):
        bpy.app.timers.register(_look_again, first_interval=_DEAD_AFTER, persistent=True)


def stop_looking() -> None:
    """Look no more."""
    if bpy.app.timers.is_registered(_look_again):
        bpy.app.timers.unregister(_look_again)


def _look_again() -> None:
    look()
    redraw.side_bars()


def forget(plate: str) -> None:
    """Tell no more of an estimate of the open project, by its plate."""
    state.interrupted = [each for each in state.interrupted if (each.blend, each.plate) != (bpy.data.filepath, plate)]
    keep()


def of_scene(scene: bpy.types.Scene) -> list[Interrupted]:
    """Return the estimates of a scene of the open project that were cut short. Free: for `draw`."""
    return [each for each in state.interrupted if (each.blend, each.scene) == (bpy.data.filepath, scene.name)]


def _unfinished() -> list[Interrupted]:
    jobs = [task for task in state.queue.tasks if isinstance(task, Job) and not task.finished and task.blend[0]]
    return [
        Interrupted(
            blend=job.blend[0],
            scene=job.target.scene_name,
            plate=job.target.strip_name,
            label=job.label,
            done=0 if job.first_ready is None or job.last_ready is None else max(0, job.last_ready - job.first_ready + 1),
            count=len(job.frames),
        )
        for job in jobs
    ]


def _folder() -> Path:
    return user_folder() / _FOLDER


def _write(file: Path, kept: _Kept) -> None:
    """A file that cannot be written only means that nothing is told; no estimate stops for that."""
    try:
        if not kept.estimates:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(json.dumps(asdict(kept)), encoding="utf-8")
        part.replace(file)
    except OSError:
        return
