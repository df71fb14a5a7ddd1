"""Streets, buildings, vehicles, rocks and plants under sun and sky."""

import math

import numpy as np

from .kit import Shot, bulb, paint, panel, sun, surround
from .shapes import ball, blob, box, divided, lathe, prism, rolling, rough, sheet, tube, wire, words
from .vehicles import GLASS, car


def house(wide, deep, high, wall, *, at, turn=0.0, floors=4, bays=4, trim=(0.75, 0.72, 0.65)):
    """A block with rows of windows on its -Y and -X sides, sills and a cornice."""
    x, y, z = at
    angle = math.radians(turn)
    glass, stone = paint(GLASS, roughness=0.08), paint(trim)

    def put(size, made, dx, dy, dz, extra=0.0, bevel=0.0):
        place = (x + dx * math.cos(angle) - dy * math.sin(angle), y + dx * math.sin(angle) + dy * math.cos(angle), z + dz)
        box(size, made, at=place, turn=(0, 0, turn + extra), bevel=bevel)

    put((wide, deep, high), wall, 0, 0, 0)
    put((wide + 0.4, deep + 0.4, 0.35), stone, 0, 0, high - 0.3, bevel=0.06)
    put((wide + 0.1, deep + 0.1, 0.8), stone, 0, 0, 0)
    step = high / floors
    for floor in range(floors):
        for bay in range(bays):
            across = (bay + 0.5) / bays - 0.5
            for size, dx, dy, extra in ((wide, across * wide, -deep / 2, 0), (deep, -wide / 2, across * deep, 90)):
                opening = size / bays * 0.5
                put((opening, 0.06, step * 0.5), glass, dx, dy, floor * step + step * 0.3, extra)
                put((opening + 0.25, 0.25, 0.12), stone, dx, dy, floor * step + step * 0.27, extra)
                put((0.07, 0.12, step * 0.5), stone, dx, dy, floor * step + step * 0.3, extra)
                put((opening + 0.3, 0.2, 0.2), stone, dx, dy, floor * step + step * 0.8, extra)


def street(_maps):
    surround(sky=(35, 150), strength=0.12)
    box((9, 120, 0.1), paint((0.045, 0.045, 0.05), (0.08, 0.08, 0.08), pattern="Noise", scale=8), at=(0, 40, -0.1))
    for k in range(12):
        box((0.15, 1.8, 0.011), paint((0.7, 0.7, 0.65)), at=(0, 1 + 4 * k, -0.005))
    slabs = paint((0.4, 0.39, 0.37), (0.2, 0.2, 0.2), pattern="Brick", scale=0.7)
    for side in (-1, 1):
        box((3, 120, 0.16), slabs, at=(side * 6, 40, 0), bevel=0.02)
    walls = [
        paint((0.45, 0.18, 0.1), (0.5, 0.45, 0.4), pattern="Brick", scale=1.6),
        paint((0.7, 0.6, 0.35)),
        paint((0.5, 0.55, 0.6)),
        paint((0.62, 0.35, 0.28)),
        paint((0.75, 0.73, 0.7), (0.6, 0.58, 0.55), pattern="Noise", scale=0.8),
    ]
    for k in range(5):
        house(8, 9, 9 + 2.5 * (k % 3), walls[k % 5], at=(11.2, 4 + 9.6 * k, 0), floors=3 + k % 3, bays=3)
        house(9, 8, 8 + 2 * ((k + 1) % 3), walls[(k + 2) % 5], at=(-11.7, 3 + 9.6 * k, 0), turn=90, floors=3 + k % 2, bays=3)
    driving = car((0.45, 0.03, 0.03), at=(-1.9, 9, 0), turn=-90)
    car((0.05, 0.12, 0.3), at=(3.4, 6.5, 0), turn=90)
    car((0.6, 0.6, 0.58), at=(3.4, 13, 0), turn=90)
    for k in range(4):
        tube(0.07, 5, paint((0.03, 0.05, 0.04), roughness=0.4), at=(-4.8, 4 + 9 * k, 0.1), top=0.05)
        ball(0.22, paint((0.85, 0.85, 0.8)), at=(-4.8, 4 + 9 * k, 5.2), detail=4)
    return Shot(
        eye=(1.3, -4.5, 1.7),
        target=(-0.2, 12, 2.0),
        lens=28,
        drift=(0, 0.04, 0),
        movers=[(driving, (0, -0.2, 0), (0, 0, 0))],
    )


