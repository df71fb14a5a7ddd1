"""Image sequences: one file a frame, numbered in the name. Frame numbers are the files' own."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..protocol import ErrorCode, PlatelightError, split_number
from .picture import Picture
from .stamp import feed
from .stills import pixel_aspect, read_still

_SAMPLES = 64
"""Of a file of 1080 rows one every 17: what is painted over in an uncompressed one changes no size, and is this high."""


class Sequence:
    """The files of an image sequence, or a single image as frame 1."""

    is_sequence = True

    def __init__(self, path: Path) -> None:
        """Find the files.

        Args:
            path: any file of the sequence, or ``name.####.ext``; a name without a number is a still. See `split_number`.

        Raises:
            PlatelightError: `source_missing`, and what reading the first file raises.
        """
        self.path = path
        self._files = _find(path)
        self.first, self.last = min(self._files), max(self._files)
        file = self._files[self.first]
        picture = read_still(file)
        self.width, self.height = picture.size
        self.is_float = picture.rgb.dtype == np.float32
        self.pixel_aspect = pixel_aspect(file)
        self.notices: tuple[str, ...] = ()

    def check(self, first: int, last: int) -> None:
        """Raises: `frame_missing`, naming the first file that is not there."""
        for number in range(first, last + 1):
            if number not in self._files:
                raise PlatelightError(ErrorCode.FRAME_MISSING, f"{self._name(number)} (frame {number})")

    def read(self, first: int, last: int) -> Iterator[Picture]:
        """The pictures of frames `first` to `last`, one by one.

        Raises:
            PlatelightError: `frame_missing`, `frame_size_changed`, `source_truncated`, `source_unreadable`, `source_empty`.
        """
        self.check(first, last)
        for number in range(first, last + 1):
            picture = read_still(self._files[number])
            if picture.size != (self.width, self.height):
                was, now = f"{self.width}x{self.height}", f"{picture.size[0]}x{picture.size[1]}"
                raise PlatelightError(ErrorCode.FRAME_SIZE_CHANGED, f"{self._files[number]} is {now}, the first is {was}")
            yield picture

    def stamp(self, first: int, last: int) -> str:
        """A short text that changes when a file of the range does: their sizes, and samples spread over each."""
        digest = hashlib.sha256()
        for number in range(first, last + 1):
            file = self._files.get(number)
            digest.update(f"{number}:".encode())
            if file is None:
                continue
            feed(digest, file, samples=_SAMPLES)
        return digest.hexdigest()[:32]

    def _name(self, number: int) -> Path:
        before, digits, after = split_number(self.path.stem)
        return self.path.with_name(f"{before}{number:0{len(digits)}d}{after}{self.path.suffix}")


def _find(path: Path) -> dict[int, Path]:
    before, digits, after = split_number(path.stem)
    if not path.parent.is_dir():
        raise PlatelightError(ErrorCode.SOURCE_MISSING, str(path))
    if not digits:
        if not path.is_file():
            raise PlatelightError(ErrorCode.SOURCE_MISSING, str(path))
        return {1: path}
    name = re.compile(re.escape(before) + r"(\d+)" + re.escape(after + path.suffix) + "$", re.IGNORECASE if os.name == "nt" else 0)
    files = {}
    for entry in os.scandir(path.parent):
        match = name.match(entry.name)
        # 0099 is followed by 0100, and 9999 by 10000: more digits are right only where they don't start with a zero.
        if match and (len(match.group(1)) == len(digits) or (len(match.group(1)) > len(digits) and match.group(1)[0] != "0")):
            files[int(match.group(1))] = Path(entry.path)
    if not files:
        raise PlatelightError(ErrorCode.SOURCE_MISSING, str(path))
    return files
