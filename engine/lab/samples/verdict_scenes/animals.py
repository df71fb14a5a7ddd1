"""A dog on a rug and horses at a fence."""

import numpy as np

from ..heldout_scenes.kit import Shot, paint, panel, sun, surround
from ..heldout_scenes.shapes import ball, box, rolling, rough, sheet
from .bodies import mirrored
from .plants import grass, greens, strewn, tree
from .props import blocks, body, coated, flecked, together


def dog(_maps):
    """Build a dog sits by a sofa, seen from its own height."""
    surround((0.75, 0.85, 1), strength=0.35)
    boards = [
        ((-2.8 + 0.14 * i, -1.5 + 1.4 * j + 0.5 * (i % 3), -0.015), (0.137, 1.395, 0.03)) for i in range(40) for j in range(5)
    ]
    blocks(boards, flecked((0.33, 0.2, 0.1), (0.46, 0.3, 0.16), roughness=0.35), bevel=0.002)
    rug = coated(paint((0.5, 0.42, 0.32), (0.2, 0.12, 0.14), pattern="Checker", scale=4, roughness=1), sheen=0.5)
    sheet(rolling(121, size=0.5, height=0.012), 2.4, 1.6, rug, at=(0.1, 0.2, 0.02))
    box((7, 0.1, 2.6), paint((0.42, 0.46, 0.42)), at=(0, 2.6, 0))
    box((7, 0.04, 0.16), paint((0.75, 0.74, 0.7)), at=(0, 2.53, 0), bevel=0.012)
    cord = coated(paint((0.13, 0.2, 0.24), (0.1, 0.16, 0.2), pattern="Stripes", scale=25, roughness=1), sheen=0.6)
    for size, at in (
        ((2.4, 0.95, 0.3), (1.0, 1.75, 0.1)),
        ((2.4, 0.25, 0.75), (1.0, 2.15, 0.1)),
        ((0.25, 0.95, 0.55), (-0.12, 1.75, 0.1)),
    ):
        box(size, cord, at=at, bevel=0.07)
    for x in (0.5, 1.5):
        box((0.98, 0.75, 0.26), cord, at=(x, 1.65, 0.36), soft=4)
        box((0.95, 0.3, 0.55), cord, at=(x, 1.95, 0.45), turn=(-14, 0, 0), soft=4)
    coat = coated(paint((0.36, 0.19, 0.07), (0.24, 0.12, 0.045), pattern="Noise", scale=5, roughness=0.8), sheen=0.3)
    lumps = [
        ((0, 0.16, 0.22), (0.14, 0.19, 0.18)),
        ((0, 0.02, 0.38), (0.12, 0.13, 0.18)),
        ((0, -0.02, 0.55), (0.075, 0.085, 0.1)),
        ((0.1, 0.18, 0.13), (0.07, 0.16, 0.12)),
        ((0.1, -0.02, 0.03), (0.035, 0.07, 0.03)),
        ((0.15, 0.06, 0.035), (0.04, 0.1, 0.03)),
        ((0, -0.1, 0.68), (0.075, 0.09, 0.075)),
        ((0, -0.21, 0.655), (0.036, 0.07, 0.034)),
        ((0, -0.2, 0.63), (0.03, 0.06, 0.022)),
        ((0.03, -0.15, 0.72), (0.018, 0.03, 0.016)),
    ]
    limbs = [
        ((0.08, -0.04, 0.36), (0.075, -0.06, 0.04), 0.055, 0.034),
        ((0.07, -0.08, 0.74), (0.1, -0.1, 0.6), 0.026, 0.03),
        ((0, 0.32, 0.09), (0.18, 0.5, 0.05), 0.035, 0.018),
    ]
    parts = [rough(body(mirrored(lumps + limbs), coat, fine=0.008, smooth=4), size=0.03, strength=0.012)]
    parts.append(ball(0.02, paint((0.015, 0.012, 0.012), roughness=0.2), at=(0, -0.278, 0.668), stretch=(1.2, 0.8, 0.8), detail=4))
    for side in (-1, 1):
        parts.append(ball(0.0135, paint((0.04, 0.02, 0.01), roughness=0.05), at=(side * 0.034, -0.172, 0.706), detail=3))
    band = body([((0, -0.01, 0.52), (0.088, 0.098, 0.016))], paint((0.5, 0.04, 0.04), roughness=0.4), fine=0.006)
    band.rotation_euler[0] = 0.0
    parts.append(band)
    pet = together(parts, at=(-0.1, 0.45, 0.02), turn=24)
    ball(0.05, paint((0.6, 0.7, 0.1), roughness=0.9), at=(-0.7, 0.1, 0.065))
    bone = [
        ((0, 0, 0), (0.16, 0, 0), 0.016, 0.016),
        ((0, 0.015, 0), (0, -0.015, 0), 0.02, 0.02),
        ((0.16, 0.015, 0), (0.16, -0.015, 0), 0.02, 0.02),
    ]
    body(bone, paint((0.75, 0.68, 0.55)), fine=0.006, at=(0.45, -0.1, 0.045), turn=(0, 0, 30))
    panel((-2.4, -0.3, 1.6), toward=(0, 0.5, 0.4), size=1.3, energy=70, colour=(0.95, 0.97, 1))
    panel((1.9, 0.6, 2.2), toward=(0.5, 1, 0.4), size=0.4, energy=14, colour=(1, 0.75, 0.5))
    return Shot(
        eye=(-0.05, -1.6, 0.62), target=(0.05, 0.5, 0.46), lens=35, drift=(0.006, 0, 0), movers=[(pet, (0, 0, 0), (0, 0, 1.0))]
    )


