"""The pass's normals as the card's own: what Cycles needs to light all that the pass says is lit.

Cycles gives a surface no light from behind its mesh's normals, whatever others a material has. So a card whose depth and normals
disagree would have black patches, and a flat one no light from behind at all, if its mesh didn't have the pass's normals itself.
EEVEE shades by the same ones then.
"""

from __future__ import annotations

import bpy

from . import controls, paint, surface
from .pictures import Convention, Picture, Pictures
from .shader_builder import ShaderSheet, shown

FINEST = 640
"""Faces from left to right that a card begins with at most, where its normals are as fine or finer."""


def can(pictures: Pictures) -> bool:
    """Return whether the card's mesh can have the pass's: normals in world space would have to turn with it."""
    return "normal" in pictures.passes and not pictures.convention.in_world


def build(card: bpy.types.Object, normals: Picture, convention: Convention) -> None:
    """Give the flat grid, from -1 to 1 in both directions, the normals of the pass: its object's axes are the camera's.

    A Displace modifier moves each point by the pass's three numbers, for geometry nodes read pictures of three channels wrongly;
    nodes then take them for the mesh's normals and put the points back.
    """
    move = card.modifiers.new(controls.PASS, "DISPLACE")
    move.texture = surface.pass_texture(f"{card.name} Normal", normals)
    move.texture_coords, move.direction, move.strength, move.mid_level = "LOCAL", "RGB_TO_XYZ", 1.0, 0.0
    sheet = ShaderSheet(controls.new_nodes(card, controls.NORMALS))
    sheet.section("How far each point was moved")
    place = sheet.node("GeometryNodeInputNamedAttribute", data_type="FLOAT_VECTOR")
    place.inputs["Name"].default_value = surface.UV
    middle = sheet.node("ShaderNodeVectorMath", shown(place.outputs, "Attribute"), (2.0, 2.0, 0.0), (-1.0, -1.0, 0.0))
    middle.operation = "MULTIPLY_ADD"
    moved = sheet.vector_math("SUBTRACT", sheet.node("GeometryNodeInputPosition").outputs[0], middle.outputs[0])
    value = paint.decoded(sheet, moved, convention)
    sheet.section("Normals of the mesh")
    made = sheet.node("GeometryNodeSetMeshNormal", mode="FREE")
    sheet.give(sheet.input("Geometry"), made.inputs["Mesh"])
    sheet.give(value, shown(made.inputs, "Custom Normal"))
    back = sheet.node("GeometryNodeSetPosition", made.outputs["Mesh"])
    sheet.give(middle.outputs[0], back.inputs["Position"])
    sheet.output(Geometry=back.outputs[0])
    sheet.arrange()
