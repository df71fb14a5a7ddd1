"""The layers of an EXR by the names of its channels, as Blender's Image node offers them. No bpy."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TRIPLES = ({"x", "y", "z"}, {"r", "g", "b"}, {"red", "green", "blue"})
_NORMAL = re.compile(r"(^|[^a-z])(n|nn|nrm|norm|normals?|.*normals?)([^a-z]|$)", re.IGNORECASE)


def layers(channels: Sequence[str]) -> tuple[str, ...]:
    """Those that hold three components: ``N.X, N.Y, N.Z, R, G, B`` -> ``("N", "")``; those named like normals come first, and
    what has no name is ``""``."""
    parts: dict[str, set[str]] = {}
    for channel in channels:
        layer, _, component = channel.rpartition(".")
        parts.setdefault(layer, set()).add(component.lower())
    found = [layer for layer, components in parts.items() if any(triple <= components for triple in _TRIPLES)]
    return tuple(sorted(found, key=lambda layer: (not _NORMAL.search(layer.rpartition(".")[2]), layer == "", layer)))


def is_named_normal(layer: str) -> bool:
    return bool(_NORMAL.search(layer.rpartition(".")[2]))


def is_layered(channels: Sequence[str]) -> bool:
    """Whether Blender reads passes from the file; else it is a plain picture."""
    return any("." in channel for channel in channels) or (not {"R", "G", "B"}.isdisjoint(channels) and "Z" in channels)


def place_in_node(layer: str) -> tuple[str, str]:
    """The layer and the output of an Image node: ``ViewLayer.Normal`` -> ``("ViewLayer", "Normal")``."""
    group, _, name = layer.rpartition(".")
    return group, name or "Combined"
