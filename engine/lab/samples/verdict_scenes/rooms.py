"""A bathroom, a dining room, a corridor."""

import math

import numpy as np

from ..heldout_scenes.kit import Shot, paint, panel, placed, sun, surround
from ..heldout_scenes.shapes import ball, box, lathe, ring, rolling, sheet, tube, wire, words
from .plants import greens, leaves
from .props import blocks, body, coated, flecked, lofted
from .vehicles import ALLOY


def tiling(wide, high, made, *, size=0.15, gap=0.004, at=(0, 0, 0), turn=(0, 0, 0)):
    """Tiles with true joints on a wall in the XZ plane."""
    parts = [
        ((-wide / 2 + (i + 0.5) * size, 0, (j + 0.5) * size), (size - gap, 0.02, size - gap))
        for i in range(round(wide / size))
        for j in range(round(high / size))
    ]
    return blocks(parts, made, bevel=0.003, at=at, turn=turn)


def basin(width, depth, height, rim, made, *, at, turn=0.0):
    """Build a tub with rounded corners, open above."""
    rings = []
    for share, z in (
        (0.8, 0.0),
        (0.9, 0.15),
        (0.97, 0.9),
        (1.02, 0.98),
        (1.02, 1.0),
        (0.9, 1.0),
        (0.86, 0.93),
        (0.72, 0.25),
        (0.6, 0.2),
    ):
        ring_ = []
        for k in range(24):
            angle = k * math.tau / 24
            x, y = (math.copysign(abs(value) ** 0.45, value) for value in (math.cos(angle), math.sin(angle)))
            inset = rim if share == 0.9 and z == 1.0 else 0
            ring_.append((x * (width / 2 * share - inset), y * (depth / 2 * share - inset), z * height))
        rings.append(ring_)
    return lofted(rings, made, at=at, turn=(0, 0, turn), levels=2)


