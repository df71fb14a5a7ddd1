"""Robust least squares on pairs of pixels, all frames of a shot in one system. No bpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from . import basis

Model = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From what is known of N pixels (N, K) and a light's numbers (P,) to its logarithm (N,) and the slopes of that (N, P)."""
_STEPS = 14
_SHARPEST = 0.1
"""Pairs that agree within this (natural logarithm of brightness) count in full, however well others agree."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """Pairs of pixels of one frame, and what their light is drawn to.

    `near`, `far` (N, K): what the model asks for. `ratio` (N,): logarithm of near over far. `weight` (N,). `toward` (P,): the light
    without pairs. `pull` (P,): how much it is drawn there; 1 is as much as pairs whose slopes are 1.
    """

    near: np.ndarray
    far: np.ndarray
    ratio: np.ndarray
    weight: np.ndarray
    toward: np.ndarray
    pull: np.ndarray


def solve(tasks: list[Task], *, model: Model, start: np.ndarray, tie: np.ndarray, positive: bool = False) -> np.ndarray:
    """Return the light of each frame (F, P), by Gauss-Newton with the weights of Geman and McClure, ``1 / (1 + (r / s)^2)^2``.

    Their scale `s` follows the median residual, so that paint edges and shadows, which disagree with most pairs, lose their say.

    Args:
        start: (F, P), where to begin.
        tie: (P,), how much each number of a frame is held to the next frame's.
        positive: draw the light up to `basis.LEAST` in all directions (only for the model of terms).
    """
    light = np.array(start, dtype=float)
    frames, free = light.shape
    size = frames * free
    for _ in range(_STEPS):
        matrix, rest = np.zeros((frames, free, frames, free)), np.zeros((frames, free))
        for f, task in enumerate(tasks):
            matrix[f, :, f], rest[f] = _normal_equations(task, model, light[f])
            if positive:
                more, short = _lift(light[f])
                matrix[f, :, f] += more
                rest[f] += short
        for f in range(frames - 1):
            apart = tie * (light[f] - light[f + 1])
            rest[f] -= apart
            rest[f + 1] += apart
            for one, other, sign in ((f, f, 1), (f + 1, f + 1, 1), (f, f + 1, -1), (f + 1, f, -1)):
                matrix[one, :, other] += sign * np.diag(tie)
        step = np.linalg.solve(matrix.reshape(size, size) + 1e-9 * np.eye(size), rest.reshape(size)).reshape(frames, free)
        longest = np.maximum(np.linalg.norm(step, axis=-1) / (0.3 * np.maximum(np.linalg.norm(light, axis=-1), 1.0)), 1.0)
        light += step / longest[:, None]
    return light


def thinned(tasks: list[Task], *, count: int) -> Task:
    """About `count` pairs of all tasks together, their light that of the first."""
    share = max(sum(len(task.ratio) for task in tasks) // count, 1)
    parts = {name: np.concatenate([getattr(task, name)[::share] for task in tasks]) for name in ("near", "far", "ratio", "weight")}
    return replace(tasks[0], **parts)


def misfit(task: Task, *, model: Model, light: np.ndarray, scale: float = 0.3) -> float:
    """Return how badly a light explains the pairs: 0 to 1, those that are far off count 1 each."""
    if not len(task.ratio):
        return 0.0
    off = ((task.ratio - model(task.near, light)[0] + model(task.far, light)[0]) / scale) ** 2
    return float(np.average(off / (1 + off), weights=task.weight))


def _normal_equations(task: Task, model: Model, light: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    one, other = model(task.near, light), model(task.far, light)
    residual, slopes = task.ratio - one[0] + other[0], one[1] - other[1]
    drawn = task.pull * (task.toward - light)
    if not len(residual):
        return np.diag(task.pull), drawn
    scale = max(1.5 * float(np.median(np.abs(residual))), _SHARPEST)
    weight = task.weight / (1 + (residual / scale) ** 2) ** 2
    weight /= max(float(weight.sum()), 1e-12)
    return slopes.T @ (weight[:, None] * slopes) + np.diag(task.pull), slopes.T @ (weight * residual) + drawn


_AROUND = basis.terms(basis.sphere(200))


def _lift(factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what draws a light up where it falls below `basis.LEAST`."""
    short = basis.LEAST - _AROUND[:, 0] - _AROUND[:, 1:] @ factors
    below = _AROUND[short > 0, 1:]
    return below.T @ below / len(_AROUND), below.T @ short[short > 0] / len(_AROUND)
