"""The light that was found in a plate, told in words."""

from __future__ import annotations

import bpy
import numpy as np

from ...compositor import space
from . import wiring
from .basis import LUMA

_CLEARLY = 0.35
"""How much of a direction points to a side that is named."""
_NO_SUN = 0.05
"""A main light of less than this share of the even light is none."""


def found(scene: bpy.types.Scene, name: str) -> str:
    """As the camera sees it now: ``main light from above left, in front; 2.1 times the even light``. Blank before a match."""
    node = wiring.node_of(scene, name)
    rows = wiring.suns(node) if node else np.zeros((0, 10))
    if not len(rows):
        return ""
    mean = rows.mean(0)
    direction, sun, sky = mean[1:4], float(mean[4:7] @ LUMA), float(mean[7:10] @ LUMA)
    if wiring.in_world(node) and scene.camera:
        direction = np.array(space.axes(scene.camera)).T @ direction
    if sun < _NO_SUN * sky:
        return "even light from all sides"
    share = f"{sun / sky:.1f} times the even light" if sky > _NO_SUN * sun else "no other light"
    return f"main light from {side(direction)}; {share}"


def side(direction: np.ndarray) -> str:
    """Where something is, seen from the plate's middle. `direction` (3,): camera space, any length."""
    x, y, z = direction / max(float(np.linalg.norm(direction)), 1e-9)
    across = "left" if x < -_CLEARLY else "right" if x > _CLEARLY else ""
    up = "above" if y > _CLEARLY else "below" if y < -_CLEARLY else ""
    along = "in front" if z > _CLEARLY else "behind" if z < -_CLEARLY else ""
    if across and not up:
        across = f"the {across}"
    if not across and not up:
        return "the camera" if z > 0 else "behind"
    place = " ".join(part for part in (up, across) if part)
    return f"{place}, {along}" if along else place
