"""How a file of normals is to be read: the meaning of its numbers and of its axes. No bpy."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

SIGNED, ZERO_ONE = "SIGNED", "ZERO_ONE"
NONE, DISPLAY, LINEARIZED = "NONE", "DISPLAY", "LINEARIZED"
CAMERA, WORLD = "CAMERA", "WORLD"
ORDERS = tuple("".join(order) for order in itertools.permutations("XYZ"))


@dataclass(frozen=True, kw_only=True)
class Convention:
    """What stands between a file and ours: camera space, +X right, +Y up, +Z toward the camera, signed, unit length.

    `encoding`: the numbers are the components (`SIGNED`), or run from 0 to 1 for -1 to 1 (`ZERO_ONE`).
    `curve`: an sRGB curve too many that the numbers went through: applied (`DISPLAY`), or undone (`LINEARIZED`); `NONE`.
    `order`: which of the file's channels, called X, Y and Z, is our X, our Y and our Z. `flip`: which of ours then change sign.
    `space`: `CAMERA`; in `WORLD`, "ours" are the axes of Blender's world (+Z up), from where the scene's camera leads to its own.
    """

    encoding: str = SIGNED
    curve: str = NONE
    order: str = "XYZ"
    flip: tuple[bool, bool, bool] = (False, False, False)
    space: str = CAMERA

    @property
    def axes(self) -> np.ndarray:
        """(3, 3): our axes are its rows, the file's its columns; 0, 1 and -1."""
        return signed_axes(self.order, self.flip)


def signed_axes(order: str, flip: tuple[bool, bool, bool]) -> np.ndarray:
    axes = np.zeros((3, 3))
    for ours, (channel, flipped) in enumerate(zip(order, flip, strict=True)):
        axes[ours, "XYZ".index(channel)] = -1.0 if flipped else 1.0
    return axes


def decode(values: np.ndarray, convention: Convention, *, camera: np.ndarray | None = None) -> np.ndarray:
    """Return normals as we mean them.

    Args:
        values: float (..., 3), as the file holds them.
        camera: (3, 3), columns are the camera's axes in the world; needed for `WORLD` only.

    Returns:
        float (..., 3), unit length; pixels without a normal have length 0.
    """
    vectors = components(values, encoding=convention.encoding, curve=convention.curve)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    vectors = np.where(is_normal(length), vectors / np.maximum(length, 1e-9), 0.0)
    turned = vectors @ convention.axes.T
    if convention.space == WORLD:
        if camera is None:
            raise ValueError("normals in world space need a camera")
        turned = turned @ camera
    return turned


def components(values: np.ndarray, *, encoding: str, curve: str = NONE) -> np.ndarray:
    """From a file's numbers to -1..1, the file's own axes; not unit length."""
    values = np.nan_to_num(np.asarray(values, np.float64), nan=0.0, posinf=2.0, neginf=-2.0)
    if curve == DISPLAY:
        values = srgb_to_linear(values)
    elif curve == LINEARIZED:
        values = linear_to_srgb(values)
    return values * 2 - 1 if encoding == ZERO_ONE else values


def is_normal(length: np.ndarray) -> np.ndarray:
    """Return which lengths a normal may have, filtered and rounded ones included. Grey has 0 in 0..1, black and white have 1.7."""
    return (length > SHORTEST) & (length < LONGEST)


SHORTEST, LONGEST = 0.5, 1.3


def srgb_to_linear(values: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1; negative numbers keep their sign."""
    size = np.abs(values)
    return np.sign(values) * np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(values: np.ndarray) -> np.ndarray:
    """Return the other way around."""
    size = np.abs(values)
    return np.sign(values) * np.where(size <= 0.0031308, size * 12.92, 1.055 * size ** (1 / 2.4) - 0.055)
