"""Footage as a set of clips: any movie or image sequence that the engine reads, alone or in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from ....frames.plate import Plate
from ....frames.stills import SUFFIXES as STILLS
from ....protocol import ErrorCode, PlatelightError, Source, clip_name
from ..normalcrafter.config import DataSource
from ..normalcrafter.feed import open_set_of
from .config import PLATES, PlateSource
from .moves import Frames, Moves

MOVIES = (".mov", ".mp4", ".mkv", ".avi", ".mxf", ".webm", ".m4v", ".mpg")


class Footage(Protocol):
    """Clips whose frames can be read in parts; `names` and `frame_counts` of each."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def frame_counts(self) -> tuple[int, ...]: ...

    def read(self, index: int, first: int, count: int) -> np.ndarray:
        """Return frames `first` to ``first + count - 1`` of a clip: float32 (T, H, W, 3) sRGB in [0, 1].

        Raises:
            PlatelightError, OSError, ValueError, LookupError: they can't be read; names the file.
        """
        ...


@dataclass(frozen=True)
class Plates:
    """Movies and image sequences, each a clip, from its first frame to its last."""

    plates: tuple[Plate, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(str(plate.clip.path) for plate in self.plates)

    @property
    def frame_counts(self) -> tuple[int, ...]:
        return tuple(plate.clip.last - plate.clip.first + 1 for plate in self.plates)

    def read(self, index: int, first: int, count: int) -> np.ndarray:
        plate = self.plates[index]
        begin = plate.clip.first + first
        return np.stack(list(plate.frames(begin, begin + count - 1)))


def open_footage(source: PlateSource) -> Footage:
    """Return the clips that a configuration names.

    Raises:
        PlatelightError: a set or a file can't be read, or a folder holds no footage; names it.
    """
    if source.kind != PLATES:
        clips = open_set_of(DataSource(kind=source.kind, root=source.root))
        return Moves(clips) if source.moved else Frames(clips)
    root = Path(source.root)
    paths = find_plates(root) if root.is_dir() else [root]
    if not paths:
        raise PlatelightError(ErrorCode.SOURCE_EMPTY, f"{root} has no movie and no image sequence in it")
    sources = (Source(path=str(path), color_space=source.color_space) for path in paths)
    return Plates(tuple(Plate(each, max_resolution=0) for each in sources))


def find_plates(folder: Path) -> list[Path]:
    """Return the movies below `folder` and one file of each image sequence of at least two frames, in order of name."""
    sequences: dict[tuple[Path, str, str], list[Path]] = {}
    movies = []
    for path in sorted(folder.rglob("*")):
        suffix = path.suffix.lower()
        if suffix in MOVIES:
            movies.append(path)
        elif suffix in STILLS and path.stem[-1:].isdecimal():
            sequences.setdefault((path.parent, clip_name(path.name, is_sequence=True), suffix), []).append(path)
    return sorted([*movies, *(files[0] for files in sequences.values() if len(files) > 1)])
