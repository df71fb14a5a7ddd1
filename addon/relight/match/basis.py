"""Matte light in two forms: one sun under an even sky, and nine terms of the normal (Ramamoorthi and Hanrahan 2001). No bpy.

The terms are those of `world.TERMS`, in its order: ``1, x, y, z, xy, yz, 3zz - 1, xz, xx - yy``. A light's Constant is 1 in here:
how bright and of which colour it is comes later.
"""

from __future__ import annotations

import numpy as np

COUNT = 9
LUMA = np.array((0.2126, 0.7152, 0.0722))
"""What Rec. 709 weighs linear red, green and blue with."""
SPREAD = np.array((1.0, 1 / 3, 1 / 3, 1 / 3, 1 / 15, 1 / 15, 4 / 5, 1 / 15, 4 / 15))
"""Mean squares of the terms over all directions."""
LEAST = 0.04
"""A fitted light is nowhere taken for less than this share of its mean over all directions, as logarithms need it."""


def terms(normals: np.ndarray) -> np.ndarray:
    """(..., 3) unit normals -> (..., 9)."""
    x, y, z = np.moveaxis(normals, -1, 0)
    return np.stack((np.ones_like(x), x, y, z, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y), -1)


def sphere(count: int) -> np.ndarray:
    """Return directions all around, evenly spread (a Fibonacci spiral): (count, 3)."""
    step = np.arange(count) + 0.5
    z, turn = 1 - 2 * step / count, step * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - z * z)
    return np.stack((flat * np.cos(turn), flat * np.sin(turn), z), -1)


def of_sun(sun: np.ndarray) -> np.ndarray:
    """Return the nine factors of ``1 + max(0, n . sun)``, the first scaled to 1.

    A cosine cut off at 0 has 1/4 of it in the constant, 1/2 in the linear terms and 15/16 in the quadratic (eq. 8 of the paper).
    """
    strength = max(float(np.linalg.norm(sun)), 1e-9)
    x, y, z = sun / strength
    quadratic = np.array((x * y, y * z, (3 * z * z - 1) / 12, x * z, (x * x - y * y) / 4))
    factors = np.concatenate(([1 + strength / 4], sun / 2, 15 / 16 * strength * quadratic))
    return factors / factors[0]


def sun_model(normals: np.ndarray, sun: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``log(1 + max(0, n . sun))`` (N,) and its slopes (N, 3). `sun` points to it; its length is its strength over the sky's."""
    facing = normals @ sun
    light = 1 + np.maximum(facing, 0.0)
    return np.log(light), normals * ((facing > 0) / light)[:, None]


def terms_model(of_normals: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the logarithm of a light (N,) and its slopes (N, 8) with the factors (8,) of all terms but the first."""
    light = of_normals[:, 0] + of_normals[:, 1:] @ factors
    high = np.maximum(light, LEAST)
    return np.log(high), of_normals[:, 1:] * ((light > LEAST) / high)[:, None]
