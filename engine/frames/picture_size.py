"""How large the picture in a file says it is, read from its first bytes, so that no memory is taken for what cannot be."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

from ..protocol import ErrorCode, PlatelightError
from ..protocol.bounds import open_regular

MOST_PIXELS = 1 << 27
"""Of a picture that is read: 16384 x 8192."""
HEAD_BYTES = 1 << 16

_FIXED = {
    ".png": (">II", 16),
    ".bmp": ("<Ii", 18),
    ".sgi": (">HH", 6),
    ".rgb": (">HH", 6),
    ".rgba": (">HH", 6),
    ".bw": (">HH", 6),
    ".tga": ("<HH", 12),
    ".cin": (">II", 200),
}
"""Width and height, one after the other."""
_FIXED_HEIGHT_FIRST = {".psd": (">II", 14), ".psb": (">II", 14), ".dds": ("<II", 12)}
_PNG_HEADER, _MOST_PACKED = 33, 1032
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By its type of colour: PNG, section 11.2.1."""
_RADIANCE = re.compile(rb"\n[-+]Y (\d{1,9}) [-+]X (\d{1,9})\n")
_PORTABLE = re.compile(rb"P[1-7]\s(?:#[^\n]*\n|\s)*(\d{1,9})\s(?:#[^\n]*\n|\s)*(\d{1,9})\s")
_PORTABLE_ANY = re.compile(rb"P7\n(?:.*\n)*?WIDTH (\d{1,9})\n(?:.*\n)*?HEIGHT (\d{1,9})\n")
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def first_bytes(path: Path) -> bytes:
    """At most `HEAD_BYTES` of them.

    Raises:
        PlatelightError: `frame_missing`, `source_empty`, `source_unreadable`.
    """
    try:
        with open_regular(path) as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError as error:
        raise PlatelightError(ErrorCode.FRAME_MISSING, str(path)) from error
    except OSError as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path}: {error.strerror}") from error
    if not head:
        raise PlatelightError(ErrorCode.SOURCE_EMPTY, f"{path} is a file of zero bytes")
    return head


def picture_size(head: bytes, suffix: str) -> tuple[int, int] | None:
    """Width and height that a file claims; None where its first bytes don't tell.

    Args:
        head: the file's first `HEAD_BYTES`.
        suffix: in small letters, with its point. EXR and TIFF are not told here: their own readers do.
    """
    try:
        if suffix in _FIXED:
            width, height = struct.unpack_from(_FIXED[suffix][0], head, _FIXED[suffix][1])
            return width, abs(height)
        if suffix in _FIXED_HEIGHT_FIRST:
            height, width = struct.unpack_from(_FIXED_HEIGHT_FIRST[suffix][0], head, _FIXED_HEIGHT_FIRST[suffix][1])
            return width, height
        return _OTHERS[suffix](head) if suffix in _OTHERS else None
    except struct.error:
        return None


def check_png(head: bytes, path: Path) -> None:
    """Refuse a PNG that is too short for its pixels before memory is taken for them: deflate packs 1032 bytes into one at most.

    Raises:
        PlatelightError: `source_truncated`.
    """
    if len(head) < _PNG_HEADER or head[12:16] != b"IHDR":
        return
    width, height, bits, kind = struct.unpack_from(">IIBB", head, 16)
    needed = height * (1 + width * bits * _PNG_CHANNELS.get(kind, 1) // 8)
    if needed > _MOST_PACKED * path.stat().st_size:
        raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"{path} is too short for the {width} x {height} pixels that it claims")


def check_size(size: Sequence[int], path: Path) -> None:
    """Raises: `source_unreadable` for a picture that is larger than any that can be handled."""
    width, height = size
    if width * height > MOST_PIXELS:
        told = f"{path} says that it has {width} x {height} pixels, and {MOST_PIXELS} are the most that are read (16384 x 8192)"
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, told)


def _dpx(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<II" if head[:4] == b"XPDS" else ">II", head, 772)
    return width, height


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """ISO/IEC 10918-1, annex B: from marker to marker up to that of a frame."""
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        if head[at + 1] == 0xFF:
            at += 1
            continue
        if head[at + 1] in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        at += 2 + struct.unpack_from(">H", head, at + 2)[0]
    return None


def _webp(head: bytes) -> tuple[int, int] | None:
    """RFC 9649: the extended, the lossless and the lossy form."""
    kind = head[12:16]
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L":
        [bits] = struct.unpack_from("<I", head, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg2000(head: bytes) -> tuple[int, int] | None:
    """ISO/IEC 15444-1, annex A: the image and tile size, whatever boxes are before it."""
    at = head.find(b"\xff\x4f\xff\x51")
    if at < 0:
        return None
    right, bottom, left, top = struct.unpack_from(">IIII", head, at + 8)
    return right - left, bottom - top


def _radiance(head: bytes) -> tuple[int, int] | None:
    match = _RADIANCE.search(head)
    return (int(match.group(2)), int(match.group(1))) if match else None


def _portable(head: bytes) -> tuple[int, int] | None:
    match = _PORTABLE_ANY.match(head) if head[:2] == b"P7" else _PORTABLE.match(head)
    return (int(match.group(1)), int(match.group(2))) if match else None


def _avif(head: bytes) -> tuple[int, int] | None:
    """ISO/IEC 23008-12: the largest of the spatial extents."""
    places = [match.end() + 4 for match in re.finditer(b"ispe", head)]
    sizes = [struct.unpack_from(">II", head, at) for at in places if at + 8 <= len(head)]
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


_OTHERS: dict[str, Callable[[bytes], tuple[int, int] | None]] = {
    ".dpx": _dpx,
    ".hdr": _radiance,
    ".webp": _webp,
    ".avif": _avif,
    **dict.fromkeys((".jpg", ".jpeg", ".jpe"), _jpeg),
    **dict.fromkeys((".jp2", ".j2c", ".j2k"), _jpeg2000),
    **dict.fromkeys((".ppm", ".pgm", ".pbm", ".pnm", ".pam"), _portable),
}