def bathroom(_maps):
    surround((0.8, 0.9, 1), strength=0.4)
    grout, glaze = (
        paint((0.55, 0.54, 0.5)),
        coated(paint((0.2, 0.42, 0.4), (0.16, 0.36, 0.35), pattern="Noise", scale=3, roughness=0.25), coat=0.6),
    )
    box((5, 0.1, 2.6), paint((0.68, 0.66, 0.6)), at=(0, 2.08, 0))
    box((0.1, 5, 2.6), paint((0.68, 0.66, 0.6)), at=(-1.73, 0, 0))
    box((5, 0.02, 1.5), grout, at=(0, 2.03, 0))
    box((0.02, 5, 1.5), grout, at=(-1.68, 0, 0))
    tiling(4.8, 1.5, glaze, at=(0, 2.02, 0))
    tiling(4.8, 1.5, glaze, at=(-1.67, 0, 0), turn=(0, 0, 90))
    box((5, 0.05, 0.04), paint((0.75, 0.74, 0.7)), at=(0, 2.0, 1.5), bevel=0.012)
    box((0.05, 5, 0.04), paint((0.75, 0.74, 0.7)), at=(-1.65, 0, 1.5), bevel=0.012)
    slabs = [((-1.6 + 0.3 * i, -2.4 + 0.3 * j, -0.01), (0.295, 0.295, 0.02)) for i in range(14) for j in range(15)]
    blocks(slabs, flecked((0.1, 0.1, 0.1), (0.62, 0.6, 0.56), roughness=0.2), bevel=0.003)
    box((5, 5, 0.02), grout, at=(0.2, 0, -0.03))
    porcelain, chrome = coated(paint((0.82, 0.81, 0.78), roughness=0.15), coat=0.5), paint(ALLOY, metallic=1, roughness=0.08)
    basin(1.65, 0.75, 0.55, 0.0, porcelain, at=(-0.78, 1.5, 0.06))
    for x, y in ((-1.4, 1.25), (-0.2, 1.25), (-1.4, 1.75), (-0.2, 1.75)):
        ball(0.055, chrome, at=(x, y, 0.055))
    wire([(-1.5, 1.93, 0.62), (-1.5, 1.93, 0.85), (-1.35, 1.8, 0.92), (-1.3, 1.72, 0.82)], 0.018, chrome)
    lathe([(0.001, 0), (0.13, 0), (0.09, 0.1), (0.08, 0.6), (0.12, 0.68), (0.001, 0.7)], porcelain, at=(1.0, 1.75, 0))
    basin(0.62, 0.46, 0.2, 0.0, porcelain, at=(1.0, 1.75, 0.66))
    wire([(1.0, 1.95, 0.85), (1.0, 1.95, 1.02), (1.0, 1.85, 1.06), (1.0, 1.78, 1.0)], 0.015, chrome)
    box((0.62, 0.03, 0.8), paint((0.9, 0.9, 0.9), metallic=1, roughness=0.02), at=(1.0, 2.0, 1.6), bevel=0.008)
    for x in (0.66, 1.34):
        box((0.05, 0.05, 0.86), paint((0.25, 0.14, 0.07)), at=(x, 2.0, 1.57), bevel=0.01)
    for z in (1.55, 2.38):
        box((0.73, 0.05, 0.05), paint((0.25, 0.14, 0.07)), at=(1.0, 2.0, z), bevel=0.01)
    towel = coated(paint((0.6, 0.35, 0.25), (0.66, 0.42, 0.3), pattern="Stripes", scale=6, roughness=1), sheen=0.6)
    wire([(-1.62, -0.1, 1.25), (-1.55, -0.1, 1.25), (-1.55, 0.7, 1.25), (-1.62, 0.7, 1.25)], 0.012, chrome, round_=False)
    sheet(
        lambda x, y: 0.02 * np.sin(14 * x) * (0.6 - y) + 0.012 * np.sin(31 * x + 2),
        0.62,
        0.8,
        towel,
        at=(-1.53, 0.3, 0.86),
        turn=(90, 0, 90),
        count=110,
    )
    mat = coated(paint((0.65, 0.62, 0.55), (0.5, 0.48, 0.42), pattern="Checker", scale=30, roughness=1), sheen=0.4)
    sheet(rolling(44, size=0.25, height=0.012), 0.9, 0.55, mat, at=(0.1, 0.75, 0.018), turn=(0, 0, 8), count=100)
    tube(0.04, 0.12, paint((0.6, 0.55, 0.15), roughness=0.2), at=(1.24, 1.72, 0.86))
    for k in range(3):
        tube(
            0.035 - 0.004 * k,
            0.17 + 0.02 * k,
            paint(((0.1, 0.25, 0.5), (0.6, 0.15, 0.15), (0.75, 0.7, 0.6))[k], roughness=0.2),
            at=(-0.05 + 0.09 * k, 1.9, 0.6),
        )
    panel((1.9, -1.6, 2.3), toward=(-0.2, 1.5, 0.6), size=1.0, energy=70, colour=(1, 0.96, 0.9))
    return Shot(eye=(0.95, -1.75, 1.5), target=(-0.2, 1.6, 0.82), lens=26, drift=(-0.012, 0, 0))


def seat(made, cushion, *, at, turn=0.0):
    """A dining chair that looks to -Y."""
    hub = placed(None, None, at=at, turn=(0, 0, turn))
    wood = [((x, y, 0.23), (0.035, 0.035, 0.46), (0, 0, 0)) for x in (-0.2, 0.2) for y in (-0.19, 0.19)]
    wood += [((x, 0.24, 0.72), (0.035, 0.03, 0.58), (-9, 0, 0)) for x in (-0.2, 0.2)]
    wood += [((0, 0.215 + 0.16 * (z - 0.5), z), (0.4, 0.02, 0.06), (-9, 0, 0)) for z in (0.6, 0.75, 0.9)]
    for part in (blocks(wood, made, bevel=0.007), box((0.44, 0.43, 0.07), cushion, at=(0, 0, 0.44), bevel=0.03)):
        part.parent = hub


