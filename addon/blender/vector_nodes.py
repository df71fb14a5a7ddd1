"""Arithmetic on vectors in the compositor: nodes of their own since 4.5, small groups of Math nodes in 4.2."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from . import compat

OPERATIONS = {
    "ADD": "Add", "SUBTRACT": "Subtract", "SCALE": "Scale", "DOT_PRODUCT": "Dot Product", "CROSS_PRODUCT": "Cross Product",
    "NORMALIZE": "Normalize",
}
_BUILT_IN = hasattr(bpy.types, "CompositorNodeImageCoordinates")
"""4.2 knows the shaders' vector nodes, too, yet not in the compositor; the two came together."""
_KEY = "platelight_vector"
_STEP = 170.0
_LUMA = (0.2126, 0.7152, 0.0722)
"""What YUV of Rec. 709 weighs red, green and blue with."""


@dataclass(frozen=True, kw_only=True)
class VectorNode:
    """`b` takes the second vector, or the number of SCALE; NORMALIZE has none."""

    node: bpy.types.Node
    a: bpy.types.NodeSocket
    b: bpy.types.NodeSocket | None
    result: bpy.types.NodeSocket


def new_vector_math(tree: bpy.types.NodeTree, operation: str) -> VectorNode:
    """One of `OPERATIONS`. A vector of no length stays so when normalized."""
    if _BUILT_IN:
        node = tree.nodes.new("ShaderNodeVectorMath")
        node.operation = operation
        second = node.inputs["Scale"] if operation == "SCALE" else node.inputs[1]
        result = node.outputs["Value" if operation == "DOT_PRODUCT" else "Vector"]
    else:
        node = tree.nodes.new("CompositorNodeGroup")
        node.node_tree = _group(operation)
        node.label = OPERATIONS[operation]
        second = node.inputs[1] if len(node.inputs) > 1 else None
        result = node.outputs[0]
    return VectorNode(node=node, a=node.inputs[0], b=None if operation == "NORMALIZE" else second, result=result)


@dataclass(frozen=True, kw_only=True)
class FrameNodes:
    """`nodes` from left to right in columns; `x` and `y` go from 0 to 1 over the render, from its lower left corner."""

    nodes: tuple[bpy.types.Node, ...]
    x: bpy.types.NodeSocket
    y: bpy.types.NodeSocket


def new_frame_coordinates(tree: bpy.types.NodeTree) -> FrameNodes:
    """Where each pixel's centre lies in the render, whatever the size of the pictures beside it."""
    if not _BUILT_IN:
        ramps = tuple(tree.nodes.new("CompositorNodeTexture") for _ in "xy")
        for node, flip in zip(ramps, ("HORIZONTAL", "VERTICAL"), strict=True):
            node.texture = _ramp(flip)
        return FrameNodes(nodes=ramps, x=ramps[0].outputs["Value"], y=ramps[1].outputs["Value"])
    whole = tree.nodes.new("CompositorNodeBoxMask")
    whole.label = "The whole render"
    place = tree.nodes.new("CompositorNodeImageCoordinates")
    split = compat.new_separate_xyz(tree)
    tree.links.new(whole.outputs[0], place.inputs[0])
    tree.links.new(place.outputs["Normalized"], split.inputs[0])
    return FrameNodes(nodes=(whole, place, split), x=split.outputs[0], y=split.outputs[1])


def _ramp(flip: str) -> bpy.types.Texture:
    name = f"Platelight Ramp {flip.title()}"
    found = next((t for t in bpy.data.textures if t.name == name and t.type == "BLEND" and t.library is None), None)
    if found is None:
        found = bpy.data.textures.new(name, "BLEND")
        found.use_flip_axis = flip
    return found


def _group(operation: str) -> bpy.types.NodeTree:
    for group in bpy.data.node_groups:
        if group.get(_KEY) == operation and group.library is None:
            return group
    group = bpy.data.node_groups.new(f"Platelight {OPERATIONS[operation]}", "CompositorNodeTree")
    group[_KEY] = operation
    face = group.interface
    for name in ("Vector",) if operation == "NORMALIZE" else ("A", "B"):
        kind = "NodeSocketFloat" if (operation, name) == ("SCALE", "B") else "NodeSocketVector"
        face.new_socket(name, in_out="INPUT", socket_type=kind)
    kind = "NodeSocketFloat" if operation == "DOT_PRODUCT" else "NodeSocketVector"
    face.new_socket("Result", in_out="OUTPUT", socket_type=kind)
    _fill(group, operation)
    return group


def _fill(group: bpy.types.NodeTree, operation: str) -> None:
    """4.2's compositor walks every way from the output to the inputs, and their number doubles with each node that takes a value
    twice. So three components go through one node wherever there is one: colours are multiplied, added and weighed as a whole."""
    row = _Row(group)
    a, b = row.source.outputs[0], row.source.outputs[1]
    if operation == "DOT_PRODUCT":
        result = row.dot(a, b)
    elif operation == "NORMALIZE":
        result = row.mix("DIVIDE", a, row.math("MAXIMUM", row.math("POWER", row.dot(a, a), 0.5), 1e-20))
    elif operation == "CROSS_PRODUCT":
        ahead = row.mix("MULTIPLY", row.turn(a, 1), row.turn(b, 2))
        result = row.mix("SUBTRACT", ahead, row.mix("MULTIPLY", row.turn(a, 2), row.turn(b, 1)))
    else:
        result = row.mix("MULTIPLY" if operation == "SCALE" else operation, a, b)
    last = row.place(group.nodes.new("NodeGroupOutput"))
    group.links.new(result, last.inputs[0])


class _Row:
    """Nodes side by side, from the group's inputs to its output. Vectors go as colours."""

    def __init__(self, group: bpy.types.NodeTree) -> None:
        self.group = group
        self.column = 0
        self.source = self.place(group.nodes.new("NodeGroupInput"))

    def place(self, node: bpy.types.Node) -> bpy.types.Node:
        node.location = _STEP * self.column, 0
        self.column += 1
        return node

    def math(self, operation: str, a: bpy.types.NodeSocket, b: float) -> bpy.types.NodeSocket:
        node = self.place(compat.new_math(self.group, operation))
        node.inputs[1].default_value = b
        self.group.links.new(a, node.inputs[0])
        return node.outputs[0]

    def mix(self, blend: str, a: bpy.types.NodeSocket, b: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
        mix = compat.new_mix(self.group, blend)
        self.place(mix.node)
        self.group.links.new(a, mix.a)
        self.group.links.new(b, mix.b)
        return mix.result

    def dot(self, a: bpy.types.NodeSocket, b: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
        """The luma of the product, with what luma weighs the components with taken out before."""
        even = compat.new_mix(self.group, "MULTIPLY")
        product = self.mix("MULTIPLY", a, b)
        self.place(even.node)
        self.group.links.new(product, even.a)
        even.b.default_value = (*(1 / weight for weight in _LUMA), 1.0)
        luma = self.place(self.group.nodes.new("CompositorNodeSeparateColor"))
        luma.mode = "YUV"
        self.group.links.new(even.result, luma.inputs[0])
        return luma.outputs[0]

    def turn(self, vector: bpy.types.NodeSocket, steps: int) -> bpy.types.NodeSocket:
        """y, z, x for one step; z, x, y for two."""
        split = self.place(compat.new_separate_xyz(self.group))
        join = self.place(compat.new_combine_xyz(self.group))
        self.group.links.new(vector, split.inputs[0])
        for index in range(3):
            self.group.links.new(split.outputs[(index + steps) % 3], join.inputs[index])
        return join.outputs[0]
