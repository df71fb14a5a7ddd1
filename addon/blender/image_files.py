"""Which files an image of the compositor asks for, and which are missing: Blender shows black for those, without a word."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..contract import last_place
from . import images, typed

LONG_AGO = -100_000
"""A count that began before this frame has come to its end: the node shows one file for good."""
_ON_DISK = ("SEQUENCE", "MOVIE", "FILE")
Listing = Callable[[Path], frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Files:
    """Files of one folder, by name, in the order in which they are seen."""

    folder: Path
    names: tuple[str, ...]


def numbers(*, start: int, offset: int, length: int) -> range:
    """Return the file numbers that an Image node of these settings can ask for; see `images.map_frames`."""
    return range(offset if start > LONG_AGO else offset + 1, offset + length + 1)


def asked(image: bpy.types.Image | None, seen: range) -> Files | None:
    """Return the files of an image, of a sequence those with the numbers `seen`; None where it has none of its own. Looks at no
    file."""
    if image is None or image.source not in _ON_DISK or image.packed_file is not None or not image.filepath:
        return None
    path = images.absolute(image)
    place = last_place(path.name) if image.source == "SEQUENCE" else None
    names = tuple(place.name_of(number) for number in seen) if place else (path.name,)
    return Files(folder=path.parent, names=names)


def asked_by(node: bpy.types.Node) -> Files | None:
    """Return the files that an Image node of a compositor asks for over time. Looks at no file."""
    shown = typed.image_node(node)
    return asked(shown.image, numbers(start=shown.frame_start, offset=shown.frame_offset, length=shown.frame_duration))


def missing(files: Files, *, listing: Listing) -> tuple[str, ...]:
    """Return the names that aren't in the folder. `listing`: the names that are in one; so each folder is looked at once."""
    there = listing(files.folder)
    gone = tuple(name for name in files.names if name not in there)
    if gone and there and (files.folder / gone[0]).is_file():  # the disk takes A for a
        there = frozenset(name.lower() for name in there)
        gone = tuple(name for name in gone if name.lower() not in there)
    return gone


def names_in(folder: Path) -> frozenset[str]:
    """Return the names of a folder's entries; none where it isn't there."""
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def names_with_content(folder: Path) -> frozenset[str]:
    """Return the names of a folder's files that aren't empty, as a copy that was cut short leaves them. Asks the disk for each
    file."""
    try:
        with os.scandir(folder) as entries:
            return frozenset(entry.name for entry in entries if entry.is_file() and entry.stat().st_size > 0)
    except OSError:
        return frozenset()