def dining(_maps):
    """Sun through a window falls across a laid table."""
    surround((0.5, 0.66, 1), strength=0.6)
    boards = [
        ((-3.2 + 0.16 * i, -3.5 + 1.9 * j + 0.63 * (i % 3), -0.015), (0.157, 1.895, 0.03)) for i in range(42) for j in range(6)
    ]
    blocks(boards, flecked((0.3, 0.16, 0.07), (0.42, 0.25, 0.12), (0.35, 0.2, 0.1), roughness=0.35), bevel=0.002)
    wall, white = paint((0.62, 0.52, 0.38)), paint((0.78, 0.77, 0.73))
    box((7, 0.1, 2.8), wall, at=(0, 3.3, 0))
    box((7, 0.04, 0.9), white, at=(0, 3.24, 0))
    blocks([((-3.0 + 0.75 * k, 3.21, 0.48), (0.55, 0.03, 0.55)) for k in range(9)], white, bevel=0.013)
    box((7, 0.08, 0.06), white, at=(0, 3.22, 0.9), bevel=0.02)
    for y, deep in ((-1.6, 2.8), (2.7, 1.4)):
        box((0.2, deep, 2.8), wall, at=(-2.6, y, 0))
    box((0.2, 2.2, 0.8), wall, at=(-2.6, 0.9, 0))
    box((0.2, 2.2, 0.4), wall, at=(-2.6, 0.9, 2.4))
    blocks(
        [((-2.6, 0.9 + dy, 1.6), (0.08, 0.05, 1.6)) for dy in (-1.1, -0.37, 0.37, 1.1)]
        + [((-2.6, 0.9, z), (0.08, 2.2, 0.05)) for z in (0.82, 1.6, 2.38)],
        white,
    )
    box((7, 8, 0.1), white, at=(0.5, 0, 2.8))
    box((0.1, 8, 2.8), white, at=(3.2, 0, 0))
    walnut, red = (
        paint((0.16, 0.08, 0.035), (0.1, 0.05, 0.02), pattern="Grain", scale=2, roughness=0.25),
        coated(paint((0.4, 0.1, 0.07), roughness=0.95), sheen=0.5),
    )
    lathe(
        [(0.001, 0), (0.34, 0), (0.3, 0.04), (0.07, 0.1), (0.06, 0.68), (0.3, 0.72), (0.001, 0.72)],
        walnut,
        at=(0.1, 1.3, 0),
        smooth=40,
    )
    lathe([(0.001, 0.72), (0.8, 0.72), (0.82, 0.74), (0.8, 0.765), (0.001, 0.765)], walnut, at=(0.1, 1.3, 0), steps=96)
    for angle in (35, 130, 215, 300):
        a = math.radians(angle)
        seat(walnut, red, at=(0.1 + 0.92 * math.sin(a), 1.3 + 0.92 * math.cos(a), 0), turn=-angle)
    china, glass = coated(paint((0.8, 0.8, 0.78), roughness=0.15), coat=0.3), paint((0.08, 0.22, 0.26), roughness=0.05)
    plate = [(0.001, 0.003), (0.08, 0.003), (0.13, 0.018), (0.132, 0.022), (0.085, 0.01), (0.001, 0.01)]
    for angle in (20, 110, 200, 290):
        a = math.radians(angle)
        lathe(plate, china, at=(0.1 + 0.52 * math.sin(a), 1.3 + 0.52 * math.cos(a), 0.765))
        lathe(
            [(0.001, 0), (0.03, 0), (0.006, 0.012), (0.005, 0.08), (0.035, 0.11), (0.038, 0.17), (0.001, 0.15)],
            glass,
            at=(0.1 + 0.42 * math.sin(a + 0.5), 1.3 + 0.42 * math.cos(a + 0.5), 0.765),
        )
    lathe(
        [(0.001, 0), (0.06, 0), (0.1, 0.09), (0.05, 0.2), (0.065, 0.25), (0.05, 0.25), (0.001, 0.2)],
        paint((0.1, 0.18, 0.4), roughness=0.1),
        at=(0.1, 1.35, 0.765),
    )
    rng = np.random.default_rng(6)
    for k in range(9):
        tip = np.array((0.1, 1.35, 1.3)) + rng.normal(size=3) * (0.13, 0.13, 0.07)
        wire([(0.1, 1.35, 0.95), tuple((tip + np.array((0.1, 1.35, 1.1))) / 2), tuple(tip)], 0.004, paint((0.05, 0.12, 0.03)))
        way = rng.normal(size=(16, 3)) + np.array((0, 0, 0.6))
        leaves(tip + way * 0.02, way, flecked((0.7, 0.25, 0.3), (0.8, 0.5, 0.5)), size=0.07, seed=k, loose=0.2)
        leaves(
            tip - np.array((0, 0, 0.12)) + rng.normal(size=(4, 3)) * 0.04, rng.normal(size=(4, 3)), greens(1.2), size=0.1, seed=k
        )
    box((1.5, 0.42, 0.85), walnut, at=(1.3, 2.95, 0), bevel=0.015)
    blocks(
        [((0.8 + 0.5 * k, 2.73, z), (0.46, 0.02, high)) for k in range(3) for z, high in ((0.3, 0.42), (0.68, 0.24))],
        walnut,
        bevel=0.01,
    )
    for k in range(3):
        ball(0.018, paint((0.7, 0.5, 0.2), metallic=1, roughness=0.3), at=(0.8 + 0.5 * k, 2.7, 0.68), detail=3)
    lathe(
        [(0.001, 0), (0.08, 0), (0.03, 0.06), (0.02, 0.3), (0.001, 0.3)],
        paint((0.65, 0.5, 0.25), metallic=1, roughness=0.3),
        at=(0.9, 2.95, 0.85),
    )
    lathe([(0.15, 0), (0.15, 0.005), (0.09, 0.2), (0.085, 0.2)], paint((0.75, 0.68, 0.52)), at=(0.9, 2.95, 1.1))
    art = paint((0.16, 0.3, 0.4), (0.65, 0.5, 0.3), pattern="Noise", scale=1.6)
    box((1.0, 0.02, 0.75), art, at=(-0.6, 3.23, 1.35))
    blocks(
        [((-0.6 + dx, 3.22, 1.72), (0.06, 0.05, 0.87)) for dx in (-0.53, 0.53)]
        + [((-0.6, 3.22, z), (1.0, 0.05, 0.06)) for z in (1.32, 2.13)],
        paint((0.55, 0.4, 0.15), metallic=0.8, roughness=0.4),
        bevel=0.012,
    )
    sun(178, 33, energy=7)
    return Shot(eye=(1.1, -2.0, 1.5), target=(-0.05, 1.7, 0.95), lens=30, drift=(0.03, 0.01, 0))


