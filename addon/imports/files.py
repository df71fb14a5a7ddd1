"""The files of an imported sequence: which there are, what their first bytes say, and where they lie on a plate. No bpy."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..blender import sequences
from ..errors import UserError
from . import image_header
from .image_header import Header, HeaderError

BYTES, LOSSY = (".jpg", ".jpeg", ".webp", ".tga"), (".jpg", ".jpeg", ".webp")
"""Kinds that have 8 bits a channel, and that lose some."""
_TOLD = (".exr", ".png", ".tif", ".tiff")
"""Kinds whose header every Blender reads."""

_READERS = 8
SUFFIXES = (".exr", ".png", ".tif", ".tiff", ".tga", ".dpx", ".jpg", ".jpeg", ".webp", ".hdr")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A sequence on disk. `files`: by number, in order; a single file without a number has 1. `is_still`: that one."""

    files: dict[int, Path]
    is_still: bool = False

    @property
    def first(self) -> int:
        return next(iter(self.files))

    @property
    def last(self) -> int:
        return next(reversed(self.files))

    @property
    def missing(self) -> tuple[int, ...]:
        return tuple(n for n in range(self.first, self.last + 1) if n not in self.files)


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """`offset`: what is added to a file's number to get the source frame of the plate. `sentence`: how that was told, and `sure`
    whether there is no doubt."""

    offset: int
    sentence: str
    sure: bool


def find(path: Path) -> Found:
    """Return the sequence that any of its files belongs to, from its lowest to its highest number.

    Raises:
        UserError; PlatelightError: `frame_numbers_unusable`.
    """
    if not path.is_file():
        raise UserError(f"{path} is not there: choose a file of the sequence.")
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path.name} is not an image: choose an EXR, PNG or TIFF of the sequence.")
    files = sequences.files_of(path)
    if not files:
        return Found(files={1: path}, is_still=True)
    if len(files) > 1:
        last = max(files)
        sequences.refuse_high(files[last].name, last)
    return Found(files=files)


def header(path: Path) -> Header | None:
    """Return what a file says of itself; None for kinds that this Blender cannot tell of.

    Raises:
        UserError: it is empty or damaged.
    """
    try:
        return image_header.read(path)
    except HeaderError as error:
        if path.suffix.lower() not in _TOLD and path.stat().st_size:
            return None
        raise UserError(f"{path.name} cannot be read ({error}): write it again.") from error


def headers(found: Found) -> dict[int, Header | None]:
    """Return what each file says of itself, by its number; several are read at a time, since a network drive takes its time for
    each.

    Raises:
        UserError: one is empty or damaged.
    """
    with contextlib.suppress(HeaderError):
        image_header.library()  # here, where bpy may be asked
    with ThreadPoolExecutor(_READERS) as pool:
        return dict(zip(found.files, pool.map(header, found.files.values()), strict=True))


def sizes(headers: Mapping[int, Header | None]) -> dict[tuple[int, int], list[int]]:
    """Return which files have which size, those left out whose headers don't tell."""
    told: dict[tuple[int, int], list[int]] = {}
    for number, known in headers.items():
        if known:
            told.setdefault((known.width, known.height), []).append(number)
    return told


def ranges(numbers: Iterable[int]) -> str:
    """``(1, 2, 3, 7)`` -> ``1-3 and 7``; no more than five parts."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    told = [str(first) if first == last else f"{first}-{last}" for first, last in parts]
    if len(told) > 5:
        told = [*told[:4], f"{len(told) - 4} more places"]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


def align(found: Found, *, shown: tuple[int, int], clip_first: int, is_movie: bool) -> Alignment:
    """Return how the numbers of a sequence lie on a plate.

    Args:
        shown: first and last source frame of the plate that are seen.
        clip_first: the plate's first source frame, seen or not.
        is_movie: so that its frames have no numbers of their own, and others count from 0 or 1 as they like.
    """
    first, last = found.first, found.last
    if found.is_still or (first == last and shown[0] == shown[1]):
        return Alignment(offset=shown[0] - first, sentence="One picture for all frames", sure=True)
    if first == last:
        told = f"There is only file {first}, so it is shown on all frames: names of a sequence differ in their last number"
        return Alignment(offset=shown[0] - first, sentence=told, sure=False)
    if first == 0 and is_movie:
        return Alignment(offset=1, sentence="The files count from 0: file 0 lies on the clip's first frame", sure=True)
    if first <= shown[0] and last >= shown[1]:
        return Alignment(offset=0, sentence="The files have the numbers of the plate's frames", sure=True)
    if last - first == shown[1] - shown[0]:
        told = f"As many files as the plate shows frames: file {first} lies on source frame {shown[0]}, the first that is seen"
        return Alignment(offset=shown[0] - first, sentence=told, sure=True)
    if first <= shown[1] and last >= shown[0]:
        seen = f"source frames {shown[0]}-{shown[1]}"
        told = f"By their numbers the files {first}-{last} cover only a part of the {seen} that are seen: the ends are held"
        return Alignment(offset=0, sentence=told, sure=False)
    told = f"File {first} lies on source frame {clip_first}, the first of the clip: the numbers have nothing in common"
    return Alignment(offset=clip_first - first, sentence=told, sure=False)
