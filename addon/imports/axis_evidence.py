"""What fields of normals say about their axes: statistics of surfaces as a camera sees them. Pure numpy.

Four things tell axes apart. Visible surfaces face the camera: that finds the axis toward it, its sign, and world space. Normals
are those of one surface, so that crossed derivatives of its depth agree: a single flip breaks it (integrability; Frankot and
Chellappa 1988). Things bulge more often than they cave in. More ground and tops are seen than ceilings and undersides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .convention import is_normal

LONG_SIDE = 96
"""Pixels of the long side of what is looked at: rounding to 8 bits is averaged away, and it takes no time."""
_JUMP = 0.35
"""Between neighbours; more is an edge of something."""
_FAINT = np.array([1e-5, 0.003, 0.003, 0.003, 0.02])
"""Evidence a pixel that is as good as none: a flat wall has no left and right, however evenly its noise leans to one side."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """A frame's unit vectors in the file's axes, float (H, W, 3), row 0 at the top, and where there are any (H, W)."""

    vectors: np.ndarray
    there: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Rays:
    """From the camera through each pixel, camera space: (H, W, 3), z -1."""

    to: np.ndarray

    @property
    def back(self) -> np.ndarray:
        """Toward the camera, unit length."""
        return -self.to / np.linalg.norm(self.to, axis=-1, keepdims=True)


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What speaks for a way of reading the axes, or against it.

    `facing`: share of surfaces that face the camera. `whole`: 1 where crossed derivatives agree, -1 where they contradict each
    other. `straight`: -1..1, whether x changes more from left to right than from top to bottom, and y the other way around.
    `bulge_x`, `bulge_y`: -1..1, outward or inward. `up`: -1..1, tops or undersides, mostly those low in the picture.
    """

    facing: float
    whole: float
    straight: float
    bulge_x: float
    bulge_y: float
    up: float


def field(vectors: np.ndarray) -> Field:
    """Reduce decoded vectors (H, W, 3), of any length, to at most `LONG_SIDE` and to unit length."""
    there = is_normal(np.linalg.norm(vectors, axis=-1))
    step = max(1, -(-max(there.shape) // LONG_SIDE))
    height, width = (side // step * step for side in there.shape)
    boxes = (height // step, step, width // step, step)
    weight = there[:height, :width].reshape(boxes).mean((1, 3))
    summed = (vectors * there[..., None])[:height, :width].reshape(*boxes, 3).mean((1, 3))
    length = np.linalg.norm(summed, axis=-1)
    good = (weight > 0.9) & (length > 0.5 * weight)
    return Field(vectors=np.where(good[..., None], summed / np.maximum(length, 1e-9)[..., None], 0.0), there=good)


def rays(shape: tuple[int, int], *, half_width: float, shift: tuple[float, float] = (0.0, 0.0)) -> Rays:
    """Args:
    half_width: of the picture at a distance of 1.
    shift: of its centre, in the same unit.
    """
    height, width = shape
    x = (np.arange(width) + 0.5) / width * 2 - 1
    y = 1 - (np.arange(height) + 0.5) / height * 2
    across, up = np.meshgrid(x * half_width + shift[0], y * half_width * height / width + shift[1])
    return Rays(to=np.stack([across, up, -np.ones_like(across)], -1))


def facing(frames: Sequence[Field], turns: Sequence[np.ndarray], view: Rays) -> float:
    """Share of the surfaces that face the camera when `turns`, a (3, 3) for each frame, lead from the file's axes to ours."""
    back = view.back
    good = [((f.vectors @ turn.T * back).sum(-1) > -0.06)[f.there] for f, turn in zip(frames, turns, strict=True)]
    return float(np.concatenate(good).mean())


def signs(frames: Sequence[Field], turns: Sequence[np.ndarray], view: Rays, *, ups: Sequence[np.ndarray]) -> Signs:
    """Return all that speaks for `turns`. `ups`: for each frame what is up, in camera space."""
    sums = np.zeros((5, 2))
    for frame, turn, up in zip(frames, turns, ups, strict=True):
        sums += _evidence(frame, turn, view, up=up)
    shares = sums[:, 0] / (sums[:, 1] + _FAINT * sum(frame.there.sum() for frame in frames))
    return Signs(
        facing=facing(frames, turns, view),
        whole=float(shares[0]),
        straight=float(shares[1]),
        bulge_x=float(shares[2]),
        bulge_y=float(shares[3]),
        up=float(shares[4]),
    )


def _evidence(frame: Field, turn: np.ndarray, view: Rays, *, up: np.ndarray) -> np.ndarray:
    """(5, 2): the sum of what speaks for something, with its sign, and the sum of all that might have.

    On a surface ``distance * ray`` the logarithm of the distance has the derivatives ``-n / (n . ray)`` along the ray's x and y.
    """
    normals = frame.vectors @ turn.T
    depth = (normals * view.to).sum(-1)
    slope = -normals[..., :2] / np.where(np.abs(depth) > 0.2, depth, np.inf)[..., None]
    smooth = _smooth(normals, frame.there) & (np.abs(depth[:-1, :-1]) > 0.2)
    right, over = _right(slope), _over(slope)
    crossed = np.array([over[..., 0], right[..., 1]])[:, smooth]
    turns_x, turns_y = _right(normals), _over(normals)
    joined = frame.there[:-1, :-1] & frame.there[:-1, 1:] & frame.there[1:, :-1]
    along = np.abs(turns_x[..., 0])[joined].sum() + np.abs(turns_y[..., 1])[joined].sum()
    across = np.abs(turns_x[..., 1])[joined].sum() + np.abs(turns_y[..., 0])[joined].sum()
    bulges = [turns_x[..., 0][smooth], turns_y[..., 1][smooth]]
    upward = (normals @ up) * np.linspace(0.5, 1.5, normals.shape[0])[:, None]
    upward = upward[frame.there]
    return np.array(
        [
            [2 * (crossed[0] * crossed[1]).sum(), (crossed**2).sum()],
            [along - across, along + across],
            *([bulge.sum(), np.abs(bulge).sum()] for bulge in bulges),
            [upward.sum(), np.abs(upward).sum()],
        ]
    )


def _smooth(normals: np.ndarray, there: np.ndarray) -> np.ndarray:
    """(H-1, W-1): where nothing ends between a pixel and those to its right and above."""
    jump = np.maximum(np.linalg.norm(_right(normals), axis=-1), np.linalg.norm(_over(normals), axis=-1))
    return (jump < _JUMP) & there[:-1, :-1] & there[:-1, 1:] & there[1:, :-1]


def _right(values: np.ndarray) -> np.ndarray:
    """Change to the right, (H-1, W-1, ...)."""
    return values[:-1, 1:] - values[:-1, :-1]


def _over(values: np.ndarray) -> np.ndarray:
    """Change upward: row 0 is at the top."""
    return values[:-1, :-1] - values[1:, :-1]
