"""A forest, a meadow, rocks at a lake."""

import math

import numpy as np

from ..heldout_scenes.kit import Shot, paint, sun, surround
from ..heldout_scenes.shapes import ball, divided, lathe, rolling, rough, sheet, tube, wire
from .bodies import STAND, figure
from .plants import grass, greens, leaves, strewn, tree
from .props import blocks, flecked, hazy

BARK = (0.13, 0.095, 0.065)


def boulder(size, made, *, at, seed, stretch=(1, 1, 1)):
    """Build a cracked rock about its centre."""
    rng = np.random.default_rng(seed)
    rock = ball(size, made, at=at, stretch=stretch, turn=tuple(rng.uniform(0, 360, 3)), detail=6)
    rough(rock, kind="VORONOI", size=size * 0.9, strength=size * 0.4)
    return rough(rough(rock, size=size * 0.3, strength=size * 0.12), size=size * 0.07, strength=size * 0.035)


def forest(_maps):
    surround(sky=(38, 15), strength=0.1)
    ground = rolling(61, size=6, height=0.16)
    sheet(
        ground,
        40,
        40,
        paint((0.11, 0.075, 0.04), (0.07, 0.05, 0.028), pattern="Noise", scale=5, roughness=0.95),
        at=(0, 14, 0),
        count=240,
    )

    def land(x, y):
        return ground(x, y - 14)

    bark = paint(BARK, (0.06, 0.045, 0.03), pattern="Noise", scale=7, roughness=0.95)
    rng = np.random.default_rng(62)
    spots = [
        (-1.7, 2.2),
        (1.9, 3.0),
        (-0.3, 5.8),
        (3.3, 6.2),
        (-3.6, 5.4),
        (0.9, 9),
        (-2.4, 9.6),
        (4.6, 10.5),
        (-5.5, 11),
        (2.3, 13),
        (-0.9, 14),
        (6.5, 15),
    ]
    spots += [(-4, 16), (0.6, 18), (4, 19), (-7, 18), (-2, 21), (8, 21)]
    for k, (x, y) in enumerate(spots):
        radius, lean = rng.uniform(0.13, 0.27), rng.normal(size=2) * 0.25
        profile = [
            (radius * (1.9 if h < 0.05 else 1.25 if h < 0.4 else 1.0 - 0.05 * h), h)
            for h in (0, 0.12, 0.35, 0.8, 1.5, 2.5, 3.6, 5, 7, 9)
        ]
        trunk = lathe(profile, bark, at=(x, y, land(x, y) - 0.1), flutes=7, depth=0.2, steps=60, smooth=70)
        trunk.rotation_euler = (lean[0] * 0.12, lean[1] * 0.12, k)
        rough(divided(trunk, 1, simple=True), kind="CLOUDS", size=0.09, strength=0.06)
        if k % 2:
            tree(k + 100, bark, greens(1.1), at=(x, y, 3.8), height=4.5, radius=0.1, crown=1300, leaf_size=0.28, first=0.1)
    litter = strewn(15000, (-5, 5, -1, 9), land, seed=63)
    litter[:, 2] += rng.uniform(0.0, 0.03, len(litter))
    leaves(
        litter,
        np.tile((0, 0, 1.0), (len(litter), 1)),
        flecked((0.2, 0.1, 0.035), (0.34, 0.19, 0.07), (0.14, 0.08, 0.04), roughness=0.8),
        size=0.085,
        seed=64,
        loose=0.35,
    )
    for k in range(24):
        x, y = rng.uniform(-4, 4), rng.uniform(0.6, 9)
        if abs(x - 0.2) > 0.6:
            for frond in range(8):
                angle, long = frond * math.tau / 8 + k, rng.uniform(0.3, 0.55)
                along = np.linspace(0.05, 1, 22)[:, None]
                spine = (
                    np.array((x, y, land(x, y)))
                    + along * long * np.array((math.cos(angle), math.sin(angle), 0))
                    + (0.9 * along - 0.75 * along**2) * long * np.array((0, 0, 1.1))
                )
                side = np.array((-math.sin(angle), math.cos(angle), 0)) * 0.26 * long * (1.05 - along)
                tilt = np.tile((0.3 * math.cos(angle), 0.3 * math.sin(angle), 1), (44, 1))
                leaves(
                    np.concatenate([spine + side * 0.5, spine - side * 0.5]), tilt, greens(1.3), size=0.06, seed=frond, loose=0.15
                )
    wire([(-0.9, 1.1, 0.12), (0.2, 1.5, 0.2), (1.6, 1.4, 0.16), (3.0, 1.9, 0.2)], 0.13, bark)
    boulder(
        0.34, paint((0.2, 0.2, 0.18), (0.07, 0.1, 0.04), pattern="Noise", scale=3, roughness=0.95), at=(-0.9, 2.9, 0.15), seed=3
    )
    return Shot(eye=(0.2, -2.2, 1.35), target=(0.1, 5, 1.25), lens=30, drift=(0.03, 0, 0))


