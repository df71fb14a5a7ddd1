"""A pump room."""

import math

import numpy as np

from ..heldout_scenes.kit import Shot, paint, panel, sun, surround
from ..heldout_scenes.shapes import box, lathe, ring, tube, wire
from .props import blocks, body, coated, flecked, together
from .vehicles import ALLOY


def flange(x, y, z, radius, made, *, turn=(0, 0, 0)):
    """A pipe joint with its bolts, along Z before it is turned."""
    parts = [tube(radius * 1.6, 0.03, made, at=(0, 0, -0.032)), tube(radius * 1.6, 0.03, made, at=(0, 0, 0.002))]
    parts += [
        tube(radius * 0.17, 0.1, made, at=(1.32 * radius * math.cos(a), 1.32 * radius * math.sin(a), -0.05), sides=6)
        for a in np.linspace(0, math.tau, 8, endpoint=False)
    ]
    hub = together(parts, at=(x, y, z))
    hub.rotation_euler = [math.radians(angle) for angle in turn]


def pumps(maps):
    """Pumps, pipes and valves."""
    surround(place=maps["warehouse"], strength=0.7, turn=170)
    plates = [
        ((-3.3 + 0.12 * i, -1.6 + 0.12 * j, 0.003), (0.07, 0.018, 0.006), (0, 0, 45 if (i + j) % 2 else -45))
        for i in range(56)
        for j in range(34)
    ]
    iron = paint((0.2, 0.2, 0.2), (0.14, 0.14, 0.14), pattern="Noise", scale=5, metallic=0.7, roughness=0.45)
    blocks(plates, iron)
    box((14, 10, 0.1), iron, at=(0, 2, -0.1))
    box((12, 0.2, 4), paint((0.46, 0.5, 0.48), (0.4, 0.44, 0.42), pattern="Noise", scale=1.5), at=(0, 4.2, 0))
    box((12, 0.205, 1.2), paint((0.1, 0.2, 0.18), roughness=0.3), at=(0, 4.19, 0))
    blue, steel, red = (
        coated(paint((0.03, 0.13, 0.28), roughness=0.35), coat=0.4),
        paint(ALLOY, metallic=1, roughness=0.28),
        paint((0.5, 0.04, 0.03), roughness=0.3),
    )
    for k, x in enumerate((-1.5, 0.6)):
        box((1.5, 0.7, 0.12), paint((0.3, 0.3, 0.29)), at=(x, 1.6, 0), bevel=0.02)
        motor = [(0.001, 0), (0.2, 0), (0.24, 0.04), (0.24, 0.62), (0.2, 0.66), (0.001, 0.68)]
        lathe(motor, blue, at=(x - 0.68, 1.6, 0.5), turn=(0, 90, 0), flutes=44, depth=0.1, steps=264, smooth=35)
        box((0.22, 0.2, 0.14), blue, at=(x - 0.35, 1.6, 0.72), bevel=0.015)
        for dx in (-0.55, -0.15):
            box((0.08, 0.44, 0.3), blue, at=(x + dx, 1.6, 0.1), bevel=0.01)
        volute = [(0.001, -0.16), (0.2, -0.16), (0.3, -0.1), (0.35, 0), (0.3, 0.1), (0.2, 0.16), (0.001, 0.16)]
        lathe(volute, red if k else blue, at=(x + 0.35, 1.6, 0.5), turn=(0, 90, 0), steps=96, smooth=50)
        tube(0.05, 0.3, steel, at=(x - 0.02, 1.6, 0.5), turn=(0, 90, 0))
        tube(0.1, 2.4, steel, at=(x + 0.35, 1.78, 0.6))
        flange(x + 0.35, 1.78, 1.05, 0.1, steel)
        flange(x + 0.35, 1.78, 1.75, 0.1, steel)
        body(
            [((0, 0, 0), (0.14, 0.14, 0.16)), ((0, -0.05, 0), (0, -0.24, 0), 0.07, 0.06)], red, fine=0.012, at=(x + 0.35, 1.78, 1.4)
        )
        wheel = [ring(0.15, 0.016, red, at=(0, 0, 0)), tube(0.03, 0.04, steel, at=(0, 0, -0.02))]
        wheel.append(blocks([((0, 0, 0), (0.29, 0.022, 0.016), (0, 0, 45 * j)) for j in range(4)], red))
        together(wheel, at=(x + 0.35, 1.4, 1.4)).rotation_euler[0] = math.pi / 2
        box((0.3, 0.2, 0.3), blue, at=(x + 0.35, 1.6, 0.1), bevel=0.02)
        tube(0.12, 1.0, steel, at=(x + 0.5, 1.6, 0.5), turn=(0, 90, 0))
        flange(x + 0.7, 1.6, 0.5, 0.12, steel, turn=(0, 90, 0))
    for z, radius, tone in ((2.35, 0.16, (0.55, 0.56, 0.55)), (2.8, 0.1, (0.6, 0.45, 0.05)), (3.1, 0.06, (0.1, 0.3, 0.12))):
        tube(radius, 12, paint(tone, roughness=0.35), at=(-6, 2.4, z), turn=(0, 90, 0))
        for x in (-2.2, 0, 2.2):
            flange(x, 2.4, z, radius, paint(tone, roughness=0.35), turn=(0, 90, 0))
    tank = [(0.001, 0.3), (0.4, 0.34), (0.62, 0.48), (0.65, 0.6), (0.65, 2.2), (0.6, 2.35), (0.35, 2.5), (0.001, 2.54)]
    lathe(tank, paint((0.62, 0.63, 0.62), roughness=0.3, metallic=0.8), at=(2.3, 2.9, 0), steps=96, smooth=50)
    for a in (40, 160, 280):
        tube(0.05, 0.6, iron, at=(2.3 + 0.5 * math.cos(math.radians(a)), 2.9 + 0.5 * math.sin(math.radians(a)), 0))
    tube(0.11, 0.05, paint((0.8, 0.8, 0.76)), at=(2.05, 2.31, 1.5), turn=(90, 0, -23))
    ring(0.11, 0.015, steel, at=(2.03, 2.265, 1.5), turn=(90, 0, -23))
    box((0.7, 0.3, 1.3), paint((0.5, 0.52, 0.5), roughness=0.35), at=(-2.9, 3.0, 0.4), turn=(0, 0, 12), bevel=0.02)
    blocks(
        [
            ((-2.9 + 0.13 * (k % 4) - 0.2, 2.83 + 0.028 * (k % 4), 1.1 + 0.2 * (k // 4)), (0.07, 0.04, 0.07), (0, 0, 12))
            for k in range(8)
        ],
        flecked((0.5, 0.05, 0.03), (0.05, 0.3, 0.08), (0.05, 0.05, 0.05)),
        bevel=0.01,
    )
    wire([(-2.6, 2.9, 0.5), (-2.2, 2.5, 0.06), (-1.9, 2.2, 0.03), (-1.85, 1.7, 0.8)], 0.022, paint((0.02, 0.02, 0.02)))
    sun(290, 50, energy=0.8)
    panel((-1.5, -0.8, 3.2), toward=(0, 2, 0.6), size=0.9, energy=120, colour=(1, 0.95, 0.85))
    return Shot(eye=(-0.4, -1.6, 1.55), target=(-0.1, 2.2, 1.1), lens=27, drift=(0.02, 0, 0), look="Standard")


SCENES = {function.__name__: function for function in (pumps,)}
"""The clips of this file."""
