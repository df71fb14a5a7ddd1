"""The match group in a user's compositor: beside the relight group, whose result it takes over, and gives back."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import bpy
import numpy as np

from ... import tags
from ...blender import compat, linked, working_space
from ...compositor import materials
from ...errors import UserError
from ...node_groups import match as match_group
from ...node_groups import relight as relight_group
from ...node_groups import world_light
from ...nodes import drivers
from ...nodes.block import Block, block_of
from . import curves
from . import mute_source as sparing
from . import shot as shots
from .fit import Light
from .shot import Shot

ROLE = "match"


class Mode(Enum):
    """What becomes of the light in the plate. OFF: the plate itself is relit, its light with it."""

    OFF = "OFF"
    ADD = "ADD"
    REPLACE = "REPLACE"
    MIX = "MIX"


MODES = (
    (Mode.OFF.value, "Off", "Relight the plate as it is, with its own light in it"),
    (Mode.ADD.value, "Add Light", "Keep the plate's own light and add the new light to it"),
    (Mode.REPLACE.value, "Replace Light", "Take the plate's own light out and light it anew"),
    (Mode.MIX.value, "Mix", "Keep as much of the plate's own light as the slider says, beside the new light"),
)


def node_of(scene: bpy.types.Scene, name: str) -> bpy.types.Node | None:
    """Return the match node of a shot, None before its first fit."""
    block = block_of(scene, name)
    return block.find(ROLE) if block else None


def mode_of(node: bpy.types.Node) -> Mode:
    return Mode(node.get(tags.MODE, Mode.OFF.value))


def ensure(scene: bpy.types.Scene, name: str) -> bpy.types.Node:
    """Return the match node of a shot, linked to what the relight group sees and makes; nothing else changes.

    Raises:
        UserError: as `shot.find`; the compositor is a library's.
    """
    if refusal := linked.refusal(scene):
        raise UserError(refusal)
    shot = shots.find(scene, name)
    relight_group.renew(shot.relight)
    block = Block(shot.tree, strip_name=name)
    node, new = block.node(ROLE, "CompositorNodeGroup", at=(920, 340), label="Match the Plate"), block.grown
    if node.node_tree != match_group.group():
        node.node_tree = match_group.group()
        node.inputs["Use Albedo Pass"].default_value = 1.0  # a socket that is new on an old node is 0
    materials.link(block)
    if new:
        node.width = 220
        _copy_amount(shot, node)
    for socket, taker in ((shot.plate, "Image"), (shot.normal, "Normal")):
        if not node.inputs[taker].is_linked:
            shot.tree.links.new(socket, node.inputs[taker])
    for output in ("Light", "Specular"):
        taker = node.inputs[f"New {output}"]
        if not taker.is_linked:
            shot.tree.links.new(shot.relight.outputs[output], taker)
    return node


def set_mode(scene: bpy.types.Scene, name: str, mode: Mode) -> None:
    """Put the match node's result in the place of the relight group's, or that back (OFF). Settings and keyframes stay.

    Raises:
        UserError: the plate was not matched yet, and as `shot.find`.
    """
    shot = shots.find(scene, name)
    if node_of(scene, name) is None:
        raise UserError(f"The light of {name} is not known yet: press Match first.")
    node = ensure(scene, name)
    before = mode_of(node)
    if mode is Mode.OFF:
        _hand_over(shot.tree, node.outputs["Image"], shot.relight.outputs["Image"])
    else:
        _hand_over(shot.tree, shot.relight.outputs["Image"], node.outputs["Image"])
    keep = node.inputs["Keep Original"]
    if before is Mode.MIX:
        node[tags.MIX] = keep.default_value
    for curve in curves.of(shot.tree, keep.path_from_id("default_value")):
        curve.mute = mode is not Mode.MIX
    if mode in (Mode.ADD, Mode.REPLACE):
        keep.default_value = 1.0 if mode is Mode.ADD else 0.0
    elif mode is Mode.MIX and before is not Mode.MIX:
        keep.default_value = node.get(tags.MIX, 0.5)
    node[tags.MODE] = mode.value
    spare(Block(shot.tree, strip_name=name))


def spare(block: Block) -> list[str]:
    """See to it that a plate which keeps its own light isn't lit by the scene's copy of it, too; and the other way around. To be
    called when lights came. Returns what the user should know, a sentence each."""
    node = block.find(ROLE)
    keeps_light = node is None or mode_of(node) is not Mode.REPLACE
    if not sparing.spare(block, keeps_light=keeps_light):
        return []
    name = block.strip_name
    return [f"{name} has this light already, so its sliders under Relight are 0: sun and world light CG objects only"]


def remove(scene: bpy.types.Scene, name: str) -> bool:
    """Take the match node away with its keyframes, the relight group's result in its place again. Returns whether there was one."""
    node = node_of(scene, name)
    if node is None:
        return False
    tree = compat.compositor_tree(scene)
    relight = Block(tree, strip_name=name).find("relight")
    if relight:
        _hand_over(tree, node.outputs["Image"], relight.outputs["Image"])
    curves.clear(tree, {socket.path_from_id("default_value") for socket in node.inputs})
    tree.nodes.remove(node)
    spare(Block(tree, strip_name=name))
    return True


