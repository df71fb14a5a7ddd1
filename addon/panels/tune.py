"""The panel below Plate: tuning the model to the shot."""

from __future__ import annotations

import bpy

from ..link import tuning
from .texts import characters, paragraph

_ENDED = {(False, False): "CHECKMARK", (True, False): "ERROR", (True, True): "X"}
"""Icons by whether it failed and was cancelled."""
_HINT = "Lets the model learn this plate, and nothing else, so that its passes flicker less."


class TunePanel:
    """What the editors' panels have in common; each adds where it is."""

    bl_label = "Tune to the Plate"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout, last = self.layout, tuning.current()
        if last is None:
            paragraph(layout, _HINT, width=characters(context))
        else:
            draw_last(layout, context, last)
        if last is not None and not last.finished:
            layout.operator("platelight.cancel_tune", icon="X")
        else:
            layout.operator("platelight.tune", icon="SHADERFX")


def draw_last(layout: bpy.types.UILayout, context: bpy.types.Context, last: tuning.Tuning) -> None:
    """How far a tuning is, or how it ended."""
    box = layout.box().column(align=True)
    cancelled = last.cancelled and (last.failed or not last.finished)  # unless it was done before
    box.label(text=last.label, icon="SORTTIME" if not last.finished else _ENDED[last.failed, cancelled])
    if cancelled:
        lines = ["Cancelled; nothing of it is kept" if last.finished else "Cancelling"]
    else:
        lines = list(last.lines)[-3:] if last.finished else list(last.lines)[-1:]
    for line in lines or ["Loading"]:
        paragraph(box, line, width=characters(context), icon="BLANK1")
