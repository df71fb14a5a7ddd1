"""EXR files whose names and texts are not UTF-8, which the library refuses to tell.

The layout is that of "OpenEXR File Layout" (openexr.com).
"""

from __future__ import annotations

import struct

_HEAD, _SEVERAL_PARTS = 8, 1 << 12
_PLAIN = bytes(range(128)) + b"~" * 128
"""The last of the printable characters, so that channels stay in their order."""
_AFTER_NAME = 16
"""Bytes that a list of channels has behind each name."""


def with_plain_names(data: bytes) -> bytes:
    """Return a whole file with ``~`` for each byte of its names and texts that is not ASCII.

    Raises:
        ValueError: the header ends early, or two channels would have one name.
        struct.error: the header ends early.
    """
    plain = bytearray(data)
    [flags] = struct.unpack_from("<I", data, 4)
    at = _HEAD
    while data[at : at + 1] not in (b"", b"\0"):
        at = _header(plain, at)
        if not flags & _SEVERAL_PARTS:
            break
    return bytes(plain)


def _header(plain: bytearray, at: int) -> int:
    """Change a header that begins at `at`; returns where the next one begins."""
    while plain[at : at + 1] != b"\0":
        name_end = plain.index(b"\0", at)
        kind_end = plain.index(b"\0", name_end + 1)
        [size] = struct.unpack_from("<i", plain, kind_end + 1)
        begin, end = kind_end + 5, kind_end + 5 + size
        if not begin <= end <= len(plain):
            raise ValueError("the header ends early")
        kind = bytes(plain[name_end + 1 : kind_end])
        plain[at:name_end] = plain[at:name_end].translate(_PLAIN)
        if kind == b"chlist":
            plain[begin:end] = _channels(bytes(plain[begin:end]))
        elif kind == b"string":
            plain[begin:end] = plain[begin:end].translate(_PLAIN)
        at = end
    return at + 1


def _channels(listed: bytes) -> bytes:
    """Return a list of channels with plain names. Raises: ValueError where the order of the pixels would be another one."""
    names, kept = [], b""
    while listed[:1] not in (b"", b"\0"):
        name, end, rest = listed.partition(b"\0")
        names.append(name.translate(_PLAIN))
        kept += names[-1] + end + rest[:_AFTER_NAME]
        listed = rest[_AFTER_NAME:]
    if names != sorted(set(names)):
        raise ValueError("names of channels that are not UTF-8 cannot be told apart")
    return kept + listed