def show(node: bpy.types.Node, light: Light, *, frames: list[int], through: bpy.types.Scene | None) -> None:
    """Write a fitted light into the node: as it is where it stays, else with a keyframe for each frame.

    Args:
        through: the light is in the world, seen through this scene's camera; None: it is in camera space.
    """
    values = working_space.from_rec709(light.factors)
    stays = len(frames) < 2 or float(np.abs(values - values[0]).max()) < 0.002 * float(values[:, 0].mean())
    for index, term in enumerate(world_light.TERMS):
        colors = [tuple(color) for color in values[:, index].tolist()]
        over_time = dict(list(zip(frames, colors, strict=True))[: 1 if stays else None])
        curves.set_over_time(node.inputs[term], "default_value", over_time)
    for column, name in enumerate(match_group.AXES):
        curves.clear(node.id_data, {node.inputs[name].path_from_id("default_value")})
        node.inputs[name].default_value = [float(row == column) for row in range(3)]
    if through:
        drivers.eye(through).drive_axes(node)
    node[tags.IN_WORLD] = through is not None
    node[tags.WORKING_MATRIX] = working_space.to_working().ravel().tolist()
    rows = np.column_stack((frames, light.direction, light.sun, light.sky))
    node[tags.SUNS] = (rows[:1] if stays else rows).ravel().tolist()


def follow_working_space(scene: bpy.types.Scene) -> None:
    """Bring the fitted lights of a scene into the file's working space: Blender takes their terms for vectors, not for colours."""
    tree, matrix = compat.compositor_tree(scene), working_space.to_working()
    for node in [node for node in tree.nodes if node.get(tags.ROLE) == ROLE] if tree else []:
        told = np.array(node.get(tags.WORKING_MATRIX, ()))  # a copy, not a view of the property
        node[tags.WORKING_MATRIX] = matrix.ravel().tolist()
        if not told.size or np.allclose(told, matrix.ravel(), atol=1e-6):  # older versions didn't say
            continue
        turn = matrix @ np.linalg.inv(told.reshape(3, 3))
        for socket in (node.inputs[term] for term in world_light.TERMS):
            found = curves.of(tree, socket.path_from_id("default_value"))
            frames = sorted({round(key.co[0]) for curve in found for key in curve.keyframe_points})
            over_time = {frame: _at(found, socket.default_value, frame) for frame in frames or (0,)}
            turned = {frame: tuple((turn @ value).tolist()) for frame, value in over_time.items()}
            curves.set_over_time(socket, "default_value", turned)


def _at(found: list[bpy.types.FCurve], still: Sequence[float], frame: int) -> np.ndarray:
    """Return the value (3,) of a vector at a frame: that of its F-curves, `still` where it has none."""
    value = np.array(still, np.float64)
    for curve in found:
        value[curve.array_index] = curve.evaluate(frame)
    return value


def suns(node: bpy.types.Node) -> np.ndarray:
    """Return the fitted light as one sun and an even sky, a row for each keyframe (F, 10): frame, direction, colours of sun and
    sky in linear Rec.709."""
    return np.array(node.get(tags.SUNS, ())).reshape(-1, 10)


def in_world(node: bpy.types.Node) -> bool:
    """Return whether the fitted light is in world space; else it is in camera space."""
    return bool(node.get(tags.IN_WORLD))


def _hand_over(tree: bpy.types.NodeTree, old: bpy.types.NodeSocket, new: bpy.types.NodeSocket) -> None:
    """Link whatever takes one socket to another instead."""
    for taker in [link.to_socket for link in old.links]:
        if taker.node != new.node:
            tree.links.new(new, taker)


def _copy_amount(shot: Shot, node: bpy.types.Node) -> None:
    """Begin with the relight group's Amount: where it is linked, from the same source. A driver would make the tree ask itself."""
    theirs, ours = shot.relight.inputs["Amount"], node.inputs["Amount"]
    ours.default_value = theirs.default_value
    if theirs.is_linked:
        shot.tree.links.new(theirs.links[0].from_socket, ours)
