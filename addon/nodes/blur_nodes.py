"""A blur whose size is a share of the picture's width."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..blender import compat, typed


@dataclass(frozen=True, kw_only=True)
class Blur:
    """`nodes` from left to right. `size` takes the radius as a share of the picture's width, 0 for none."""

    nodes: tuple[bpy.types.Node, ...]
    image: bpy.types.NodeSocket
    size: bpy.types.NodeSocket
    result: bpy.types.NodeSocket


def new_blur(tree: bpy.types.NodeTree, source: bpy.types.NodeSocket) -> Blur:
    """Return a Gaussian blur of `source`; its edges repeat, its size doesn't grow."""
    blur = tree.nodes.new("CompositorNodeBlur")
    compat.blur_evenly(blur)
    pixels = tree.nodes.new("CompositorNodeRelativeToPixel")
    typed.set_up(pixels, data_type="FLOAT", reference_dimension="X")
    width = next(socket for socket in pixels.inputs if socket.type == "VALUE")
    tree.links.new(source, pixels.inputs["Image"])
    both = compat.new_combine_xyz(tree)
    number = next(socket for socket in pixels.outputs if socket.type == "VALUE")
    for axis in range(2):
        tree.links.new(number, both.inputs[axis])
    tree.links.new(both.outputs[0], blur.inputs["Size"])
    return Blur(nodes=(pixels, both, blur), image=blur.inputs[0], size=width, result=blur.outputs[0])
