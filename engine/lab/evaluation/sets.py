"""What a set of frames with true normals is made of, whatever its layout on disk. All of it is in our own axes already."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from ...normals import normalise
from ...protocol import ErrorCode, PlatelightError
from ...tuning.stability import Motion, measure_motion

NORMAL, DEPTH = "normal", "depth"

_SAME_SHAPE = 0.02
_SHORTEST = 1e-6


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One frame. `frame`: uint8 (H, W, 3) sRGB. `normals`: float32 (H, W, 3), unit length where `valid`, which is bool (H, W).
    `depth`: float32 (H, W), distance along the camera's axis, zero where it isn't known; None where none of it is."""

    frame: np.ndarray
    normals: np.ndarray
    valid: np.ndarray
    depth: np.ndarray | None = None

    def __post_init__(self) -> None:
        height, width = self.frame.shape[:2]
        if self.frame.shape != (height, width, 3) or self.frame.shape != self.normals.shape or self.valid.shape != (height, width):
            raise ValueError(f"frame {self.frame.shape}, normals {self.normals.shape} and validity {self.valid.shape}")


@dataclass(frozen=True, kw_only=True)
class Shot:
    """Frames that belong together. `read`: the frame of an index from 0 on; it raises PlatelightError naming the file.

    `consecutive`: whether neighbours are neighbours in time, so that change may be measured. `poses`: camera-to-world,
    (T, 4, 4), camera axes +X right, +Y up, +Z toward the camera's back, or None.
    """

    name: str
    count: int
    read: Callable[[int], Moment]
    consecutive: bool = True
    poses: np.ndarray | None = None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A frame of a shot as it is measured. `index`: in its shot, from 0. `earlier`: the frame before it in time, if any."""

    index: int
    moment: Moment
    earlier: Moment | None = None

    @functools.cached_property
    def motion(self) -> Motion | None:
        """Return how the picture moved since the frame before; None without one. Normals and depth share it: it is slow."""
        return measure_motion(self.earlier.frame, self.moment.frame) if self.earlier else None


@dataclass(frozen=True, kw_only=True)
class Estimated:
    """What a model says of one frame of a shot. `pass_name`: ``normal`` or ``depth``. `index`: of the frame, from 0. `values`: of a
    normal pass float (h, w, 3), +X right, +Y up, +Z toward the camera, of any length; of a depth pass float32 (h, w), distances."""

    pass_name: str
    index: int
    values: np.ndarray


@dataclass(frozen=True, kw_only=True)
class TestSet:
    """`name`: a published set's own name, so that published figures can be put beside. `notes`: what a reader of its figures
    should know."""

    __test__ = False  # not a test, whatever its name says to pytest

    name: str
    folder: Path
    shots: tuple[Shot, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def frames(self) -> int:
        return sum(shot.count for shot in self.shots)


def fit(normals: np.ndarray, *, size: tuple[int, int], what: str) -> np.ndarray:
    """Return normals (H, W, 3) at `size` (width, height), unit length, zero where there are none. Published evaluations resize
    predictions
    to the truth's size, too.

    Raises:
        PlatelightError: `frame_size_changed`, naming `what`, when the picture has another shape and not just another size.
    """
    height, width = normals.shape[:2]
    if abs(width * size[1] / (height * size[0]) - 1) > _SAME_SHAPE:
        detail = f"{what} is {width}x{height}, the true normals are {size[0]}x{size[1]}"
        raise PlatelightError(ErrorCode.FRAME_SIZE_CHANGED, detail)
    if (width, height) == size:
        return _unit(normals)
    method = cv2.INTER_AREA if width > size[0] else cv2.INTER_LINEAR
    return _unit(cv2.resize(_unit(normals), size, interpolation=method))


def _unit(normals: np.ndarray) -> np.ndarray:
    """Return unit length, float32; zero where there is no direction, so that holes remain holes."""
    length = np.linalg.norm(normals.astype(np.float32), axis=-1, keepdims=True)
    return np.where(np.isfinite(length) & (length > _SHORTEST), normalise(normals), np.float32(0))
