"""The Relight panel: which lights light the plates, and how much of each."""

from __future__ import annotations

import bpy

from ..blender import compat
from ..relight import control as controls
from ..relight import scene_lights
from . import control, presets, viewing
from .words import characters, paragraph


def shots(context: bpy.types.Context) -> list[str]:
    return scene_lights.shots(compat.shown_scene(context))


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    scene = compat.shown_scene(context)
    column = layout.column()
    column.use_property_split = True
    column.prop(scene.platelight_relight, "collection")
    column.prop(scene.platelight_relight, "world")
    wired = scene_lights.rigs(scene)
    text = "Update Lights and World" if wired else "Light with Scene Lights"
    row = layout.row(align=True)
    row.operator("platelight.wire_lights", text=text, icon="LIGHT")
    if wired:
        row.operator("platelight.unwire_lights", text="", icon="X")
    for name in scene_lights.shots(scene):
        if shot := controls.find(scene, name):
            _draw_shot(layout.box(), context, shot)


def _draw_shot(box: bpy.types.UILayout, context: bpy.types.Context, shot: controls.Shot) -> None:
    box.label(text=shot.block.strip_name, icon="NODE_COMPOSITING")
    viewing.draw(box, shot)
    presets.draw(box, context, shot)
    lights, inputs = controls.handles(shot), shot.relight.inputs
    scene = [light for light in lights if light.source]
    if shot.lights:
        control.draw_lights(box, context, shot, scene)
        if not scene:
            paragraph(box, "No lights yet: those you add will light the plate.", width=characters(context), icon="INFO")
        box.prop(inputs["Studio Lights"], "default_value", text="Studio Lights")
    if not shot.lights or inputs["Studio Lights"].default_value > 0:
        control.draw_lights(box, context, shot, [light for light in lights if not light.source])
    if "Exposure" in inputs:
        box.prop(inputs["Exposure"], "default_value", text="Exposure of All")
    control.draw_surface(box, shot)
