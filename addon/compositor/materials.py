"""What takes the passes that describe surfaces: the match group the albedo, the scene's lights roughness and metallicity."""

from __future__ import annotations

import bpy

from ..blender import compat
from ..nodes.block import Block

DIELECTRIC, METAL = 0.04, 0.7
"""Reflectance seen head on: of most materials, and of a metal of middling brightness (aluminium 0.91, iron 0.56)."""


def link(block: Block) -> None:
    """Link the passes of a plate to whatever takes them; links that the user made stay."""
    if match := block.find("match"):
        _join(block, "albedo", match.inputs.get("Albedo Pass"))
    if lights := block.find("lights"):
        _join(block, "roughness", lights.inputs.get("Roughness"))
        taker = lights.inputs.get("Reflectance")
        if block.find("metallic size") and taker is not None and not taker.is_linked:
            node = block.node("reflectance", compat.MATH_NODE, at=(120, 1500), label="Reflectance of metal")
            node.operation = "MULTIPLY_ADD"
            node.inputs[1].default_value, node.inputs[2].default_value = METAL - DIELECTRIC, DIELECTRIC
            _join(block, "metallic", node.inputs[0])
            block.tree.links.new(node.outputs[0], taker)


def _join(block: Block, name: str, taker: bpy.types.NodeSocket | None) -> None:
    size = block.find(f"{name} size")
    if size and taker is not None and not taker.is_linked:
        block.tree.links.new(size.outputs["Image"], taker)