def facades(_maps):
    """Old houses seen steeply from below."""
    surround(sky=(48, 250), strength=0.1)
    house(9, 8, 15, paint((0.72, 0.62, 0.42), (0.6, 0.5, 0.33), pattern="Noise", scale=0.7), at=(0, 12, 0), floors=5, bays=4)
    house(
        7,
        9,
        12,
        paint((0.4, 0.16, 0.1), (0.55, 0.5, 0.45), pattern="Brick", scale=1.5),
        at=(9.5, 10, 0),
        turn=-20,
        floors=4,
        bays=3,
    )
    dark = paint((0.03, 0.03, 0.03), roughness=0.4)
    for floor in (1, 2, 3):
        box((2.6, 1.0, 0.12), paint((0.6, 0.57, 0.5)), at=(-1.1, 7.6, 3.0 * floor + 0.7), bevel=0.03)
        for k in range(11):
            tube(0.02, 0.9, dark, at=(-2.3 + 0.24 * k, 7.15, 3.0 * floor + 0.8))
        wire([(-2.3, 7.15, 3.0 * floor + 1.7), (0.1, 7.15, 3.0 * floor + 1.7)], 0.03, dark, round_=False)
    words("HOTEL", 1.1, paint((0.5, 0.04, 0.04), roughness=0.3), at=(2.0, 7.8, 4.0), thick=0.08, bevel=0.01)
    tube(0.09, 14, paint((0.25, 0.3, 0.28), metallic=1, roughness=0.5), at=(4.3, 7.9, 0))
    return Shot(eye=(1.5, -2.5, 1.6), target=(1.9, 9, 7.0), lens=27, pan=(0.05, 0, 0.04), drift=(-0.09, 0, 0), look="Filmic")


def mural(_maps):
    """Return one flat wall, painted and written on; overcast."""
    surround((0.85, 0.92, 1), strength=1.0)
    wall = paint((0.65, 0.3, 0.2), (0.75, 0.7, 0.62), pattern="Brick", scale=1.4)
    box((14, 0.3, 7), wall, at=(0, 2, -1))
    for radius, x, z, colour in (
        (0.95, -1.9, 1.9, (0.9, 0.6, 0.05)),
        (0.6, -1.7, 1.8, (0.1, 0.35, 0.5)),
        (0.8, 1.9, 1.3, (0.1, 0.4, 0.3)),
    ):
        tube(radius, 0.004, paint(colour), at=(x, 1.85 - 0.01 * (radius < 0.9), z), turn=(90, 0, 0))
    words("NORTH\nSIDE", 1.0, paint((0.9, 0.88, 0.8)), at=(0.5, 1.836, 2.2))
    words("no parking", 0.32, paint((0.02, 0.02, 0.02)), at=(-2.0, 1.82, 0.55))
    door = paint((0.05, 0.2, 0.3), (0.02, 0.1, 0.18), pattern="Stripes", scale=1.6, hard=True)
    box((1.0, 0.1, 2.1), door, at=(3.3, 1.83, 0))
    for x in (2.74, 3.86):
        box((0.12, 0.22, 2.2), paint((0.6, 0.6, 0.58)), at=(x, 1.83, 0), bevel=0.01)
    wire(
        [(-3.5, 1.78, -1), (-3.5, 1.78, 2.5), (-3.4, 1.78, 2.9), (-3.0, 1.78, 3.0), (6, 1.78, 3.0)],
        0.05,
        paint((0.35, 0.36, 0.38)),
        round_=False,
    )
    box((0.4, 0.25, 0.6), paint((0.5, 0.52, 0.5), roughness=0.4), at=(-0.65, 1.75, 0.5), bevel=0.02)
    return Shot(eye=(-1.4, -4.2, 1.6), target=(0.2, 2, 1.5), lens=30, drift=(0.072, 0, 0), look="Standard")


def canyon(_maps):
    surround((0.35, 0.5, 0.9), strength=0.25)
    hills = rolling(21, size=7, height=0.5, octaves=5)
    sheet(
        lambda x, y: hills(x, y) + 0.02 * np.maximum(np.abs(x) - 3, 0) ** 2.2,
        40,
        40,
        paint((0.55, 0.32, 0.18), (0.4, 0.22, 0.12), pattern="Noise", scale=2),
        count=260,
    )
    stone = paint((0.42, 0.25, 0.16), (0.25, 0.14, 0.09), pattern="Noise", scale=2.5, roughness=0.9)
    rng = np.random.default_rng(4)
    for x, y, size in (
        (-1.7, 0.4, 1.0),
        (1.5, 1.2, 1.3),
        (0.1, 3.6, 1.5),
        (-3.6, 4.2, 2.0),
        (4.2, 5.0, 2.2),
        (0.5, -0.9, 0.35),
        (-0.5, -0.6, 0.22),
    ):
        rock = ball(
            size,
            stone,
            at=(x, y, size * 0.45),
            stretch=tuple(rng.uniform(0.7, 1.25, 3)),
            turn=tuple(rng.uniform(0, 360, 3)),
            detail=6,
        )
        rough(rough(rock, kind="VORONOI", size=size * 0.7, strength=size * 0.45), size=size * 0.25, strength=size * 0.12)
    sun(205, 24, energy=4.5, colour=(1, 0.85, 0.65))
    return Shot(eye=(0.3, -5.2, 1.9), target=(0, 1.5, 0.7), lens=30, drift=(0.072, 0.018, 0))


def leaf(length, wide, made, *, at, turn):
    """Build a bent leaf, folded along its middle, that grows along +Y from its stalk."""
    thing = sheet(lambda x, y: 0.5 * (y + length / 2) * (0.1 - y) + 0.5 * np.abs(x), wide, length, made, count=14, at=at, turn=turn)
    for point in thing.data.vertices:
        along = point.co.y / length + 0.5
        point.co.x *= math.sin(math.pi * min(max(along, 0.02), 0.98)) ** 0.7
        point.co.y += length / 2
    return divided(thing, 1)