def corridor(_maps):
    """Build a hospital corridor with a polished floor."""
    surround((1, 1, 1), strength=0.15)
    lino = paint((0.3, 0.38, 0.4), (0.27, 0.34, 0.36), pattern="Noise", scale=6, roughness=0.14)
    box((2.4, 24, 0.1), lino, at=(0, 8, -0.1))
    box((0.3, 24, 0.101), paint((0.1, 0.3, 0.32), roughness=0.14), at=(-0.75, 8, -0.1))
    wall = paint((0.7, 0.71, 0.66))
    for side in (-1, 1):
        box((0.1, 24, 2.6), wall, at=(side * 1.25, 8, 0))
        box((0.04, 24, 0.12), paint((0.12, 0.14, 0.15)), at=(side * 1.19, 8, 0), bevel=0.005)
        box((0.07, 24, 0.16), paint((0.35, 0.22, 0.12), roughness=0.35), at=(side * 1.17, 8, 0.85), bevel=0.025)
    box((2.6, 0.1, 2.6), paint((0.55, 0.6, 0.62)), at=(0, 17, 0))
    box((1.5, 0.05, 2.1), paint((0.25, 0.33, 0.4), roughness=0.35), at=(0, 16.9, 0))
    grid = [
        ((-0.9 + 0.6 * i, -3.7 + 0.6 * j, 2.61), (0.585, 0.585, 0.02))
        for i in range(4)
        for j in range(35)
        if not (i in (1, 2) and j % 4 == 1)
    ]
    blocks(grid, paint((0.75, 0.75, 0.72), (0.68, 0.68, 0.65), pattern="Noise", scale=90), bevel=0.004)
    box((2.6, 24, 0.1), paint((0.2, 0.2, 0.2)), at=(0, 8, 2.66))
    for j in range(1, 35, 4):
        box((1.15, 0.55, 0.02), paint((0.95, 0.98, 1), glow=7), at=(0, -3.7 + 0.6 * j, 2.6))
    for k, (side, y) in enumerate(((-1, 1.4), (1, 3.2), (-1, 5.6), (1, 7.6), (-1, 9.8), (1, 12))):
        door = paint((0.45, 0.28, 0.15), (0.38, 0.22, 0.11), pattern="Grain", scale=1.2, roughness=0.35)
        box((0.06, 1.0, 2.05), door, at=(side * 1.2, y, 0))
        blocks(
            [((side * 1.19, y + dy, 1.05), (0.1, 0.09, 2.12)) for dy in (-0.55, 0.55)]
            + [((side * 1.19, y, 2.1), (0.1, 1.19, 0.09))],
            paint((0.6, 0.61, 0.6)),
            bevel=0.01,
        )
        tube(0.013, 0.12, paint(ALLOY, metallic=1, roughness=0.2), at=(side * 1.13, y - 0.4 - 0.06, 1.02), turn=(-90, 0, 0))
        box((0.015, 0.22, 0.14), paint((0.1, 0.2, 0.45)), at=(side * 1.165, y, 1.6))
        words(f"{k + 11}", 0.1, paint((0.9, 0.9, 0.9)), at=(side * 1.155, y, 1.63), turn=(90, 0, -side * 90))
    steel, sheetwhite = paint(ALLOY, metallic=1, roughness=0.25), coated(paint((0.75, 0.77, 0.78), roughness=0.9), sheen=0.3)
    bed = [((x, y, 0.35), (0.035, 0.035, 0.7)) for x in (-0.32, 0.32) for y in (-0.85, 0.85)] + [
        ((0, y, z), (0.66, 0.03, 0.03)) for y in (-0.9, 0.9) for z in (0.7, 0.85, 1.0)
    ]
    bed += [((x, y, 0.85), (0.03, 0.03, 0.32)) for x in (-0.32, 0.32) for y in (-0.9, 0.9)] + [
        ((x, 0, 0.5), (0.04, 1.8, 0.06)) for x in (-0.32, 0.32)
    ]
    blocks(bed, steel, bevel=0.008, at=(0.75, 4.6, 0.05))
    body(
        [((0, 0, 0.6), (0.34, 0.9, 0.07)), ((0.02, 0.62, 0.7), (0.25, 0.17, 0.07)), ((-0.05, -0.25, 0.64), (0.3, 0.5, 0.08))],
        sheetwhite,
        fine=0.02,
        at=(0.75, 4.6, 0.05),
    )
    for x in (-0.32, 0.32):
        for y in (-0.85, 0.85):
            ring(0.05, 0.02, paint((0.03, 0.03, 0.03)), at=(0.75 + x, 4.6 + y, 0.07), turn=(90, 0, 90))
    trolley = [((x, y, 0.5), (0.025, 0.025, 0.9)) for x in (-0.2, 0.2) for y in (-0.3, 0.3)] + [
        ((0, 0, z), (0.42, 0.62, 0.02)) for z in (0.25, 0.6, 0.93)
    ]
    blocks(trolley, steel, bevel=0.004, at=(-0.9, 2.9, 0.02))
    for k in range(5):
        box(
            (0.14, 0.1, 0.1 + 0.03 * k),
            paint(((0.2, 0.4, 0.6), (0.7, 0.7, 0.68), (0.6, 0.2, 0.15))[k % 3]),
            at=(-0.95 + 0.08 * (k % 2), 2.7 + 0.11 * k, 0.96),
            bevel=0.006,
        )
    return Shot(eye=(0.1, -0.9, 1.5), target=(-0.05, 6, 1.2), lens=28, drift=(0, 0.03, 0), look="Standard")


SCENES = {function.__name__: function for function in (bathroom, dining, corridor)}
"""The clips of this file."""