def horse(made, mane, *, at, turn=0.0, graze=False):
    """Build a horse that looks to -Y, its head high or down in the grass."""
    lumps = [
        ((0, 0.0, 1.16), (0.27, 0.42, 0.29)),
        ((0, 0.55, 1.2), (0.28, 0.34, 0.29)),
        ((0, 0.75, 1.22), (0.25, 0.24, 0.25)),
        ((0, -0.35, 1.17), (0.22, 0.25, 0.28)),
        ((0.12, 0.76, 1.0), (0.13, 0.18, 0.26)),
        ((0.12, -0.38, 1.0), (0.1, 0.13, 0.2)),
    ]
    limbs = [
        ((0.13, -0.4, 0.95), (0.13, -0.4, 0.55), 0.085, 0.058),
        ((0.13, -0.4, 0.55), (0.13, -0.42, 0.12), 0.056, 0.042),
        ((0.13, -0.43, 0.12), (0.13, -0.46, 0.04), 0.05, 0.064),
        ((0.13, 0.82, 0.95), (0.13, 0.86, 0.6), 0.1, 0.062),
        ((0.13, 0.86, 0.6), (0.13, 0.76, 0.12), 0.06, 0.042),
        ((0.13, 0.76, 0.12), (0.13, 0.72, 0.04), 0.05, 0.064),
    ]
    poll = (0, -0.98, 0.78) if graze else (0, -0.82, 1.82)
    nose = (0, -1.12, 0.26) if graze else (0, -1.28, 1.52)
    line = [tuple(a + (b - a) * share for a, b in zip(poll, nose, strict=True)) for share in (0.0, 0.35, 0.7, 1.0)]
    neck = [
        ((0, -0.4, 1.28), poll, 0.21, 0.11),
        (line[0], line[1], 0.105, 0.1),
        (line[1], line[2], 0.1, 0.066),
        (line[2], line[3], 0.066, 0.07),
    ]
    ears = [((0.05, poll[1] + 0.02, poll[2] + 0.08), (0.065, poll[1] + 0.02, poll[2] + 0.2), 0.028, 0.01)]
    parts = [body(mirrored(lumps + limbs + neck + ears), made, fine=0.022, smooth=6)]
    hair = [
        ((0, -0.3 + (poll[1] + 0.3) * t, 1.46 + (poll[2] + 0.08 - 1.46) * t), (0.035, 0.09, 0.12)) for t in np.linspace(0, 1, 9)
    ]
    parts.append(rough(body(hair, mane, fine=0.016, smooth=2), size=0.05, strength=0.035))
    tail = [((0, 0.97, 1.3), (0, 1.1, 1.15), 0.045, 0.06), ((0, 1.1, 1.15), (0, 1.12, 0.5), 0.06, 0.03)]
    parts.append(rough(body(tail, mane, fine=0.016, smooth=2), size=0.05, strength=0.035))
    for side in (-1, 1):
        place = [a + (b - a) * 0.32 for a, b in zip(poll, nose, strict=True)]
        parts.append(
            ball(0.024, paint((0.02, 0.012, 0.008), roughness=0.06), at=(side * 0.088, place[1], place[2] + 0.03), detail=4)
        )
    return together(parts, at=at, turn=turn)


