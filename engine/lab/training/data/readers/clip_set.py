"""What every reader gives: a set of clips to be read in parts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from ..clips import Intrinsics


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Some frames of a clip.

    Attributes:
        frames: `(T, H, W, 3)` float32, display-referred sRGB in [0, 1].
        normals: `(T, H, W, 3)` float32, camera space, +X right, +Y up, +Z toward the camera; unit length, zero where unknown.
        valid: `(T, H, W)` bool, where the normal is known.
        intrinsics: fx, fy, cx, cy in pixels, the centre of the top left pixel at (0, 0); None where unknown.
    """

    frames: np.ndarray
    normals: np.ndarray
    valid: np.ndarray
    intrinsics: Intrinsics | None = None


class ClipSet(Protocol):
    """Clips of one data set. A still is a clip of one frame."""

    @property
    def names(self) -> tuple[str, ...]:
        """What each clip is called in messages: its path below the root."""

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """How many frames each clip has."""

    def read(self, index: int, first: int, count: int) -> Clip:
        """Return frames `first` to ``first + count - 1`` of a clip.

        Raises:
            IndexError: if there are no such frames.
            OSError, ValueError: if a file is missing, broken or misshapen; names the file.
        """


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """Clips of consecutive frames. `numbers`: of each clip's frames. `names`: of the clips."""

    numbers: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """How many frames each clip has."""
        return tuple(len(numbers) for numbers in self.numbers)

    def chosen(self, index: int, first: int, count: int) -> tuple[int, ...]:
        """Return the numbers of some frames of a clip.

        Raises:
            IndexError: if there are no such frames.
        """
        check_range(self.names[index], have=len(self.numbers[index]), first=first, count=count)
        return self.numbers[index][first : first + count]


def made(
    *,
    frames: list[np.ndarray],
    normals: list[np.ndarray],
    valid: list[np.ndarray],
    intrinsics: Intrinsics | None,
    paths: list[Path],
) -> Clip:
    """Return a clip from its frames; normals get unit length, and what isn't a direction becomes invalid.

    Args:
        frames: `(H, W, 3)` float in [0, 1] each.
        normals: `(H, W, 3)` each, in our axes already.
        valid: `(H, W)` bool each.
        intrinsics: as in `Clip`.
        paths: the file each frame's normals came from, for messages.

    Raises:
        ValueError: if sizes differ; names the file.
    """
    size = frames[0].shape
    units, known = [], []
    for frame, normal, seen, path in zip(frames, normals, valid, paths, strict=True):
        if frame.shape != size or normal.shape != size or seen.shape != size[:2]:
            raise ValueError(f"{path}: {normal.shape} and its frame {frame.shape} don't belong in a clip of {size}.")
        normal = normal.astype(np.float32)
        length = np.linalg.norm(normal, axis=-1)
        real = seen & np.isfinite(length) & (length > 1e-3)
        units.append(np.where(real[..., None], normal / np.where(real, length, 1)[..., None], np.float32(0)))
        known.append(real)
    return Clip(frames=np.stack(frames).astype(np.float32), normals=np.stack(units), valid=np.stack(known), intrinsics=intrinsics)


def check_range(name: str, *, have: int, first: int, count: int) -> None:
    """Raise IndexError unless frames `first` to ``first + count - 1`` exist in a clip of `have` frames."""
    if first < 0 or count < 1 or first + count > have:
        raise IndexError(f"{name} has {have} frames; {count} from {first} on were asked for.")
