"""What the relight group must give, in numpy."""

from __future__ import annotations

import numpy as np
from footage import normals
from platelight.addon.node_groups.relight import AMBIENT_COLOUR, AMBIENT_STRENGTH, LIGHTS

TOLERANCE = 1e-4
"""Largest difference allowed between a rendered and a computed pixel, scene-linear; Blender's sRGB table alone gives 2.7e-5."""


def light(normal: np.ndarray) -> np.ndarray:
    """The group's default light on unit normals (H, W, 3)."""
    total = np.broadcast_to(np.array(AMBIENT_COLOUR) * AMBIENT_STRENGTH, normal.shape)
    for one in LIGHTS:
        direction = np.array(one.direction) / np.linalg.norm(one.direction)
        total = total + one.strength * np.array(one.colour) * np.maximum(0, normal.astype(np.float64) @ direction)[..., None]
    return total


def stored(frame: int, **size: int) -> np.ndarray:
    """The normals of a frame as its file holds them: rounded to half floats, then made unit length again."""
    value = normals(frame % 10, **size).astype(np.float16).astype(np.float64)
    return value / np.linalg.norm(value, axis=-1, keepdims=True)
