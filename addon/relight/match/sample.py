"""Reads what the relight group of a shot gets to see at a frame, small, by rendering a copy of the compositor."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ...blender import compat, scene_copy, typed, working_space
from ...nodes.block import upstream
from . import shot as shots


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is seen at a frame.

    `plate` (H, W, 3): linear Rec.709 in every working space, so that each gives the same fit. `normals` (H, W, 3): camera space,
    unit length, zero where there are none or where the plate is transparent. `camera` (3, 3): its axes in the world as columns,
    None without one.
    """

    frame: int
    plate: np.ndarray
    normals: np.ndarray
    camera: np.ndarray | None


def look(scene: bpy.types.Scene, name: str, frame: int) -> Look:
    """Plate and normals of a shot as Blender's compositor sees them; the scene itself keeps its frame and everything else.

    Raises:
        UserError: Blender is rendering, and as `shot.find`.
    """
    with scene_copy.copied(scene, frame) as copy, tempfile.TemporaryDirectory(prefix="platelight-match-") as folder:
        camera = scene_copy.axes_of(copy)
        plate = _render(copy, name, "plate", Path(folder))
        normals = _render(copy, name, "normal", Path(folder))[..., :3]
    seen = working_space.to_rec709(plate[..., :3].astype(np.float64))
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    there = (length > 0.5) & np.isfinite(length) & (plate[..., 3:] > 0.99)
    normals = np.where(there, normals / np.maximum(length, 1e-6), 0.0)
    return Look(frame=frame, plate=seen, normals=normals.astype(np.float64), camera=camera)


def _render(copy: bpy.types.Scene, name: str, which: str, folder: Path) -> np.ndarray:
    """Return what feeds the relight group's plate or normal, alone: (H, W, 4), row 0 at the bottom."""
    shot = shots.find(copy, name)
    socket = shot.plate if which == "plate" else shot.normal
    output = compat.output_socket(shot.tree) or compat.new_output_socket(shot.tree)
    wanted = upstream(shot.normal) | upstream(shot.plate) | {shot.relight, output.node}
    for node in list(shot.tree.nodes):  # viewers, files to write, and 3D renders that nobody waits for
        if node not in wanted:
            shot.tree.nodes.remove(node)
    shot.tree.links.new(socket, output)
    copy.render.filepath = str(folder / f"{which}.")
    bpy.ops.render.render(animation=True, scene=copy.name)
    return _pixels(Path(copy.render.frame_path(frame=copy.frame_start)))


def _pixels(file: Path) -> np.ndarray:
    image = bpy.data.images.load(str(file), check_existing=False)
    typed.set_color_space(image, "Non-Color")  # the numbers as the compositor had them
    try:
        return typed.pixels(image)
    finally:
        bpy.data.images.remove(image)
