"""The header of an EXR, after "OpenEXR File Layout" (openexr.com). Standard library only."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MAGIC = 20000630
_DEEP, _SEVERAL_PARTS = 0x800, 0x1000
_BITS = {0: 32, 1: 16, 2: 32}
_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256}
"""In a block, by compression."""
_MOST_BYTES = 1 << 26
"""Of an attribute; more is no attribute."""


class NotAnExrError(Exception):
    """The file is none, ends early, or is of a kind that is not read here; a few words say which."""


@dataclass(frozen=True, kw_only=True)
class Exr:
    """`channels`: name and kind (0 whole, 1 half, 2 float), those of a file with several parts as Blender calls them, the name of
    their part first. `width`, `height`: pixels that the file holds (its data window), which
    are the image's size in Blender. `shown`: width and height of the picture they are a part of (its display window). `texts`:
    attributes that are strings. `whole`: nothing is missing at the end, as far as that is told (one part of scan lines)."""

    channels: tuple[tuple[str, int], ...]
    width: int
    height: int
    shown: tuple[int, int]
    texts: dict[str, str]
    whole: bool

    @property
    def bits(self) -> int:
        """Of the coarsest channel."""
        return min((_BITS.get(kind, 32) for _, kind in self.channels), default=0)


def read_header(path: Path) -> Exr:
    """Raises:
    NotAnExrError, OSError.
    """
    with path.open("rb") as stream:
        return _header(stream)


def _header(stream: BinaryIO) -> Exr:
    magic, version = struct.unpack("<II", _exactly(stream, 8))
    if magic != _MAGIC:
        raise NotAnExrError("not an EXR")
    if version & _DEEP:
        raise NotAnExrError("a deep EXR")
    found = dict(_attributes(stream))
    parts = [found]
    while version & _SEVERAL_PARTS and (more := dict(_attributes(stream))):
        parts.append(more)
    try:
        width, height = _size(found["dataWindow"][1])
        shown = _size(found["displayWindow"][1])
        channels = tuple(channel for part in parts for channel in _named(part, several=len(parts) > 1))
        lines = _LINES.get(found["compression"][1][0])
        whole = lines is None or len(parts) > 1 or "tiles" in found or _is_whole(stream, height, lines)
    except (KeyError, struct.error, UnicodeDecodeError) as error:
        raise NotAnExrError("an EXR without what every EXR has") from error
    return Exr(
        channels=channels,
        width=width,
        height=height,
        shown=shown,
        texts={name: data.decode("utf-8", "replace") for name, (kind, data) in found.items() if kind == "string"},
        whole=whole,
    )


def _is_whole(stream: BinaryIO, height: int, lines: int) -> bool:
    """Whether the table of blocks behind the header is filled in and the last of them ends in the file."""
    count = -(-height // lines)
    try:
        blocks = struct.unpack(f"<{count}Q", _exactly(stream, 8 * count))
        stream.seek(max(blocks))
        [size] = struct.unpack("<4xi", _exactly(stream, 8))
    except (NotAnExrError, OverflowError):
        return False
    return min(blocks) > 0 and max(blocks) + 8 + size <= stream.seek(0, os.SEEK_END)


def _size(window: bytes) -> tuple[int, int]:
    left, top, right, bottom = struct.unpack("<iiii", window)
    return right - left + 1, bottom - top + 1


def _attributes(stream: BinaryIO) -> Iterator[tuple[str, tuple[str, bytes]]]:
    while name := _text(stream):
        kind = _text(stream)
        [size] = struct.unpack("<i", _exactly(stream, 4))
        if not 0 <= size <= _MOST_BYTES:
            raise NotAnExrError("a damaged EXR")
        yield name, (kind, _exactly(stream, size))


def _named(part: dict[str, tuple[str, bytes]], *, several: bool) -> list[tuple[str, int]]:
    """A part's channels. Blender puts the part's name before them, where they don't begin with it; before plain colours only where
    there are `several` parts."""
    found = list(_channels(part["channels"][1]))
    if "name" not in part or not (several or any("." in name for name, _ in found)):
        return found
    prefix = part["name"][1].decode("utf-8", "replace") + "."
    return [(name if name.startswith(prefix) else prefix + name, kind) for name, kind in found]


def _channels(data: bytes) -> Iterator[tuple[str, int]]:
    while data and data[0]:
        name, _, rest = data.partition(b"\0")
        yield name.decode(), struct.unpack("<i", rest[:4])[0]
        data = rest[16:]


def _text(stream: BinaryIO) -> str:
    """Up to the next zero byte; names have at most 255 characters."""
    found = bytearray()
    while (byte := _exactly(stream, 1)) != b"\0":
        found += byte
        if len(found) > 255:
            raise NotAnExrError("a damaged EXR")
    return found.decode("utf-8", "replace")


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size) if size >= 0 else b""
    if len(data) != size:
        raise NotAnExrError("a file that ends early")
    return data
