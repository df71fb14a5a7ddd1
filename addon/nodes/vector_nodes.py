"""Nodes for vectors and places in the compositor. 4.2 has none for vectors, so there a vector is a colour (`sheet.Sheet`)."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..blender import compat

BUILT_IN = hasattr(bpy.types, "CompositorNodeImageCoordinates")
"""4.2 knows the shaders' vector nodes, too, yet not in the compositor; the two came together."""


def new_vector_math(tree: bpy.types.NodeTree, operation: str) -> bpy.types.Node:
    """A Vector Math node, where there is one (`BUILT_IN`)."""
    node = tree.nodes.new("ShaderNodeVectorMath")
    node.operation = operation
    return node


@dataclass(frozen=True, kw_only=True)
class FrameNodes:
    """`nodes` from left to right in columns; `x` and `y` go from 0 to 1 over the render, from its lower left corner."""

    nodes: tuple[bpy.types.Node, ...]
    x: bpy.types.NodeSocket
    y: bpy.types.NodeSocket


def new_frame_coordinates(tree: bpy.types.NodeTree) -> FrameNodes:
    """Where each pixel's centre lies in the render, whatever the size of the pictures beside it."""
    if not BUILT_IN:
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
