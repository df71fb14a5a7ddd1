"""A File Output node that writes many sockets into one EXR per frame, in 4.2's way and in 5.0's."""

from __future__ import annotations

import bpy


def set_file(node: bpy.types.Node, path: str) -> None:
    """Multilayer EXR in one part, half floats; a frame number is added to the name. `path` may begin with ``//``."""
    if hasattr(node, "file_output_items"):
        node.format.media_type = "MULTI_LAYER_IMAGE"
        folder, _, name = path.rpartition("/")
        node.directory, node.file_name = f"{folder}/", f"{name}####"  # else the stills of all frames are one file
        node.format.use_exr_interleave = True
    else:
        node.format.file_format = "OPEN_EXR_MULTILAYER"
        node.base_path = path
    node.format.color_depth = "16"


def set_layers(node: bpy.types.Node, layers: dict[str, str]) -> dict[str, bpy.types.NodeSocket]:
    """Give the node a layer for each name; the socket type (``RGBA`` or ``VALUE``) tells colours from mattes."""
    if hasattr(node, "file_output_items"):
        node.file_output_items.clear()
        for name, kind in layers.items():
            node.file_output_items.new("FLOAT" if kind == "VALUE" else kind, name)
    else:
        node.layer_slots.clear()
        for name in layers:
            node.layer_slots.new(name)
    return dict(zip(layers, node.inputs, strict=False))