def horses(_maps):
    surround(sky=(25, 310), strength=0.1)
    field = rolling(131, size=12, height=0.14)
    sheet(field, 60, 60, paint((0.1, 0.11, 0.035), (0.14, 0.13, 0.05), pattern="Noise", scale=1.0), at=(0, 22, 0), count=200)

    def land(x, y):
        return field(x, y - 22)

    grass(
        strewn(32000, (-6, 6, -1.6, 9), land, seed=132, keep=lambda x, y: np.hypot(x, y + 2.6) > 1.3),
        greens(1.25, dry=0.2),
        height=0.17,
        wide=0.009,
        seed=133,
    )
    bay, black = (
        coated(paint((0.2, 0.075, 0.03), (0.15, 0.055, 0.025), pattern="Noise", scale=2, roughness=0.45), sheen=0.2),
        paint((0.02, 0.016, 0.014), roughness=0.5),
    )
    grey = coated(paint((0.52, 0.5, 0.47), (0.36, 0.35, 0.34), pattern="Noise", scale=3.5, roughness=0.55), sheen=0.2)
    first = horse(bay, black, at=(-0.5, 3.2, float(land(-0.5, 3.2))), turn=48)
    horse(grey, paint((0.6, 0.58, 0.53)), at=(2.3, 5.6, float(land(2.3, 5.6))), turn=-75, graze=True)
    rails = []
    for k in range(9):
        x, y = -6 + 1.7 * k, 1.2 + 0.22 * k
        rails.append(((x, y, float(land(x, y)) + 0.55), (0.12, 0.12, 1.25)))
    fence = flecked((0.32, 0.27, 0.21), (0.42, 0.37, 0.3))
    blocks(
        rails
        + [
            ((x + 0.85, y + 0.11, z - 0.55 + up), (1.75, 0.035, 0.12), (0, 0, 7.4))
            for (x, y, z), _ in rails
            for up in (0.42, 0.8, 1.1)
        ],
        fence,
        bevel=0.01,
    )
    barn = [((-3.4 + 0.25 * k, 13.0, 1.6), (0.235, 0.06, 3.2)) for k in range(33)]
    blocks(barn, flecked((0.3, 0.05, 0.035), (0.38, 0.08, 0.05)), at=(4.2, 2, 0), bevel=0.008)
    blocks([((4.8, 15.9, 4.05), (9.2, 3.4, 0.08), (32, 0, 0))], paint((0.12, 0.12, 0.13)))
    box((2.2, 0.1, 2.6), paint((0.06, 0.04, 0.035)), at=(4.9, 14.95, 0))
    for seed, x, y, high in ((141, -5.5, 12, 7), (142, -9, 18, 8), (143, 0.2, 19, 8), (144, 11, 20, 8)):
        tree(seed, paint((0.13, 0.1, 0.07)), greens(1.0), at=(x, y, 0), height=high, crown=3000, leaf_size=0.3, first=0.25)
    sun(200, 35, energy=1.0)
    return Shot(
        eye=(0.3, -2.6, 1.55), target=(0.35, 4, 1.15), lens=32, drift=(0.03, 0, 0), movers=[(first, (0, 0, 0), (0, 0, 0.5))]
    )


SCENES = {function.__name__: function for function in (dog, horses)}
"""The clips of this file."""
