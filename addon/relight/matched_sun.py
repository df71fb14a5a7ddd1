"""A sun and a world like the light in a plate, so that CG objects are lit as the plate is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Quaternion, Vector

from .. import tags
from ..blender import compat, curves, working_space
from ..blender.scene_copy import camera_axes
from ..errors import UserError
from ..nodes.block import Block
from . import handlers
from .match import wiring


def make(scene: bpy.types.Scene, name: str) -> list[str]:
    """Return a Sun along the main direction of the light in a plate, and a World of one colour for the rest; again to update them.

    Both are keyframed where the light changes. A world of the user's own stays in the file.

    Returns:
        What the user should know, a sentence each.

    Raises:
        UserError: the plate has not been matched, or no camera says how it lies in the world.
    """
    node = wiring.node_of(scene, name)
    rows = wiring.suns(node) if node else np.zeros((0, 10))
    if not len(rows):
        raise UserError(f"The light of {name} is not known yet: press Match first.")
    if scene.camera is None:
        raise UserError(f"{scene.name} has no camera, so nobody knows where the light of {name} comes from: add one.")
    turn = np.eye(3) if wiring.in_world(node) else camera_axes(scene)
    frames, bright = [int(row[0]) for row in rows], float(node.inputs["Brightness"].default_value)
    sun = _sun(scene, name)
    _over_time(sun, "rotation_quaternion", frames, _rotations(rows[:, 1:4] @ turn.T))
    strength, color = _split(
        working_space.from_rec709(rows[:, 4:7]) * bright * math.pi
    )  # a white surface turns irradiance into 1/pi of it as radiance
    _over_time(sun.data, "energy", frames, strength)
    _over_time(sun.data, "color", frames, color)
    world, notices = _world(scene, name)
    background = _background(world)
    strength, color = _split(working_space.from_rec709(rows[:, 7:10]) * bright)
    _over_time(background.inputs["Strength"], "default_value", frames, strength)
    _over_time(background.inputs["Color"], "default_value", frames, [(*value, 1.0) for value in color])
    handlers.refresh(scene)
    return notices + wiring.spare(Block(compat.compositor_tree(scene), strip_name=name))


def _sun(scene: bpy.types.Scene, name: str) -> bpy.types.Object:
    found = next((each for each in scene.collection.all_objects if each.get(tags.MATCHED) == name and each.type == "LIGHT"), None)
    if found is None:
        found = bpy.data.objects.new(f"Sun of {name}", bpy.data.lights.new(f"Sun of {name}", "SUN"))
        scene.collection.objects.link(found)
        found[tags.MATCHED], found.rotation_mode = name, "QUATERNION"
        found.location = (0.0, 0.0, 5.0)
    return found


def _world(scene: bpy.types.Scene, name: str) -> tuple[bpy.types.World, list[str]]:
    old = scene.world
    if old is not None and old.get(tags.MATCHED) == name:
        return old, []
    world = next((each for each in bpy.data.worlds if each.get(tags.MATCHED) == name and each.library is None), None)
    world = world or bpy.data.worlds.new(f"World of {name}")
    world[tags.MATCHED] = name
    if world.node_tree is None:
        world.use_nodes = True
    scene.world = world
    if old is None:
        return world, []
    old.use_fake_user = True
    return world, [f"{world.name} is the scene's world now; {old.name} is kept in the file"]


def _background(world: bpy.types.World) -> bpy.types.Node:
    """Return the world's Background node, made and linked where somebody removed it."""
    nodes = world.node_tree.nodes
    if found := next((node for node in nodes if node.bl_idname == "ShaderNodeBackground"), None):
        return found
    output = next((node for node in nodes if node.bl_idname == "ShaderNodeOutputWorld"), None) or nodes.new("ShaderNodeOutputWorld")
    background = nodes.new("ShaderNodeBackground")
    world.node_tree.links.new(background.outputs["Background"], output.inputs["Surface"])
    return background


def _rotations(directions: np.ndarray) -> list[Quaternion]:
    """Turn of a sun whose light comes from each direction, each the short way from the one before."""
    found: list[Quaternion] = []
    for direction in directions:
        turn = Vector(direction).to_track_quat("Z", "Y")
        if found:
            turn.make_compatible(found[-1])
        found.append(turn)
    return found


def _split(colors: np.ndarray) -> tuple[list[float], list[tuple[float, ...]]]:
    """Return the brightest channel of each colour (F, 3), and the colour as a share of it; white where there is no light."""
    strength = colors.max(-1)
    shares = np.where(strength[:, None] > 1e-9, colors / np.maximum(strength, 1e-9)[:, None], 1.0)
    return strength.tolist(), [tuple(row) for row in shares.tolist()]


def _over_time(owner: bpy.types.bpy_struct, name: str, frames: list[int], values: Sequence[Sequence[float] | float]) -> None:
    """With keyframes only where the value changes by a hundredth of its largest."""
    table = np.array(values).reshape(len(values), -1)
    stays = np.abs(table - table[0]).max() < 0.01 * max(float(np.abs(table).max()), 1e-9)
    curves.set_over_time(owner, name, dict(list(zip(frames, values, strict=True))[: 1 if stays else None]))
