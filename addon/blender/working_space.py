"""The colour space that a file's scene-linear numbers are in: Rec.709, or Rec.2020 or ACEScg from Blender 5.0 on.

What Blender itself does, as tried in 5.2 and 5.3:

- Numbers of colours are in the working space: `light.color`, `light.temperature_color`, colour sockets, and the pixels of images
  that hold floats. Pixels of bytes stay in the image's own colour space.
- *Working Space* with *Convert Colors* converts the colours of lights, worlds, sockets and ramps. It converts no keyframes, and no
  vector sockets even where they hold a colour.
- Compositor and Cycles multiply colours in the working space. So a coloured light on a coloured surface is not the same in another
  space; where one of the two is neutral, it is.
- (1, 1, 1) is white in each of them.
- Rendered EXR files hold the working space, unless the scene says otherwise. "Non-Color" files are never converted.
- Changing it counts as a change of all data: `depsgraph_update_post` is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import bpy
import numpy as np
from mathutils import Color
from numpy.typing import ArrayLike

_ROUNDING = 2e-5
"""Blender's own matrix for Rec.709 differs from 1 by 6e-6 in 4.5."""


def to_working() -> np.ndarray:
    """Return the matrix (3, 3) that turns linear Rec.709 into the working space, as Blender's OpenColorIO has it."""
    axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    turned = [cast(Iterable[float], Color(axis).from_rec709_linear_to_scene_linear()) for axis in axes]
    matrix = np.array([tuple(color) for color in turned], np.float64).T
    return np.eye(3) if np.abs(matrix - np.eye(3)).max() < _ROUNDING else matrix


def sign() -> str:
    """Return what tells working spaces apart; ``""`` for Rec.709."""
    matrix = to_working()
    return "" if np.array_equal(matrix, np.eye(3)) else " ".join(f"{number:.4f}" for number in matrix.ravel())


def from_rec709(colors: ArrayLike) -> np.ndarray:
    """Return colours (..., 3) of linear Rec.709 in the file's working space."""
    return np.asarray(colors) @ to_working().T


def to_rec709(colors: ArrayLike) -> np.ndarray:
    """Return colours (..., 3) of the file's working space in linear Rec.709; those outside of it get numbers below 0."""
    return np.asarray(colors) @ np.linalg.inv(to_working()).T


def named(color_space: str) -> str:
    """Return the colour space of an image by a name that means the same outside of the file: ``scene_linear`` doesn't."""
    spaces = getattr(bpy.data, "colorspace", None)
    return spaces.working_space if spaces and color_space == "scene_linear" else color_space


def color(rec709: Sequence[float]) -> tuple[float, float, float]:
    """Return a colour of linear Rec.709 as a light or a socket takes it."""
    red, green, blue = (float(number) for number in from_rec709(rec709))
    return red, green, blue
