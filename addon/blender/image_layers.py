"""The layers of an EXR by the names of its channels, and the sockets by which Blender's Image node gives them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence

import bpy

from ..contract import Part, picture_layer
from ..errors import UserError
from . import typed

_TRIPLES = ({"x", "y", "z"}, {"r", "g", "b"}, {"red", "green", "blue"})
_NORMAL = re.compile(r"(^|[^a-z])(n|nn|nrm|norm|normals?|.*normals?)([^a-z]|$)", re.IGNORECASE)
_SHORT = re.compile(r"[a-z]Nn?($|[^a-zA-Z])")
"""``camN``"""


def layers(channels: Sequence[str]) -> tuple[str, ...]:
    """Return those that hold three components: ``N.X, N.Y, N.Z, R, G, B`` -> ``("N", "")``; those named like normals come first,
    by their
    own name before that of what they are in, and what has no name is ``""``."""
    parts: dict[str, set[str]] = {}
    for channel in channels:
        layer, _, component = channel.rpartition(".")
        parts.setdefault(layer, set()).add(component.lower())
    found = [layer for layer, components in parts.items() if any(triple <= components for triple in _TRIPLES)]
    return tuple(sorted(found, key=lambda layer: (_rank(layer), layer == "", layer)))


def is_named_normal(layer: str) -> bool:
    return _rank(layer) < 2


def _rank(layer: str) -> int:
    """0: named like normals; 1: in something that is, as ``normal.camera``; 2: neither."""
    around, _, own = layer.rpartition(".")
    return next((rank for rank, name in enumerate((own, around)) if _NORMAL.search(name) or _SHORT.search(name)), 2)


def is_layered(channels: Sequence[str]) -> bool:
    """Return whether Blender reads passes from the file; else it is a plain picture."""
    return any("." in channel for channel in channels) or (not {"R", "G", "B"}.isdisjoint(channels) and "Z" in channels)


def place_in_node(layer: str) -> tuple[str, str]:
    """Return the layer and the output of an Image node: ``ViewLayer.Normal`` -> ``("ViewLayer", "Normal")``."""
    group, _, name = layer.rpartition(".")
    return group, name or "Combined"


def layer_socket(node: bpy.types.Node, layer: str) -> bpy.types.NodeSocket:
    """Return the socket of an Image node that gives a layer.

    Raises:
        UserError: there is none.
    """
    group, name = place_in_node(layer)
    for place in (group, layer) if typed.image_node(node).has_layers and layer else ("",):
        if place and not _show(node, place):
            continue
        if found := node.outputs.get(name) or (None if layer else node.outputs.get("Image")):
            return found
    raise UserError(f"{typed.shown_image(node).name} has no layer {layer or name}: choose another.")


def picture_socket(node: bpy.types.Node, parts: Sequence[Part], *, views: Sequence[str] = ()) -> bpy.types.NodeSocket:
    """Return the socket of an Image node that gives the picture of a plate: the layer and the view that its passes are made of.

    Args:
        parts: of an EXR; empty where the file does not say.
        views: as for `picture_layer`.

    Raises:
        UserError: the file holds no picture, or Blender does not show the one that it holds.
    """
    layer = picture_layer(parts, views=views)
    if layer is not None and layer.view and typed.image_node(node).has_views:
        with contextlib.suppress(TypeError):
            typed.set_up(node, view=layer.view)
    if found := node.outputs.get("Image"):
        return found
    if layer is not None:
        with contextlib.suppress(UserError):
            return layer_socket(node, layer.name)
        if not layer.name and typed.image_node(node).has_layers:
            raise UserError(
                f"Blender does not show the picture of {typed.shown_image(node).name}, R, G and B, beside layers of two names, "
                f"such as {layers_of_two_names(parts)}: give it a name in the file, such as beauty."
            )
    if colours := [output for output in node.outputs if output.type == "RGBA" and output.enabled]:
        return colours[0]  # Blender calls some layers otherwise, those of stereo files among them
    raise UserError(f"{typed.shown_image(node).name} holds no picture: choose a file with colours.")


def layers_of_two_names(parts: Sequence[Part]) -> str:
    """Return the first layer within another, as ``ViewLayer.Depth``; empty where there is none."""
    names = (channel.rpartition(".")[0] for part in parts for channel in part.channels)
    return next((name for name in names if "." in name), "")


def _show(node: bpy.types.Node, layer: str) -> bool:
    """Let an Image node show a layer; whether there is one of that name."""
    try:
        typed.set_up(node, layer=layer)
    except TypeError:
        return False
    return True
