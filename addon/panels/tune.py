"""The panel below Plate: tuning the model to the plate."""

from __future__ import annotations

from ..link.jobs import Tuning
from ..link.state import state
from . import queue
from .texts import characters, paragraph

_HINT = "Trains the model on this plate alone, so that its passes flicker less."


class TunePanel:
    """What the editors' panels have in common; each adds where it is."""

    bl_label = "Tune to the Plate"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout, width = self.layout, characters(context)
        last = next((task for task in reversed(state.queue.tasks) if isinstance(task, Tuning)), None)
        if last is None:
            paragraph(layout, _HINT, width=width)
        else:
            queue.draw_task(layout.box(), last, width=width)
        layout.operator("platelight.tune", icon="SHADERFX")
