"""Vehicles: a car in a park, and a model of a spaceship."""

import math

import numpy as np

from .kit import Shot, paint, panel, placed, sun, surround
from .shapes import ball, box, lathe, prism, ring, tube, wire

GLASS, TYRE, CHROME = (0.03, 0.05, 0.07), (0.02, 0.02, 0.02), (0.7, 0.7, 0.72)


def car(colour, *, at, turn=0.0):
    """Build a saloon along X, its parts turned together; gives all of them."""
    body, glass = paint(colour, roughness=0.18, metallic=0.3), paint(GLASS, roughness=0.05)
    side = [(-2.1, 0.35), (-2.15, 0.7), (-1.9, 0.95), (-1.3, 1.0), (1.0, 1.0), (1.9, 0.85), (2.12, 0.65), (2.1, 0.35)]
    roof = [(-1.55, 0.98), (-1.0, 1.42), (0.25, 1.45), (1.1, 0.98)]
    parts = [prism(side, 1.75, body, bevel=0.09), prism(roof, 1.5, glass, bevel=0.05)]
    parts.append(prism([(-0.98, 1.41), (-0.9, 1.47), (0.2, 1.5), (0.3, 1.44)], 1.42, body, bevel=0.02))
    for x in (-1.3, 1.3):
        for y in (-0.82, 0.82):
            parts.append(ring(0.24, 0.1, paint(TYRE, roughness=0.9), at=(x, y, 0.33), turn=(90, 0, 0)))
            parts.append(
                tube(0.2, 0.1, paint(CHROME, metallic=1, roughness=0.3), at=(x, y + 0.05, 0.33), turn=(90, 0, 0), sides=10)
            )
    for y in (-0.6, 0.6):
        parts.append(ball(0.14, paint((0.9, 0.9, 0.85), roughness=0.1), at=(2.02, y, 0.72), stretch=(0.5, 1, 0.7)))
        parts.append(box((0.04, 0.34, 0.12), paint((0.5, 0.02, 0.02), roughness=0.2), at=(-2.14, y, 0.68)))
    for x in (-0.45, 0.5):
        parts.append(box((0.2, 1.79, 0.03), paint(CHROME, metallic=1, roughness=0.2), at=(x, 0, 0.8)))
    hub = placed(None, None, at=at, turn=(0, 0, turn))
    for part in parts:
        part.parent = hub
    return hub


def car_in_park(maps):
    surround(place=maps["park"], strength=1.0, turn=100)
    box((60, 60, 0.1), paint((0.16, 0.15, 0.14), (0.1, 0.1, 0.1), pattern="Noise", scale=5), at=(0, 0, -0.1))
    rolled = car((0.04, 0.16, 0.14), at=(0, 0, 0), turn=28)
    box(
        (6, 0.3, 0.7),
        paint((0.5, 0.5, 0.47), (0.38, 0.38, 0.36), pattern="Noise", scale=3),
        at=(0, 3.4, 0),
        turn=(0, 0, -6),
        bevel=0.03,
    )
    for k in range(4):
        tube(
            0.09,
            0.85,
            paint((0.8, 0.15, 0.05), (0.85, 0.85, 0.8), pattern="Stripes", scale=0.01),
            at=(-2.6 + 1.9 * k, -1.6 - 0.12 * k, 0),
            top=0.07,
        )
    return Shot(
        eye=(2.7, -5.0, 1.45),
        target=(0.1, 0, 0.65),
        lens=32,
        drift=(0.075, 0, 0),
        movers=[(rolled, (0.03, 0.016, 0), (0, 0, 0))],
    )


def hull(_maps):
    """Build a model space freighter: panels, pipes, domes; one hard key, no ground."""
    surround((0.1, 0.15, 0.3), strength=0.25)
    rng = np.random.default_rng(12)
    grey = paint((0.45, 0.46, 0.48), (0.32, 0.33, 0.35), pattern="Brick", scale=0.8, roughness=0.45)
    red = paint((0.5, 0.07, 0.04), roughness=0.4)
    prism([(-4, -0.6), (-4.2, 0.3), (-1, 0.8), (3.4, 0.4), (4.2, -0.1), (2, -0.7)], 2.2, grey, turn=(0, 0, 0), bevel=0.08)
    for k in range(46):
        x, y = rng.uniform(-3.6, 1.8), rng.uniform(-0.95, 0.95)
        top = 0.3 + 0.5 * (x + 4.2) / 3.2 if x < -1 else 0.8 - 0.4 * (x + 1) / 4.4
        tilt = math.degrees(math.atan2(-0.5, 3.2) if x < -1 else math.atan2(0.4, 4.4))
        size = (rng.uniform(0.12, 0.6), rng.uniform(0.12, 0.4), rng.uniform(0.05, 0.22))
        box(size, red if k % 7 == 0 else grey, at=(x, y, top - 0.02), turn=(0, tilt, 0), bevel=0.015)
    for _ in range(26):
        box(
            (rng.uniform(0.2, 0.7), 0.16, rng.uniform(0.08, 0.3)),
            grey,
            at=(rng.uniform(-3.5, 2.4), -1.1, rng.uniform(-0.4, 0.15)),
            bevel=0.02,
        )
    ball(0.55, grey, at=(-2.2, 0, 0.75))
    ball(0.4, paint(GLASS, roughness=0.05), at=(2.2, 0, 0.5), stretch=(1.6, 0.8, 0.7))
    for y in (-0.6, 0.6):
        lathe(
            [(0.35, 0), (0.42, 0.3), (0.3, 0.7), (0.55, 1.2), (0.5, 1.2), (0.26, 0.6)],
            paint((0.3, 0.28, 0.26), metallic=1, roughness=0.35),
            at=(-4.0, y, 0),
            turn=(0, -90, 0),
        )
    wire([(-3, -1.15, 0.4), (-1.5, -1.25, 0.5), (0, -1.2, 0.45), (1.5, -1.2, 0.2)], 0.06, red)
    sun(250, 48, energy=4, angle=0.3)
    panel((6, -4, -3), toward=(0, 0, 0), size=2, energy=150, colour=(0.5, 0.65, 1))
    return Shot(eye=(3.4, -6.6, 2.0), target=(-0.5, 0, 0.1), lens=34, drift=(-0.075, 0, 0), roll=9, exposure=-0.7)


SCENES = {function.__name__: function for function in (car_in_park, hull)}
