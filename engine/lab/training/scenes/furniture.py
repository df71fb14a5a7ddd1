"""Things that stand in rooms and streets: tables, sofas, shelves, crates, barrels, lamps, cars. They stand on y = 0."""

import numpy as np
import trimesh

from . import surfaces
from .built import beam, slab
from .surfaces import Surface, joined, rotation


def table(rng: np.random.Generator) -> Surface:
    """Build a table, bench, chair or stool: a top on legs, maybe with a back."""
    wide, high, deep, leg = rng.uniform(0.4, 1.8), rng.uniform(0.35, 1.0), rng.uniform(0.4, 1.0), rng.uniform(0.03, 0.08)
    parts = [slab([-wide / 2, high - 0.05, -deep / 2], [wide / 2, high, deep / 2])]
    for x in (-1, 1):
        for z in (-1, 1):
            foot = np.array([x * (wide / 2 - leg), 0, z * (deep / 2 - leg)])
            parts.append(beam(foot, foot + np.array([0, high - 0.05, 0.001]), thick=leg))
    if rng.random() < 0.4:
        parts.append(slab([-wide / 2, high, -deep / 2], [wide / 2, high * 2, -deep / 2 + 0.05]))
    return joined(parts)


def sofa(rng: np.random.Generator) -> Surface:
    """Build a sofa, armchair or bed with cushions."""
    wide, deep = rng.uniform(0.9, 2.4), rng.uniform(0.7, 1.0)
    parts = [_cushion(rng, size=(wide, 0.4, deep), at=(0, 0.2, 0)), _cushion(rng, size=(wide, 0.9, 0.25), at=(0, 0.45, -deep / 2))]
    if rng.random() < 0.8:
        parts += [_cushion(rng, size=(0.25, 0.65, deep), at=(x * wide / 2, 0.33, 0)) for x in (-1, 1)]
    count = int(rng.integers(1, 4))
    for index in range(count):
        x = (index + 0.5) / count * wide - wide / 2
        parts.append(_cushion(rng, size=(wide / count * 0.95, 0.2, deep * 0.8), at=(x, 0.46, 0.05)))
        if rng.random() < 0.5:
            pillow = _cushion(rng, size=(0.45, 0.45, 0.18), at=(0, 0, 0)).moved(
                rotation([1, 0, 0], -0.3), np.array([x, 0.72, -deep / 4])
            )
            parts.append(pillow)
    return joined(parts)


def crate(rng: np.random.Generator) -> Surface:
    """Build a chest, box or cabinet with battens, rims or doors."""
    half = rng.uniform(0.25, 0.7, 3)
    parts = [slab([-half[0], 0, -half[2]], [half[0], 2 * half[1], half[2]])]
    out, bar = rng.uniform(0.01, 0.04), rng.uniform(0.04, 0.12)
    for level in (0, 2 * half[1] - bar):
        parts.append(slab([-half[0] - out, level, -half[2] - out], [half[0] + out, level + bar, half[2] + out]))
    for x in np.linspace(-half[0], half[0] - bar, int(rng.integers(2, 6))):
        parts.append(slab([x, 0, -half[2] - out], [x + bar, 2 * half[1], half[2] + out]))
    return joined(parts)


def barrel(rng: np.random.Generator) -> Surface:
    """Build a drum, bin or bucket with rings around it."""
    high, radius = rng.uniform(0.6, 1.2), rng.uniform(0.25, 0.4)
    level = np.linspace(0, high, 60)
    rings = 0.02 * np.cos(level * 2 * np.pi * rng.integers(1, 5) / high) ** 8
    belly = rng.choice([0.0, 0.12]) * np.sin(np.pi * level / high)
    profile = np.stack([radius * (1 + belly) + rings, level], axis=-1)
    lids = [surfaces.disc(profile[end, 0], level[end], 32) for end in (0, -1)]
    return joined([surfaces.smooth(*surfaces.revolved(profile, sections=32)), *lids])


