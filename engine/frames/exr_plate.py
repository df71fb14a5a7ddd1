"""Reading the picture of an EXR, whatever parts, layers, views and windows it has."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR

from ..protocol import ErrorCode, Layer, Part, PlatelightError, first_layer, picture_layer
from .exr_names import with_plain_names
from .picture import Picture
from .picture_size import check_size, first_bytes
from .windows import Window, Windows

_DEEP = (OpenEXR.deepscanline, OpenEXR.deeptile)
_MOST_BYTES = 1 << 33
"""Of all channels of all parts, which the library reads at once."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is read of an EXR.

    `shown_first`: the name of the layer that Blender's Sequencer shows, where that is another one. `unshown`: where some Blender
    shows black instead, a sentence that says so. `plain_names`: whether names in the file are not UTF-8, and are read as
    `with_plain_names` has them.
    """

    layer: Layer
    windows: Windows
    pixel_aspect: float
    shown_first: str = ""
    plain_names: bool = False
    unshown: str = ""


def plan(path: Path) -> Plan:
    """From the headers alone.

    Raises:
        PlatelightError: `frame_missing`, `source_empty`; `source_unreadable`, naming what the file is or has instead.
    """
    first_bytes(path)
    plain_names = False
    try:
        try:
            headers, parts, views = _headers(path)
        except UnicodeDecodeError:
            plain_names = True
            headers, parts, views = _headers(path, plain_names=True)
    except (RuntimeError, ValueError, IndexError, TypeError, KeyError, struct.error) as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path}: {error}") from error
    layer = picture_layer(parts, views=views)
    if layer is None:
        held = ", ".join(name for part in parts for name in part.channels[:8])
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path} has no colour, only the channels {held}")
    header = headers[layer.part]
    if header.get("type") in _DEEP:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path} is a deep EXR: flatten it")
    subsampled = [channel.name for channel in header["channels"] if (channel.xSampling, channel.ySampling) != (1, 1)]
    if subsampled := [name for name in subsampled if name in layer.channels]:
        told = f"the channels {', '.join(subsampled)} of {path} have fewer pixels than the picture: write it as R, G, B"
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, told)
    windows = Windows(display=_window(header["displayWindow"]), data=_window(header["dataWindow"]))
    for window in (windows.display, windows.data):
        check_size(window.size, path)
    if (needed := sum(_bytes(header) for header in headers)) > _MOST_BYTES:
        told = f"{path} takes {needed >> 30} GiB with all its channels: write the picture alone"
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, told)
    first = first_layer(parts, views=views)
    return Plan(
        layer=layer,
        windows=windows,
        pixel_aspect=_aspect(header),
        shown_first=first.name or "plain R, G, B" if first and first != layer else "",
        plain_names=plain_names,
        unshown=_unshown(header),
    )


def read(path: Path, planned: Plan) -> Picture:
    """Return the picture, in its display window; black and transparent where the file holds nothing.

    Raises:
        PlatelightError: `source_unreadable`, `source_truncated`.
    """
    try:
        file = _open(path, plain_names=planned.plain_names, separate_channels=True)
        held = file.channels(planned.layer.part) if len(file.parts) > planned.layer.part else {}
        planes = [held[name].pixels for name in planned.layer.channels]
    except RuntimeError as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path}: {error}") from error
    except (ValueError, KeyError, IndexError) as error:
        # A file whose pixels can't all be read comes back without its parts.
        raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"{path} is damaged") from error
    size = planned.windows.data.size[::-1]
    if any(plane is None or plane.shape != size for plane in planes):
        raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"{path} is damaged")
    colours, alpha = (planes[:3], planes[3:]) if planned.layer.is_colour else (planes[:1] * 3, planes[1:])
    rgb = planned.windows.to_picture(np.stack(colours, axis=-1).astype(np.float32))
    matte = planned.windows.to_picture(alpha[0].astype(np.float32)) if alpha else None
    return Picture(rgb=rgb, alpha=matte, premultiplied=True)


def _headers(path: Path, *, plain_names: bool = False) -> tuple[list[Mapping[str, Any]], list[Part], tuple[str, ...]]:
    """Return the header of each part, what it says of its channels, and the names of the views. Raises: what the library raises."""
    headers = [part.header for part in _open(path, plain_names=plain_names, header_only=True).parts]
    views = tuple(next((header["multiView"] for header in headers if header.get("multiView")), ()))
    return headers, [_part(header) for header in headers], views


def _open(path: Path, *, plain_names: bool, **options: bool) -> OpenEXR.File:
    """Open a file with the library, which takes no path that is not UTF-8."""
    if plain_names:
        return OpenEXR.File(io.BytesIO(with_plain_names(path.read_bytes())), **options)
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return OpenEXR.File(io.BytesIO(path.read_bytes()), **options)
    return OpenEXR.File(str(path), **options)


def _part(header: Mapping[str, Any]) -> Part:
    names = tuple(channel.name for channel in header["channels"])
    return Part(channels=names, name=header.get("name") or "", view=header.get("view") or "")


def _window(corners: tuple[np.ndarray, np.ndarray]) -> Window:
    (left, top), (right, bottom) = (tuple(int(value) for value in corner) for corner in corners)
    return Window(left=left, top=top, right=right + 1, bottom=bottom + 1)


def _bytes(header: Mapping[str, Any]) -> int:
    width, height = _window(header["dataWindow"]).size
    return width * height * 4 * len(header["channels"])


def _unshown(header: Mapping[str, Any]) -> str:
    """Return what Blender makes of a compression that is younger than its library; empty for all others."""
    packed = str(header["compression"]).rpartition(".")[2].removesuffix("_COMPRESSION")
    if packed.startswith("HTJ2K"):
        return "The EXR files are packed with HTJ2K, of which Blender 4.5 shows black. Blender 5.2 and 5.3 show them"
    if packed in ("LJ2K", "ZSTD"):
        return f"The EXR files are packed with {packed}, of which Blender up to 5.3 shows black. Write them with ZIP"
    return ""


def _aspect(header: Mapping[str, Any]) -> float:
    """Width of a pixel divided by its height, as far as the file says so."""
    aspect = float(header.get("pixelAspectRatio", 1.0))
    return aspect if 0.1 < aspect < 10 else 1.0
