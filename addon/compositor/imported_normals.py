"""Imported normals in a scene's compositor: their file, the nodes that turn them into ours, and the relight group behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ..blender import compat, images, typed
from ..blender.clips import ClipTarget
from ..blender.image_layers import layer_socket
from ..blender.images import FrameMap
from ..imports import convention
from ..imports.convention import Convention
from ..node_groups import normals_in
from ..nodes import drivers
from ..nodes.block import Block, Layer, attached_strips, block_of, upstream
from . import build

IMAGE, CURVE, NODE = "pass normal", "normals curve", "normals in"
_WIDTH = 280.0


@dataclass(frozen=True, kw_only=True)
class Imported:
    """Where a plate's imported normals come from and how to read them.

    `name`: of the plate. `layer`: of the EXR; blank for its own colours. `first`, `last`: numbers of the files.
    `start`: the scene frame that would show source frame 0. `offset`: added to a file's number to get the source frame.
    """

    name: str
    layer: str
    first: int
    last: int
    start: int
    offset: int
    convention: Convention
    fill_holes: bool


def attach(scene: bpy.types.Scene, entry: Imported, *, target: ClipTarget, plate: Layer, file: Path, still: bool) -> list[str]:
    """Put imported normals where estimated ones would be; again to take others.

    Returns:
        What the user should know, a sentence each.

    Raises:
        UserError: the file has no such layer.
    """
    make = images.still if still else images.sequence
    image = make(file, color_space="Non-Color", alpha_mode="CHANNEL_PACKED")
    image.reload()
    layer = Layer(image=image, frames=_frames(entry))
    _, notices = build.build(scene, target, plate=plate, passes={"normal": layer})
    block = Block(compat.used_compositor(scene), strip_name=target.strip_name, label=target.label)
    node = block.node(NODE, "CompositorNodeGroup", at=(-60, 420), label="Normals In")
    typed.set_up(node, node_tree=normals_in.node_group(), width=200)
    source = block.own(IMAGE)
    source.location.x = node.location.x - 2 * _WIDTH  # both count from the frame, wherever that was drawn
    _into(block, node)
    show_layer(scene, entry)
    apply(scene, entry)
    return notices + unused(block, node)


def unused(block: Block, source: bpy.types.Node) -> list[str]:
    """Return a sentence where the relight group takes normals that the user linked, and none from a node of the plate's."""
    taker = block.own("relight").inputs["Normal"]
    if taker.is_linked and source in upstream(_feeds(taker)):
        return []
    name = block.strip_name
    return [f"Normal of Relight ({name}) takes nodes of your own, which stay: link {source.label} to where you want it"]


def apply(scene: bpy.types.Scene, entry: Imported) -> None:
    """Let the nodes do what is set; nothing where they are not there."""
    block = block_of(scene, entry.name)
    node, source = (block.find(NODE), block.find(IMAGE)) if block else (None, None)
    if block is None or node is None or source is None:
        return
    images.map_frames(source, _frames(entry))
    typed.set_value(node.inputs["From 0..1"], 1.0 if entry.convention.encoding == convention.ZERO_ONE else 0.0)
    typed.set_value(node.inputs["Fill Holes"], 1.0 if entry.fill_holes else 0.0)
    _turn(node, entry, scene)
    _curve(block, entry, source=source, node=node)


def show_layer(scene: bpy.types.Scene, entry: Imported) -> None:
    """Link the layer that is chosen.

    Raises:
        UserError: the file has no such layer.
    """
    block = block_of(scene, entry.name)
    source, node = (block.find(IMAGE), block.find(NODE)) if block else (None, None)
    if block is None or source is None or node is None:
        return
    taker = block.find(CURVE) or node
    block.tree.links.new(layer_socket(source, entry.layer), taker.inputs[0])


def imported(scene: bpy.types.Scene) -> list[str]:
    """Return the plates whose normals are imported ones."""
    tree = compat.compositor_tree(scene)
    return sorted(name for name in attached_strips(tree) if Block(tree, strip_name=name).find(NODE)) if tree else []


def remove(scene: bpy.types.Scene, name: str) -> bool:
    """Take the nodes between file and relight group away, as for estimated normals; whether there were any."""
    block = block_of(scene, name)
    if block is None or block.find(NODE) is None:
        return False
    for role in (CURVE, NODE, IMAGE):
        if node := block.find(role):
            block.tree.nodes.remove(node)
    return True


def _frames(entry: Imported) -> FrameMap:
    return FrameMap(first=entry.first, last=entry.last, start=entry.start + entry.first + entry.offset)


def _feeds(taker: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """Return the socket that is linked to another."""
    return typed.ends_of(typed.links_of(taker)[0])[0]


def _into(block: Block, node: bpy.types.Node) -> None:
    """Put the group between the file and what took its picture."""
    taker = block.find("normal shape") or block.own("normal size")
    block.tree.links.new(node.outputs["Normal"], taker.inputs["Image"])


def _turn(node: bpy.types.Node, entry: Imported, scene: bpy.types.Scene) -> None:
    """Give the group the file's axes and, for world space, those of whatever the scene is seen through."""
    for row, name in zip(entry.convention.axes, normals_in.AXES, strict=True):
        typed.set_value(node.inputs[name], row)
    for row, axis in zip(np.eye(3), "XYZ", strict=True):
        node.inputs[f"Camera {axis}"].driver_remove("default_value")
        typed.set_value(node.inputs[f"Camera {axis}"], row)
    if entry.convention.space == convention.WORLD and scene.camera is not None:
        drivers.eye(scene).drive_axes(node)


def _curve(block: Block, entry: Imported, *, source: bpy.types.Node, node: bpy.types.Node) -> None:
    """Undo an sRGB curve too many, or put one back, before anything else is done with the numbers."""
    curve = block.find(CURVE)
    if entry.convention.curve == convention.NONE:
        if curve is not None:
            feeding = _feeds(curve.inputs[0]) if curve.inputs[0].links else layer_socket(source, entry.layer)
            block.tree.links.new(feeding, node.inputs["Image"])
            block.tree.nodes.remove(curve)
        return
    if curve is None:
        feeding = _feeds(node.inputs["Image"]) if node.inputs["Image"].links else layer_socket(source, entry.layer)
        curve = block.node(CURVE, "CompositorNodeConvertColorSpace", at=(-60 - _WIDTH, 420), label="sRGB Curve")
        block.tree.links.new(feeding, curve.inputs[0])
        block.tree.links.new(curve.outputs[0], node.inputs["Image"])
    spaces = ("sRGB", "Linear Rec.709") if entry.convention.curve == convention.DISPLAY else ("Linear Rec.709", "sRGB")
    typed.set_up(curve, from_color_space=spaces[0], to_color_space=spaces[1])
