"""What happens in the open file when frames arrive: they are placed in the compositor, and shown as they come."""

from __future__ import annotations

import time

import bpy

from ..blender import typed
from ..contract import PlatelightError
from .jobs import Job
from .state import state

WIDEN_EVERY = 5.0
"""Seconds; placing looks at every file there is, which a slow disk should not be asked for each window."""


def this_file() -> tuple[str, int]:
    """Return what `Job.blend` holds: the open file, and how many files were opened before it."""
    return bpy.data.filepath, state.files_opened


def frames_arrived(job: Job) -> None:
    """The first window places the passes; later ones widen them and have the pictures read again."""
    if time.monotonic() - job.placed_at > WIDEN_EVERY:
        ended(job)


def ended(job: Job) -> None:
    """What a job has made is to be placed, whether it came to its end or not."""
    if job.ready and job not in state.to_place:
        state.to_place.append(job)


def place_waiting() -> None:
    """Place what is to be placed; not while a render reads the scene, for changing it then can crash Blender."""
    if state.to_place and not typed.is_rendering():
        jobs, state.to_place = state.to_place, []
        for job in jobs:
            attach(job)


def attach(job: Job, *, undo_step: bool = True) -> bool:
    """Place a job's passes, as far as they are there, in its scene's compositor; whether that went well.

    What prevents it becomes a notice of the job. `undo_step`: as for `passes.attach`.
    """
    from ..compositor import passes
    from . import file_watch

    if job.first_ready is None or job.last_ready is None:
        return False
    job.placed_at = time.monotonic()
    scene = bpy.data.scenes.get(job.target.scene_name)
    job.not_placed = scene is None or not _same_file(job)
    if scene is None or job.not_placed:
        job.note("Another file is open now: the passes are placed in the compositor when the plate's file is opened again")
        return False
    try:
        for notice in passes.attach(
            scene,
            target=job.target,
            out=job.out,
            passes=tuple(job.ready),
            first=job.first_ready,
            last=job.last_ready,
            undo_step=undo_step,
        ):
            job.note(notice)
        passes.reload(job.target)
        state.missing.pop(scene.name_full, None)
        file_watch.look_soon()
        return True
    except PlatelightError as error:
        job.note(str(error))
    return False


def _same_file(job: Job) -> bool:
    path, opened = job.blend
    return opened == state.files_opened or (bool(path) and path == bpy.data.filepath)
