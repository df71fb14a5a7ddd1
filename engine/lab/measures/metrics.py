"""Angular errors as DSINE (CVPR 2024, `utils.compute_normal_metrics`) defines them, pooled over all valid pixels of a set.

Nothing is kept but sums and a histogram, so a set may have any number of frames: mean, rmse and the shares below the thresholds
are exact; the median is that of a histogram in steps of `STEP`, so it is at most half a step off.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ...normals import angles, normalise

THRESHOLDS = (5.0, 7.5, 11.25, 22.5, 30.0)
STEP = 0.001
"""Degrees: the width of the histogram's bins."""
_BINS = round(180 / STEP)
_UNKNOWN = 90.0
_SHORTEST = 1e-6
_SURFACE = 0.5


@dataclass(frozen=True, kw_only=True)
class Angular:
    """Errors over `pixels` pixels. `mean`, `median`, `rmse`: degrees. `within`: percent strictly below each of `THRESHOLDS`.
    `holes`: how many of the pixels had no estimate (zero, NaN or infinite); each counts as 90 degrees."""

    pixels: int
    mean: float
    median: float
    rmse: float
    within: tuple[float, ...]
    holes: int = 0


class AngularErrors:
    """A pool that errors are added to, frame by frame."""

    def __init__(self) -> None:
        self.pixels = self.holes = 0
        self._sum = self._squares = 0.0
        self._below = np.zeros(len(THRESHOLDS), dtype=np.int64)
        self._histogram = np.zeros(_BINS, dtype=np.int64)

    def add(self, degrees: np.ndarray, *, holes: int = 0) -> None:
        """Add errors, any shape. `holes`: how many of them stand for pixels without an estimate."""
        values = degrees.ravel().astype(np.float64)
        self.pixels += values.size
        self.holes += holes
        self._sum += float(values.sum())
        self._squares += float(values @ values)
        self._below += [np.count_nonzero(values < threshold) for threshold in THRESHOLDS]
        self._histogram += np.bincount(np.minimum((values / STEP).astype(np.int64), _BINS - 1), minlength=_BINS)

    def merge(self, other: AngularErrors) -> None:
        """Add all that `other` holds."""
        self.pixels += other.pixels
        self.holes += other.holes
        self._sum += other._sum
        self._squares += other._squares
        self._below += other._below
        self._histogram += other._histogram

    def summary(self) -> Angular:
        """Return the figures so far.

        Raises:
            ValueError: nothing was added.
        """
        if not self.pixels:
            raise ValueError("no pixel has an error: nothing was added to the pool")
        upto = np.cumsum(self._histogram)
        middle = [np.searchsorted(upto, rank, side="right") for rank in ((self.pixels - 1) // 2, self.pixels // 2)]
        return Angular(
            pixels=self.pixels,
            mean=self._sum / self.pixels,
            median=(float(np.mean(middle)) + 0.5) * STEP,
            rmse=(self._squares / self.pixels) ** 0.5,
            holes=self.holes,
            within=tuple(100.0 * float(count) / self.pixels for count in self._below),
        )

    def shares_below(self, degrees: np.ndarray) -> np.ndarray:
        """Percent of the pixels below each of `degrees`, (N,) float64: the curve of the errors."""
        upto = np.concatenate([[0], np.cumsum(self._histogram)])
        return 100.0 * upto[np.clip(np.round(degrees / STEP).astype(int), 0, _BINS)] / max(self.pixels, 1)


def surface(truth: np.ndarray) -> np.ndarray:
    """Where `truth` (..., 3) holds a normal: bool (...), longer than a half, as DSINE has it for floating-point files."""
    return np.einsum("...c,...c->...", truth, truth, dtype=np.float32) > _SURFACE**2


def error_map(estimate: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return degrees between two fields of normals of any length, float32 (...), and where `estimate` has no direction, bool (...).

    Both are (..., 3). Without a direction the error is 90 degrees, what a cosine of zero gives.
    """
    length = np.linalg.norm(estimate.astype(np.float32), axis=-1)
    holes = ~(np.isfinite(length) & (length > _SHORTEST))
    degrees = angles(normalise(estimate), normalise(truth))
    degrees[holes] = _UNKNOWN
    return degrees, holes


def add_frame(pool: AngularErrors, *, estimate: np.ndarray, truth: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Add one frame's errors to `pool`; returns the error map in degrees, float32 (H, W), NaN where `valid` (H, W) is False."""
    degrees, holes = error_map(estimate, truth)
    pool.add(degrees[valid], holes=int(np.count_nonzero(holes & valid)))
    return np.where(valid, degrees, np.float32(np.nan))


def pooled(estimates: Iterable[np.ndarray], truths: Iterable[np.ndarray], valids: Iterable[np.ndarray] | None = None) -> Angular:
    """Return the figures of a set, pooled over all of its valid pixels.

    Args:
        estimates: frames or clips of normals, (..., 3), of any length.
        truths: as many true ones of the same shapes.
        valids: bool (...), where they count; where the truth holds a normal by default.

    Raises:
        ValueError: the three differ in number or shape, or no pixel is valid.
    """
    pool = AngularErrors()
    if valids is None:
        truths = list(truths)
        valids = [surface(truth) for truth in truths]
    for estimate, truth, valid in zip(estimates, truths, valids, strict=True):
        if estimate.shape != truth.shape or valid.shape != truth.shape[:-1]:
            raise ValueError(f"estimate {estimate.shape}, truth {truth.shape} and validity {valid.shape} don't belong together")
        if estimate.ndim > 3:
            for parts in zip(estimate, truth, valid, strict=True):
                add_frame(pool, estimate=parts[0], truth=parts[1], valid=parts[2])
        else:
            add_frame(pool, estimate=estimate, truth=truth, valid=valid)
    return pool.summary()
