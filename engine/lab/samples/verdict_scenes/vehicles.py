"""A delivery van in a street of terraced houses, a bicycle against bricks, a car being repaired."""

import math

import numpy as np

from ..heldout_scenes.kit import Shot, paint, panel, sun, surround
from ..heldout_scenes.shapes import ball, box, lathe, prism, ring, tube, wire, words
from .bodies import PHONE, figure
from .props import blocks, coated, courses, flecked, lofted, together

GLASS, RUBBER, ALLOY = (0.025, 0.035, 0.04), (0.018, 0.018, 0.018), (0.55, 0.55, 0.57)


def shell(stations, colour, *, cabin, screens, round_=0.93):
    """Build a car's body along X from stations (x, sill, waist, half width, roof, half width of the roof); gaps `cabin` have side
    windows, gaps `screens` a window across.
    """
    sections = []
    for x, sill, waist, half, roof, top in stations:
        side = [
            (half * 0.86, sill),
            (half, sill + 0.3 * (waist - sill)),
            (half * 0.985, waist),
            (top, roof - 0.05),
            (top * 0.75, roof),
        ]
        ring_ = [(y, z) for y, z in side] + [(-y, z) for y, z in side[::-1]]
        sections.append([(x, y * round_, z) for y, z in ring_])

    def is_glass(gap, side):
        return (gap in cabin and side in (2, 6)) or (gap in screens and side == 4)

    body, glass = coated(paint(colour, roughness=0.3, metallic=0.2), coat=1.0), paint(GLASS, roughness=0.03)
    return lofted(sections, body, levels=3, choose=is_glass, second=glass)


def wheel(x, y, radius, *, wide=0.2, spokes=5):
    """Build a wheel on the ground whose outside looks along the sign of y."""
    side, outside = math.copysign(1, y), paint(ALLOY, metallic=1, roughness=0.25)
    at = (x, y, radius)
    parts = [
        tube(radius * 1.13, 0.03, paint((0.01, 0.01, 0.01)), at=(x, y + side * 0.03, radius * 1.05), turn=(side * 90, 0, 0)),
        ring(radius * 0.78, radius * 0.24, paint(RUBBER, roughness=0.8), at=at, turn=(90, 0, 0)),
        tube(radius * 0.2, wide * 0.55, outside, at=(x, y - side * wide * 0.1, radius), turn=(-side * 90, 0, 0)),
        lathe(
            [(radius * 0.62, -0.05), (radius * 0.68, -0.05), (radius * 0.68, 0.07), (radius * 0.62, 0.07)],
            outside,
            at=at,
            turn=(90, 0, 0),
        ),
    ]
    bars = []
    for k in range(spokes):
        angle = k * math.tau / spokes
        bars.append(
            (
                (radius * 0.38 * math.cos(angle), 0, radius * 0.38 * math.sin(angle)),
                (radius * 0.6, 0.03, 0.07),
                (0, -math.degrees(angle), 0),
            )
        )
    parts.append(blocks(bars, outside, bevel=0.008, at=(x, y + side * wide * 0.3, radius)))
    return parts