def shelf(rng: np.random.Generator) -> Surface:
    """Shelves with boxes or books on them, open to +z."""
    wide, high, deep, count = rng.uniform(0.6, 2.0), rng.uniform(0.8, 2.4), rng.uniform(0.2, 0.5), int(rng.integers(2, 6))
    parts = [slab([x * wide / 2 - 0.02, 0, -deep / 2], [x * wide / 2 + 0.02, high, deep / 2]) for x in (-1, 1)]
    if rng.random() < 0.7:
        parts.append(slab([-wide / 2, 0, -deep / 2], [wide / 2, high, -deep / 2 + 0.02]))
    for level in np.linspace(0.05, high, count):
        parts.append(slab([-wide / 2, level - 0.03, -deep / 2], [wide / 2, level, deep / 2]))
        x = -wide / 2 + 0.03
        while x < wide / 2 - 0.1 and level < high - 0.1:
            thick = rng.uniform(0.02, 0.3)
            if rng.random() < 0.7:
                top = level + rng.uniform(0.4, 0.85) * high / count
                parts.append(slab([x, level, -deep / 2], [min(x + thick, wide / 2), top, deep / 2 - rng.uniform(0.02, 0.2)]))
            x += thick + 0.004
    return joined(parts)


def lamp(rng: np.random.Generator) -> Surface:
    """Build a post or floor lamp, a street sign, a bollard."""
    high = rng.uniform(0.8, 2.0)
    head = surfaces.cylinder(rng) if rng.random() < 0.6 else surfaces.superquadric(rng)
    top = head.moved(np.eye(3) * rng.uniform(0.08, 0.25), np.array([0, high, 0]))
    foot = slab([-0.12, 0, -0.12], [0.12, 0.03, 0.12])
    return joined([beam([0, 0, 0], [0, high, 0.001], thick=rng.uniform(0.02, 0.08)), top, foot])


def car(rng: np.random.Generator) -> Surface:
    """Build a car, van or truck along x: body, cabin with sloping ends, wheels, lights and bumpers."""
    long, wide, high = rng.uniform(3.4, 5.2), rng.uniform(1.6, 2.0), rng.uniform(0.55, 0.8)
    power = rng.uniform(4, 9)
    body = _rounded(size=(long, high, wide), at=(0, 0.3 + high / 2, 0), power=power)
    cabin = _rounded(size=(long * rng.uniform(0.4, 0.75), rng.uniform(0.5, 1.3), wide * 0.86), at=(0, 0, 0), power=power)
    lean = cabin.triangles.copy()
    rise = lean[..., 1] - lean[..., 1].min()
    lean[..., 0] *= 1 - rng.uniform(0.1, 0.35) * rise / rise.max()
    lean[..., 1:2] = (rise + 0.25 + high)[..., None]
    lean[..., 0] += long * rng.uniform(-0.12, 0.12)
    parts = [body, surfaces.flat(lean.reshape(-1, 3), np.arange(len(lean) * 3).reshape(-1, 3))]
    ring = trimesh.creation.torus(major_radius=0.8, minor_radius=0.144)
    wheel = surfaces.flat(ring.vertices, ring.faces)
    for x in (-1, 1):
        for z in (-1, 1):
            parts.append(wheel.moved(np.eye(3) * 0.32, np.array([x * long * 0.31, 0.34, z * wide * 0.47])))
        parts.append(slab([x * long / 2 - 0.08, 0.35, -wide * 0.45], [x * long / 2 + 0.06, 0.5, wide * 0.45]))
        for z in (-1, 1):
            parts.append(_cushion(rng, size=(0.12, 0.16, 0.3), at=(x * long * 0.49, 0.3 + high * 0.65, z * wide * 0.33)))
    return joined(parts)


def _cushion(rng: np.random.Generator, *, size: tuple, at: tuple) -> Surface:
    return _rounded(size=size, at=at, power=rng.uniform(3, 9))


def _rounded(*, size: tuple, at: tuple, power: float) -> Surface:
    """Build a box with round edges: the larger `power`, the sharper."""
    ball = surfaces.sphere()
    radius = (np.abs(ball.vertices) ** power).sum(1) ** (-1 / power)
    return surfaces.smooth(ball.vertices * radius[:, None], ball.faces).moved(
        np.diag(np.asarray(size) / 2), np.asarray(at, dtype=float)
    )
