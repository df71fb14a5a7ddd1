"""Turns a depth pass into metres: a node group between its file and whatever takes it."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..nodes.builder import Sheet, shared_group

NAME = "Platelight Depth In"
LIMIT = 100.0
"""The farthest that a relative depth goes; its nearest surfaces are at 1."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What turns a shot's depth into metres. `near`, `far`: metres at a relative depth of 1 and of `LIMIT`; `scale`: of a depth
    that is metric already."""

    relative: bool
    near: float
    far: float
    scale: float

    def metres(self, depth: float) -> float:
        """Of a value of the file. A relative depth is known up to ``1 / metres = a / depth + b``."""
        if not self.relative:
            return depth * self.scale
        share = (1 / max(depth, 1e-6) - 1 / LIMIT) / (1 - 1 / LIMIT)
        return 1 / max(1 / self.far + share * (1 / self.near - 1 / self.far), 1e-9)


def node_group() -> bpy.types.NodeTree:
    return shared_group(NAME, version=2, build=_build)


def _build(sheet: Sheet) -> None:
    sheet.gives("Depth", "Distance from the camera's plane in metres", kind="Float")
    sheet.takes_number("Depth", "As the file has it", value=1.0)
    sheet.takes_number(
        "Relative", "1 where the file counts in a unit of its own, 0 where in metres", value=0.0, least=0.0, most=1.0
    )
    sheet.takes_number("Near", "Metres to what is nearest in the shot (1 in the file)", value=2.0, least=0.01)
    sheet.takes_number("Far", "Metres to what is farthest away (100 in the file)", value=200.0, least=0.01)
    sheet.takes_number("Scale", "Of a depth that is in metres already", value=1.0, least=0.0)

    sheet.section("1 / metres = a / depth + b: between near and far evenly in 1 / distance, or only scaled")
    relative = sheet.input("Relative")
    far, scale = (sheet.math("DIVIDE", 1.0, sheet.math("MAXIMUM", sheet.input(name), 1e-6)) for name in ("Far", "Scale"))
    span = sheet.math("SUBTRACT", sheet.math("DIVIDE", 1.0, sheet.input("Near")), far)
    span = sheet.math("DIVIDE", span, 1 - 1 / LIMIT)
    least = sheet.math("MULTIPLY_ADD", span, -1 / LIMIT, far)
    kept = sheet.math("MULTIPLY", scale, sheet.math("SUBTRACT", 1.0, relative))
    a, b = sheet.math("MULTIPLY_ADD", span, relative, kept, label="a"), sheet.math("MULTIPLY", least, relative, label="b")
    sheet.section("Metres")
    below = sheet.math("MULTIPLY_ADD", sheet.input("Depth"), b, a, label="depth / metres")
    below = sheet.math("MAXIMUM", below, 1e-6)
    sheet.output(Depth=sheet.math("DIVIDE", sheet.input("Depth"), below, label="Metres"))
