"""Shapes that people make: slabs, reliefs, pleated cloth, tableware, hulls, hands and heads, potted leaves, stairs."""

from itertools import pairwise

import cv2
import numpy as np

from . import surfaces
from .drawings import drawing
from .organic import grid_faces, melted, waves
from .surfaces import Surface, flat, joined, rotation, smooth, unit


def slab(low, high) -> Surface:
    """Build a box between two corners."""
    low, high = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    corners = np.array([[(low, high)[(k >> axis) & 1][axis] for axis in range(3)] for k in range(8)])
    sides = ((1, 5, 7, 3), (0, 2, 6, 4), (2, 3, 7, 6), (0, 4, 5, 1), (4, 6, 7, 5), (0, 1, 3, 2))
    return joined([surfaces.quad(corners[list(side)]) for side in sides])


def beam(start, end, *, thick: float, wide: float | None = None) -> Surface:
    """Build a square bar from one point to another, upright in its wider direction as far as it can be."""
    start, end = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    along = unit(end - start)
    side = unit(np.cross(along, [0, 1, 0.01]))
    axes = np.stack([side * thick / 2, np.cross(side, along) * (wide or thick) / 2, (end - start) / 2], -1)
    return slab([-1, -1, -1], [1, 1, 1]).moved(axes, (start + end) / 2)


def relief(rng: np.random.Generator) -> Surface:
    """Letters and shapes raised from (or sunk into) a plate in the x-y plane that faces +z, from -1 to 1."""
    cells = 220
    height = cv2.GaussianBlur(drawing(rng, size=cells, words=0.6).astype(np.float32) / 255, (0, 0), rng.uniform(0.5, 2.5))
    height = height[::-1] * rng.uniform(0.03, 0.14) * rng.choice([1, 1, -1])
    x, y = np.meshgrid(np.linspace(-1, 1, cells), np.linspace(-1, 1, cells))
    return smooth(np.stack([x, y, height], -1).reshape(-1, 3), grid_faces(cells, cells))


def pleats(rng: np.random.Generator) -> Surface:
    """Build a curtain in the x-y plane, from -1 to 1, gathered into folds that run down it."""
    columns, rows = 260, 40
    x, y = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(-1, 1, rows))
    points = np.stack([x, y, np.zeros_like(x)], -1).reshape(-1, 3)
    folds = rng.uniform(3, 16)
    drift = rng.uniform(0, 0.5) * waves(points * [1, 0.4, 1], rng=rng, frequency=1.5)
    depth = rng.uniform(0.15, 0.45) / folds * (1 + rng.uniform(0, 0.6) * waves(points * [2, 0.3, 1], rng=rng, frequency=1.5))
    bend = np.sin(points[:, 0] * folds * np.pi + drift * 2)
    points[:, 2] = depth * np.sign(bend) * np.abs(bend) ** rng.uniform(0.7, 1.2)
    points[:, 0] += depth * 0.4 * np.cos(points[:, 0] * folds * np.pi * 0.5)
    return smooth(points, grid_faces(rows, columns))


def plate(rng: np.random.Generator) -> Surface:
    """Build a dish, bowl or saucer."""
    radius = np.linspace(0, 1, 40)
    rise = rng.uniform(0.03, 0.6) * np.clip((radius - rng.uniform(0.3, 0.7)) / 0.4, 0, 1) ** rng.uniform(1, 2)
    return _turned(np.concatenate([radius[::-1], radius]), np.concatenate([rise[::-1] - 0.05, rise]))


def cup(rng: np.random.Generator) -> Surface:
    """Build a cup, glass, pan or pot, open at the top and filled to some height, most with a handle."""
    height, waist, thick = rng.uniform(0.5, 2.2), rng.uniform(0.7, 1.0), 0.05
    outer = np.linspace(waist, 1, 12)
    radius = np.concatenate([[0.0], outer, [1 - thick], outer[::-1][:8] - thick, [0.0]])
    level = height * rng.uniform(0.2, 0.9)
    rise = np.concatenate([[0.0], np.linspace(0, height, 12), [height], np.linspace(height, level, 8), [level]])
    body = _turned(radius, rise)
    if rng.random() < 0.35:
        return body
    arc = [np.array([1 + 0.45 * np.sin(t), height * (0.5 - 0.35 * np.cos(t)), 0]) for t in np.linspace(0, np.pi, 9)]
    return joined([body, *(beam(a, b, thick=0.12) for a, b in pairwise(arc))])


