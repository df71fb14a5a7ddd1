"""A farmhouse, an arcade round a yard, steps up a hill."""

import itertools
import math

import numpy as np

from ..heldout_scenes.kit import Shot, paint, sun, surround
from ..heldout_scenes.shapes import box, lathe, prism, rolling, sheet, tube, wire
from .bodies import WALK, figure
from .plants import grass, greens, hedge, strewn, tree
from .props import blocks, body, courses, flecked, hazy, mesh
from .vehicles import GLASS


def window(made, *, at, wide=1.0, high=1.3, panes=(2, 3)):
    """A casement that looks to -Y, about its centre."""
    parts: list[tuple] = [((x, 0, 0), (0.07, 0.12, high + 0.07)) for x in (-wide / 2, wide / 2)]
    parts += [((0, 0, z), (wide, 0.12, 0.07)) for z in (-high / 2, high / 2)]
    parts += [((wide * (k / panes[0] - 0.5), 0.01, 0), (0.04, 0.06, high)) for k in range(1, panes[0])]
    parts += [((0, 0.01, high * (k / panes[1] - 0.5)), (wide, 0.06, 0.04)) for k in range(1, panes[1])]
    blocks(parts, made, at=at)
    box((wide, 0.04, high), paint(GLASS, roughness=0.05), at=(at[0], at[1] + 0.04, at[2] - high / 2))
    box((wide + 0.3, 0.24, 0.08), made, at=(at[0], at[1] - 0.05, at[2] - high / 2 - 0.12), bevel=0.015)


def farmhouse(_maps):
    hazy(azimuth=230, elevation=40, turbidity=2.5, strength=0.3)
    sun(230, 40, energy=4.5)
    land = rolling(51, size=14, height=0.25)
    sheet(land, 70, 70, paint((0.085, 0.1, 0.035), (0.13, 0.12, 0.05), pattern="Noise", scale=0.9), at=(0, 15, -0.1))
    plaster = paint((0.7, 0.66, 0.57), (0.62, 0.57, 0.48), pattern="Noise", scale=2, roughness=0.95)
    box((9, 6, 3.2), plaster, at=(0.5, 11, 0))
    mesh(
        [(-4, 8, 3.2), (-4, 14, 3.2), (-4, 11, 6.1), (5, 8, 3.2), (5, 14, 3.2), (5, 11, 6.1)],
        [(0, 1, 2), (3, 5, 4), (0, 2, 5, 3), (1, 4, 5, 2)],
        plaster,
    )
    courses(
        9.05,
        0.9,
        flecked((0.3, 0.28, 0.25), (0.45, 0.42, 0.37), (0.38, 0.33, 0.27)),
        length=0.45,
        rise=0.15,
        deep=0.16,
        at=(0.5, 7.98, 0),
        seed=4,
    )
    tiles = [
        ((-4.2 + 0.28 * (i + 0.5 * (j % 2)), 7.75 + 0.243 * j, 3.05 + 0.235 * j), (0.265, 0.4, 0.03), (41, 0, 0))
        for i in range(34)
        for j in range(14)
    ]
    blocks(tiles, flecked((0.38, 0.13, 0.06), (0.5, 0.22, 0.12), (0.3, 0.12, 0.08), roughness=0.9), bevel=0.01)
    tube(0.12, 9.6, paint((0.42, 0.17, 0.1)), at=(-4.3, 11, 6.15), turn=(0, 90, 0))
    box((0.8, 0.7, 1.6), paint((0.4, 0.16, 0.1), (0.5, 0.45, 0.4), pattern="Brick", scale=2.2), at=(3.2, 11, 5.7))
    white = paint((0.75, 0.75, 0.71), roughness=0.5)
    for x in (-2.6, -0.9, 2.9, 4.3):
        window(white, at=(x, 7.98, 1.75))
    door = paint((0.05, 0.16, 0.12), roughness=0.4)
    box((1.1, 0.14, 2.2), door, at=(1.1, 7.95, 0), bevel=0.01)
    blocks(
        [((1.1 + dx, 7.87, z), (0.36, 0.03, high)) for dx in (-0.24, 0.24) for z, high in ((0.55, 0.7), (1.5, 0.85))],
        door,
        bevel=0.012,
    )
    prism([(0.2, 2.35), (2.0, 2.35), (1.1, 2.9)], 1.0, paint((0.3, 0.17, 0.08)), at=(0, 7.5, 0), bevel=0.02)
    for x in (0.3, 1.9):
        box((0.1, 0.1, 2.4), white, at=(x, 7.1, 0), bevel=0.01)
    fence = [((-7 + 0.16 * k, 0, 0.5), (0.1, 0.025, 1.0)) for k in range(88) if not 43 < k < 52] + [
        ((x, 0.035, z), (7, 0.04, 0.08)) for x in (-3.5, 4.9) for z in (0.3, 0.8)
    ]
    blocks(fence, flecked((0.5, 0.5, 0.47), (0.62, 0.61, 0.57)), at=(0, 4.2, 0))
    sheet(
        lambda x, y: 0.03 * np.cos(2 * x),
        1.5,
        9,
        paint((0.4, 0.34, 0.26), (0.3, 0.25, 0.19), pattern="Noise", scale=9),
        at=(0.9, 3.7, 0.0),
    )
    lawn = strewn(26000, (-6, 6, -1.5, 7.8), lambda x, y: land(x, y - 15) - 0.1, seed=8, keep=lambda x, y: abs(x - 0.9) > 0.75)
    grass(lawn, greens(1.2, dry=0.25), height=0.16, seed=9)
    tree(12, paint((0.14, 0.1, 0.07)), greens(1.1), at=(-5.6, 9.5, 0), height=7.5, crown=3500, leaf_size=0.22)
    hedge((2.2, 0.7, 0.8), greens(0.9), at=(-2.9, 7.3, 0), density=450)
    return Shot(eye=(-2.4, -2.2, 1.65), target=(0.4, 8, 2.1), lens=29, drift=(0.05, 0, 0))


