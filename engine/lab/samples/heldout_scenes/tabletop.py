"""Things on tables, seen closely or from above."""

import math

import numpy as np

from .kit import Shot, paint, panel, sun, surround
from .shapes import ball, blob, box, lathe, prism, ring, rolling, sheet, tube, wire, words

PORCELAIN = (0.8, 0.8, 0.78)


def fruit(_maps):
    surround((0.8, 0.9, 1), strength=0.25)
    box((3, 2, 0.1), paint((0.3, 0.16, 0.07), (0.18, 0.08, 0.03), pattern="Planks", scale=3, roughness=0.35), at=(0, 0.3, -0.1))
    box((4, 0.1, 2), paint((0.3, 0.32, 0.27)), at=(0, 1.4, -0.5))
    bowl = [(0.001, 0.0), (0.09, 0.0), (0.1, 0.02), (0.2, 0.07), (0.26, 0.15), (0.25, 0.15), (0.19, 0.085), (0.001, 0.03)]
    lathe(bowl, paint((0.1, 0.2, 0.4), (0.75, 0.75, 0.7), pattern="Noise", scale=9, roughness=0.12), at=(0, 0, 0))
    orange, apple, lemon = (
        paint((0.75, 0.3, 0.02), roughness=0.45),
        paint((0.5, 0.04, 0.03), (0.55, 0.45, 0.08), pattern="Noise", scale=6, roughness=0.25),
        paint((0.75, 0.6, 0.06), roughness=0.4),
    )
    core = [
        (0.001, -0.055),
        (0.03, -0.065),
        (0.06, -0.04),
        (0.075, 0.0),
        (0.07, 0.035),
        (0.045, 0.058),
        (0.015, 0.055),
        (0.001, 0.04),
    ]
    for x, y, z, made in (
        (-0.09, -0.06, 0.16, apple),
        (0.1, -0.05, 0.15, orange),
        (0.02, 0.1, 0.16, apple),
        (0.0, -0.02, 0.24, orange),
    ):
        if made is orange:
            ball(0.075, made, at=(x, y, z), stretch=(1, 1, 0.93))
        else:
            lathe(core, made, at=(x, y, z), turn=(15 * x * 10, 20, 0), smooth=80)
    ball(0.055, lemon, at=(0.36, -0.18, 0.053), stretch=(1.35, 1, 0.95), turn=(0, 0, 30))
    pear = lathe(
        [(0.001, 0), (0.05, 0.005), (0.07, 0.05), (0.05, 0.11), (0.028, 0.15), (0.001, 0.165)],
        paint((0.45, 0.5, 0.1), roughness=0.4),
        at=(-0.36, -0.1, 0.03),
        turn=(70, 0, 35),
        smooth=80,
    )
    for k in range(14):
        ball(
            0.022,
            paint((0.1, 0.02, 0.08), roughness=0.2),
            at=(0.26 + 0.03 * (k % 4), 0.05 + 0.035 * (k // 4), 0.022 + 0.025 * (k % 2)),
            detail=4,
        )
    wire([(0.0, -0.02, 0.31), (0.005, -0.02, 0.33), (0.015, -0.02, 0.345)], 0.004, paint((0.15, 0.08, 0.03)))
    panel((-1.3, 0.1, 1.0), toward=(0, 0, 0.1), size=0.7, energy=30, colour=(1, 0.97, 0.92))
    return Shot(
        eye=(0.12, -1.15, 0.52), target=(0, 0, 0.09), lens=40, drift=(0.009, 0, 0.002), movers=[(pear, (0, 0, 0), (0, 0, 1))]
    )


def gear(teeth, radius, thick, made, *, at, turn=(0, 0, 0)):
    """Build a toothed wheel in the XZ plane."""
    outline = []
    for k in range(teeth * 4):
        angle, size = k * math.tau / (teeth * 4), radius * (1.0 if k % 4 in (0, 1) else 0.84)
        outline.append((size * math.cos(angle), size * math.sin(angle)))
    return prism(outline, thick, made, at=at, turn=turn, bevel=0.004)


def workshop(_maps):
    """Metal parts on a dark bench under two strip lamps."""
    surround((1, 1, 1), strength=0.3)
    box((3, 2, 0.1), paint((0.05, 0.05, 0.055), (0.09, 0.085, 0.08), pattern="Noise", scale=7, roughness=0.5), at=(0, 0.3, -0.1))
    steel, brass, iron = (
        paint((0.6, 0.6, 0.62), metallic=1, roughness=0.3),
        paint((0.75, 0.5, 0.2), metallic=1, roughness=0.28),
        paint((0.2, 0.19, 0.18), metallic=0.8, roughness=0.5),
    )
    spinning = gear(18, 0.24, 0.07, brass, at=(-0.32, 0.1, 0.26), turn=(0, 0, 20))
    tube(0.05, 0.3, steel, at=(-0.27, -0.05, 0.26), turn=(90, 0, 20))
    gear(12, 0.15, 0.09, steel, at=(0.15, -0.1, 0.045), turn=(90, 0, 10))
    gear(24, 0.2, 0.05, iron, at=(0.42, 0.3, 0.2), turn=(-12, 0, -30))
    nut = [(0.06 * math.cos(k * math.tau / 6), 0.06 * math.sin(k * math.tau / 6)) for k in range(6)]
    for x, y, turn in ((-0.05, -0.35, 10), (0.38, -0.28, 40), (-0.5, -0.25, 25)):
        prism(nut, 0.05, steel, at=(x, y, 0.025), turn=(90, 0, turn), bevel=0.006)
        tube(0.03, 0.002, paint((0.02, 0.02, 0.02)), at=(x, y, 0.0501))
    prism(nut, 0.05, steel, at=(0.62, -0.12, 0.055), turn=(0, 0, 60), bevel=0.006)
    tube(0.03, 0.26, steel, at=(0.64, -0.13, 0.055), turn=(-90, 0, 60))
    spring = [(0.06 * math.cos(k * 0.7), 0.06 * math.sin(k * 0.7), 0.005 * k) for k in range(60)]
    wire(spring, 0.009, steel, at=(0.02, 0.4, 0.0))
    box((0.35, 0.22, 0.16), paint((0.08, 0.2, 0.4), roughness=0.3), at=(-0.62, 0.5, 0), turn=(0, 0, 15), bevel=0.02)
    panel((-0.9, -0.5, 1.3), toward=(0, 0, 0), size=0.5, energy=22, colour=(0.9, 0.95, 1))
    panel((1.2, 0.5, 0.9), toward=(0, 0, 0.1), size=0.4, energy=16, colour=(1, 0.85, 0.65))
    return Shot(
        eye=(0.25, -1.25, 0.7),
        target=(0, 0.05, 0.11),
        lens=38,
        drift=(-0.009, 0, 0),
        look="Filmic",
        movers=[(spinning, (0, 0, 0), (0, 2.0, 0))],
    )


def toys(_maps):
    surround((1, 1, 1), strength=0.45)
    sheet(
        rolling(6, size=0.4, height=0.004),
        3,
        3,
        paint((0.65, 0.62, 0.55), (0.1, 0.25, 0.4), pattern="Checker", scale=6),
        at=(0, 0.5, 0),
    )
    colours = ((0.7, 0.08, 0.05), (0.8, 0.6, 0.05), (0.08, 0.35, 0.12), (0.08, 0.2, 0.6), (0.6, 0.3, 0.1))
    for k, (x, y, z, turn, letter) in enumerate(
        (
            (-0.45, 0.1, 0, 12, "A"),
            (-0.27, 0.14, 0, -18, "P"),
            (-0.37, 0.12, 0.16, 30, "K"),
            (0.42, -0.12, 0, -25, "S"),
            (0.62, 0.2, 0, 8, "O"),
        )
    ):
        box((0.16, 0.16, 0.16), paint(colours[k], roughness=0.35), at=(x, y, z), turn=(0, 0, turn), bevel=0.012)
        angle = math.radians(turn)
        words(
            letter,
            0.15,
            paint((0.85, 0.8, 0.7)),
            at=(x + 0.082 * math.sin(angle), y - 0.082 * math.cos(angle), z + 0.03),
            turn=(90, 0, turn),
        )
    striped = ball(
        0.15, paint((0.75, 0.1, 0.08), (0.8, 0.8, 0.75), pattern="Wave", scale=2.2, hard=True, roughness=0.2), at=(0.1, -0.12, 0.15)
    )
    engine = paint((0.1, 0.35, 0.15), roughness=0.3)
    tube(0.08, 0.3, engine, at=(0.28, 0.45, 0.14), turn=(0, -90, -15))
    box((0.18, 0.2, 0.26), paint((0.7, 0.1, 0.05), roughness=0.3), at=(0.36, 0.43, 0.05), turn=(0, 0, -15), bevel=0.015)
    box((0.5, 0.16, 0.05), paint((0.05, 0.05, 0.05)), at=(0.2, 0.46, 0.05), turn=(0, 0, -15), bevel=0.01)
    lathe(
        [(0.001, 0), (0.03, 0), (0.03, 0.06), (0.05, 0.1), (0.001, 0.1)],
        paint((0.8, 0.6, 0.1), roughness=0.3),
        at=(0.04, 0.5, 0.21),
    )
    for dx in (-0.12, 0.02, 0.16):
        tube(0.055, 0.03, paint((0.75, 0.6, 0.1), roughness=0.3), at=(0.2 + dx, 0.37 - 0.26 * dx, 0.055), turn=(90, 0, -15))
    bear = [
        (0, 0, 0.12, 0.11),
        (0, -0.01, 0.28, 0.085),
        (0.07, 0, 0.35, 0.035),
        (-0.07, 0, 0.35, 0.035),
        (0, -0.08, 0.265, 0.04),
        (0.09, -0.08, 0.06, 0.05),
        (-0.09, -0.08, 0.06, 0.05),
        (0.12, -0.04, 0.18, 0.04),
        (-0.12, -0.04, 0.18, 0.04),
    ]
    blob(bear, paint((0.35, 0.2, 0.1), roughness=0.95), at=(-0.08, 0.32, 0), turn=(0, 0, 10), fine=0.02)
    panel((1.0, -0.9, 1.6), toward=(0, 0, 0), size=1.0, energy=35)
    return Shot(
        eye=(-0.15, -1.15, 0.6),
        target=(0.04, 0.12, 0.12),
        lens=34,
        drift=(0.012, 0, 0),
        movers=[(striped, (0.008, 0, 0), (0, 3.0, 0))],
    )


def breakfast(_maps):
    """Build a laid table straight from above: the table faces the camera."""
    surround((0.9, 0.95, 1), strength=0.5)
    cloth = paint((0.75, 0.73, 0.68), (0.35, 0.08, 0.08), pattern="Checker", scale=9)
    sheet(rolling(9, size=0.6, height=0.004), 2, 2, cloth)
    plate = [(0.001, 0.004), (0.1, 0.004), (0.15, 0.02), (0.152, 0.024), (0.1, 0.01), (0.001, 0.01)]
    for x, y, size, colour in ((0, -0.02, 1.1, PORCELAIN), (-0.3, 0.26, 0.7, (0.1, 0.2, 0.3))):
        lathe([(radius * size, height * size) for radius, height in plate], paint(colour, roughness=0.1), at=(x, y, 0))
    egg = sheet(
        lambda x, y: 0.025 * np.exp(-(x**2 + y**2) / 0.001) + 0.006 * np.exp(-(((x**2 + y**2) / 0.006) ** 2)),
        0.18,
        0.18,
        paint((0.85, 0.84, 0.8)),
        at=(-0.02, -0.01, 0.008),
    )
    ball(0.031, paint((0.85, 0.5, 0.03), roughness=0.2), at=(-0.02, -0.01, 0.025), stretch=(1, 1, 0.6))
    for k in range(4):
        blob(
            [(0.03 * j, 0.006 * math.sin(j * 2 + k), 0.004 * (j % 2), 0.018) for j in range(5)],
            paint((0.4, 0.1, 0.06), roughness=0.3),
            at=(0.01, -0.1 + 0.02 * k, 0.02),
            turn=(0, 0, 10 * k),
            fine=0.01,
        )
    cup = [(0.001, 0), (0.035, 0), (0.055, 0.04), (0.06, 0.09), (0.056, 0.09), (0.05, 0.04), (0.001, 0.01)]
    lathe(cup, paint((0.15, 0.35, 0.35), roughness=0.12), at=(0.3, 0.2, 0.01))
    tube(0.053, 0.002, paint((0.1, 0.04, 0.015), roughness=0.05), at=(0.3, 0.2, 0.075))
    ring(0.03, 0.008, paint((0.15, 0.35, 0.35), roughness=0.12), at=(0.37, 0.2, 0.055), turn=(90, 0, 0))
    silver = paint((0.7, 0.7, 0.7), metallic=1, roughness=0.2)
    for x, kind in ((-0.24, 0), (0.24, 1)):
        box((0.016, 0.14, 0.006), silver, at=(x, -0.12, 0.004), bevel=0.002)
        if kind:
            prism(
                [(-0.008, 0), (0.012, 0.02), (0.012, 0.12), (-0.008, 0.14)], 0.004, silver, at=(x, -0.05, 0.008), turn=(-90, 0, 0)
            )
        else:
            for dx in (-0.015, -0.005, 0.005, 0.015):
                box((0.005, 0.07, 0.004), silver, at=(x + dx, 0.02, 0.006))
            box((0.036, 0.03, 0.005), silver, at=(x, -0.03, 0.005))
    box(
        (0.24, 0.2, 0.02),
        paint((0.4, 0.22, 0.1), (0.25, 0.12, 0.05), pattern="Grain", scale=10),
        at=(-0.28, 0.3, 0.014),
        turn=(0, 0, 20),
        bevel=0.006,
    )
    blob(
        [(0.03 * k, 0.01 * (k % 2), 0.03, 0.05) for k in range(5)],
        paint((0.5, 0.27, 0.1), (0.62, 0.42, 0.2), pattern="Noise", scale=20),
        at=(-0.35, 0.28, 0.02),
        turn=(0, 0, 20),
        fine=0.02,
    )
    panel((0.9, 0.7, 0.8), toward=(0, 0, 0), size=0.4, energy=14, colour=(1, 0.93, 0.82))
    return Shot(
        eye=(0.02, -0.06, 1.25),
        target=(0.01, 0.04, 0),
        lens=42,
        size=(240, 240),
        pan=(-0.001, -0.001, 0),
        drift=(0.005, 0.004, 0),
        movers=[(egg, (0, 0, 0), (0, 0, 0))],
    )


def letters(_maps):
    """Thick letters on a wall that faces the camera, in low sun."""
    surround((0.55, 0.7, 1), strength=0.35)
    box((12, 0.2, 7), paint((0.55, 0.52, 0.46), (0.42, 0.4, 0.36), pattern="Noise", scale=1.2), at=(0, 0.6, -2))
    words("OPEN", 1.5, paint((0.08, 0.3, 0.4), roughness=0.3), at=(-0.2, 0.35, 1.35), thick=0.16, bevel=0.03)
    moving = words("24h", 1.1, paint((0.7, 0.5, 0.1), metallic=1, roughness=0.35), at=(1.0, 0.3, 0.1), thick=0.2, bevel=0.02)
    words("bakery & sons", 0.5, paint((0.05, 0.04, 0.04)), at=(-1.1, 0.497, 0.35))
    for k in range(3):
        tube(0.16, 0.1, paint((0.3, 0.3, 0.3), metallic=1, roughness=0.4), at=(-2.2 + 2 * k, 0.5, 2.95), turn=(90, 0, 0))
    sun(215, 35, energy=4.5, colour=(1, 0.85, 0.65), angle=0.5)
    return Shot(
        eye=(-0.6, -4.4, 1.2),
        target=(-0.05, 0.5, 1.35),
        lens=33,
        drift=(0.053, 0, 0.015),
        look="Standard",
        movers=[(moving, (0.01, 0, 0), (0, 0, 0))],
    )


SCENES = {function.__name__: function for function in (fruit, workshop, toys, breakfast, letters)}
