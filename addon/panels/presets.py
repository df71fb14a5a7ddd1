"""The presets on the panel."""

import bpy

from ..relight.control import Shot
from ..relight.presets import PRESETS


def draw(layout: bpy.types.UILayout, context: bpy.types.Context, shot: Shot) -> None:
    settings = context.scene.platelight_relight
    layout.row(align=True).prop(settings, "preset_lights", expand=True)
    grid = layout.grid_flow(row_major=True, columns=3, even_columns=True, align=True)
    for name, preset in PRESETS.items():
        button = grid.operator("platelight.light_preset", text=preset.label)
        button.shot, button.preset, button.lights = shot.block.strip_name, name, settings.preset_lights