def hatchback(colour, *, at, turn=0.0):
    """Build a small car along X, its nose at +X."""
    stations = [
        (-1.92, 0.42, 0.75, 0.72, 0.82, 0.62),
        (-1.86, 0.28, 0.86, 0.8, 0.98, 0.66),
        (-1.62, 0.24, 0.92, 0.84, 1.42, 0.58),
        (-0.9, 0.22, 0.92, 0.86, 1.5, 0.6),
        (0.0, 0.22, 0.9, 0.86, 1.49, 0.6),
        (0.35, 0.22, 0.9, 0.86, 1.42, 0.6),
        (0.98, 0.22, 0.88, 0.86, 0.99, 0.7),
        (1.5, 0.24, 0.8, 0.84, 0.9, 0.66),
        (1.86, 0.27, 0.68, 0.76, 0.76, 0.56),
        (1.94, 0.38, 0.6, 0.66, 0.66, 0.5),
    ]
    parts = [shell(stations, colour, cabin=(2, 3, 4), screens=(1, 5), round_=1.0)]
    for x in (-1.25, 1.22):
        for y in (-0.83, 0.83):
            parts += wheel(x, y, 0.31)
    lamp, chrome = paint((0.8, 0.8, 0.76), roughness=0.05), paint(ALLOY, metallic=1, roughness=0.15)
    for side in (-1, 1):
        parts.append(ball(0.13, lamp, at=(1.8, side * 0.56, 0.66), stretch=(0.8, 1.2, 0.6)))
        parts.append(ball(0.13, paint((0.4, 0.01, 0.01), roughness=0.08), at=(-1.84, side * 0.62, 0.86), stretch=(0.5, 0.8, 1.2)))
        parts.append(
            ball(0.09, coated(paint(colour, roughness=0.3), coat=1), at=(0.62, side * 0.97, 0.98), stretch=(0.7, 1.1, 0.75))
        )
        parts.append(box((0.16, 0.02, 0.03), chrome, at=(-0.55, side * 0.865, 0.78), bevel=0.006))
    parts.append(box((0.03, 0.75, 0.09), paint((0.02, 0.02, 0.02)), at=(1.93, 0, 0.5), bevel=0.01))
    parts.append(box((0.02, 0.5, 0.11), paint((0.75, 0.72, 0.5)), at=(1.955, 0, 0.36), bevel=0.004))
    return together(parts, at=at, turn=turn)