def arch(wide, high, thick, made, *, at, turn=0.0):
    """Build a bay of an arcade in the XZ plane: a wall with a round opening."""
    half, spring = wide / 2, high * 0.55
    radius = half * 0.74
    inner = [(radius * math.cos(a), spring + radius * math.sin(a)) for a in np.linspace(0, math.pi, 25)]
    outline = [(half, 0), (half, high), (-half, high), (-half, 0), (-radius, 0), *inner[::-1], (radius, 0)]
    prism(outline, thick, made, at=at, turn=(0, 0, turn))
    stones = []
    for angle in np.linspace(6, 174, 13):
        a = math.radians(angle)
        stones.append(
            (
                (1.11 * radius * math.cos(a), 0, spring + 1.11 * radius * math.sin(a)),
                (0.2 * radius, thick + 0.07, 0.26 * radius),
                (0, -angle, 0),
            )
        )
    return blocks(stones, flecked((0.55, 0.48, 0.37), (0.65, 0.58, 0.46), (0.5, 0.42, 0.3)), bevel=0.015, at=at, turn=(0, 0, turn))


def arcade(_maps):
    surround(sky=(50, 130), strength=0.1)
    paving = [
        ((-5.4 + 0.9 * i, -3.6 + 0.9 * j, -0.05), (0.885, 0.885, 0.1), tuple(np.random.default_rng(i * 31 + j).normal(0, 0.3, 3)))
        for i in range(14)
        for j in range(14)
    ]
    blocks(paving, flecked((0.42, 0.37, 0.3), (0.52, 0.47, 0.39), roughness=0.75), bevel=0.012)
    ochre = paint((0.62, 0.5, 0.33), (0.55, 0.42, 0.27), pattern="Noise", scale=1.6, roughness=0.95)
    pale = paint((0.66, 0.6, 0.5), (0.58, 0.52, 0.42), pattern="Noise", scale=4)
    for k in range(4):
        arch(2.6, 4.0, 0.5, ochre, at=(-3.9 + 2.6 * k, 5.2, 0))
        arch(2.6, 4.0, 0.5, ochre, at=(-5.2, 3.9 - 2.6 * k, 0), turn=90)
    for k in range(5):
        profile = [
            (0.001, 0),
            (0.34, 0),
            (0.34, 0.14),
            (0.26, 0.24),
            (0.23, 0.4),
            (0.2, 1.85),
            (0.24, 1.95),
            (0.34, 2.1),
            (0.34, 2.2),
            (0.001, 2.2),
        ]
        lathe(profile, pale, at=(-5.2 + 2.6 * k, 4.8, 0), smooth=50)
        if k:
            lathe(profile, pale, at=(-4.8, 5.2 - 2.6 * k, 0), smooth=50)
    box((12, 0.8, 0.3), pale, at=(0, 5.2, 4.0), bevel=0.08)
    box((0.8, 12, 0.3), pale, at=(-5.2, 0, 4.0), bevel=0.08)
    box((14, 0.3, 4), ochre, at=(0, 7.8, 0))
    box((0.3, 14, 4), ochre, at=(-7.8, 2, 0))
    box((14, 3, 0.2), paint((0.25, 0.15, 0.08)), at=(0, 6.7, 3.9))
    box((14, 0.4, 3.5), ochre, at=(0, 5.2, 4.3))
    for k in range(5):
        window(paint((0.3, 0.16, 0.08)), at=(-4.2 + 2.6 * k, 4.98, 5.8), wide=0.9, high=1.4, panes=(2, 2))
    basin = [
        (0.001, 0),
        (1.0, 0),
        (1.05, 0.1),
        (0.95, 0.18),
        (0.95, 0.5),
        (1.08, 0.58),
        (1.08, 0.66),
        (0.9, 0.66),
        (0.86, 0.3),
        (0.001, 0.3),
    ]
    lathe(basin, pale, at=(0.6, 1.8, 0), smooth=35)
    tube(0.9, 0.5, paint((0.05, 0.08, 0.08), roughness=0.03), at=(0.6, 1.8, 0.02))
    lathe(
        [
            (0.001, 0),
            (0.2, 0),
            (0.12, 0.3),
            (0.1, 0.8),
            (0.42, 1.0),
            (0.45, 1.06),
            (0.001, 1.0),
            (0.08, 1.1),
            (0.05, 1.4),
            (0.001, 1.45),
        ],
        pale,
        at=(0.6, 1.8, 0.4),
        smooth=50,
    )
    figure(WALK, at=(-2.2, 2.6, 0), turn=115, skin=1, top=(0.5, 0.48, 0.42), legs=(0.13, 0.1, 0.07))
    for x, y in ((2.6, 3.9), (-3.7, 0.4)):
        lathe(
            [(0.001, 0), (0.26, 0), (0.36, 0.45), (0.42, 0.48), (0.42, 0.56), (0.001, 0.5)], paint((0.45, 0.2, 0.1)), at=(x, y, 0)
        )
        tree(
            int(10 * x + 50),
            paint((0.15, 0.1, 0.06)),
            greens(0.9),
            at=(x, y, 0.45),
            height=1.6,
            radius=0.04,
            crown=700,
            leaf_size=0.1,
        )
    return Shot(eye=(3.0, -3.2, 1.6), target=(-1.0, 3.4, 1.75), lens=24, drift=(-0.02, 0.01, 0), look="Standard", exposure=-0.3)


