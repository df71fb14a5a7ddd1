"""Scenes with a card: a camera, a plate with passes in the compositor, and a renderer of the 3D scene alone."""

from __future__ import annotations

from pathlib import Path

import bpy
import ground_truth
import numpy as np
from footage import write_normals, write_plate, write_png
from platelight.addon.blender import clips
from platelight.addon.compositor import passes
from platelight.addon.relight.card import controls, paint
from strips import image_strip


def stand(scene: bpy.types.Scene, *, width: int, height: int) -> bpy.types.Object:
    """An empty scene of that size for Cycles, and a camera of odd scale that flies and turns; gives the camera."""
    camera = ground_truth.stage(scene)
    hide_surfaces(scene)
    scene.render.resolution_x, scene.render.resolution_y = width, height
    return camera


def attach(
    scene: bpy.types.Scene,
    folder: Path,
    *,
    width: int,
    height: int,
    passes_: tuple[str, ...] = ("normal",),
    white: bool = False,
    own: bool = False,
    last: int = 3,
) -> None:
    """A plate of frames 1 to `last` and its passes, into the compositor. `own`: the passes lie in the folder already."""
    files = write_plate(folder, range(1, last + 1), width=width, height=height)
    for file in files if white else ():
        write_png(file, np.full((height, width, 3), 255, np.uint8))
    if not own:
        write_normals(folder, range(1, last + 1), width=width, height=height)
    image_strip(scene, files)
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(folder), passes=passes_, first=1, last=last)


def hide_surfaces(scene: bpy.types.Scene, *, but: bpy.types.Object | None = None) -> None:
    for each in scene.objects:
        if each.type == "MESH" and each != but:
            each.hide_render = True


def shoot_card(scene: bpy.types.Scene, frame: int, file: Path) -> np.ndarray:
    """The 3D scene as Cycles sees it, past the compositor; float32 (H, W, 3), row 0 at the top."""
    scene.render.use_compositing = scene.render.use_sequencer = False
    return ground_truth.shoot(scene, frame, file)


def matte(made: bpy.types.Object) -> None:
    values = paint.sockets(controls.material(made))
    values["Specular"].default_value, values["Roughness"].default_value = 0.0, 1.0
