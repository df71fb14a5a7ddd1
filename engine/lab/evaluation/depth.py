"""How good a depth pass is, and how much it changes from frame to frame beyond what moved.

Estimates are taken as inverse depths, which is what the models of relative depth know up to a scale and a shift; these are fitted
to the truth once for each shot (least squares), so that a depth that pumps is not made good frame by frame. Change needs no truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from ...tuning.stability import Motion, measure_motion, warp
from .sets import Moment, TestSet

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
    """A model's figures on a set while they are taken, frame by frame in order."""

    def __init__(self, test_set: TestSet, *, model: str, gallery: DepthGallery) -> None:
        self._set, self._model, self.gallery = test_set, model, gallery
        self._shots: list[DepthShot] = []
        self._begin()

    def add(self, index: int, depth: np.ndarray) -> None:
        """The distances along the camera's axis in a frame of the shot that is under way, float32 (h, w), of any size and unit."""
        shot = len(self._shots)
        moment = self._set.shots[shot].read(index)
        height, width = moment.frame.shape[:2]
        inverse = 1 / np.maximum(cv2.resize(depth.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR), _NEAREST)
        self._unit = self._unit or float(inverse.mean())
        inverse = inverse / np.float32(self._unit)
        if moment.depth is not None:
            self._pixels.append(_pairs_of_pixels(inverse, moment))
        if shot in self.gallery.slices:
            self.gallery.columns.setdefault(shot, []).append(inverse[:, width // 2].copy())
        if self._earlier is not None and self._set.shots[shot].consecutive:
            self._compare(moment, inverse)
        self._earlier = moment, inverse
        if index == self._set.shots[shot].count - 1:
            self._end(self._set.shots[shot].name)

    def score(self) -> DepthScore | None:
        """Return none for a model that has given no depth."""
        if not self._shots:
            return None
        columns = {name: [getattr(shot, name) for shot in self._shots] for name in ("abs_rel", "delta1", "opw")}
        changes = [change for shot in self._shots for change in shot.pair_changes]
        means = {name: mean(values) for name, values in columns.items()}
        return DepthScore(model=self._model, change=mean(changes), shots=tuple(self._shots), **means)

    def _begin(self) -> None:
        self._unit = 0.0
        self._pixels: list[np.ndarray] = []
        self._changes: list[float | None] = []
        self._opw: list[float | None] = []
        self._earlier: tuple[Moment, np.ndarray] | None = None

    def _compare(self, moment: Moment, inverse: np.ndarray) -> None:
        assert self._earlier is not None
        frames = self._earlier[0].frame, moment.frame
        motion = measure_motion(*frames)
        moved = np.abs(warp(self._earlier[1], motion) - inverse)
        self._changes.append(100 * float(moved[motion.trusted].mean()) if motion.trusted.any() else None)
        self._opw.append(opw_of_depth(moved, frames=frames, motion=motion))

    def _end(self, name: str) -> None:
        abs_rel, delta1 = accuracy(np.concatenate(self._pixels)) if self._pixels else (None, None)
        shot = DepthShot(name=name, abs_rel=abs_rel, delta1=delta1, opw=mean(self._opw), pair_changes=tuple(self._changes))
        self._shots.append(shot)
        self._begin()


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


def _pairs_of_pixels(inverse: np.ndarray, moment: Moment) -> np.ndarray:
    assert moment.depth is not None
    places = np.flatnonzero(moment.depth > 0)
    if len(places) > _SAMPLES:
        places = np.random.default_rng(0).choice(places, _SAMPLES, replace=False)
    return np.stack([inverse.ravel()[places], 1 / moment.depth.ravel()[places]], axis=1)
