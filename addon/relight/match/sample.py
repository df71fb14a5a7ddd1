"""Reads what the relight group of a shot gets to see at a frame, small, by rendering a copy of the compositor."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ...blender import compat
from . import MatchError
from . import shot as shots

LONG_SIDE = 160
"""Pixels: light is smooth, and paint no smaller than this tells nothing more of it."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """A frame. `plate` (H, W, 3): scene-linear; `normals` (H, W, 3): camera space, unit length, zero where there are none or where
    the plate is transparent; `camera` (3, 3): its axes in the world as columns, None without one."""

    frame: int
    plate: np.ndarray
    normals: np.ndarray
    camera: np.ndarray | None


def look(scene: bpy.types.Scene, name: str, frame: int) -> Look:
    """Plate and normals of a shot as Blender's compositor sees them; the scene itself keeps its frame and everything else.

    Raises:
        MatchError: Blender is rendering, and as `shot.find`.
    """
    with copied(scene, frame) as copy, tempfile.TemporaryDirectory(prefix="platelight-match-") as folder:
        camera = _axes(copy)
        plate = _render(copy, name, "plate", Path(folder))
        normals = _render(copy, name, "normal", Path(folder))[..., :3]
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    there = (length > 0.5) & np.isfinite(length) & (plate[..., 3:] > 0.99)
    normals = np.where(there, normals / np.maximum(length, 1e-6), 0.0)
    return Look(frame=frame, plate=plate[..., :3].astype(np.float64), normals=normals.astype(np.float64), camera=camera)


def camera_axes(scene: bpy.types.Scene) -> np.ndarray:
    """The axes of the scene's camera in the world at the current frame, as columns (3, 3)."""
    with copied(scene, scene.frame_current) as copy:
        return _axes(copy)


def camera_of(copy: bpy.types.Scene) -> bpy.types.Object | None:
    """What a copy of a scene is seen through, evaluated at the copy's frame."""
    return copy.camera.evaluated_get(copy.view_layers[0].depsgraph) if copy.camera else None


@contextlib.contextmanager
def copied(scene: bpy.types.Scene, frame: int) -> Iterator[bpy.types.Scene]:
    """A copy of a scene with its compositor and camera and nothing else, small, at that frame; gone afterwards.

    Raises:
        MatchError: a render reads the scenes, and changing them then can crash Blender.
    """
    if bpy.app.is_job_running("RENDER"):
        raise MatchError("Blender is rendering, and plates can't be looked at meanwhile: match again when it is done.")
    copy = scene.copy()
    own_tree = None
    try:
        if getattr(copy, "compositing_node_group", None):  # shared between scenes since 5.0
            own_tree = copy.compositing_node_group = copy.compositing_node_group.copy()
        for found in list(copy.collection.objects):
            copy.collection.objects.unlink(found)
        for child in list(copy.collection.children):
            copy.collection.children.unlink(child)
        if copy.camera:
            copy.collection.objects.link(copy.camera)
        render = copy.render
        scale = min(LONG_SIDE / max(render.resolution_x, render.resolution_y), 1.0)
        render.resolution_x = max(4, round(render.resolution_x * scale))
        render.resolution_y = max(4, round(render.resolution_y * scale))
        render.resolution_percentage = 100
        render.use_border = render.use_stamp = render.use_sequencer = render.use_multiview = False
        render.use_compositing = True
        compat.use_cpu_compositor(copy)
        if hasattr(render.image_settings, "media_type"):
            render.image_settings.media_type = "IMAGE"
        settings = render.image_settings
        settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGBA"
        render.use_overwrite, render.use_placeholder, render.use_file_extension = True, False, True
        copy.frame_start = copy.frame_end = frame  # a still would be of the frame of the scene in the window
        copy.frame_step = 1
        copy.frame_set(frame)
        yield copy
    finally:
        bpy.data.scenes.remove(copy)
        if own_tree:
            bpy.data.node_groups.remove(own_tree)


def _render(copy: bpy.types.Scene, name: str, which: str, folder: Path) -> np.ndarray:
    """What feeds the relight group's plate or normal, alone: (H, W, 4), row 0 at the bottom."""
    shot = shots.find(copy, name)
    socket = shot.plate if which == "plate" else shot.normal
    output = compat.output_socket(shot.tree) or compat.new_output_socket(shot.tree)
    wanted = shots.upstream(shot.normal) | shots.upstream(shot.plate) | {shot.relight, output.node}
    for node in list(shot.tree.nodes):  # viewers, files to write, and 3D renders that nobody waits for
        if node not in wanted:
            shot.tree.nodes.remove(node)
    shot.tree.links.new(socket, output)
    copy.render.filepath = str(folder / f"{which}.")
    bpy.ops.render.render(animation=True, scene=copy.name)
    return _pixels(Path(copy.render.frame_path(frame=copy.frame_start)))


def _pixels(file: Path) -> np.ndarray:
    image = bpy.data.images.load(str(file), check_existing=False)
    try:
        width, height = image.size
        flat = np.empty(width * height * image.channels, np.float32)
        image.pixels.foreach_get(flat)
        return flat.reshape(height, width, image.channels)
    finally:
        bpy.data.images.remove(image)


def _axes(copy: bpy.types.Scene) -> np.ndarray | None:
    camera = camera_of(copy)
    return np.array(camera.matrix_world.to_3x3().normalized()) if camera else None
