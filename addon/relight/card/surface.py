"""The card's shape: a grid, whose points lie on rays through the camera's view, as far away as the plate is deep there.

Three modifiers make it. Geometry nodes lay out the grid; a Displace modifier gives each point the depth pass as its height, for
geometry nodes read pictures of a single channel past their end; geometry nodes then put the points in their places.
"""

from __future__ import annotations

from collections.abc import Callable

import bpy

from ... import tags
from ...node_groups.depth_in import LIMIT
from .pictures import Picture
from .shader_builder import ShaderSheet, Socket, shown

UV, NO_SHADOW = "UVMap", tags.NO_SHADOW
"""Attributes of the card: where each point lies in the plate, and the faces that must not cast a shadow, 1 for those."""


def grid() -> bpy.types.NodeTree:
    """From -1 to 1 in both directions, 0 high; its `UV` goes from 0 to 1."""
    return _shared("Platelight Card Grid", version=1, build=_grid)


def card() -> bpy.types.NodeTree:
    """From that grid, its heights a depth pass, to the card. Its object's axes must be the camera's, without scale."""
    return _shared("Platelight Card", version=1, build=_card)


def pass_texture(name: str, seen: Picture) -> bpy.types.Texture:
    """Return what a Displace modifier reads, over local coordinates from -1 to 1: the pass as it is, without any limit."""
    texture = bpy.data.textures.new(name, "IMAGE")
    texture.image, texture.extension = seen.image, "EXTEND"
    texture.use_alpha, texture.use_calculate_alpha, texture.use_clamp = False, True, False
    user = texture.image_user
    user.frame_start, user.frame_offset, user.frame_duration = seen.start, seen.offset, seen.length
    user.use_cyclic, user.use_auto_refresh = False, True
    return texture


def _shared(name: str, *, version: int, build: Callable[[ShaderSheet], None]) -> bpy.types.NodeTree:
    """Return the group of that name and version, one for the whole file; built when there is none."""
    for tree in bpy.data.node_groups:
        if tree.get(tags.GROUP) == f"{name} {version}" and tree.library is None:
            return tree
    tree = bpy.data.node_groups.new(name, "GeometryNodeTree")
    tree[tags.GROUP] = f"{name} {version}"
    sheet = ShaderSheet(tree)
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    build(sheet)
    sheet.arrange()
    return tree


def _grid(sheet: ShaderSheet) -> None:
    detail = sheet.tree.interface.new_socket("Detail", in_out="INPUT", socket_type="NodeSocketInt")
    detail.default_value, detail.min_value, detail.max_value = 400, 1, 8192
    detail.description = "Faces from left to right"
    sheet.takes_number("Height", "Of the plate, in parts of its width", value=0.5625, least=0.001)
    sheet.section("Square faces")
    rows = sheet.math("ROUND", sheet.math("MULTIPLY", sheet.input("Detail"), sheet.input("Height")))
    down = sheet.math("ADD", sheet.math("MAXIMUM", rows, 1.0), 1.0, label="Points down")
    across = sheet.math("ADD", sheet.input("Detail"), 1.0, label="Points across")
    sheet.section("Grid")
    made = sheet.node("GeometryNodeMeshGrid", 2.0, 2.0, across, down)
    sheet.output(Geometry=_store(sheet, made.outputs["Mesh"], UV, made.outputs["UV Map"], data_type="FLOAT2", domain="CORNER"))


