"""What Blender always has, or has under another type than its type stubs say: asked for here, so that callers are checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import bpy
import numpy as np


def preferences() -> bpy.types.Preferences:
    return cast(bpy.types.Preferences, bpy.context.preferences)


def windows() -> Sequence[bpy.types.Window]:
    """Return the open windows; none in background."""
    return cast(bpy.types.WindowManager, bpy.context.window_manager).windows


def is_rendering() -> bool:
    """Return whether a render reads the scenes; changing them then can crash Blender."""
    return bool(cast(Any, bpy.app).is_job_running("RENDER"))


def color_space(image: bpy.types.Image) -> bpy.types.ColorManagedInputColorspaceSettings:
    return cast(bpy.types.ColorManagedInputColorspaceSettings, image.colorspace_settings)


def set_color_space(image: bpy.types.Image, name: str) -> None:
    """Take the image's file for one in the colour space of that name."""
    cast(Any, image.colorspace_settings).name = name


def pixels(image: bpy.types.Image) -> np.ndarray:
    """Return the numbers of an image, float32 (H, W, C), row 0 at the bottom; (0, 0, C) where it cannot be read.

    Floats are scene-linear in the file's working space, bytes in the image's own colour space from 0 to 1.
    """
    values = cast(Any, image.pixels)
    width, height = image.size
    flat = np.empty(len(values), np.float32)
    values.foreach_get(flat)
    if not width or flat.size % (width * height):
        return np.empty((0, 0, image.channels), np.float32)
    return flat.reshape(height, width, -1)


def perspective(camera: bpy.types.Object | None) -> bpy.types.Camera | None:
    """Return the lens of a perspective camera, None for anything else."""
    lens = camera.data if camera else None
    return lens if isinstance(lens, bpy.types.Camera) and lens.type == "PERSP" else None


def value_of(socket: bpy.types.NodeSocket) -> Any:
    """Return what a socket holds while nothing is linked to it; its type is that of the socket."""
    return cast(Any, socket).default_value


def set_value(socket: bpy.types.NodeSocket, value: Any) -> None:
    cast(Any, socket).default_value = value


def show_image(node: bpy.types.Node, image: bpy.types.Image) -> None:
    """Give an Image node its image."""
    cast(bpy.types.CompositorNodeImage, node).image = image