def meadow(_maps):
    hazy(azimuth=160, elevation=22, turbidity=3, strength=0.28)
    sun(160, 22, energy=4.2, colour=(1, 0.86, 0.66))
    field = rolling(71, size=22, height=0.7)
    far = rolling(72, size=60, height=7, octaves=5)

    def land(x, y):
        return field(x, y) * np.minimum(1, np.hypot(x, y + 2) / 5)

    sheet(land, 60, 60, paint((0.12, 0.13, 0.04), (0.17, 0.15, 0.06), pattern="Noise", scale=0.5), at=(0, 0, 0), count=220)
    sheet(
        lambda x, y: far(x, y) + 0.14 * np.maximum(y + 60, 0) - 4,
        320,
        220,
        paint((0.06, 0.1, 0.035), (0.12, 0.13, 0.06), pattern="Noise", scale=0.05),
        at=(0, 135, 0),
        count=200,
    )
    near = strewn(
        40000,
        (-3.6, 3.6, -2.6, 4),
        land,
        seed=73,
        keep=lambda x, y: (np.hypot(x + 0.2, y + 3.4) > 1.2) & (abs(x) < 1.6 + 0.5 * (y + 3.4)),
    )
    grass(near, greens(1.3, dry=0.35), height=0.36, wide=0.006, seed=74, wild=0.7)
    more = strewn(26000, (-12, 12, 4, 16), land, seed=75)
    grass(more, greens(1.3, dry=0.4), height=0.4, wide=0.012, seed=76, wild=0.7)
    for seed, colours in (
        (81, ((0.75, 0.7, 0.6), (0.85, 0.82, 0.75))),
        (82, ((0.75, 0.5, 0.03), (0.85, 0.6, 0.05))),
        (83, ((0.35, 0.1, 0.4), (0.5, 0.2, 0.55))),
    ):
        heads = strewn(420, (-4, 4, -1.8, 8), land, seed=seed)
        heads[:, 2] += 0.36
        rng = np.random.default_rng(seed)
        around = np.repeat(heads, 6, 0) + rng.normal(size=(len(heads) * 6, 3)) * 0.014
        leaves(around, np.tile((0, -0.3, 1.0), (len(around), 1)), flecked(*colours), size=0.035, seed=seed, loose=0.4)
    posts = [
        (
            (-9 + 2.2 * k, 8.5 + 0.5 * k, float(land(-9 + 2.2 * k, 8.5 + 0.5 * k)) + 0.55),
            (0.12, 0.12, 1.3),
            tuple(np.random.default_rng(k).normal(0, 3, 3)),
        )
        for k in range(10)
    ]
    blocks(posts, flecked((0.25, 0.22, 0.18), (0.36, 0.32, 0.27)), bevel=0.015)
    for rise in (0.55, 0.95):
        wire([(x, y - 0.07, z - 0.55 + rise) for (x, y, z), *_ in posts], 0.03, paint((0.3, 0.26, 0.2)), round_=False)
    for seed, x, y, high in ((91, -8.5, 17.0, 7), (92, 6.5, 14, 6), (93, 9.5, 22, 8), (94, -2, 26, 8)):
        tree(seed, paint(BARK), greens(1.0), at=(x, y, float(land(x, y)) - 0.1), height=high, crown=3200, leaf_size=0.34, first=0.2)
    bale = paint((0.5, 0.38, 0.16), (0.38, 0.28, 0.11), pattern="Noise", scale=14, roughness=1)
    for x, y, turn in ((2.6, 6.6, 25.0), (-3.4, 11.0, -40.0)):
        rough(
            divided(tube(0.75, 1.3, bale, at=(x, y, float(land(x, y)) + 0.72), turn=(90, 0, turn)), 3, simple=True),
            size=0.12,
            strength=0.07,
        )
    figure(STAND, at=(-1.0, 5.2, float(land(-1.0, 5.2))), turn=150, skin=0, top=(0.6, 0.57, 0.5), legs=(0.1, 0.13, 0.22), long=0.25)
    return Shot(eye=(0.1, -3.4, 1.5), target=(0, 6, 1.1), lens=35, size=(320, 134), drift=(0.02, 0, 0))


