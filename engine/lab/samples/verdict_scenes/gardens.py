"""A garden with a path, a hedge and flowers."""

import math

import numpy as np

from ..heldout_scenes.kit import Shot, paint, surround
from ..heldout_scenes.shapes import box, lathe, rolling, sheet, tube, wire
from .plants import grass, greens, hedge, leaves, strewn, tree
from .props import blocks, body, flecked


def garden(_maps):
    surround(sky=(58, 100), strength=0.09)
    ground = rolling(111, size=4, height=0.03)
    sheet(ground, 24, 24, paint((0.07, 0.09, 0.03), (0.1, 0.1, 0.04), pattern="Noise", scale=3), at=(0, 5, -0.04))
    rng = np.random.default_rng(112)
    flags = [
        ((0.16 * math.sin(1.1 * k) + dx, -2.6 + 0.52 * k, 0.0), (0.56, 0.46, 0.07), tuple(rng.normal(0, 1.5, 3)))
        for k in range(20)
        for dx in (-0.3, 0.3)
    ]
    blocks(flags, flecked((0.4, 0.36, 0.31), (0.52, 0.48, 0.42), roughness=0.85), bevel=0.018)
    lawn = strewn(
        30000,
        (-4.5, 4.5, -2.2, 8),
        lambda x, y: ground(x, y - 5) - 0.04,
        seed=113,
        keep=lambda x, y: (abs(x) > 0.68) & (np.hypot(x, y + 3.2) > 1.3),
    )
    grass(lawn, greens(1.2), height=0.09, wide=0.006, seed=114)
    box((12, 0.3, 2.3), paint((0.45, 0.22, 0.15), (0.5, 0.45, 0.4), pattern="Brick", scale=1.7), at=(0, 8.4, 0))
    hedge((0.7, 7, 1.0), greens(0.9), at=(-2.3, 3.6, 0), density=520, seed=1)
    hedge((3.0, 0.6, 1.7), greens(0.75), at=(2.9, 7.2, 0), density=420, seed=2)
    for k, (x, y, tone) in enumerate(
        (
            (1.2, 1.0, (0.75, 0.15, 0.2)),
            (1.6, 2.1, (0.8, 0.62, 0.1)),
            (1.15, 3.1, (0.45, 0.2, 0.6)),
            (1.7, 4.1, (0.85, 0.8, 0.75)),
            (2.3, 1.4, (0.75, 0.3, 0.1)),
        )
    ):
        way = rng.normal(size=(420, 3)) + np.array((0, 0, 0.5))
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        centre = np.array((x, y, 0.3))
        leaves(centre + way * (0.36, 0.36, 0.34), way, greens(1.1), size=0.1, seed=k, loose=0.5)
        blooms = centre + way[:26] * (0.4, 0.4, 0.4)
        petals = np.repeat(blooms, 9, 0) + rng.normal(size=(26 * 9, 3)) * 0.018
        leaves(petals, np.repeat(way[:26], 9, 0), flecked(tone, tuple(0.7 * part for part in tone)), size=0.06, seed=k, loose=0.5)
        body([((0, 0, 0), (0.3, 0.3, 0.28))], paint((0.015, 0.025, 0.008)), at=tuple(centre), fine=0.04)
    teak = flecked((0.28, 0.19, 0.11), (0.36, 0.26, 0.16), roughness=0.8)
    seat: list[tuple] = [((0, -0.11 * k, 0.43), (1.4, 0.09, 0.025)) for k in range(4)] + [
        ((-0.62 + 0.124 * k, 0.09, 0.7), (0.06, 0.02, 0.42), (-10, 0, 0)) for k in range(11)
    ]
    seat += [((0, 0.135, 0.93), (1.4, 0.04, 0.07), (-10, 0, 0))] + [
        ((x, y, 0.3 if y < 0 else 0.45), (0.06, 0.06, 0.6 if y < 0 else 0.9)) for x in (-0.68, 0.68) for y in (-0.36, 0.07)
    ]
    seat += [((x, -0.15, 0.62), (0.07, 0.5, 0.03)) for x in (-0.68, 0.68)]
    blocks(seat, teak, bevel=0.007, at=(-0.95, 6.4, 0), turn=(0, 0, 12))
    urn = [
        (0.001, 0),
        (0.22, 0),
        (0.22, 0.06),
        (0.1, 0.14),
        (0.09, 0.24),
        (0.26, 0.42),
        (0.32, 0.62),
        (0.27, 0.74),
        (0.34, 0.8),
        (0.32, 0.84),
        (0.001, 0.78),
    ]
    lathe(
        urn,
        paint((0.52, 0.49, 0.43), (0.42, 0.4, 0.34), pattern="Noise", scale=6),
        at=(-1.15, 1.6, 0),
        smooth=50,
        flutes=16,
        depth=0.05,
        steps=96,
    )
    up = rng.normal(size=(240, 3)) + np.array((0, 0, 1.2))
    leaves(np.array((-1.15, 1.6, 0.86)) + up * 0.13, up, greens(1.5), size=0.12, seed=9)
    tree(120, paint((0.13, 0.095, 0.065)), greens(1.1), at=(3.2, 5.0, 0), height=4.5, crown=2600, leaf_size=0.18)
    can = paint((0.3, 0.36, 0.35), metallic=0.8, roughness=0.4)
    tube(0.12, 0.26, can, at=(0.82, 0.35, 0.03), top=0.11)
    wire([(0.92, 0.35, 0.08), (1.08, 0.33, 0.2), (1.2, 0.32, 0.36)], 0.018, can, round_=False)
    wire([(0.72, 0.36, 0.26), (0.68, 0.36, 0.44), (0.86, 0.35, 0.42), (0.9, 0.35, 0.29)], 0.012, can)
    return Shot(eye=(-0.25, -3.2, 1.5), target=(0.15, 3.2, 0.72), lens=31, drift=(0.0, 0.03, 0), look="Standard", exposure=-0.2)


SCENES = {function.__name__: function for function in (garden,)}
"""The clips of this file."""
