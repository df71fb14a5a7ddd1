"""Arithmetic on normals. Everything here is camera space, +X right, +Y up, +Z toward the camera, unless it says otherwise.

A field of normals is float (..., 3). This is the only place that flips axes and the only one that restores unit length.
"""

from __future__ import annotations

import numpy as np

TOWARD_CAMERA = (0.0, 0.0, 1.0)
_SHORTEST = 1e-6


def convert_axes(values: np.ndarray, *, axes: tuple[int, int, int]) -> np.ndarray:
    """Return a model's x, y, z turned into +X right, +Y up, +Z toward the camera.

    Args:
        values: (..., 3), in the model's own axes.
        axes: the sign of each, as the model table declares them.

    Returns:
        float32 (..., 3); a new array.
    """
    if any(abs(sign) != 1 for sign in axes) or len(axes) != 3:
        raise ValueError(f"axes are three signs, not {axes}")
    return values.astype(np.float32) * np.asarray(axes, dtype=np.float32)


def normalise(values: np.ndarray) -> np.ndarray:
    """Return unit length, float32 (..., 3). A vector without a direction (zero, NaN, infinite) faces the camera."""
    values = values.astype(np.float32)
    length = np.sqrt(np.einsum("...c,...c->...", values, values))
    known = np.isfinite(length) & (length > _SHORTEST)
    length[~known] = 1
    values /= length[..., None]
    values[~known] = TOWARD_CAMERA
    return values


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return degrees between unit normals, float32 (...), 0 to 180; accurate near 0 and 180, where arccos is not."""
    apart = np.linalg.norm(a.astype(np.float64) - b, axis=-1)
    together = np.linalg.norm(a.astype(np.float64) + b, axis=-1)
    return np.degrees(2 * np.arctan2(apart, together)).astype(np.float32)
