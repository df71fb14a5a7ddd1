"""A relit plate to try lights on."""

from __future__ import annotations

from pathlib import Path

import bpy
import ground_truth
import numpy as np
from footage import render, write_normals, write_plate
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import passes
from platelight.addon.node_groups import light_types
from platelight.addon.nodes.block import Block
from platelight.addon.relight import control
from relit import stored
from strips import image_strip


def make(scene: bpy.types.Scene, folder: Path) -> bpy.types.Node:
    """A relit plate of three frames, a camera that looks along -Z, and no light yet; gives the relight group's node."""
    image_strip(scene, write_plate(folder, range(1, 4)))
    write_normals(folder / "passes", range(1, 4))
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(folder / "passes"), passes=("normal",), first=1, last=3)
    scene.camera = ground_truth.add(scene, "Camera", bpy.data.cameras.new("Camera"))
    return Block(compat.compositor_tree(scene), strip_name="plate").find("relight")


def light(
    scene: bpy.types.Scene, name: str, kind: str = "SUN", *, energy: float = np.pi, turn: tuple[float, ...] = (0.0, 0.0, 0.0)
) -> bpy.types.Object:
    """A sun that a white surface reflects with radiance 1, from behind the camera; or a light of another kind in `kinds.KINDS`."""
    made = ground_truth.add(scene, name, bpy.data.lights.new(name, kind.split(",")[0]))
    if kind == light_types.SPREAD:
        made.data.spread = 1.5
    made.data.energy, made.rotation_euler = energy, turn
    return made


def lights_node(scene: bpy.types.Scene) -> bpy.types.Node:
    """The node of the shot's scene lights."""
    return Block(compat.compositor_tree(scene), strip_name="plate").find("lights")


def shot_of(scene: bpy.types.Scene) -> control.Shot:
    return control.need(scene, "plate")


def handle(scene: bpy.types.Scene, name: str, *, studio: bool = False) -> control.Handle:
    return control.handle(shot_of(scene), name, studio=studio)


def see(scene: bpy.types.Scene, socket: bpy.types.NodeSocket, folder: Path, *, frame: int = 1) -> np.ndarray:
    """What a socket gives, rendered: (H, W, 3)."""
    tree = compat.compositor_tree(scene)
    tree.links.new(socket, compat.output_socket(tree))
    return render(scene, [frame], folder)[frame][..., :3]


def facing(frame: int) -> np.ndarray:
    """The default sun's light: as much as the surface faces the camera, (H, W, 1)."""
    return np.maximum(0, stored(frame)[..., 2:])


def soft(cosine: np.ndarray, size: float) -> np.ndarray:
    """The cosine law for a light of that size."""
    width = 4 / 3 * size
    return np.maximum(cosine, 0) + np.maximum(1 - np.abs(cosine) / width, 0) ** 3 * width / 6
