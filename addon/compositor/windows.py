"""Plates whose EXR files hold more or less than their picture: overscan, crops. Nodes put what a file holds in its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import bpy

from .. import tags
from ..blender import compat, curves, sequences, typed
from ..imports import image_header
from ..imports.image_header import Header
from ..nodes.block import Block
from ..nodes.drivers import Source, drive

_LOOKS = 16
_MOVES = (("window right", "Moves right"), ("window up", "Moves up"))
"""Roles and labels of the nodes that move a plate whose window changes from frame to frame."""


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

    @property
    def is_whole(self) -> bool:
        """Whether that is the whole picture and nothing else."""
        return (self.left, self.top, self.width, self.height) == (0, 0, *self.shown)


def of_file(file: Path) -> Window | None:
    """Return what a file holds; None where that is the whole picture and nothing else, or where the file does not say."""
    window = _read(file)
    return None if window is None or window.is_whole else window


def _read(file: Path) -> Window | None:
    header = image_header.known(file) if file.suffix.lower() == ".exr" else None
    return of_header(header) if header else None


def of_header(header: Header) -> Window:
    """Return what a file with that header holds."""
    shown = header.shown or (header.width, header.height)
    return Window(left=header.corner[0], top=header.corner[1], width=header.width, height=header.height, shown=shown)


def over_time(file: Path, *, first: int, last: int) -> dict[int, Window]:
    """Return what the files of an image sequence hold, by their numbers; empty where all hold the same part of their picture.

    A few files are looked at; all of them only where those differ.
    """
    if file.suffix.lower() != ".exr":
        return {}
    known = sequences.files_of(file)
    numbers = [number for number in sorted(known) if first <= number <= last]
    some = {_read(known[number]) for number in numbers[:: max(1, len(numbers) // _LOOKS)]}
    if len(some) < 2:
        return {}
    return {number: window for number in numbers if (window := _read(known[number]))}


def follow(block: Block, windows: dict[int, Window], *, start: int) -> None:
    """Let the plate's nodes move with the windows of its files, by keyframes.

    Args:
        windows: by file number, as `over_time` gives them; empty takes the nodes away.
        start: the scene frame that would show file 0.
    """
    for axis, (role, label) in enumerate(_MOVES):
        if not windows:
            for gone in (role, f"{role} value"):
                if node := block.find(gone):
                    block.tree.nodes.remove(node)
            continue
        value = block.node(
            f"{role} value", "ShaderNodeValue", at=(320, -260.0 - 200 * axis), label=f"{label}, in pixels of the plate"
        )
        offsets = {start + number: compat.left_to_move(*window.off_centre)[axis] for number, window in windows.items()}
        curves.set_over_time(value.outputs[0], "default_value", offsets)
        if block.find(role) is None:
            product = compat.new_math(block.tree, "MULTIPLY")
            block.adopt(product, role)
            product.label, product.parent, product.location = label, value.parent, (value.location.x + 160, value.location.y)
            block.tree.links.new(value.outputs[0], product.inputs[0])


def is_moving(block: Block) -> bool:
    """Return whether the plate's nodes move with the windows of its files."""
    return block.find(_MOVES[0][0]) is not None


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
    for axis, scale, offset, (role, _) in zip("XY", (across, upward), offsets, _MOVES, strict=True):
        taker, moves = move.inputs[axis], block.find(role)
        taker.driver_remove("default_value")
        moved = (moves.inputs[1], scale) if moves else (taker, f"{offset:g} * {scale}")
        for socket, expression in ((size.inputs[axis], scale), moved):
            socket.driver_remove("default_value")
            drive(socket, expression, index=-1, **render)
        if moves:
            block.tree.links.new(moves.outputs[0], taker)
    for source, taker in ((output, size.inputs["Image"]), (size.outputs["Image"], move.inputs["Image"])):
        if not taker.is_linked:
            block.tree.links.new(source, taker)
    return move.outputs["Image"]
