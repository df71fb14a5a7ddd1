"""What a picture's file says of itself, by Blender's own OpenImageIO: the header is read, and no pixels but an EXR's last line.

Whatever the bytes are, `read` gives a `Header` or raises `HeaderError`.
"""

from __future__ import annotations

import functools
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from ..contract import Part

MOST_CHANNELS = 1024
MOST_PIXELS = 1 << 17
"""Of a side; what claims more is damaged."""

_MOST_LINE_BYTES = 1 << 27
_MOST_PARTS = 256
_REMEMBERED = 4096
"""Headers: those of a long plate, whose files are looked at each time that more of its passes arrive."""
_PNG_TAIL = 64
"""Bytes at a PNG's end, where it says that it is one."""

_RAISED = (RuntimeError, ValueError, TypeError, AttributeError, MemoryError, OSError)
"""What the library raises over damaged files; names that are no UTF-8 are a `ValueError`."""


class HeaderError(Exception):
    """The file cannot be read; a few words say why."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """`width`, `height`: pixels that the file holds, which are the image's size in Blender. `bits`: of the coarsest channel.
    `colors`: how many channels are not alpha; of an EXR all. `channels`: names, of an EXR only, as Blender calls them. `shown`:
    width and height of the picture that the pixels are a part of, of an EXR only; `corner`: where in it they begin, to the right
    and down. `texts`: attributes that are strings. `parts`: of an EXR, as its header has them; `views`: of a stereo file whose
    channels carry the names of their views, the first of which has none. `whole`: nothing is missing at the end, as far as that
    is told: an EXR of one part of scan lines, and a PNG."""

    width: int
    height: int
    bits: int
    colors: int
    channels: tuple[str, ...] = ()
    shown: tuple[int, int] | None = None
    corner: tuple[int, int] = (0, 0)
    texts: dict[str, str]
    parts: tuple[Part, ...] = ()
    views: tuple[str, ...] = ()
    whole: bool = True


def read(path: Path) -> Header:
    """Raises:
    HeaderError.
    """
    try:
        if not path.stat().st_size:
            raise HeaderError("it is empty")
        oiio = library()
        source = oiio.ImageInput.open(str(path))
        if source is None:
            raise HeaderError(_first_line(oiio.geterror()) or "it is damaged")
        try:
            return _header(path, source)
        finally:
            source.close()
    except _RAISED as error:
        raise HeaderError(_first_line(str(error)) or type(error).__name__) from error


def known(path: Path) -> Header | None:
    """Return what a file says of itself, None where it does not. A file that has not changed since is not read again."""
    try:
        status = path.stat()
    except OSError:
        return None
    return _known(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=_REMEMBERED)
def _known(path: Path, changed: int, size: int) -> Header | None:
    try:
        return read(path)
    except HeaderError:
        return None


@functools.cache
def library() -> ModuleType:
    """OpenImageIO's Python module. Blender as a module leaves it off the path.

    Raises:
        HeaderError: this Blender comes without it.
    """
    import bpy

    version = "" if os.name == "nt" else f"python{sys.version_info[0]}.{sys.version_info[1]}"
    bundled = str(Path(bpy.utils.resource_path("LOCAL"), "python", "lib", version, "site-packages"))
    sys.path.append(bundled)
    try:
        import OpenImageIO
    except ImportError as error:
        raise HeaderError("this Blender comes without OpenImageIO, those from blender.org have it") from error
    finally:
        sys.path.remove(bundled)
    return OpenImageIO


def _header(path: Path, source: Any) -> Header:
    parts = [source.spec()]
    while len(parts) < _MOST_PARTS and source.seek_subimage(len(parts), 0):
        parts.append(source.spec())
    first = parts[0]
    if not (0 < first.width <= MOST_PIXELS and 0 < first.height <= MOST_PIXELS):
        raise HeaderError(f"it claims {first.width} x {first.height} pixels")
    if any(not 0 < part.nchannels <= MOST_CHANNELS for part in parts):
        raise HeaderError(f"it has more than {MOST_CHANNELS} channels")
    if first.deep:
        raise HeaderError("it is a deep EXR")
    texts = {each.name: each.value for each in first.extra_attribs if isinstance(each.value, str)}
    if path.suffix.lower() != ".exr":
        told = first.get_int_attribute("oiio:BitsPerSample", 8 * first.format.basesize())
        colors = first.nchannels - (first.alpha_channel >= 0)
        whole = path.suffix.lower() != ".png" or _has_png_end(path)
        return Header(width=first.width, height=first.height, bits=told, colors=colors, texts=texts, whole=whole)
    channels = tuple(name for part in parts for name in _names(part, several=len(parts) > 1))
    return Header(
        width=first.width,
        height=first.height,
        bits=min(_bits(part) for part in parts),
        colors=len(channels),
        channels=channels,
        shown=(first.full_width, first.full_height),
        corner=(first.x - first.full_x, first.y - first.full_y),
        texts=texts,
        parts=tuple(
            Part(
                channels=tuple(part.channelnames),
                name=part.get_string_attribute("name"),
                view=part.get_string_attribute("view"),
            )
            for part in parts
        ),
        views=_views(first),
        whole=len(parts) > 1 or _has_last_line(source, first),
    )


def _views(part: Any) -> tuple[str, ...]:
    """Return the names in the attribute ``multiView``, in their order."""
    held = next((each.value for each in part.extra_attribs if each.name == "multiView"), ())
    return tuple(str(name) for name in ((held,) if isinstance(held, str) else held))


def _bits(part: Any) -> int:
    return 8 * min(kind.basesize() for kind in (part.channelformats or (part.format,)))


def _names(part: Any, *, several: bool) -> list[str]:
    """Return a part's channels. Blender puts the part's name before them, where they don't begin with it; before plain colours
    only where
    there are `several` parts."""
    names, name = list(part.channelnames), part.get_string_attribute("name")
    if not name or not (several or any("." in each for each in names)):
        return names
    return [each if each.startswith(f"{name}.") else f"{name}.{each}" for each in names]


def _has_last_line(source: Any, part: Any) -> bool:
    """Return whether the last line can be read; a render that was stopped has none."""
    if part.tile_width or part.width * part.nchannels * 4 > _MOST_LINE_BYTES or not source.seek_subimage(0, 0):
        return True
    return source.read_scanline(part.y + part.height - 1, 0) is not None


def _has_png_end(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(max(stream.seek(0, os.SEEK_END) - _PNG_TAIL, 0))
        return b"IEND" in stream.read()


def _first_line(text: str) -> str:
    return (text.splitlines() or [""])[0][:200]
