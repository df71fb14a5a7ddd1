"""The Relight panel: which lights light the plates, and how much of each."""

from __future__ import annotations

import bpy

from ..blender import compat, graph
from ..relight import rig, scene_lights
from .words import characters, paragraph

_ICONS = {"SUN": "LIGHT_SUN", "POINT": "LIGHT_POINT", "SPOT": "LIGHT_SPOT", "AREA": "LIGHT_AREA"}


def shots(context: bpy.types.Context) -> list[str]:
    return scene_lights.shots(context.scene)


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    scene = context.scene
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
    tree = compat.compositor_tree(scene)
    for shot, lights in wired.items():
        _draw_shot(layout.box(), context, graph.Block(tree, strip_name=shot), lights)


def _draw_shot(
    box: bpy.types.UILayout, context: bpy.types.Context, block: graph.Block, lights: bpy.types.NodeTree
) -> None:
    box.label(text=block.strip_name, icon="NODE_COMPOSITING")
    node, relight = block.find("lights"), block.find("relight")
    column = box.column(align=True)
    gains = rig.gains(lights, node)
    for light, gain in gains.items():
        row = column.row(align=True)
        if isinstance(light, bpy.types.World):
            row.label(text="", icon="WORLD")
        else:
            row.prop(light, "hide_render", text="", icon=_ICONS[light.data.type], invert_checkbox=True)
        row.prop(gain, "default_value", text=light.name)
    if not gains:
        paragraph(box, "No lights yet: those you add will light the plate.", width=characters(context), icon="INFO")
    column = box.column(align=True)
    if not node.inputs["Depth"].is_linked:
        column.prop(node.inputs["Depth"], "default_value", text="Distance of the Plate")
    for name in ("Roughness", "Reflectance"):
        column.prop(node.inputs[name], "default_value", text=name)
    if relight and "Studio Lights" in relight.inputs:
        column.prop(relight.inputs["Studio Lights"], "default_value", text="Studio Lights")