def lakeside(_maps):
    """Build a cliff above still water, boulders at its edge."""
    surround(sky=(30, 250), strength=0.09)
    waves = rolling(95, size=1.1, height=0.012, octaves=5)
    sheet(waves, 60, 60, paint((0.012, 0.03, 0.032), roughness=0.04), at=(0, 12, 0), count=420)
    stone = paint((0.34, 0.3, 0.26), (0.2, 0.17, 0.15), pattern="Noise", scale=1.2, roughness=0.9)
    bands, cracks = rolling(96, size=5, height=1.2, octaves=5), rolling(97, size=1.3, height=0.18, octaves=4)

    def face(x, y):
        ledges = 0.5 * np.floor(y * 1.1 + 0.5 * bands(x, 0)) - 0.25 * y
        return bands(x, y) + cracks(x, y) - ledges * 0.5 - 0.45 * y

    sheet(face, 34, 13, stone, at=(-2, 13, 5.2), turn=(90, 0, 12), count=330)
    for k, (x, y, size) in enumerate(
        (
            (-2.2, 3.0, 0.8),
            (-0.9, 4.2, 1.0),
            (2.4, 5.0, 1.3),
            (0.9, 2.2, 0.45),
            (-3.8, 5.4, 1.5),
            (4.6, 7.5, 1.7),
            (0.8, 7.8, 1.3),
            (-1.5, 1.2, 0.3),
            (2.0, 1.6, 0.32),
        )
    ):
        boulder(size, stone, at=(x, y, size * 0.12), seed=k + 5, stretch=(1.15, 0.95, 0.75))
    pebbles = np.random.default_rng(98)
    for k in range(60):
        x, y = pebbles.uniform(-3.2, 1.6), pebbles.uniform(-1.3, 0.5)
        size = pebbles.uniform(0.05, 0.16)
        ball(
            size,
            paint(tuple(pebbles.uniform(0.14, 0.4) * np.array((1, 0.95, 0.88))), roughness=0.45),
            at=(x, y, 0.02),
            stretch=(1.2, 0.9, 0.6),
            turn=(0, 0, 40 * k),
            detail=4,
        )
    sheet(
        lambda x, y: -0.28 * y - 0.02,
        14,
        4,
        paint((0.2, 0.17, 0.13), (0.28, 0.24, 0.19), pattern="Noise", scale=18),
        at=(-1, -1.5, -0.1),
        count=20,
    )
    reeds = strewn(650, (1.9, 4.4, -0.4, 1.4), lambda x, y: 0 * x, seed=99)
    grass(reeds, greens(1.2, dry=0.4), height=0.9, wide=0.012, seed=1, wild=0.5)
    hullboards = [(0.001, -1.3), (0.2, -1.2), (0.38, -0.6), (0.42, 0.1), (0.38, 0.8), (0.3, 1.2), (0.001, 1.22)]
    boat = lathe(
        hullboards,
        paint((0.08, 0.22, 0.3), (0.5, 0.48, 0.42), pattern="Stripes", scale=0.6, hard=True, roughness=0.4),
        at=(-0.35, 0.9, 0.14),
        turn=(90, 0, 62),
        smooth=60,
    )
    boat.scale = (1.15, 0.6, 1)
    for k in range(7):
        tree(
            200 + k,
            paint(BARK),
            greens(0.8),
            at=(-13 + 4.2 * k, 17 + k % 3, 8.0 + 0.7 * (k % 2)),
            height=5.5,
            crown=1500,
            leaf_size=0.35,
            first=0.1,
        )
    return Shot(
        eye=(0.4, -3.4, 1.55), target=(-0.1, 5, 1.3), lens=27, drift=(0.03, 0, 0), movers=[(boat, (0.004, 0, 0.002), (0, 0.3, 0))]
    )


SCENES = {function.__name__: function for function in (forest, meadow, lakeside)}
"""The clips of this file."""
