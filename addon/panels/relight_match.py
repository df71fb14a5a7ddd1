"""The Match Plate panel: the light that is in the plate, and what becomes of it."""

from __future__ import annotations

import bpy

from ..blender import compat
from ..relight.lights import scene_lights
from ..relight.match import summary, wiring
from ..relight.match.wiring import MODES, Mode
from .texts import characters, paragraph


class MatchPanel:
    """Mixed into the panel of each editor."""

    bl_label = "Match Plate"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return super().poll(context) and bool(scene_lights.shots(compat.shown_scene(context)))

    def draw(self, context):
        draw(self.layout, context)


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    settings = compat.shown_scene(context).platelight.match
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    for name in ("frames", "smoothing", "albedo", "grey_world"):
        column.prop(settings, name)
    for shot in scene_lights.shots(compat.shown_scene(context)):
        _draw_shot(layout.box(), context, shot)


def _draw_shot(box: bpy.types.UILayout, context: bpy.types.Context, shot: str) -> None:
    node = wiring.node_of(compat.shown_scene(context), shot)
    box.label(text=shot, icon="NODE_COMPOSITING")
    row = box.row(align=True)
    text = "Match Light" if node is None else "Match Again"
    row.operator("platelight.match_light", text=text, icon="EYEDROPPER").shot = shot
    if node is None:
        return
    row.operator("platelight.match_remove", text="", icon="X").shot = shot
    if found := summary.found(compat.shown_scene(context), shot):
        paragraph(box, f"{found[:1].upper()}{found[1:]}", width=characters(context), icon="LIGHT_SUN")
    grid = box.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
    for value, label, _ in MODES:
        button = grid.operator("platelight.match_mode", text=label, depress=wiring.mode_of(node) is Mode(value))
        button.shot, button.mode = shot, value
    column = box.column(align=True)
    if wiring.mode_of(node) is Mode.MIX:
        column.prop(node.inputs["Keep Original"], "default_value", text="Keep Original")
    if wiring.mode_of(node) is not Mode.OFF:
        column.prop(node.inputs["Amount"], "default_value", text="Amount")
        for name in ("Shadow Limit", "Albedo Limit"):
            column.prop(node.inputs[name], "default_value", text=name)
        column.prop(node.inputs["Brightness"], "default_value", text="Brightness of Original")
    box.operator("platelight.match_sun", icon="WORLD").shot = shot
