"""The Relight panel: which lights light the plates, and how much of each."""

from __future__ import annotations

import bpy

from ..blender import compat
from ..relight import control as controls
from ..relight.lights import scene_lights
from . import control, presets, viewing
from .texts import characters, paragraph


def shots(context: bpy.types.Context) -> list[str]:
    return scene_lights.shots(compat.shown_scene(context))


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    scene = compat.shown_scene(context)
    column = layout.column()
    column.use_property_split, column.use_property_decorate = True, False
    column.prop(scene.platelight_relight, "collection")
    column.prop(scene.platelight_relight, "world")
    wired = scene_lights.rigs(scene)
    text = "Update Lights and World" if wired else "Light with Scene Lights"
    row = layout.row(align=True)
    row.operator("platelight.wire_lights", text=text, icon="LIGHT")
    if wired:
        row.operator("platelight.unwire_lights", text="", icon="X")
    if wired and (trouble := trouble_with_camera(scene)):
        paragraph(layout, trouble, width=characters(context), icon="ERROR")
    for notice in dict.fromkeys(notice for rig in wired.values() for notice in _notices(scene, rig)):
        paragraph(layout, notice, width=characters(context), icon="INFO")
    for name in scene_lights.shots(scene):
        if shot := controls.find(scene, name):
            _draw_shot(layout.box(), context, shot)


def _notices(scene: bpy.types.Scene, rig: bpy.types.NodeTree) -> list[str]:
    """Return what is left out of a rig: lights come and go without a button that would tell."""
    return scene_lights.wanted(scene, rig)[1]


def trouble_with_camera(scene: bpy.types.Scene) -> str:
    """Return why the wired lights don't follow the scene now."""
    if scene.camera is None or scene.camera.type != "CAMERA":
        return "No active camera. Add one to see how the lights fall."
    if scene.camera.data.type != "PERSP":
        return f"{scene.camera.name} is not a perspective camera. Make it one to see how the lights fall."
    return ""


def _draw_shot(box: bpy.types.UILayout, context: bpy.types.Context, shot: controls.Shot) -> None:
    box.label(text=shot.block.strip_name, icon="NODE_COMPOSITING")
    viewing.draw(box, shot)
    presets.draw(box, context, shot)
    lights, inputs = controls.handles(shot), shot.relight.inputs
    scene = [light for light in lights if light.source]
    scene.sort(key=lambda light: (isinstance(light.source, bpy.types.World), light.name))
    if shot.lights:
        control.draw_lights(box, context, shot, scene)
        box.prop(inputs["Studio Lights"], "default_value", text="Studio Lights")
    if not shot.lights or inputs["Studio Lights"].default_value > 0:
        control.draw_lights(box, context, shot, [light for light in lights if not light.source])
    if "Exposure" in inputs:
        box.prop(inputs["Exposure"], "default_value", text="Exposure of All")
    control.draw_surface(box, shot)