def van(_maps):
    surround(sky=(55, 60), strength=0.1)
    asphalt = paint((0.085, 0.085, 0.09), (0.055, 0.055, 0.06), pattern="Noise", scale=14, roughness=0.9)
    box((60, 9, 0.1), asphalt, at=(0, -2.5, -0.1))
    blocks([((-12 + 1.0 * k, 2.2, 0.02), (0.98, 0.16, 0.24)) for k in range(26)], paint((0.5, 0.49, 0.46)), bevel=0.02)
    blocks(
        [((-12 + 0.6 * k, 2.6 + 0.6 * j, 0.06), (0.59, 0.59, 0.12)) for k in range(42) for j in range(3)],
        flecked((0.36, 0.35, 0.33), (0.44, 0.42, 0.39)),
        bevel=0.008,
    )
    stone, slate = (
        paint((0.62, 0.58, 0.5), (0.55, 0.5, 0.43), pattern="Noise", scale=3),
        flecked((0.07, 0.075, 0.085), (0.12, 0.12, 0.13)),
    )
    for k, tone in enumerate(((0.5, 0.22, 0.15), (0.66, 0.6, 0.5), (0.45, 0.2, 0.13), (0.4, 0.45, 0.5))):
        x = -9 + 5.2 * k
        wall = paint(tone, (0.55, 0.5, 0.45), pattern="Brick", scale=2.1) if k % 2 == 0 else paint(tone)
        box((5.1, 5, 6.2), wall, at=(x, 7.2, 0))
        box((5.1, 0.25, 0.25), stone, at=(x, 4.65, 3.05), bevel=0.03)
        for dx, dz in ((1.2, 0.9), (1.2, 3.8), (-1.3, 3.8)):
            box((1.1, 0.05, 1.5), paint(GLASS, roughness=0.04), at=(x + dx, 4.7, dz))
            for cut in (-0.55, 0, 0.55):
                box((0.07, 0.12, 1.55), paint((0.8, 0.79, 0.75)), at=(x + dx + cut, 4.68, dz))
            box((1.2, 0.12, 0.06), paint((0.8, 0.79, 0.75)), at=(x + dx, 4.68, dz + 0.75))
            box((1.5, 0.22, 0.12), stone, at=(x + dx, 4.66, dz - 0.12), bevel=0.02)
            box((1.5, 0.12, 0.25), stone, at=(x + dx, 4.68, dz + 1.5), bevel=0.02)
        box((1.0, 0.1, 2.1), paint((0.08 + 0.1 * k, 0.12, 0.25 - 0.06 * k), roughness=0.25), at=(x - 1.3, 4.68, 0.3), bevel=0.02)
        blocks(
            [((x - 1.3 + dx, 4.62, 0.8 + dz), (0.34, 0.03, 0.6)) for dx in (-0.23, 0.23) for dz in (0, 0.8)],
            paint((0.1 + 0.1 * k, 0.14, 0.27 - 0.06 * k), roughness=0.25),
            bevel=0.01,
        )
        box((1.5, 0.9, 0.28), stone, at=(x - 1.3, 4.3, 0.06), bevel=0.02)
        blocks(
            [
                ((x - 2.45 + 0.245 * i, 4.9 + 0.27 * j, 6.3 + 0.2 * j), (0.24, 0.4, 0.03), (34, 0, 0))
                for i in range(21)
                for j in range(5)
            ],
            slate,
        )
    stations = [
        (-2.55, 0.5, 1.2, 0.86, 1.9, 0.74),
        (-2.48, 0.35, 1.25, 0.95, 2.25, 0.8),
        (-1.6, 0.32, 1.25, 0.97, 2.3, 0.84),
        (0.2, 0.32, 1.25, 0.97, 2.3, 0.84),
        (0.9, 0.32, 1.22, 0.97, 2.26, 0.82),
        (1.25, 0.32, 1.2, 0.97, 2.1, 0.8),
        (1.85, 0.32, 1.12, 0.95, 1.3, 0.85),
        (2.35, 0.34, 0.95, 0.9, 1.08, 0.78),
        (2.5, 0.45, 0.8, 0.82, 0.9, 0.7),
    ]
    parts = [shell(stations, (0.7, 0.7, 0.68), cabin=(3, 4), screens=(5,), round_=1.0)]
    for x in (-1.6, 1.6):
        for y in (-0.94, 0.94):
            parts += wheel(x, y, 0.35, spokes=8)
    dark = paint((0.03, 0.03, 0.03), roughness=0.6)
    for side in (-1, 1):
        parts.append(ball(0.16, paint((0.8, 0.8, 0.78), roughness=0.05), at=(2.33, side * 0.66, 0.86), stretch=(0.7, 1.0, 0.8)))
        parts.append(box((0.12, 0.2, 0.28), dark, at=(1.5, side * 1.1, 1.25), bevel=0.03))
        parts.append(box((3.6, 0.03, 0.08), dark, at=(-0.4, side * 0.965, 0.62), bevel=0.01))
    parts.append(box((0.06, 1.1, 0.16), dark, at=(2.47, 0, 0.6), bevel=0.02))
    parts.append(words("Hobbs & Daughters", 0.32, paint((0.55, 0.06, 0.05)), at=(-1.0, -0.945, 1.45), turn=(84, 0, 0)))
    together(parts, at=(-0.3, 1.0, 0), turn=-4)
    hatchback((0.03, 0.09, 0.2), at=(-5.6, 1.1, 0), turn=2)
    rider = figure(PHONE, at=(3.3, 2.9, 0.12), turn=40, skin=3, top=(0.08, 0.2, 0.1), legs=(0.1, 0.1, 0.12))
    return Shot(
        eye=(3.6, -6.2, 1.65), target=(0.2, 1.5, 1.35), lens=28, drift=(-0.03, 0.01, 0), movers=[(rider, (-0.01, 0, 0), (0, 0, 0))]
    )


