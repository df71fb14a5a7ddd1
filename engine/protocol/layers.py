"""Which channels of an EXR are the picture of a plate: one answer for the engine and the add-on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_COLOURS = (("r", "g", "b", "a"), ("red", "green", "blue", "alpha"))
_PICTURES = ("rgba", "rgb", "beauty", "combined", "image", "color", "colour", "main", "default", "c")
"""What the picture of a render is called, the surest name first; a layer without a name is the picture, too."""
_NO_PICTURE = re.compile(
    r"(^|[^a-z])(n|nn|nrm|norms?|normals?|p|pos|position|z|depth|uv|st|motion|velocity|vector|forward|backward|disparity|id|"
    r"crypto\w*|albedo|diffuse|diffcol|specular|glosscol|shadow|ao|matte|mask|alpha)([^a-z]|$)|normal|crypto",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of an EXR as its header has it: `channels` in their order, `name` and `view` empty where it says none."""

    channels: tuple[str, ...]
    name: str = ""
    view: str = ""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer that can be seen.

    `name`: as Blender calls it, without the view: the part's name before the layer's own; empty for the colours of a file that
    names none. `view`: of a stereo file, ``left`` or ``right``. `part`: counted from 0. `channels`: of that part: red, green and
    blue, or a single one for grey, and then alpha where there is one.
    """

    name: str
    view: str
    part: int
    channels: tuple[str, ...]

    @property
    def group(self) -> str:
        """What Blender calls the layer that holds it as a pass."""
        return self.name.rpartition(".")[0]

    @property
    def own_name(self) -> str:
        """What Blender calls it within its group."""
        return self.name.rpartition(".")[2] or "Combined"

    @property
    def is_colour(self) -> bool:
        return len(self.channels) > 2


def picture_layer(parts: Sequence[Part], *, views: Sequence[str] = ()) -> Layer | None:
    """Return the layer that is the plate: colours before grey, one named like a picture before others, those before data such as
    normals.
    Of a stereo file, the view that comes first.

    Args:
        views: of a file whose channels carry the names of its views, the header's ``multiView``; the first has no name there.
    """
    found = _first_view(list(_layers(parts, views)))
    several = len(parts) > 1
    return min(found, key=lambda layer: (not layer.is_colour, _rank(layer, several=several)), default=None)


def first_layer(parts: Sequence[Part], *, views: Sequence[str] = ()) -> Layer | None:
    """Return the layer that Blender's Sequencer shows: of the first group that has colours, ``Combined`` or else the first."""
    found = [layer for layer in _first_view(list(_layers(parts, views))) if layer.is_colour]
    group = [layer for layer in found if layer.group == found[0].group]
    return min(group, key=lambda layer: layer.own_name != "Combined", default=None)


def _layers(parts: Sequence[Part], views: Sequence[str]) -> Iterator[Layer]:
    """Yield all layers with a picture's channels, in the file's order."""
    several = len(parts) > 1
    for index, part in enumerate(parts):
        groups: dict[str, dict[str, str]] = {}
        for channel in part.channels:
            layer, _, component = channel.rpartition(".")
            groups.setdefault(layer, {})[component.lower()] = channel
        for layer, components in groups.items():
            channels = _picture_channels(components, is_plain=not layer)
            if not channels:
                continue
            name, view = _without_view(layer, views) if views else (layer, "")
            if part.name and (several or any("." in channel for channel in part.channels)):
                name = _named_after_part(name, part)
            yield Layer(name=name, view=part.view or view, part=index, channels=channels)


def _picture_channels(components: dict[str, str], *, is_plain: bool) -> tuple[str, ...]:
    """Return the channels of a layer that make a picture, by their components in small letters; none where it is something else."""
    for red, green, blue, alpha in _COLOURS:
        if all(name in components for name in (red, green, blue)):
            return tuple(components[name] for name in (red, green, blue, alpha) if name in components)
    if "ry" in components or "by" in components:
        return ()
    if is_plain and components.keys() >= {"x", "y", "z"}:
        return tuple(components[name] for name in "xyz")
    for grey in ("y", "v", "r") if is_plain else ("y", "v"):
        others = components.keys() - {grey, "a"}
        if grey in components and not (others & {"g", "b", "u"} if is_plain else others):
            return tuple(components[name] for name in (grey, "a") if name in components)
    return ()


def _without_view(layer: str, views: Sequence[str]) -> tuple[str, str]:
    """Return a layer's name without that of a view, and the view: ``right.N`` and ``N.right`` -> ``("N", "right")``."""
    names = layer.split(".") if layer else []
    view = next((name for name in reversed(names) if name in views), views[0])
    if view in names:
        names.remove(view)
    return ".".join(names), view


def _named_after_part(layer: str, part: Part) -> str:
    """Return the part's name before the layer's, where the layer doesn't begin with it; its view is no part of it."""
    own = part.name.removesuffix(f".{part.view}") if part.view else part.name
    if not layer or layer == own or layer == part.name:
        return own
    return layer if layer.startswith(f"{own}.") else f"{own}.{layer}"


def _first_view(layers: list[Layer]) -> list[Layer]:
    return [layer for layer in layers if layer.view in ("", layers[0].view)] if layers else []


def _rank(layer: Layer, *, several: bool) -> int:
    """Small for what is the picture by its name. Plain colours are it; in one of several parts, the part's name counts."""
    name = layer.own_name.lower()
    if not layer.name or not (several or "." in layer.channels[0]):
        return 0
    if name in _PICTURES:
        return _PICTURES.index(name)
    return len(_PICTURES) + bool(_NO_PICTURE.search(layer.own_name))
