"""The switch on the panel for what the Viewer shows."""

import bpy

from ..relight import viewing
from ..relight.control import Shot


def draw(layout: bpy.types.UILayout, shot: Shot) -> None:
    row, now = layout.row(align=True), viewing.view_of(shot)
    for view, label, _ in viewing.VIEWS:
        button = row.operator("platelight.view_light", text=label, depress=view is now)
        button.shot, button.view = shot.block.strip_name, view.value
