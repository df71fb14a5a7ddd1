"""Opening a plate, whatever it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from ..protocol import ErrorCode, PlatelightError, Source
from .movie import Movie
from .picture import Picture
from .sequence import Sequence
from .stills import SUFFIXES


class ClipReader(Protocol):
    """An opened clip. `first`, `last`: source frame numbers. `held`: up to which frame Blender shows the last picture, at least
    `last`. `width`, `height`: of a picture, upright, in its own pixels. `pixel_aspect`: width of a pixel divided by its height.
    `is_float`: whether it holds floating-point numbers."""

    path: Path
    first: int
    last: int
    held: int
    width: int
    height: int
    pixel_aspect: float
    is_sequence: bool
    is_float: bool
    notices: tuple[str, ...]

    def check(self, first: int, last: int) -> None:
        """Find out without decoding whether the range is whole. Raises: `frame_missing`, `source_truncated`."""
        ...

    def read(self, first: int, last: int) -> Iterator[Picture]:
        """Return the pictures of frames `first` to `last`."""
        ...

    def stamp(self, first: int, last: int) -> str:
        """Return a text that changes when the contents of these frames do; it survives copying and moving."""
        ...


def open_source(source: Source) -> ClipReader:
    """Open a movie or an image sequence by its suffix.

    Raises:
        PlatelightError: `source_missing`, `source_empty`, `source_unreadable`, `source_truncated`, `source_timing`.
    """
    path = Path(source.path).expanduser()
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path} is a pipe or a device, not a file")
    if path.suffix.lower() in SUFFIXES:
        return Sequence(path)
    if path.is_dir():
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path} is a folder; name a file of the sequence in it")
    if not path.is_file():
        raise PlatelightError(ErrorCode.SOURCE_MISSING, str(path))
    return Movie(path, frames=source.frames, rate=source.rate)