def bicycle(_maps):
    surround((0.75, 0.86, 1), strength=0.55)
    mortar = paint((0.5, 0.47, 0.42), (0.42, 0.4, 0.36), pattern="Noise", scale=8, roughness=0.95)
    box((8, 0.3, 4), mortar, at=(0, 0.62, -0.2))
    bricks = flecked((0.36, 0.13, 0.08), (0.5, 0.22, 0.13), (0.42, 0.24, 0.18), roughness=0.9)
    courses(5, 2.8, bricks, at=(0, 0.46, 0), seed=2, keep=lambda x, z: not (0.9 < x < 2.0 and z > 1.1))
    box((1.0, 0.1, 1.6), paint((0.04, 0.09, 0.07), roughness=0.4), at=(1.45, 0.44, 1.15), bevel=0.015)
    box((1.25, 0.28, 0.1), paint((0.55, 0.53, 0.48)), at=(1.45, 0.38, 1.05), bevel=0.02)
    rng = np.random.default_rng(3)
    cobbles = [
        (
            (-2.4 + 0.17 * i + 0.08 * (j % 2), -2.6 + 0.15 * j, rng.normal() * 0.006 - 0.06),
            (0.155, 0.135, 0.12),
            tuple(rng.normal(0, 2, 3)),
        )
        for i in range(30)
        for j in range(21)
    ]
    blocks(cobbles, flecked((0.2, 0.19, 0.18), (0.32, 0.3, 0.28), roughness=0.6), bevel=0.025)
    box((8, 8, 0.1), paint((0.16, 0.14, 0.12)), at=(0, -3, -0.13))
    red, black, steel = (
        coated(paint((0.5, 0.05, 0.03), roughness=0.3), coat=0.8),
        paint(RUBBER, roughness=0.7),
        paint((0.6, 0.6, 0.62), metallic=1, roughness=0.22),
    )
    rear, front, crank, seat, headset, fork = (
        (-0.52, 0, 0.34),
        (0.52, 0, 0.34),
        (-0.08, 0, 0.29),
        (-0.24, 0, 0.78),
        (0.34, 0, 0.8),
        (0.38, 0, 0.68),
    )
    parts = []
    for hub in (rear, front):
        parts += [ring(0.325, 0.018, black, at=hub, turn=(90, 0, 0)), ring(0.3, 0.01, steel, at=hub, turn=(90, 0, 0))]
        parts.append(tube(0.02, 0.1, steel, at=(hub[0], 0.05, hub[2]), turn=(90, 0, 0)))
        for k in range(14):
            angle = k * math.tau / 14
            end = (hub[0] + 0.3 * math.cos(angle + 0.3), 0, hub[2] + 0.3 * math.sin(angle + 0.3))
            parts.append(wire([(hub[0], 0.03 * (-1) ** k, hub[2]), end], 0.0022, steel, round_=False))
    for line, radius in (
        ([rear, crank], 0.012),
        ([rear, seat], 0.01),
        ([crank, seat], 0.017),
        ([seat, headset], 0.017),
        ([crank, fork], 0.019),
        ([headset, fork], 0.019),
        ([fork, (0.43, 0, 0.5), front], 0.014),
    ):
        parts.append(wire(line, radius, red, round_=False))
    parts.append(wire([seat, (-0.27, 0, 0.9)], 0.013, steel, round_=False))
    parts.append(ball(0.13, paint((0.2, 0.09, 0.03), roughness=0.4), at=(-0.27, 0, 0.93), stretch=(1.0, 0.55, 0.25)))
    parts.append(wire([(0.2, -0.27, 0.9), (0.33, -0.2, 0.92), (0.36, 0, 0.9), (0.33, 0.2, 0.92), (0.2, 0.27, 0.9)], 0.012, steel))
    parts += [
        tube(0.09, 0.008, steel, at=(-0.08, -0.03, 0.29), turn=(90, 0, 0)),
        wire([(-0.08, -0.05, 0.29), (0.05, -0.06, 0.18)], 0.009, steel, round_=False),
    ]
    parts.append(box((0.09, 0.06, 0.02), black, at=(0.05, -0.1, 0.17)))
    basket = [((x, y, z), (0.006, 0.006, 0.2)) for x in np.linspace(-0.15, 0.15, 9) for y, z in ((-0.13, 0), (0.13, 0))]
    basket += [((0, y, z), (0.31, 0.008, 0.008)) for y in (-0.13, 0.13) for z in np.linspace(-0.1, 0.1, 6)]
    basket += [((x, 0, z), (0.008, 0.27, 0.008)) for x in (-0.15, 0.15) for z in np.linspace(-0.1, 0.1, 6)]
    parts.append(blocks(basket, paint((0.35, 0.22, 0.1)), at=(0.5, 0, 0.87)))
    parts += [
        ball(0.07, paint((0.5, 0.3, 0.12), roughness=0.5), at=(0.45, 0.02, 0.93), stretch=(1.5, 0.9, 0.8)),
        ball(0.05, paint((0.12, 0.3, 0.05)), at=(0.57, -0.03, 0.94)),
    ]
    hub = together(parts, at=(-0.15, -0.06, 0.015), turn=3)
    hub.rotation_euler[0] = math.radians(-9)
    pot = [(0.001, 0), (0.13, 0), (0.18, 0.28), (0.2, 0.28), (0.2, 0.33), (0.17, 0.33), (0.15, 0.26), (0.001, 0.26)]
    lathe(pot, paint((0.45, 0.2, 0.1), roughness=0.85), at=(1.25, 0.05, 0.01))
    sun(232, 38, energy=3.2)
    return Shot(eye=(0.35, -2.6, 1.15), target=(0.08, 0.2, 0.68), lens=35, drift=(0.02, 0, 0))


