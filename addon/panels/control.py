"""Each light of a shot on the panel: how much of it, muted or solo, and all that can be set on the one that is chosen."""

from __future__ import annotations

import bpy

from .. import tags
from ..blender import compat
from ..relight import control, control_normals
from ..relight.control import Handle, Shot
from ..relight.lights import scene_lights

_LONG = 12
"""Characters of a name that the row of a light has room for at the side bar's usual width."""
_ICONS = {"SUN": "LIGHT_SUN", "POINT": "LIGHT_POINT", "SPOT": "LIGHT_SPOT", "AREA": "LIGHT_AREA"}


def draw_lights(layout: bpy.types.UILayout, context: bpy.types.Context, shot: Shot, lights: list[Handle]) -> None:
    """A row for each light, and below it what can be set on the chosen one."""
    active = compat.shown_scene(context).platelight_relight.active
    column = layout.column(align=True)
    for light in lights:
        _row(column.row(align=True), shot, light, chosen=active == key(shot, light))
        if active == key(shot, light):
            _details(column.box(), shot, light)


def key(shot: Shot, light: Handle) -> str:
    """Return what says which light is chosen."""
    return "\n".join((shot.block.strip_name, "studio" if light.source is None else "scene", light.name))


def _row(row: bpy.types.UILayout, shot: Shot, light: Handle, *, chosen: bool) -> None:
    choose = row.operator("wm.context_set_string", text="", icon="DOWNARROW_HLT" if chosen else "RIGHTARROW", emboss=False)
    choose.data_path, choose.value = "scene.platelight_relight.active", "" if chosen else key(shot, light)
    if isinstance(light.source, bpy.types.Object):
        row.prop(light.source, "hide_render", text="", icon=_ICONS[light.source.data.type], invert_checkbox=True)
    else:
        row.label(text="", icon="WORLD" if light.source else "LIGHT_HEMI" if light.name == control.AMBIENT else "OUTLINER_OB_LIGHT")
    row.prop(light.gain, "default_value", text=light.name)
    buttons = (
        ("platelight.solo_light", light.solo, "SOLO_ON" if light.solo else "SOLO_OFF"),
        ("platelight.mute_light", light.muted, "HIDE_ON" if light.muted else "HIDE_OFF"),
    )
    for operator, is_down, icon in buttons:
        _on(row.operator(operator, text="", icon=icon, depress=is_down), shot, light)


def _details(box: bpy.types.UILayout, shot: Shot, light: Handle) -> None:
    column = box.column()
    column.use_property_split = True
    if len(light.name) > _LONG:
        column.label(text=light.name)
    for socket, label in (
        (light.color, "Color"),
        (light.direction, "Direction"),
        (light.exposure, "Exposure"),
        (light.softness, "Softness"),
        (light.lift, "Shadow Lift"),
    ):
        if socket is not None and not socket.is_linked:
            column.prop(socket, "default_value", text=label)
    if light.matte is not None:
        row = column.row(align=True)
        if light.matte.is_linked:
            giver = light.matte.links[0].from_node
            own = bool(giver.get(tags.ROLE))
            row.label(text="Limited by Matte" if own else f"Matte: {giver.label or giver.name}", icon="MOD_MASK")
            _on(row.operator("platelight.unmatte_light", text="", icon="X"), shot, light)
        else:
            _on(row.operator("platelight.matte_light", icon="MOD_MASK"), shot, light)


def _on(button: bpy.types.OperatorProperties, shot: Shot, light: Handle) -> None:
    button.shot, button.light, button.studio = shot.block.strip_name, light.name, light.source is None


def draw_surface(layout: bpy.types.UILayout, shot: Shot) -> None:
    """What all lights of a shot fall on, and where what they do is written."""
    column = layout.column(align=True)
    if lights := shot.lights:
        if not lights.inputs["Depth"].is_linked:
            column.prop(lights.inputs["Depth"], "default_value", text="Distance of the Plate")
        on = scene_lights.has_highlights(lights)
        column.operator("platelight.highlights", icon="SHADING_RENDERED", depress=on).shot = shot.block.strip_name
        for name in ("Roughness", "Reflectance") if on else ():
            column.prop(lights.inputs[name], "default_value", text=name)
    node = control_normals.node_of(shot)
    row = column.row(align=True)
    button = row.operator("platelight.normal_detail", icon="NORMALS_FACE", depress=node is not None)
    button.shot = shot.block.strip_name
    if node is not None:
        for name in ("Detail", "Smoothing"):
            column.prop(node.inputs[name], "default_value", text=name)
    layout.operator("platelight.light_outputs", icon="OUTPUT").shot = shot.block.strip_name
