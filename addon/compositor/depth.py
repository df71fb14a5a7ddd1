"""A plate's depth pass in metres, and the settings of a relative depth."""

from __future__ import annotations

import contextlib
from pathlib import Path

import bpy

from ..blender import compat, images, typed
from ..contract import PassRecord, PlatelightError, from_fields, read_json
from ..errors import UserError
from ..imports import files, image_header, pixels
from ..node_groups.depth_in import Scale, node_group
from ..nodes.block import Block, attached_strips
from . import windows

NODE, IMAGE = "depth in", "pass depth"
_WIDTH = 280.0


def place(scene: bpy.types.Scene, strip_name: str, *, file: Path) -> list[str]:
    """Put the group behind a shot's depth pass, where it isn't yet, and tell it what the file counts in; the user's numbers stay.

    Returns:
        What the user should know, a sentence each.
    """
    try:
        relative, notices = is_relative(file), []
    except UserError as error:
        relative, notices = False, [f"The depth of {strip_name} is taken to be in metres: {error}"]
    block = Block(compat.used_compositor(scene), strip_name=strip_name)
    source, found = block.own(IMAGE), block.find(NODE)
    node = found or block.node(NODE, "CompositorNodeGroup", at=(-60, 840), label="Depth In")
    if typed.tree_of(node) is None:
        typed.set_up(node, node_tree=node_group(), width=200)
    typed.set_value(node.inputs["Relative"], 1.0 if relative else 0.0)
    if not node.inputs["Depth"].is_linked:
        block.tree.links.new(source.outputs.get("Depth") or source.outputs[0], node.inputs["Depth"])
    if found is not None:
        return notices
    source.location.x = node.location.x - 2 * _WIDTH  # both count from the frame, wherever that was drawn
    taker = block.find("depth shape") or block.own("depth size")
    block.tree.links.new(node.outputs["Depth"], taker.inputs["Image"])
    if relative:
        notices.append(f"The depth of {strip_name} is relative: say how near and how far it goes under Depth")
    return notices


def is_relative(file: Path) -> bool:
    """Return what the engine has written into the file, or else into the pass's record; a file that says nothing counts in metres.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return image_header.read(file).texts.get("platelight/unit") == "relative"
    except image_header.HeaderError as error:
        with contextlib.suppress(OSError, ValueError, PlatelightError):
            return from_fields(PassRecord, read_json(file.with_name(f"{file.name.rsplit('.', 2)[0]}.json"))).relative
        raise UserError(f"{file.name} cannot be read ({error}): estimate the depth again.") from error


def shots(scene: bpy.types.Scene) -> list[str]:
    """Return the plates that have a depth pass."""
    tree = compat.compositor_tree(scene)
    return sorted(name for name in attached_strips(tree) if Block(tree, strip_name=name).find(NODE)) if tree else []


def scale_of(node: bpy.types.Node) -> Scale:
    """Return the numbers on a shot's node."""
    told = {name.lower(): typed.value_of(node.inputs[name]) for name in ("Near", "Far", "Scale")}
    return Scale(relative=typed.value_of(node.inputs["Relative"]) > 0.5, **told)


def set_point(scene: bpy.types.Scene, strip_name: str, *, x: float, y: float, metres: float) -> float:
    """Let what is seen at a point be so far away, and all else in proportion.

    Args:
        x, y: 0 to 1 over the plate, from its lower left corner, at the scene's frame.

    Returns:
        Metres that were taken for it before.

    Raises:
        UserError: there is no depth at that point.
    """
    block = Block(compat.used_compositor(scene), strip_name=strip_name)
    node, source = block.find(NODE), block.find(IMAGE)
    if node is None or source is None:
        raise UserError(f"{strip_name} has no depth pass: estimate one first.")
    depth = _at(source, scene.frame_current, x=x, y=y)
    known = scale_of(node)
    before = known.metres(depth)
    if not before > 0:
        raise UserError("There is no depth at that point: choose one on a surface.")
    for name in ("Near", "Far") if known.relative else ("Scale",):
        typed.set_value(node.inputs[name], typed.value_of(node.inputs[name]) * metres / before)
    return before


def _at(source: bpy.types.Node, frame: int, *, x: float, y: float) -> float:
    """Return the median of 3 x 3 pixels of the file that an Image node shows at a frame."""
    node = typed.image_node(source)
    shown = min(max(frame - node.frame_start + 1, 0), node.frame_duration) + node.frame_offset
    found = files.find(images.absolute(typed.shown_image(source)))
    if shown not in found.files:
        raise UserError(f"There is no depth of source frame {shown}: go to a frame that has one.")
    header = files.header(found.files[shown])
    if header and not windows.of_header(header).is_whole:
        raise UserError("The depth holds another part than the whole of its picture: set Near and Far, or Scale, instead.")
    values = pixels.read(found.files[shown], layer="Depth", header=header)[..., 0]
    height, width = values.shape
    row, column = round((1 - y) * height - 0.5), round(x * width - 0.5)
    around = values[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].ravel()
    near = sorted(around[around > 0].tolist())
    return near[len(near) // 2] if near else 0.0
