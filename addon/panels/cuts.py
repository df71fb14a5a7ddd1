"""The panel below Plate that shows where the plate's shots begin."""

from __future__ import annotations

import bpy

from ..blender import compat, shot_cuts
from ..link.jobs import Job
from ..link.state import state
from .selection import selected
from .texts import characters, paragraph

_HINT = "Cuts are found during the estimate. Each shot is estimated separately."
_SHOWN = 40


class CutsPanel:
    """What the editors' panels have in common; each adds where it is."""

    bl_label = "Cuts"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout, width = self.layout, characters(context)
        told = [(plate.name, found) for plate in selected(context) if (found := known(context, plate.name)) is not None]
        for name, cuts in told:
            line = sentence(cuts)
            paragraph(layout, line if len(told) == 1 else f"{name}: {line}", width=width, icon="MARKER")
        if not told:
            paragraph(layout, _HINT, width=width)
        row = layout.row(align=True)
        row.operator("platelight.cuts", text="Read Passes", icon="FILE_REFRESH").markers = False
        row.operator("platelight.cuts", text="Mark", icon="MARKER_HLT").markers = True


def known(context: bpy.types.Context, plate: str) -> tuple[int, ...] | None:
    """Return source frames at which shots begin, as the last job of this session or the scene says; None where nobody knows."""
    for task in reversed(list(state.queue.tasks)):
        if isinstance(task, Job) and task.target.strip_name == plate and task.result is not None:
            return task.result.cuts
    return shot_cuts.kept(compat.shown_scene(context), plate)


def sentence(cuts: tuple[int, ...]) -> str:
    """``3 cuts: 1031, 1077, 1122``"""
    if not cuts:
        return "No cuts: one shot"
    more = f" and {len(cuts) - _SHOWN} more" if len(cuts) > _SHOWN else ""
    return f"{len(cuts)} cut{'s' if len(cuts) > 1 else ''}: {', '.join(map(str, cuts[:_SHOWN]))}{more}"
