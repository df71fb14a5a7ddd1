"""The numbers in a picture as Blender's compositor gets them, whatever format it has."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy
import numpy as np

from ..blender import compat, image_layers, typed
from ..blender.image_layers import layer_socket
from ..errors import UserError
from .files import Header


def read(file: Path, *, layer: str, header: Header | None) -> np.ndarray:
    """Return a picture's colours or a layer's vectors, float32 (H, W, 3), row 0 at the top.

    Raises:
        UserError: it cannot be read, or has no such layer.
    """
    image = bpy.data.images.load(str(file), check_existing=False)
    try:
        typed.set_color_space(image, "Non-Color")
        image.alpha_mode = "CHANNEL_PACKED"
        if header and image_layers.is_layered(header.channels):
            values = _rendered(image, layer=layer, size=(header.width, header.height))
        else:
            values = _pixels(image)
    except RuntimeError as error:
        raise UserError(f"{file.name} cannot be read ({error}): write it again.") from error
    finally:
        bpy.data.images.remove(image)
    if values.size == 0:
        raise UserError(f"{file.name} cannot be read: write it again, as EXR or PNG.")
    return values


def _pixels(image: bpy.types.Image) -> np.ndarray:
    picture = typed.pixels(image)[::-1]
    return np.ascontiguousarray(picture[..., :3] if picture.shape[-1] > 2 else np.repeat(picture[..., :1], 3, -1))


def _rendered(image: bpy.types.Image, *, layer: str, size: tuple[int, int]) -> np.ndarray:
    """Return a layer of an EXR: Blender gives its pixels to nodes only, so a scene of its own renders them, at one pixel each."""
    if typed.is_rendering():
        raise UserError("Blender is rendering, and layers of an EXR can't be read meanwhile: try again when it is done.")
    scene = bpy.data.scenes.new("Platelight Reading")
    tree = None
    try:
        scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = *size, 100
        compat.use_cpu_compositor(scene)
        tree, _ = compat.ensure_compositor_tree(scene)
        node = tree.nodes.new("CompositorNodeImage")
        typed.show_image(node, image)
        tree.links.new(layer_socket(node, layer), compat.new_output_socket(tree))
        settings = scene.render.image_settings
        settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGB"
        with tempfile.TemporaryDirectory(prefix="platelight-") as folder:
            scene.render.filepath = str(Path(folder) / "layer.exr")
            bpy.ops.render.render(write_still=True, scene=scene.name)
            return _loaded(Path(scene.render.filepath))
    finally:
        trees = [each for each in bpy.data.node_groups if each == tree]  # none where a scene owns its compositor
        bpy.data.scenes.remove(scene)
        for each in trees:
            bpy.data.node_groups.remove(each)


def _loaded(file: Path) -> np.ndarray:
    rendered = bpy.data.images.load(str(file), check_existing=False)
    typed.set_color_space(rendered, "Non-Color")
    try:
        return _pixels(rendered)
    finally:
        bpy.data.images.remove(rendered)