def stone_steps(_maps):
    """Worn steps between walls of dry stone, upright picture."""
    hazy(azimuth=300, elevation=50, turbidity=4, strength=0.35)
    sun(300, 50, energy=3.0, angle=1.0)
    rng = np.random.default_rng(17)
    stone = flecked((0.3, 0.28, 0.25), (0.42, 0.4, 0.35), (0.36, 0.31, 0.26), roughness=0.9)
    treads = []
    for k in range(16):
        cuts = np.sort(rng.uniform(-0.7, 0.7, 1))
        edges = [-1.0, *cuts, 1.0]
        for left, right in itertools.pairwise(edges):
            treads.append(
                (
                    ((left + right) / 2, 0.36 * k, 0.165 * k + rng.normal() * 0.006),
                    (right - left - 0.015, 0.46, 0.17),
                    tuple(rng.normal(0, 1.0, 3)),
                )
            )
    blocks(treads, stone, bevel=0.022)
    for side in (-1, 1):
        rocks = []
        for _ in range(190):
            y, up = rng.uniform(-1.2, 6.2), rng.uniform(-0.1, 0.95)
            size = rng.uniform(0.16, 0.36), rng.uniform(0.2, 0.45), rng.uniform(0.1, 0.2)
            rocks.append(((side * (1.22 + rng.normal() * 0.03), y, 0.458 * y + up), size, tuple(rng.normal(0, 7, 3))))
        blocks(rocks, stone, bevel=0.035)
        caps = [
            (
                (side * 1.25, -1.1 + 0.42 * k, 0.458 * (-1.1 + 0.42 * k) + 1.02),
                (0.5, 0.44, 0.09),
                (24.6 + rng.normal(), rng.normal() * 2, 0),
            )
            for k in range(18)
        ]
        blocks(caps, flecked((0.4, 0.38, 0.34), (0.5, 0.47, 0.42)), bevel=0.02)
        soil = paint((0.09, 0.075, 0.045), (0.06, 0.055, 0.03), pattern="Noise", scale=6)
        mesh([(side * 1.25, -3, -0.5), (side * 8, -3, 0.3), (side * 8, 9, 5.6), (side * 1.25, 9, 4.9)], [(0, 1, 2, 3)], soil)
        area = (*sorted((side * 1.4, side * 4.5)), -2, 7)
        spots = strewn(5000, area, lambda x, y: 0.458 * y + 0.78 + 0.1 * (abs(x) - 1.4), seed=20 + side)
        grass(spots, greens(1.0, dry=0.35), height=0.32, seed=21, wild=0.9)
    box((2.2, 3, 0.1), paint((0.25, 0.23, 0.2), (0.18, 0.17, 0.15), pattern="Noise", scale=7), at=(0, -1.6, -0.14))
    moss = strewn(
        1800,
        (-0.98, 0.98, -0.2, 5.6),
        lambda x, y: 0.165 * np.round(y / 0.36) + 0.08,
        seed=6,
        keep=lambda x, y: (abs(x) > 0.78) & (np.mod(y + 0.05, 0.36) > 0.25),
    )
    grass(moss, greens(0.9), height=0.07, seed=4)
    rail = [(0.85, -0.2, 0.85), (0.85, 5.4, 3.42)]
    wire(rail, 0.022, paint((0.05, 0.05, 0.05), metallic=0.8, roughness=0.4), round_=False)
    for k in range(5):
        tube(0.016, 0.95, paint((0.05, 0.05, 0.05), metallic=0.8, roughness=0.4), at=(0.85, 0.1 + 1.3 * k, 0.04 + 0.6 * k))
    tree(33, paint((0.16, 0.12, 0.09)), greens(1.2, dry=0.1), at=(-2.9, 4.6, 2.4), height=5, crown=2600, leaf_size=0.2)
    tree(34, paint((0.16, 0.12, 0.09)), greens(0.9), at=(2.8, 7.0, 3.6), height=5, crown=2600, leaf_size=0.2)
    body(
        [
            ((0, 0, 0.1), (0.13, 0.1, 0.1)),
            ((0.02, -0.03, 0.23), (0.07, 0.07, 0.065)),
            ((-0.03, 0.1, 0.06), (0.04, 0.12, 0.03)),
            ((-0.02, -0.05, 0.295), (0.012, 0.012, 0.03)),
            ((0.06, -0.05, 0.295), (0.012, 0.012, 0.03)),
        ],
        paint((0.35, 0.17, 0.06), roughness=0.9),
        at=(-0.45, 1.8, 0.9),
        fine=0.008,
    )
    return Shot(eye=(0.15, -2.3, 1.55), target=(-0.05, 1.9, 1.35), lens=33, size=(180, 240), drift=(0, 0.02, 0.006))


SCENES = {function.__name__: function for function in (farmhouse, arcade, stone_steps)}
"""The clips of this file."""
