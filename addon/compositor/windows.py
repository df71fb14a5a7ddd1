"""Plates whose EXR files hold more or less than their picture: overscan, crops. Nodes put what a file holds in its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import bpy

from .. import tags
from ..blender import compat, sequences, typed
from ..imports import image_header
from ..imports.image_header import HeaderError
from ..nodes.block import Block
from ..nodes.drivers import Source, drive

_LOOKS = 16


@dataclass(frozen=True, kw_only=True)
class Window:
    """What a file holds of its picture, in pixels of the plate.

    `left`, `top`: its upper left corner, counted from the picture's, to the right and down. `width`, `height`: its size.
    `shown`: width and height of the picture.
    """

    left: int
    top: int
    width: int
    height: int
    shown: tuple[int, int]

    @property
    def off_centre(self) -> tuple[float, float]:
        """How far the middle of what it holds lies to the right of and above the picture's middle."""
        return self.left + (self.width - self.shown[0]) / 2, (self.shown[1] - self.height) / 2 - self.top


def of_file(file: Path) -> Window | None:
    """Return what a file holds; None where that is the whole picture and nothing else, or where the file does not say."""
    if file.suffix.lower() != ".exr":
        return None
    try:
        header = image_header.read(file)
    except HeaderError:
        return None
    shown = header.shown or (header.width, header.height)
    window = Window(left=header.corner[0], top=header.corner[1], width=header.width, height=header.height, shown=shown)
    return None if (*header.corner, header.width, header.height) == (0, 0, *shown) else window


def changes(file: Path, *, first: int, last: int) -> list[str]:
    """Return what to tell of an image sequence whose files hold different parts of their picture; a few of them are looked at."""
    if file.suffix.lower() != ".exr":
        return []
    known = sequences.files_of(file)
    numbers = [number for number in sorted(known) if first <= number <= last]
    looked_at = {of_file(known[number]) for number in numbers[:: max(1, len(numbers) // _LOOKS)]}
    if len(looked_at) < 2:
        return []
    return [f"The data window of {file.name} changes from frame to frame: write the plate with the whole picture in each file"]


def of_plate(block: Block) -> Window | None:
    """Return what a plate's node remembers of its window."""
    node = block.find("plate")
    kept = node.get(tags.WINDOW) if node else None
    if not kept:
        return None
    left, top, width, height, *shown = kept
    return Window(left=left, top=top, width=width, height=height, shown=(shown[0], shown[1]))


def keep(node: bpy.types.Node, window: Window | None) -> None:
    """Let a plate's node remember its window."""
    if window:
        node[tags.WINDOW] = [window.left, window.top, window.width, window.height, *window.shown]
    elif node.get(tags.WINDOW):
        del node[tags.WINDOW]


def keeps_shape(size: bpy.types.Node) -> bool:
    """Return whether the Scale node of `place` fits the picture inside the render."""
    path = size.inputs["X"].path_from_id("default_value")
    held = cast(bpy.types.NodeTree, size.id_data).animation_data
    scales = [typed.driver_of(curve) for curve in (held.drivers if held else ()) if curve.data_path == path]
    return any(driver.expression.startswith("min(") for driver in scales)


def place(
    block: Block, name: str, output: bpy.types.NodeSocket, *, window: Window, scene: bpy.types.Scene, keep_shape: bool, down: float
) -> bpy.types.NodeSocket:
    """Put an image of the window's size in its place in the render.

    Args:
        output: gives the image, `window.width` by `window.height` pixels.
        keep_shape: fit the picture into the render with its own shape; else stretch it.
    """
    size = block.node(f"{name} size", "CompositorNodeScale", at=(320, down), label="To the render's size")
    move = block.node(f"{name} place", "CompositorNodeTranslate", at=(480, down), label="Where the file has it")
    compat.scale_relative(size)
    render = {
        "x": Source(owner=scene, path="render.resolution_x"),
        "y": Source(owner=scene, path="render.resolution_y"),
        "p": Source(owner=scene, path="render.resolution_percentage"),
    }
    across, upward = (f"{axis} * p / {100 * pixels}" for axis, pixels in zip("xy", window.shown, strict=True))
    if keep_shape:
        across = upward = f"min({across}, {upward})"
    offsets = compat.left_to_move(*window.off_centre)
    for axis, scale, offset in zip("XY", (across, upward), offsets, strict=True):
        for node, expression in ((size, scale), (move, f"{offset:g} * {scale}")):
            node.inputs[axis].driver_remove("default_value")
            drive(node.inputs[axis], expression, index=-1, **render)
    for source, taker in ((output, size.inputs["Image"]), (size.outputs["Image"], move.inputs["Image"])):
        if not taker.is_linked:
            block.tree.links.new(source, taker)
    return move.outputs["Image"]
