"""The lower panel: the jobs, how far they are, what went wrong and what to do about it."""

from __future__ import annotations

import bpy

from ..contract import ErrorCode
from ..link.jobs import Job, JobState, Task, Tuning
from ..link.state import state
from . import texts

_ICONS = {
    JobState.QUEUED: "TIME",
    JobState.STARTING: "PLAY",
    JobState.RUNNING: "PLAY",
    JobState.CANCELLING: "PAUSE",
    JobState.DONE: "CHECKMARK",
    JobState.FAILED: "ERROR",
    JobState.CANCELLED: "X",
}
_FOR_PREFERENCES = frozenset(
    {
        ErrorCode.ENGINE_MISSING,
        ErrorCode.ENGINE_SILENT,
        ErrorCode.ENGINE_INCOMPLETE,
        ErrorCode.PROTOCOL_MISMATCH,
        ErrorCode.UNKNOWN_METHOD,
        ErrorCode.MODEL_NOT_INSTALLED,
        ErrorCode.MODEL_INCOMPLETE,
        ErrorCode.MODEL_INVALID,
    }
)


def draw_queue(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    width = texts.characters(context)
    tasks = list(state.queue.tasks)
    ended = [task for task in reversed(tasks) if task.finished]
    for task in [task for task in tasks if not task.finished] + ended:  # what is under way stays in sight
        draw_task(layout.box(), task, width=width)
    if any(task.finished for task in state.queue.tasks):
        layout.operator("platelight.clear", icon="TRASH")


def draw_task(layout: bpy.types.UILayout, task: Task, *, width: int) -> None:
    row = layout.row()
    row.label(text=task.label, icon=_ICONS[task.state])
    if task.finished:
        row.operator("platelight.remove", text="", icon="X", emboss=False).job = task.id
        if isinstance(task, Job):
            _draw_finished(layout, task, width=width)
        elif isinstance(task, Tuning):
            texts.paragraph(layout, texts.tuned(task), width=width, icon="BLANK1")
        elif task.error is None:
            layout.label(text="Downloaded" if task.state is JobState.DONE else "Cancelled", icon="BLANK1")
    else:
        _draw_under_way(layout, task, width=width)
    if task.error:
        texts.problem(layout, task.error, width=width)
        _draw_ways_out(layout, task)
    for notice in task.notices:
        texts.paragraph(layout, notice, width=width, icon="INFO")


def _draw_under_way(layout: bpy.types.UILayout, task: Task, *, width: int) -> None:
    row = layout.row(align=True)
    row.progress(factor=texts.fraction(task.progress), text=texts.doing(task))
    row.operator("platelight.cancel", text="", icon="CANCEL").job = task.id
    if pace := texts.pace(task):
        texts.paragraph(layout, pace, width=width, icon="BLANK1")


def _draw_finished(layout: bpy.types.UILayout, job: Job, *, width: int) -> None:
    if job.ready or not job.error:
        texts.paragraph(layout, texts.outcome(job), width=width, icon="BLANK1")
    row = layout.row(align=True)
    if job.ready:
        row.operator("platelight.open_folder", icon="FILE_FOLDER").folder = job.out
        row.operator("platelight.attach", icon="FILE_REFRESH").job = job.id
    if job.state is JobState.CANCELLED:
        layout.operator("platelight.retry", text="Continue", icon="PLAY").job = job.id


def _draw_ways_out(layout: bpy.types.UILayout, task: Task) -> None:
    assert task.error is not None
    row = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)  # three abreast would be cut off
    row.operator("platelight.show_error", icon="TEXT").job = task.id
    if task.error.code in _FOR_PREFERENCES:
        row.operator("platelight.open_preferences", text="Preferences", icon="PREFERENCES")
    if not isinstance(task, Job):
        return
    again = row.operator("platelight.retry", icon="FILE_REFRESH")
    again.job = task.id
    if task.error.code is ErrorCode.PASSES_DIFFER:
        anew = row.operator("platelight.retry", text="Redo All Frames", icon="TRASH")
        anew.job, anew.overwrite = task.id, True
