"""How good a depth pass is, and how much it changes from frame to frame beyond what moved.

Estimates are taken as inverse depths, which is what the models of relative depth know up to a scale and a shift; these are fitted
to the truth once for each shot (least squares), so that a depth that pumps is not made good frame by frame. Change needs no truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from ...tuning.stability import Motion, warp
from .sets import Seen

_SAMPLES = 4096
"""Pixels of a frame that are compared with the truth, drawn at random once."""
_WITHIN = 1.25
_OPW_SHARPNESS = 50.0
_NEAREST = 1e-6


@dataclass(frozen=True, kw_only=True)
class DepthShot:
    """A shot of its own. `abs_rel`, `delta1` (percent): None where it has no true depth. `opw`: mean over its pairs.
    `pair_changes`: mean change of each pair in percent of the first frame's mean inverse depth. None where none can be compared."""

    name: str
    abs_rel: float | None
    delta1: float | None
    opw: float | None
    pair_changes: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class DepthScore:
    """One model on one set: means over the shots that have the figure, see `DepthShot`. `change`: percent, over all pairs."""

    model: str
    abs_rel: float | None
    delta1: float | None
    opw: float | None
    change: float | None
    shots: tuple[DepthShot, ...]


@dataclass(kw_only=True)
class DepthGallery:
    """`columns`: the middle column of each frame, inverse depth float32 (H,), of the shots in `slices`."""

    slices: frozenset[int]
    columns: dict[int, list[np.ndarray]] = field(default_factory=dict)


class DepthMeasurement:
    """A model's figures on a set while they are taken, frame by frame in order. `frames`: how many there were."""

    def __init__(self, *, model: str, gallery: DepthGallery) -> None:
        self._model, self.gallery = model, gallery
        self._shots: list[DepthShot] = []
        self._shot = _Shot()
        self.frames = 0

    def add(self, seen: Seen, depth: np.ndarray) -> None:
        """Add the distances along the camera's axis in a frame, float32 (h, w), of any size and unit."""
        shot = self._shot
        height, width = seen.moment.frame.shape[:2]
        inverse = 1 / np.maximum(cv2.resize(depth.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR), _NEAREST)
        shot.unit = shot.unit or float(inverse.mean())
        inverse = inverse / np.float32(shot.unit)
        if seen.moment.depth is not None:
            shot.pixels.append(_pairs_of_pixels(inverse, seen.moment.depth))
        if (number := len(self._shots)) in self.gallery.slices:
            self.gallery.columns.setdefault(number, []).append(inverse[:, width // 2].copy())
        if seen.earlier is not None and seen.motion is not None and shot.inverse is not None:
            moved = np.abs(warp(shot.inverse, seen.motion) - inverse)
            trusted = seen.motion.trusted
            shot.changes.append(100 * float(moved[trusted].mean()) if trusted.any() else None)
            shot.opw.append(opw_of_depth(moved, frames=(seen.earlier.frame, seen.moment.frame), motion=seen.motion))
        shot.inverse = inverse
        self.frames += 1

    def end_shot(self, name: str) -> None:
        """Close the shot under way."""
        shot, self._shot = self._shot, _Shot()
        abs_rel, delta1 = accuracy(np.concatenate(shot.pixels)) if shot.pixels else (None, None)
        opw, changes = mean(shot.opw), tuple(shot.changes)
        self._shots.append(DepthShot(name=name, abs_rel=abs_rel, delta1=delta1, opw=opw, pair_changes=changes))

    def score(self) -> DepthScore:
        """Return the figures."""
        shots = tuple(self._shots)
        return DepthScore(
            model=self._model,
            abs_rel=mean([shot.abs_rel for shot in shots]),
            delta1=mean([shot.delta1 for shot in shots]),
            opw=mean([shot.opw for shot in shots]),
            change=mean([change for shot in shots for change in shot.pair_changes]),
            shots=shots,
        )


@dataclass(kw_only=True)
class _Shot:
    """The shot under way. `unit`: mean inverse depth of its first frame. `inverse`: that of the frame before, in this unit."""

    unit: float = 0.0
    inverse: np.ndarray | None = None
    pixels: list[np.ndarray] = field(default_factory=list)
    changes: list[float | None] = field(default_factory=list)
    opw: list[float | None] = field(default_factory=list)


def opw_of_depth(moved: np.ndarray, *, frames: tuple[np.ndarray, np.ndarray], motion: Motion) -> float | None:
    """Return the warping error of one pair as NVDS (ICCV 2023, section 4.1) defines it, on inverse depth over its mean in the
    shot's first
    frame: the mean over pixels of exp(-50 |I' - warp(I)|^2) |d' - warp(d)|. `moved`: the latter, (H, W)."""
    if not motion.inside.any():
        return None
    colour = (warp(frames[0], motion) - frames[1].astype(np.float32)) / 255.0
    weight = np.exp(-_OPW_SHARPNESS * np.square(colour).sum(-1))
    return float((weight * moved)[motion.inside].mean(dtype=np.float64))


def accuracy(pixels: np.ndarray) -> tuple[float | None, float | None]:
    """AbsRel, and the percent of pixels within a factor of 1.25 (delta1), after one scale and one shift of the inverse depths.

    Args:
        pixels: (N, 2), estimated and true inverse depth.
    """
    if len(pixels) < 2:
        return None, None
    estimate, truth = pixels.T.astype(np.float64)
    scale, shift = np.linalg.lstsq(np.stack([estimate, np.ones_like(estimate)], axis=1), truth, rcond=None)[0]
    found = 1 / np.maximum(scale * estimate + shift, 0.1 * truth.min())
    ratio = found * truth
    return float(np.abs(ratio - 1).mean()), 100 * float((np.maximum(ratio, 1 / ratio) < _WITHIN).mean())


def mean(values: Sequence[float | None]) -> float | None:
    """Of those that are known."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _pairs_of_pixels(inverse: np.ndarray, depth: np.ndarray) -> np.ndarray:
    places = np.flatnonzero(depth > 0)
    if len(places) > _SAMPLES:
        places = np.random.default_rng(0).choice(places, _SAMPLES, replace=False)
    return np.stack([inverse.ravel()[places], 1 / depth.ravel()[places]], axis=1)
