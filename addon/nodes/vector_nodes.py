"""Nodes for vectors, and for places in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..blender import compat, typed


def new_vector_math(tree: bpy.types.NodeTree, operation: str) -> bpy.types.Node:
    """Return a Vector Math node."""
    node = tree.nodes.new("ShaderNodeVectorMath")
    typed.set_up(node, operation=operation)
    return node


@dataclass(frozen=True, kw_only=True)
class FrameNodes:
    """`nodes` from left to right in columns; `x` and `y` go from 0 to 1 over the render, from its lower left corner."""

    nodes: tuple[bpy.types.Node, ...]
    x: bpy.types.NodeSocket
    y: bpy.types.NodeSocket


def new_frame_coordinates(tree: bpy.types.NodeTree) -> FrameNodes:
    """Where each pixel's centre lies in the render, whatever the size of the pictures beside it."""
    whole = tree.nodes.new("CompositorNodeBoxMask")
    whole.label = "The whole render"
    place = tree.nodes.new("CompositorNodeImageCoordinates")
    split = compat.new_separate_xyz(tree)
    tree.links.new(whole.outputs[0], place.inputs[0])
    tree.links.new(place.outputs["Normalized"], split.inputs[0])
    return FrameNodes(nodes=(whole, place, split), x=split.outputs[0], y=split.outputs[1])
