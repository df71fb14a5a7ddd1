"""Keeps a plate that has its own light from being lit by the scene's copy of that light again."""

from __future__ import annotations

import bpy

from ... import tags
from ...blender import curves
from ...nodes.block import Block
from ..lights import rig


def spare(block: Block, *, keeps_light: bool) -> list[str]:
    """Set the sliders of the sun and the world that were made like a plate's light to 0 where the plate keeps that light itself,
    and where it doesn't, back to what they were. Sliders that keyframes, a driver or a link decide stay.

    Returns:
        The lights whose sliders are now 0.
    """
    node = block.find("lights")
    if node is None or not rig.is_rig(node.node_tree):
        return []
    for source, gain in rig.gains(node.node_tree, node).items():
        if source.get(tags.MATCHED) != block.strip_name or gain.is_linked or _is_animated(gain):
            continue
        key = f"{tags.SPARED} {gain.identifier}"
        if keeps_light and gain.default_value:
            node[key], gain.default_value = gain.default_value, 0.0
        elif not keeps_light and (before := node.get(key)):
            gain.default_value = gain.default_value or before
            del node[key]
    made = rig.gains(node.node_tree, node).items() if keeps_light else ()
    return [source.name for source, gain in made if source.get(tags.MATCHED) == block.strip_name and not gain.default_value]


def _is_animated(socket: bpy.types.NodeSocket) -> bool:
    path = socket.path_from_id("default_value")
    data = socket.id_data.animation_data
    return bool(curves.of(socket.id_data, path)) or bool(data and any(driver.data_path == path for driver in data.drivers))
