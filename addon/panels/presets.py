"""The presets on the panel."""

import bpy

from ..blender import compat
from ..relight.control import Shot
from ..relight.presets import PRESETS


def draw(layout: bpy.types.UILayout, context: bpy.types.Context, shot: Shot) -> None:
    settings = compat.shown_scene(context).platelight_relight
    layout.row(align=True).prop(settings, "preset_lights", expand=True)
    column = layout.column(align=True)
    names = list(PRESETS)
    for names_of_row in (names[:3], names[3:]):  # the names of the second row are longer
        row = column.row(align=True)
        for name in names_of_row:
            button = row.operator("platelight.light_preset", text=PRESETS[name].label)
            button.shot, button.preset, button.lights = shot.block.strip_name, name, settings.preset_lights