def plants(_maps):
    surround(sky=(40, 200), strength=0.1)
    rng = np.random.default_rng(7)
    box((8, 0.2, 3), paint((0.6, 0.55, 0.48), (0.4, 0.36, 0.3), pattern="Brick", scale=1.1), at=(0, 1.6, 0))
    box((8, 5, 0.1), paint((0.35, 0.25, 0.2), (0.2, 0.15, 0.12), pattern="Brick", scale=1.4), at=(0, 0, -0.1))
    clay = paint((0.5, 0.2, 0.1), roughness=0.8)
    for x, y, size, count, colour in (
        (-0.9, 0.3, 1.0, 34, (0.08, 0.25, 0.05)),
        (0.25, 0.7, 1.3, 30, (0.15, 0.3, 0.04)),
        (1.2, 0.1, 0.8, 40, (0.05, 0.2, 0.08)),
    ):
        pot = [(0.001, 0), (0.16, 0), (0.22, 0.3), (0.25, 0.3), (0.25, 0.36), (0.21, 0.36), (0.2, 0.3), (0.001, 0.3)]
        lathe([(radius * size, height * size) for radius, height in pot], clay, at=(x, y, 0))
        green = paint(colour, tuple(1.7 * part for part in colour), pattern="Noise", scale=6, roughness=0.45)
        for k in range(count):
            base = (x + rng.normal() * 0.04 * size, y + rng.normal() * 0.04 * size, (0.3 + 0.5 * k / count) * size)
            turn = (rng.uniform(10, 70) * (0.4 + 0.8 * k / count), rng.uniform(-20, 20), k * 137.5)
            leaf(rng.uniform(0.35, 0.6) * size, 0.16 * size, green, at=base, turn=turn)
        tube(0.02 * size, 0.8 * size, paint((0.2, 0.22, 0.08)), at=(x, y, 0.25 * size))
    return Shot(eye=(0.3, -2.6, 1.15), target=(0.15, 0.6, 0.68), lens=30, pan=(-0.02, 0, 0), drift=(0.036, 0, 0.007))


def night_street(maps):
    surround(place=maps["night"], strength=1.2, turn=10)
    wet = paint((0.05, 0.05, 0.055), (0.1, 0.1, 0.1), pattern="Noise", scale=3, roughness=0.3)
    box((30, 30, 0.1), wet, at=(0, 5, -0.1))
    box((8, 0.3, 4.2), paint((0.3, 0.28, 0.27), (0.15, 0.15, 0.15), pattern="Brick", scale=1.5), at=(1.5, 4, 0))
    box((1.9, 0.1, 1.5), paint((1, 0.75, 0.4), glow=1.5), at=(0.2, 3.85, 0.8))
    for x in (-0.8, 0.2, 1.2):
        box((0.08, 0.14, 1.6), paint((0.1, 0.05, 0.03)), at=(x, 3.82, 0.75))
    prism(
        [(-1.3, 0), (1.3, 0), (1.3, 0.06), (-1.3, 0.06)],
        1.1,
        paint((0.5, 0.05, 0.05), (0.8, 0.78, 0.7), pattern="Stripes", scale=1.2, hard=True),
        at=(0.2, 3.4, 2.55),
        turn=(22, 0, 0),
    )
    words("BAR", 0.6, paint((1, 0.1, 0.35), glow=4), at=(2.6, 3.8, 2.4), thick=0.04)
    bulb((2.6, 3.3, 2.5), energy=60, colour=(1, 0.15, 0.4))
    panel((0.2, 3.3, 2.3), toward=(0.2, 2, 0), size=0.8, energy=60, colour=(1, 0.75, 0.45))
    for x, y in ((-1.6, 2.0), (-1.0, 2.6)):
        lathe(
            [(0.001, 0), (0.3, 0), (0.34, 0.85), (0.001, 0.9)],
            paint((0.25, 0.27, 0.28), metallic=1, roughness=0.4),
            at=(x, y, 0),
            flutes=24,
            depth=0.06,
            smooth=60,
        )
    blob(
        [(0, 0, 0.2, 0.3), (0.3, 0.1, 0.16, 0.25), (-0.2, 0.15, 0.15, 0.22), (0.05, 0, 0.42, 0.14)],
        paint((0.02, 0.02, 0.025), roughness=0.25),
        at=(-0.4, 2.3, 0),
    )
    car((0.5, 0.42, 0.05), at=(3.3, 1.6, 0), turn=172)
    bulb((-2.8, 0.5, 3.5), energy=250, colour=(0.6, 0.75, 1), size=0.2)
    return Shot(eye=(-0.2, -3.6, 1.5), target=(0.9, 3, 1.15), lens=27, pan=(-0.035, 0, 0), drift=(0.035, 0, 0))


SCENES = {function.__name__: function for function in (street, facades, mural, canyon, plants, night_street)}