def hull(rng: np.random.Generator) -> Surface:
    """Build a machine's body: a tapered block covered with plates, boxes and tubes."""
    long, high, wide = rng.uniform(1.2, 2.4), rng.uniform(0.2, 0.7), rng.uniform(0.3, 0.9)
    front = rng.uniform(0.2, 1.0)
    body = slab([-1, -1, -1], [1, 1, 1])
    taper = body.triangles.copy()
    taper[..., 1:] *= (1 + (front - 1) * (taper[..., :1] + 1) / 2) * np.array([high, wide])
    taper[..., 0] *= long
    parts = [flat(taper.reshape(-1, 3), np.arange(len(taper) * 3).reshape(-1, 3))]
    for _ in range(int(rng.integers(10, 70))):
        spot = rng.uniform(-0.95, 0.95, 3)
        axis = int(rng.integers(1, 3))
        spot[axis] = rng.choice([-1, 1])
        shrink = 1 + (front - 1) * (spot[0] + 1) / 2
        centre = spot * [long, high * shrink, wide * shrink]
        size = np.exp(rng.uniform(np.log(0.02), np.log(0.2), 3)) * [2, 1, 1]
        parts.append(slab(centre - size, centre + size))
    for _ in range(int(rng.integers(0, 4))):
        pod = surfaces.cylinder(rng) if rng.random() < 0.5 else surfaces.superquadric(rng)
        turn = rotation([0, 0, 1], np.pi / 2) @ np.diag(rng.uniform(0.1, 0.35, 3))
        parts.append(pod.moved(turn, rng.uniform(-1, 1, 3) * [long, high, wide]))
    return joined(parts)


def hand(rng: np.random.Generator) -> Surface:
    """Build a palm with five fingers, seen from its back or its front."""
    parts = [(np.array([x, -0.35, 0]), np.array([x * 1.15, 0.2, 0]), 0.16, 0.15) for x in (-0.2, 0.0, 0.2)]
    parts.append((np.array([0, -0.9, 0]), np.array([0, -0.4, 0]), 0.17, 0.18))
    spread = rng.uniform(0.5, 1.6)
    for index, long in enumerate((0.5, 0.6, 0.65, 0.52)):
        at, curl = np.array([-0.28 + 0.19 * index, 0.22, 0]), rng.uniform(0, 0.5)
        aim = unit(np.array([(index - 1.5) * 0.16 * spread, 1, rng.normal() * 0.1]))
        middle = at + aim * long * 0.5
        tip = middle + unit(aim + np.array([0, 0, curl])) * long * 0.5
        parts += [(at, middle, 0.095, 0.085), (middle, tip, 0.085, 0.065)]
    knuckle = np.array([0.42, -0.1, 0.06])
    parts += [(np.array([0.22, -0.35, 0.0]), knuckle, 0.12, 0.1), (knuckle, knuckle + np.array([0.12, 0.28, 0.05]), 0.09, 0.07)]
    mesh = smooth(*melted(parts, blend=0.06, cells=88))
    return mesh.moved(rotation([0, 1, 0], np.pi * rng.integers(2)) @ np.diag([rng.choice([-1, 1]), 1, 1.0]), np.zeros(3))


