"""What the depth pass of a card says, and how its numbers become metres."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Vector

from . import controls


@dataclass(frozen=True, kw_only=True)
class Depths:
    """The depth pass at the present frame, at the card's points.

    `rays`: (N, 2), x and y at 1 m before the camera. `values`: (N,), in the pass's own units.
    """

    rays: np.ndarray
    values: np.ndarray

    @property
    def near(self) -> float:
        """The nearest, but for one in a hundred."""
        return float(np.percentile(self.values, 1))

    @property
    def far(self) -> float:
        return float(np.percentile(self.values, 99))

    @property
    def middle(self) -> float:
        return float(np.median(self.values))

    def at(self, x: float, y: float) -> float:
        """The value on the ray that comes closest to that one."""
        return float(self.values[np.argmin(np.hypot(self.rays[:, 0] - x, self.rays[:, 1] - y))])


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Metres = value x `scale` + `offset`."""

    scale: float
    offset: float


def between(depths: Depths, *, near: float, far: float) -> Scale | None:
    """What puts the nearest and the farthest of a pass at these metres; None for a pass that is the same everywhere."""
    if depths.far - depths.near <= 1e-6 * max(abs(depths.far), 1e-6):
        return None
    scale = (far - near) / (depths.far - depths.near)
    return Scale(scale=scale, offset=near - scale * depths.near)


def through(depths: Depths, point: Vector, *, offset: float) -> Scale | None:
    """What makes the surface pass through a point (camera space, metres); None when no surface can: it lies behind the camera, or
    the pass has no depth there."""
    if point.z >= 0:
        return None
    found = depths.at(point.x / -point.z, point.y / -point.z)
    return Scale(scale=(-point.z - offset) / found, offset=offset) if found > 0 and -point.z > offset else None


def measure(card: bpy.types.Object) -> Depths:
    """Read the depth pass at the present frame through the card itself, which is bent by the bare pass for the moment."""
    wanted = {"Use Depth": True, "Depth Scale": 1.0, "Depth Offset": 0.0, "Farthest": 1e9}
    kept = {name: controls.value(card, name) for name in wanted}
    controls.change(card, wanted)
    graph = bpy.context.evaluated_depsgraph_get()
    mesh = card.evaluated_get(graph).to_mesh()
    places = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", places)
    card.evaluated_get(graph).to_mesh_clear()
    controls.change(card, kept)
    places = places.reshape(-1, 3).astype(np.float64)
    depth = -places[:, 2]
    return Depths(rays=places[:, :2] / depth[:, None], values=depth)
