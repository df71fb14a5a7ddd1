"""A small copy of a scene at another frame, to look through its camera or render its compositor; the scene itself stays."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import cast

import bpy
import numpy as np

from ..errors import UserError
from . import compat, typed

LONG_SIDE = 160
"""Pixels: light is smooth, and paint no smaller than this tells nothing more of it."""


@contextlib.contextmanager
def copied(scene: bpy.types.Scene, frame: int) -> Iterator[bpy.types.Scene]:
    """Yield a copy of a scene with its compositor and camera and nothing else, small, at that frame; gone afterwards.

    Raises:
        UserError: a render reads the scenes, and changing them then can crash Blender.
    """
    if typed.is_rendering():
        raise UserError("Blender is rendering, and cannot look through a copy of the scene meanwhile: try again when it is done.")
    copy = scene.copy()
    own_tree = own_keys = None
    try:
        own_tree = compat.own_compositor(copy)
        if tree := compat.compositor_tree(copy):
            own_keys = _own_keyframes(tree)
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
        settings = render.image_settings
        compat.write_images(settings)
        settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGBA"
        settings.color_management = "FOLLOW_SCENE"  # else the file may be in another colour space than the compositor
        render.use_overwrite, render.use_placeholder, render.use_file_extension = True, False, True
        copy.frame_start = copy.frame_end = frame  # a still would be of the frame of the scene in the window
        copy.frame_step = 1
        copy.frame_set(frame)
        yield copy
    finally:
        bpy.data.scenes.remove(copy)
        if own_tree:
            bpy.data.node_groups.remove(own_tree)
        if own_keys:
            bpy.data.actions.remove(own_keys)


def _own_keyframes(tree: bpy.types.NodeTree) -> bpy.types.Action | None:
    """Give a copied tree keyframes of its own. Copies share them, and whoever removes a node removes its keyframes, too."""
    data = tree.animation_data
    if data is None or data.action is None:
        return None
    used, own = data.action_slot, data.action.copy()
    data.action = own
    if used:
        data.action_slot = next(slot for slot in own.slots if slot.identifier == used.identifier)
    return own


def camera_of(copy: bpy.types.Scene) -> bpy.types.Object | None:
    """Return what a copy of a scene is seen through, evaluated at the copy's frame."""
    if copy.camera is None:
        return None
    return copy.camera.evaluated_get(cast(bpy.types.Depsgraph, copy.view_layers[0].depsgraph))


def axes_of(copy: bpy.types.Scene) -> np.ndarray | None:
    """Return the axes of a copy's camera in the world, as columns (3, 3); None without a camera."""
    camera = camera_of(copy)
    return np.array(camera.matrix_world.to_3x3().normalized()) if camera else None


def camera_axes(scene: bpy.types.Scene) -> np.ndarray:
    """Return the axes of the scene's camera in the world at the current frame, as columns (3, 3); it must have one."""
    with copied(scene, scene.frame_current) as copy:
        return cast(np.ndarray, axes_of(copy))