def head(rng: np.random.Generator) -> Surface:
    """Build a head with nose, brows, ears, lips and neck on shoulders, the hair a lumpy cap."""

    def ball(x: float, y: float, z: float, radius: float) -> tuple:
        return np.array([x, y, z]), np.array([x, y + 0.01, z]), radius, radius

    jaw, broad = rng.uniform(0.24, 0.34), rng.uniform(0.36, 0.46)
    parts = [ball(0, 0.2, -0.05, broad), ball(0, -0.1, 0.06, jaw + 0.06), ball(0, -0.28, 0.14, jaw * 0.6)]
    parts += [(np.array([0, 0.1, 0.36]), np.array([0, -0.08, 0.44]), 0.035, rng.uniform(0.05, 0.09))]
    parts += [(np.array([x, 0.14, 0.33]), np.array([x * 2.2, 0.14, 0.27]), 0.05, 0.04) for x in (-0.08, 0.08)]
    parts += [ball(x, 0.06, 0.31, 0.055) for x in (-0.14, 0.14)] + [ball(x, 0.02, -0.02, 0.08) for x in (-broad, broad)]
    parts += [(np.array([-0.07, -0.2, 0.35]), np.array([0.07, -0.2, 0.35]), 0.035, 0.035)]
    parts += [(np.array([0, -0.3, -0.05]), np.array([0, -0.65, -0.05]), 0.17, 0.2)]
    parts += [(np.array([-0.55, -0.85, -0.05]), np.array([0.55, -0.85, -0.05]), 0.2, 0.2)]
    curls = rng.uniform(0.05, 0.14)
    for _ in range(int(rng.choice([0, 40, 70]))):
        spot = unit(rng.normal(size=3) + np.array([0, 0.8, -0.5])) * broad + np.array([0, 0.22, -0.06])
        x, y, z = spot
        parts.append(ball(x, y, z, curls * rng.uniform(0.7, 1.3)))
    return smooth(*melted(parts, blend=rng.uniform(0.04, 0.09), cells=80))


def rosette(rng: np.random.Generator) -> Surface:
    """Long leaves that bend outwards from one root, each surface as it is."""
    leaves, rings = int(rng.integers(8, 30)), 9
    wide, droop = rng.uniform(0.05, 0.16), rng.uniform(0.2, 1.6)
    parts = []
    for _ in range(leaves):
        along = np.linspace(0, 1, rings)
        lean, long = rng.uniform(0.1, 1.1), rng.uniform(0.6, 1.1)
        bend = lean + droop * along
        out, up = np.cumsum(np.sin(bend)) * long / rings, np.cumsum(np.cos(bend)) * long / rings
        width = wide * np.sin(np.pi * np.clip(along * 0.93 + 0.05, 0, 1)) ** 0.7
        crease = -width * rng.uniform(0, 0.5)
        ribs = [np.stack([out, up, side * width], -1) for side in (-1, 1)]
        ribs.insert(1, np.stack([out, up + crease, np.zeros(rings)], -1))
        points = np.stack(ribs, 1).reshape(-1, 3) @ rotation([0, 1, 0], rng.uniform(0, 2 * np.pi)).T
        parts.append(smooth(points, grid_faces(rings, 3)))
    return joined(parts)


def stairs(rng: np.random.Generator) -> Surface:
    """Return steps of a unit's width that climb toward -z from the origin."""
    rise, tread, count = rng.uniform(0.12, 0.2), rng.uniform(0.24, 0.36), int(rng.integers(5, 16))
    return joined([slab([-1, 0, -tread * count], [1, rise * (k + 1), -tread * k]) for k in range(count)])


def _turned(radius: np.ndarray, rise: np.ndarray) -> Surface:
    """Build a profile of radius and height turned about +y, smooth along the round and sharp where the profile bends sharply."""
    sections = 40
    angle = np.arange(sections + 1) * 2 * np.pi / sections
    rings = np.stack(
        [
            radius[:, None] * np.cos(angle),
            np.broadcast_to(rise[:, None], (len(rise), sections + 1)),
            radius[:, None] * np.sin(angle),
        ],
        -1,
    )
    pieces, start = [], 0
    steps = unit(np.stack([np.diff(radius), np.diff(rise)], -1))
    for index in range(1, len(radius)):
        if index == len(radius) - 1 or (steps[index] * steps[index - 1]).sum() < 0.7:
            part = rings[start : index + 1]
            pieces.append(smooth(part.reshape(-1, 3), grid_faces(len(part), sections + 1)))
            start = index
    return joined(pieces)
