"""A set of single pictures: what the readers of such sets share."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..clips import Intrinsics
from .clip_set import Clip, check_range, made


@dataclass(frozen=True, kw_only=True)
class Still:
    """One picture. `frame`, `normals` `(H, W, 3)`, `valid` `(H, W)`, as in `Clip`; `path`: of the normals, for messages."""

    frame: np.ndarray
    normals: np.ndarray
    valid: np.ndarray
    intrinsics: Intrinsics
    path: Path


@dataclass(frozen=True, kw_only=True)
class Stills:
    """Pictures, each a clip of one frame. `load` reads one from where it lies."""

    names: tuple[str, ...]
    places: tuple[Path, ...]
    load: Callable[[Path], Still]

    @property
    def frame_counts(self) -> tuple[int, ...]:
        return (1,) * len(self.names)

    def read(self, index: int, first: int, count: int) -> Clip:
        check_range(self.names[index], have=1, first=first, count=count)
        still = self.load(self.places[index])
        return made(
            frames=[still.frame], normals=[still.normals], valid=[still.valid], intrinsics=still.intrinsics, paths=[still.path]
        )


def stills(root: Path, places: list[Path], load: Callable[[Path], Still], *, what: str) -> Stills:
    """Return the pictures at `places`, named by their paths below `root`.

    Raises:
        FileNotFoundError: if there are none.
    """
    if not places:
        raise FileNotFoundError(f"No {what} was found in {root}.")
    return Stills(names=tuple(str(place.relative_to(root)) for place in places), places=tuple(places), load=load)