def _card(sheet: ShaderSheet) -> None:
    face = sheet.tree.interface
    sheet.takes_vector("Size", "Width and height of the plate 1 m before the camera", value=(0.72, 0.405, 0.0))
    sheet.takes_vector("Middle", "Of the plate 1 m before the camera", value=(0.0, 0.0, -1.0))
    sheet.takes_number("Distance", "Of a flat card from the camera, metres", value=10.0, least=0.001, subtype="DISTANCE")
    depth = face.new_socket("Use Depth", in_out="INPUT", socket_type="NodeSocketBool")
    depth.default_value, depth.description = False, "Bend the card by the depth pass"
    sheet.takes_number("Farthest", "Nothing lies farther, nor does the sky", value=900.0, least=0.001, subtype="DISTANCE")
    sheet.takes_number(
        "Edge",
        "Where a point is so many times as far as its neighbour, no surface that casts a shadow joins them",
        value=1.1,
        least=1.0,
        most=100.0,
    )
    face.new_socket("Material", in_out="INPUT", socket_type="NodeSocketMaterial")
    for name, value in (("Relative", 0.0), ("Near", 2.0), ("Far", 200.0), ("Scale", 1.0)):
        sheet.takes_number(name, "As on the compositor's Depth In", value=value)

    sheet.section("Ray through each point, 1 m deep")
    across, up, depth = sheet.parts(sheet.node("GeometryNodeInputPosition").outputs[0])
    half = sheet.vector_math("MULTIPLY", sheet.xyz(across, up, 0.0), (0.5, 0.5, 0.0))
    ray = sheet.vector_math("ADD", sheet.vector_math("MULTIPLY", half, sheet.input("Size")), sheet.input("Middle"))
    metres = sheet.math("MINIMUM", _metres(sheet, depth), sheet.input("Farthest"))
    metres = sheet.math("MAXIMUM", metres, 0.001, label="Before the camera")
    choice = sheet.node("GeometryNodeSwitch", input_type="FLOAT")
    for name, value in (("Switch", sheet.input("Use Depth")), ("False", sheet.input("Distance")), ("True", metres)):
        sheet.give(value, shown(choice.inputs, name))
    sheet.section("Points in their places")
    place = sheet.node("GeometryNodeSetPosition", sheet.input("Geometry"))
    sheet.give(sheet.scaled(ray, shown(choice.outputs, "Output")), place.inputs["Position"])
    marked = _mark(sheet, place.outputs[0])
    sheet.section("How it looks")
    smooth = sheet.node("GeometryNodeSetShadeSmooth", marked)
    look = sheet.node("GeometryNodeSetMaterial", smooth.outputs[0])
    sheet.give(sheet.input("Material"), look.inputs["Material"])
    sheet.output(Geometry=look.outputs[0])


def _metres(sheet: ShaderSheet, depth: Socket) -> Socket:
    """Return what `imports.depth.Scale.metres` gives: evenly in 1 / distance for a relative depth, else scaled."""
    sheet.section("Metres")
    share = sheet.math("SUBTRACT", sheet.math("DIVIDE", 1.0, sheet.math("MAXIMUM", depth, 1e-6)), 1 / LIMIT)
    share = sheet.math("DIVIDE", share, 1 - 1 / LIMIT, label="How much of the nearness")
    far = sheet.math("DIVIDE", 1.0, sheet.input("Far"))
    span = sheet.math("SUBTRACT", sheet.math("DIVIDE", 1.0, sheet.input("Near")), far)
    told = sheet.math("DIVIDE", 1.0, sheet.math("MAXIMUM", sheet.math("MULTIPLY_ADD", share, span, far), 1e-9))
    scaled = sheet.math("MULTIPLY", depth, sheet.input("Scale"))
    return sheet.math("MULTIPLY_ADD", sheet.math("SUBTRACT", told, scaled), sheet.input("Relative"), scaled)


def _mark(sheet: ShaderSheet, geometry: Socket) -> Socket:
    """Mark the faces that only join a near surface to a far one, and those at the far end: no shadow comes from either."""
    sheet.section("Faces without a shadow: steps in depth, and the sky")
    ends = sheet.node("GeometryNodeInputMeshEdgeVertices")
    one, other = (sheet.parts(ends.outputs[f"Position {number}"])[2] for number in (1, 2))
    ratio = sheet.math("DIVIDE", sheet.math("MINIMUM", one, other), sheet.math("MAXIMUM", one, other), label="Far / near")
    step = sheet.math("GREATER_THAN", ratio, sheet.input("Edge"))
    steps = sheet.node("GeometryNodeFieldOnDomain", step, domain="EDGE", data_type="FLOAT").outputs[0]
    _, _, back = sheet.parts(sheet.node("GeometryNodeInputPosition").outputs[0])
    sky = sheet.math("LESS_THAN", back, sheet.math("MULTIPLY", sheet.input("Farthest"), -0.999), label="Sky")
    skies = sheet.node("GeometryNodeFieldOnDomain", sky, domain="POINT", data_type="FLOAT").outputs[0]
    either = sheet.math("GREATER_THAN", sheet.math("ADD", steps, skies), 0.1)
    either = sheet.math("MULTIPLY", either, sheet.input("Use Depth"))
    return _store(sheet, geometry, NO_SHADOW, either, data_type="FLOAT", domain="FACE")


def _store(sheet: ShaderSheet, geometry: Socket, name: str, value: Socket, *, data_type: str, domain: str) -> Socket:
    node = sheet.node("GeometryNodeStoreNamedAttribute", geometry, data_type=data_type, domain=domain)
    node.inputs["Name"].default_value = name
    sheet.give(value, shown(node.inputs, "Value"))
    return node.outputs[0]
