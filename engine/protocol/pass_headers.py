"""What the EXR file of a pass says of itself: enough to tell Platelight's own files from those of other programs.

The layout is that of "OpenEXR File Layout" (openexr.com). Only files that Platelight can have written are understood: one part of
scan lines with the channels of one pass.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path

from .bounds import open_regular
from .frame_numbers import last_place, marked_place
from .pass_table import PASSES
from .records import read_regular

_MAGIC = b"\x76\x2f\x31\x01\x02\x00\x00\x00"
"""Version 2 without flags: one part, scan lines, short names."""
_MOST_BYTES = 1 << 16
_ZIP, _LINES, _MOST_CHUNKS = b"\x03", 16, 4096
"""How Platelight packs passes, how many lines it packs together, and how many such pieces are looked at."""
_PASSES = {frozenset(info.channels): info.name for info in PASSES.values()}


@dataclass(frozen=True, kw_only=True)
class PassHeader:
    """What a pass says of itself. `source`: name of the plate's file. `clip`, `color_space`: None in files of version 0.1, which
    don't say. `settings`: as JSON."""

    pass_name: str
    frame: int
    source: str
    revision: str
    settings: str
    clip: str | None = None
    color_space: str | None = None


def is_whole_pass(file: Path) -> bool:
    """Return whether a file that has a pass's header has all its lines. One that was copied half is cut off anywhere."""
    try:
        with open_regular(file) as opened:
            data = opened.read(_MOST_BYTES)
            found, end = _attributes(data)
            _, top, _, bottom = struct.unpack("<4i", found["dataWindow"])
            chunks = -(-(bottom - top + 1) // _LINES)
            if found["compression"] != _ZIP or not 0 < chunks <= _MOST_CHUNKS:
                return True  # not as Platelight writes it: nothing is known
            last = max(struct.unpack_from(f"<{chunks}Q", data, end))
            opened.seek(last + 4)
            [size] = struct.unpack("<I", opened.read(4))
            return last + 8 + size <= opened.seek(0, os.SEEK_END)
    except (OSError, ValueError, KeyError, struct.error):
        return False


def read_pass_header(file: Path) -> PassHeader | None:
    """Return what the file says of itself, None for a file that Platelight did not write."""
    data = read_regular(file, at_most=_MOST_BYTES)
    if data is None or not data.startswith(_MAGIC):
        return None
    try:
        found, _ = _attributes(data)
        return PassHeader(
            pass_name=_pass_name(found["channels"]),
            frame=struct.unpack("<i", found["platelight/frame"])[0],
            source=_text(found["platelight/source"]),
            revision=_text(found["platelight/revision"]),
            settings=_text(found["platelight/settings"]),
            clip=_text(found["platelight/clip"]) if "platelight/clip" in found else None,
            color_space=_text(found["platelight/colorSpace"]) if "platelight/colorSpace" in found else None,
        )
    except (ValueError, KeyError, struct.error):  # a UnicodeDecodeError is a ValueError
        return None


def is_pass_of(header: PassHeader, *, pass_name: str, clip: str, frame: int, sources: tuple[str, ...], is_sequence: bool) -> bool:
    """Return whether Platelight wrote the file as this frame of this pass of this clip.

    Args:
        header: what the file says of itself.
        sources: paths or names of the clip's files. A file of version 0.1 must come from one of them.
        is_sequence: whether the clip is an image sequence, whose files differ in their number.
    """
    if (header.pass_name, header.frame) != (pass_name, frame):
        return False
    if header.clip is not None:
        return header.clip == clip
    return any(_same_plate(header.source, source, is_sequence=is_sequence) for source in sources)


def _same_plate(one: str, other: str, *, is_sequence: bool) -> bool:
    first, second = (Path(name.replace("\\", "/")) for name in (one, other))
    if not is_sequence:
        return first.name == second.name
    return _without_number(first.name) == _without_number(second.name)


def _without_number(name: str) -> tuple[str, str]:
    place = marked_place(name) or last_place(name)
    return (place.before, place.after) if place else (name, "")


def _attributes(data: bytes) -> tuple[dict[str, bytes], int]:
    """Return the attributes' values by name, and where the table of the lines begins. Raises: ValueError, struct.error where the
    header ends early."""
    found: dict[str, bytes] = {}
    position = len(_MAGIC)
    while data[position : position + 1] != b"\0":
        name_end = data.index(b"\0", position)
        kind_end = data.index(b"\0", name_end + 1)
        [size] = struct.unpack_from("<i", data, kind_end + 1)
        begin = kind_end + 5
        if not 0 <= size <= len(data) - begin:
            raise ValueError("the header ends early")
        found[data[position:name_end].decode()] = data[begin : begin + size]
        position = begin + size
    return found, position + 1


def _pass_name(channels: bytes) -> str:
    """Return the pass that has these channels. Raises: KeyError where none has."""
    names = set()
    while channels[:1] not in (b"", b"\0"):
        name, _, rest = channels.partition(b"\0")
        names.add(name.decode())
        channels = rest[16:]
    return _PASSES[frozenset(names)]


def _text(value: bytes) -> str:
    return value.decode()