def garage(maps):
    """Build a car's front from low and near, in a hall."""
    surround(place=maps["warehouse"], strength=1.0, turn=300)
    concrete = paint((0.34, 0.33, 0.31), (0.24, 0.23, 0.22), pattern="Noise", scale=1.5, roughness=0.35)
    box((24, 24, 0.1), concrete, at=(0, 0, -0.1))
    blocks(
        [((-9 + 0.12 * k, 6, 2), (0.06, 0.05, 4)) for k in range(150)],
        paint((0.4, 0.43, 0.45), roughness=0.4, metallic=0.5),
        bevel=0.01,
    )
    box((20, 0.1, 4), paint((0.36, 0.39, 0.41), roughness=0.4, metallic=0.5), at=(0, 6.05, 0))
    hatchback((0.55, 0.11, 0.02), at=(0, 0.2, 0), turn=-62)
    cabinet, steel = coated(paint((0.45, 0.03, 0.03), roughness=0.35), coat=0.5), paint(ALLOY, metallic=1, roughness=0.3)
    box((0.8, 0.5, 1.0), cabinet, at=(-2.6, 1.2, 0.1), turn=(0, 0, 25), bevel=0.02)
    blocks(
        [((0, -0.26, 0.2 + 0.16 * k), (0.7, 0.02, 0.14)) for k in range(6)]
        + [((0, -0.285, 0.25 + 0.16 * k), (0.6, 0.03, 0.02)) for k in range(6)],
        steel,
        bevel=0.004,
        at=(-2.6, 1.2, 0.1),
        turn=(0, 0, 25),
    )
    for k in range(4):
        ring(0.24, 0.1, paint(RUBBER, roughness=0.85), at=(2.4, 1.5, 0.1 + 0.2 * k), turn=(0, 0, 20 * k))
    ring(0.24, 0.1, paint(RUBBER, roughness=0.85), at=(1.85, 0.4, 0.3), turn=(78, 0, 25))
    prism([(-0.35, 0), (0.35, 0), (0.1, 0.3), (-0.1, 0.3)], 0.3, steel, at=(-1.4, -0.9, 0), turn=(0, 0, 30), bevel=0.02)
    tube(0.04, 0.35, steel, at=(-1.4, -0.9, 0.25))
    for x in (-3.5, 3.6):
        box(
            (0.35, 0.35, 4.5),
            paint((0.7, 0.55, 0.06), (0.05, 0.05, 0.05), pattern="Stripes", scale=0.7, hard=True),
            at=(x, 3.5, 0),
            bevel=0.02,
        )
    panel((-2, -1.5, 3.6), toward=(0, 0, 0.5), size=1.2, energy=120, colour=(0.9, 0.96, 1))
    return Shot(eye=(0.25, -4.0, 0.75), target=(0.0, 0.4, 0.8), lens=25, drift=(-0.02, 0, 0.004), look="Standard", roll=-2)


SCENES = {function.__name__: function for function in (van, bicycle, garage)}
"""The clips of this file."""
