"""Grass, leaves, trees and hedges, each one mesh."""

import math

import bpy
import numpy as np

from ..heldout_scenes.kit import paint, placed
from .props import flecked, mesh


def grass(places, made, *, height: float, wide: float = 0.008, seed: int = 0, wild: float = 0.5):
    """Blades that stand at `places` `(N, 3)`: three bent, tapering pieces each."""
    rng = np.random.default_rng(seed)
    count = len(places)
    angle, size = rng.uniform(0, math.tau, count), height * rng.uniform(0.5, 1.2, count)
    across = np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1) * wide
    bend = np.stack([-np.sin(angle), np.cos(angle), 0 * angle], -1) * (size * wild * rng.uniform(0.1, 1.0, count))[:, None]
    rows = []
    for share, width in ((0, 1.0), (0.4, 0.85), (0.75, 0.55), (1.0, 0.06)):
        middle = places + bend * share**2 + np.array([0, 0, 1]) * (size * share * (1 - 0.25 * wild * share))[:, None]
        rows += [middle - across * width, middle + across * width]
    points = np.stack(rows, 1).reshape(-1, 3)
    quads = np.array([(0, 1, 3, 2), (2, 3, 5, 4), (4, 5, 7, 6)])
    faces = (np.arange(count)[:, None, None] * 8 + quads).reshape(-1, 4)
    return mesh(points, faces, made, smooth=True)


def leaves(places, towards, made, *, size: float, seed: int = 0, loose: float = 0.6):
    """Folded leaves at `places` `(N, 3)` that face roughly `towards` `(N, 3)` (0: quite; 1: hardly)."""
    rng = np.random.default_rng(seed)
    facing = towards / np.linalg.norm(towards, axis=1, keepdims=True) + loose * rng.normal(size=places.shape)
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    along = np.cross(facing, rng.normal(size=places.shape))
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    aside = np.cross(facing, along)
    sizes = (size * rng.uniform(0.6, 1.3, len(places)))[:, None]
    shape = ((-0.5, 0, 0), (-0.15, -0.25, 0.09), (0.2, -0.2, 0.07), (0.5, 0, -0.12), (0.2, 0.2, 0.07), (-0.15, 0.25, 0.09))
    points = np.stack([places + sizes * (a * along + b * aside + c * facing) for a, b, c in shape], 1).reshape(-1, 3)
    faces = (np.arange(len(places))[:, None, None] * 6 + np.array([(0, 1, 2, 3), (0, 3, 4, 5)])).reshape(-1, 4)
    return mesh(points, faces, made)


def tree(seed: int, bark, leaf, *, at, height=6.0, radius=0.18, crown=2600, leaf_size=0.16, first=0.35):
    """A trunk that forks, with leaves about its twigs; `first` is where its branches begin, as a share of its height."""
    rng = np.random.default_rng(seed)
    curve = bpy.data.curves.new("tree", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution = "3D", 1.0, 4
    twigs = []

    def grow(start, way, length, thick, level):
        line, place, steps = curve.splines.new("POLY"), np.array(start, float), 7
        line.points.add(steps - 1)
        way = way / np.linalg.norm(way)
        for k, point in enumerate(line.points):
            point.co, point.radius = (*place, 1), thick * (1 - 0.65 * k / (steps - 1))
            if level >= 2 or (level == 1 and k > 2):
                twigs.append(place.copy())
            if level < 3 and k and (level or k / steps >= first):
                for _ in range(2 if level < 2 else 1):
                    side = way + rng.normal(size=3) * 0.85 + np.array([0, 0, 0.25])
                    grow(place, side, length * rng.uniform(0.35, 0.55), thick * (1 - 0.65 * k / steps) * 0.5, level + 1)
            way = way + rng.normal(size=3) * (0.05 + 0.07 * level)
            place = place + way / np.linalg.norm(way) * length / (steps - 1)

    grow(at, np.array([0.03, 0.02, 1.0]), height * 0.85, radius, 0)
    placed(curve, bark)
    if crown:
        tips = np.array(twigs)
        spots = tips[rng.integers(0, len(tips), crown)] + rng.normal(size=(crown, 3)) * leaf_size * 1.1
        leaves(spots, rng.normal(size=(crown, 3)) * 0.4 + np.array([0, 0, 1]), leaf, size=leaf_size, seed=seed)


def hedge(size, made, *, at, leaf_size=0.07, density=700, seed=0):
    """A clipped box of leaves on its base; `density` leaves a square metre."""
    rng, (wide, deep, high) = np.random.default_rng(seed), size
    spots, ways = [], []
    for axis, area in ((0, deep * high), (1, wide * high), (2, wide * deep)):
        for side in (-1, 1) if axis < 2 else (1,):
            place = rng.uniform(-0.5, 0.5, (int(area * density), 3))
            place[:, axis] = 0.5 * side
            way = np.zeros_like(place)
            way[:, axis] = side
            spots.append(place * (wide, deep, high) + rng.normal(size=place.shape) * 0.03)
            ways.append(way)
    places = np.concatenate(spots) + np.array(at) + np.array([0, 0, high / 2])
    leaves(places, np.concatenate(ways), made, size=leaf_size, seed=seed)
    corners = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]) * (wide, deep, high) * 0.95
    sides = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    mesh(corners + np.array(at) + np.array([0, 0, high / 2]), sides, paint((0.012, 0.02, 0.008)))


def greens(tone=1.0, dry=0.0):
    """Leaves of one kind, each of its own green; `dry` from fresh to withered."""
    fresh, withered = np.array([(0.03, 0.09, 0.015), (0.09, 0.18, 0.03)]), np.array([(0.18, 0.13, 0.04), (0.32, 0.22, 0.08)])
    low, high = (tuple(tone * ((1 - dry) * a + dry * b)) for a, b in zip(fresh, withered, strict=True))
    return flecked(low, high, roughness=0.55)


def strewn(count, area, surface, *, seed: int, keep=None):
    """Return points `(N, 3)` on z = surface(x, y) within the area (x from, x to, y from, y to) where `keep(x, y)` is true."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(area[0], area[1], count), rng.uniform(area[2], area[3], count)
    if keep is not None:
        kept = keep(x, y)
        x, y = x[kept], y[kept]
    return np.stack([x, y, surface(x, y) + 0 * x], -1)
