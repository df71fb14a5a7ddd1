"""The one direction that comes nearest to all normals of a set: what every model must beat."""

from __future__ import annotations

import numpy as np

from ...normals import normalise

_RINGS, _SECTORS = 180, 360
_DIRECTIONS = 400
_HEAVIEST = 200
_ROUNDS = 60
_NEAREST = 1e-4
_STILL = 1e-6


class Directions:
    """How often normals point where: a table of equal-area cells of about a degree on the sphere, each with its mean direction."""

    def __init__(self) -> None:
        self._counts = np.zeros(_RINGS * _SECTORS, dtype=np.int64)
        self._sums = np.zeros((_RINGS * _SECTORS, 3), dtype=np.float64)

    def add(self, normals: np.ndarray) -> None:
        """Add normals, (N, 3)."""
        unit = normalise(normals.reshape(-1, 3)).astype(np.float64)
        ring = np.clip(((1 - unit[:, 2]) / 2 * _RINGS).astype(int), 0, _RINGS - 1)
        sector = ((np.arctan2(unit[:, 1], unit[:, 0]) / (2 * np.pi) + 0.5) * _SECTORS).astype(int) % _SECTORS
        cell = ring * _SECTORS + sector
        self._counts += np.bincount(cell, minlength=len(self._counts))
        for axis in range(3):
            self._sums[:, axis] += np.bincount(cell, weights=unit[:, axis], minlength=len(self._counts))

    def best_constant(self) -> np.ndarray:
        """Return the unit direction with the lowest mean angle to all normals added, float64 (3,).

        Looked for among directions all over the sphere, the commonest ones and the mean; then the best of them walks down
        (Weiszfeld's steps in the tangent plane).

        Raises:
            ValueError: nothing was added.
        """
        filled = self._counts > 0
        if not filled.any():
            raise ValueError("there are no normals to find the best constant of")
        weights = self._counts[filled].astype(np.float64)
        cells = normalise(self._sums[filled]).astype(np.float64)
        candidates = np.concatenate([_all_over(_DIRECTIONS), cells[np.argsort(-weights)[:_HEAVIEST]], [_mean(weights @ cells)]])
        best = candidates[np.argmin([_mean_angle(candidate, cells, weights) for candidate in candidates])]
        lowest = _mean_angle(best, cells, weights)
        direction = best
        for _ in range(_ROUNDS):
            direction, moved = _step(direction, cells, weights)
            angle = _mean_angle(direction, cells, weights)
            if angle < lowest:
                best, lowest = direction, angle
            if moved < _STILL:
                break
        return best


def best_constant(normals: np.ndarray) -> np.ndarray:
    """Return the unit direction with the lowest mean angle to `normals` (N, 3), float64 (3,). Raises: ValueError if there are
    none."""
    table = Directions()
    table.add(normals)
    return table.best_constant()


def _mean_angle(direction: np.ndarray, cells: np.ndarray, weights: np.ndarray) -> float:
    """Radians."""
    return float(np.average(np.arccos(np.clip(cells @ direction, -1, 1)), weights=weights))


def _step(direction: np.ndarray, cells: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, float]:
    """Return one of Weiszfeld's steps from `direction` toward the geometric median on the sphere, and its length in radians."""
    cosine = np.clip(cells @ direction, -1, 1)
    tangents = cells - cosine[:, None] * direction
    across = np.linalg.norm(tangents, axis=1)
    apart = np.maximum(np.arctan2(across, cosine), _NEAREST)
    pull = (weights / np.maximum(across, _NEAREST)) @ tangents / (weights / apart).sum()
    length = float(np.linalg.norm(pull))
    if length < _STILL:
        return direction, length
    return np.cos(length) * direction + np.sin(length) * pull / length, length


def _mean(total: np.ndarray) -> np.ndarray:
    return normalise(total[None])[0].astype(np.float64)


def _all_over(count: int) -> np.ndarray:
    """`count` directions spread evenly over the sphere along a spiral, (N, 3)."""
    index = np.arange(count) + 0.5
    z, turn = 1 - 2 * index / count, index * np.pi * (3 - 5**0.5)
    across = np.sqrt(1 - z**2)
    return np.stack([across * np.cos(turn), across * np.sin(turn), z], axis=-1)
