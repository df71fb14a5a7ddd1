"""Image sequences: one file a frame, numbered in the name. Frame numbers are the files' own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..protocol import (
    MOST_NUMBER,
    ErrorCode,
    Place,
    PlatelightError,
    clip_name,
    is_negative,
    last_place,
    marked_place,
    negative_kin,
    place_of,
)
from . import exr_plate
from .picture import Picture
from .stamp import feed
from .stills import read_still
from .windows import Windows

_SAMPLES = 64
"""Of a file of 1080 rows one every 17: what is painted over in an uncompressed one changes no size, and is this high."""


class Sequence:
    """The files of an image sequence, or a single image as frame 1."""

    is_sequence = True

    def __init__(self, path: Path) -> None:
        """Find the files.

        Args:
            path: any file of the sequence, or a name whose number is marked, as in ``name.####.ext``; a name without a number is a
                still. See `place_of` and `marked_place`.

        Raises:
            PlatelightError: `source_missing`, `frame_numbers_unusable`, and what reading the first file raises.
        """
        self.path = path
        self._place, self._files, negative = _find(path)
        self.name = clip_name(str(path), is_sequence=self._place is not None, place=self._place)
        self.first, self.last = min(self._files), max(self._files)
        self.held = self.last
        file = self._files[self.first]
        self._plan = exr_plate.plan(file) if _is_exr(file) else None
        picture = exr_plate.read(file, self._plan) if self._plan else read_still(file)
        self.width, self.height = picture.size
        self.is_float = picture.rgb.dtype == np.float32
        self.pixel_aspect = self._plan.pixel_aspect if self._plan else 1.0
        self.notices = tuple(
            _notices(file, self._plan, negative, highest=self._files[self.last].name if self.last > MOST_NUMBER else "")
        )

    def check(self, first: int, last: int) -> None:
        """Raises: `frame_missing`, naming the first file that is not there."""
        for number in range(first, last + 1):
            if number not in self._files:
                raise PlatelightError(ErrorCode.FRAME_MISSING, f"{self._name(number)} (frame {number})")

    def read(self, first: int, last: int) -> Iterator[Picture]:
        """Yield the pictures of frames `first` to `last`, one by one.

        Raises:
            PlatelightError: `frame_missing`, `frame_size_changed`, `source_truncated`, `source_unreadable`, `source_empty`.
        """
        self.check(first, last)
        for number in range(first, last + 1):
            picture = self._read(self._files[number])
            if picture.size != (self.width, self.height):
                was, now = f"{self.width}x{self.height}", f"{picture.size[0]}x{picture.size[1]}"
                raise PlatelightError(ErrorCode.FRAME_SIZE_CHANGED, f"{self._files[number]} is {now}, the first is {was}")
            yield picture

    def stamp(self, first: int, last: int) -> str:
        """Return a short text that changes when a file of the range does: their sizes, and samples spread over each."""
        digest = hashlib.sha256()
        for number in range(first, last + 1):
            file = self._files.get(number)
            digest.update(f"{number}:".encode())
            if file is None:
                continue
            feed(digest, file, samples=_SAMPLES)
        return digest.hexdigest()[:32]

    def windows(self, number: int) -> Windows | None:
        """Return the windows of a frame; None for kinds of files that have none.

        Raises:
            PlatelightError: as reading the frame.
        """
        file = self._files[number]
        return exr_plate.plan(file).windows if _is_exr(file) else None

    def _read(self, file: Path) -> Picture:
        if not _is_exr(file):
            return read_still(file)
        planned = exr_plate.plan(file)
        if self._plan and planned.layer.name != self._plan.layer.name:
            told = f"{file} has no layer {self._plan.layer.name or 'R, G, B'}, which is the picture of the first file"
            raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, told)
        return exr_plate.read(file, planned)

    def _name(self, number: int) -> Path:
        return self.path.with_name(self._place.name_of(number)) if self._place else self.path


def _is_exr(file: Path) -> bool:
    return file.suffix.lower() == ".exr"


def _find(path: Path) -> tuple[Place | None, dict[int, Path], tuple[str, ...]]:
    """Where the number is in the names, the files by their numbers, and the names with a negative number beside them."""
    if not path.parent.is_dir():
        raise PlatelightError(ErrorCode.SOURCE_MISSING, str(path))
    is_file, names = path.is_file(), os.listdir(path.parent)
    negative = negative_kin(path.name, beside=names)
    if is_file and is_negative(path.name) and negative:
        told = f"{path.name} has a minus before its number, beside {negative[0]}, and Blender plays none below 0"
        raise PlatelightError(ErrorCode.FRAME_NUMBERS_UNUSABLE, told)
    place = place_of(path.name, beside=names) if is_file else marked_place(path.name) or last_place(path.name)
    if place is None:
        if not is_file:
            raise PlatelightError(ErrorCode.SOURCE_MISSING, str(path))
        return None, {1: path}, negative
    files: dict[int, Path] = {}
    for name in sorted(names, key=len, reverse=True):  # where 1 and 0001 are both there, the shorter one counts
        if (number := place.number_in(name)) is not None:
            files[number] = path.with_name(name)
    if not files:
        raise PlatelightError(ErrorCode.SOURCE_MISSING, str(path))
    if not is_file:
        negative = negative_kin(place.name_of(min(files)), beside=names)
    return place, files, negative


def _notices(file: Path, planned: exr_plate.Plan | None, negative: tuple[str, ...], *, highest: str) -> Iterator[str]:
    """Yield what the user should know. `highest`: the last file where its number is beyond Blender's, else empty."""
    if planned and planned.shown_first:
        picture = planned.layer.name or "its plain R, G, B"
        yield f"The plate is {picture} of {file.name}; Blender's Sequencer shows {planned.shown_first}, the first in the file"
    if planned and planned.unshown:
        yield planned.unshown
    if highest:
        yield f"Blender's image nodes end at frame {MOST_NUMBER} and show black for {highest}: number the files anew"
    if negative:
        yield f"Files with a minus before their number, such as {negative[0]}, are left out: rename them to count from 0 up"
