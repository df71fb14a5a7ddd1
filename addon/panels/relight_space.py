"""The 3D Camera panel: normals and lights in the world, and the plate as a card in the scene."""

from __future__ import annotations

import bpy

from ..blender import compat
from ..compositor import space
from ..nodes.block import Block
from ..relight import card
from ..relight.card import controls, paint
from ..relight.lights import scene_lights
from .texts import characters, paragraph

_DEPTH = ("Farthest", "Edge", "Detail")
_FLAT = (
    "The card is flat. It receives light and shadows on its front. "
    "For rim and back lights, relight in the compositor. Or estimate depth and press Update."
)
_FACING = (
    "The card is flat. It receives light from all sides, and shadows of 3D objects as a wall does. It casts no shadow. "
    "For its own shadows, estimate depth and press Update."
)
_BENT = (
    "Depth shapes the card. It receives light from all sides and casts shadows. Errors of the depth show in both. "
    "For the plate alone, the compositor gives a cleaner result."
)
_NEITHER = "To relight the plate alone, use the compositor. For shadows between plate and 3D objects, add a card."


class SpacePanel:
    """What the editors' panels have in common; each adds where it is."""

    bl_label = "3D Camera"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context):
        return super().poll(context) and bool(scene_lights.shots(compat.shown_scene(context)))

    def draw(self, context):
        scene = compat.shown_scene(context)
        tree = compat.compositor_tree(scene)
        found = card.cards(scene)
        if scene.camera is None:
            paragraph(self.layout, "Add the camera of the plate to the scene.", width=characters(context), icon="ERROR")
            return
        for shot in scene_lights.shots(scene):
            box = self.layout.box()
            box.label(text=shot, icon="CAMERA_DATA")
            _draw_space(box, scene, Block(tree, strip_name=shot))
            _draw_card(box, context, shot, found.get(shot))
        if found:
            self.layout.prop(scene.render, "use_compositing", text="Renders Show the Compositor")
            if scene.render.use_compositing:
                paragraph(self.layout, "Turn this off to render the card.", width=characters(context), icon="INFO")


def _draw_space(box: bpy.types.UILayout, scene: bpy.types.Scene, block: Block) -> None:
    relight, turned = block.find("relight"), block.find(space.PASS)
    column = box.column(align=True)
    row = column.row(align=True)
    shot = block.strip_name
    if turned:
        row.prop(turned.inputs["In World"], "default_value", text="Pass Is World Space")
        row.operator("platelight.remove_space", text="", icon="X").shot = shot
    else:
        row.operator("platelight.add_space", icon="WORLD").shot = shot
    held = space.studio(block, relight)
    if not held:
        column.operator("platelight.hold_studio_lights", text="Studio Lights Stay in World", icon="PINNED").shot = shot
    else:
        column.operator("platelight.release_studio_lights", text="Studio Lights Follow Camera", icon="UNPINNED").shot = shot
        for name, node in held.items():
            row = box.row()
            row.label(text=f"{name} in the World")
            row.prop(node.inputs["Direction"], "default_value", text="")
    if space.is_stale(scene, block):
        column.alert = True
        column.operator("platelight.update_space", icon="FILE_REFRESH").shot = shot


def _draw_card(box: bpy.types.UILayout, context: bpy.types.Context, shot: str, found: bpy.types.Object | None) -> None:
    width = characters(context)
    row = box.row(align=True)
    text = "Update Relight Card" if found else "Add Relight Card"
    row.operator("platelight.add_card", text=text, icon="IMAGE_PLANE").shot = shot
    if found is None:
        paragraph(box, _NEITHER, width=width, icon="INFO")
        return
    row.operator("platelight.remove_card", text="", icon="X").shot = shot
    if card.is_stale(compat.shown_scene(context), found):
        paragraph(box, "The camera has changed. Press Update Relight Card.", width=width, icon="ERROR")
    sockets, has_depth = controls.sockets(found), "depth" in card.passes_of(found)
    bent = has_depth and sockets["Use Depth"].default_value
    column = box.column(align=True)
    if has_depth:
        column.prop(sockets["Use Depth"], "default_value", text="Bend by Depth")
    for name in _DEPTH if bent else ("Distance",):
        column.prop(sockets[name], "default_value", text=name)
    if bent:
        box.operator("platelight.card_depth_cursor", icon="PIVOT_CURSOR").shot = shot
    column = box.column(align=True)
    for name, socket in paint.sockets(controls.material(found)).items():
        if not socket.is_linked:
            column.prop(socket, "default_value", text=name)
    column.prop(found, "visible_shadow", text="Casts Shadows")
    if bent and found.visible_shadow:
        on = not card.shadows.is_apart(found)
        icon = "CHECKBOX_HLT" if on else "CHECKBOX_DEHLT"
        column.operator("platelight.card_own_shadows", text="Shadows on Itself", icon=icon, depress=on).shot = shot
        if card.shadows.is_stale(compat.shown_scene(context)):
            paragraph(box, "Lights were added or removed. Press Update Relight Card.", width=width, icon="ERROR")
    told = _BENT if bent else _FACING if found.modifiers.get(controls.NORMALS) else _FLAT
    paragraph(box, told, width=width, icon="INFO")
