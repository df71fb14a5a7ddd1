"""Rooms: floors, walls, ceilings and furniture."""

from .kit import Shot, bulb, paint, panel, sun, surround
from .shapes import ball, box, lathe, monkey, ring, rolling, sheet, tube, wire

WHITE, CREAM, OAK, WALNUT = (0.8, 0.8, 0.78), (0.72, 0.65, 0.5), (0.42, 0.24, 0.1), (0.1, 0.05, 0.025)


def frame_on_wall(wide, high, made, rim, *, at, turn=(0, 0, 0)):
    """A picture in a frame, hanging in the XZ plane."""
    box((wide, 0.02, high), made, at=at, turn=turn)
    for x, z, size in ((0, -0.04, (wide + 0.1, 0.06, 0.05)), (0, high - 0.01, (wide + 0.1, 0.06, 0.05))):
        box(size, rim, at=(at[0] + x, at[1], at[2] + z), turn=turn, bevel=0.01)
    for side in (-1, 1):
        box((0.05, 0.06, high), rim, at=(at[0] + side * (wide / 2 + 0.025), at[1], at[2]), turn=turn, bevel=0.01)


def sofa(made, *, at):
    """A two-seater with its back along +Y."""
    x, y, z = at
    box((2.0, 0.9, 0.25), made, at=(x, y, z + 0.12), bevel=0.05)
    box((2.0, 0.22, 0.8), made, at=(x, y + 0.4, z + 0.12), bevel=0.08)
    for side in (-1, 1):
        box((0.22, 0.95, 0.6), made, at=(x + side * 1.08, y, z + 0.1), bevel=0.08)
        box((0.98, 0.72, 0.34), made, at=(x + side * 0.49, y - 0.08, z + 0.3), soft=4)
        box((0.95, 0.36, 0.6), made, at=(x + side * 0.48, y + 0.2, z + 0.42), turn=(-12, 0, 0), soft=4)


def living_room(_maps):
    surround((0.5, 0.65, 1), strength=0.5)
    box((7, 6, 0.1), paint(OAK, (0.06, 0.03, 0.01), pattern="Planks", scale=1.2, roughness=0.35), at=(0, 0, -0.1))
    wall = paint((0.35, 0.45, 0.42))
    box((7, 0.1, 2.8), wall, at=(0, 3, 0))
    box((0.1, 6, 2.8), paint(WHITE), at=(3.5, 0, 0))
    for y, deep in ((-2.2, 1.6), (2.2, 1.6)):
        box((0.1, deep, 2.8), paint(WHITE), at=(-3.5, y, 0))
    box((0.1, 2.8, 0.8), paint(WHITE), at=(-3.5, 0, 0))
    box((0.1, 2.8, 0.4), paint(WHITE), at=(-3.5, 0, 2.4))
    box((7.2, 6.2, 0.1), paint(WHITE), at=(0, 0, 2.8))
    sofa(paint((0.5, 0.2, 0.1), roughness=0.9), at=(0.2, 2.2, 0))
    sheet(
        rolling(3, size=0.9, height=0.006),
        2.6,
        1.8,
        paint((0.6, 0.5, 0.4), (0.12, 0.08, 0.2), pattern="Checker", scale=3.2),
        at=(0.2, 0.6, 0.02),
    )
    box((1.1, 0.6, 0.05), paint(WALNUT, roughness=0.2), at=(0.1, 0.7, 0.4), bevel=0.01)
    for x in (-0.35, 0.55):
        for y in (0.48, 0.92):
            tube(0.025, 0.4, paint(WALNUT), at=(x, y, 0))
    profile = [(0.01, 0), (0.09, 0), (0.12, 0.1), (0.06, 0.24), (0.08, 0.3)]
    lathe(profile, paint((0.1, 0.25, 0.5), roughness=0.1), at=(0.25, 0.7, 0.45))
    art = paint((0.7, 0.15, 0.05), (0.05, 0.2, 0.4), pattern="Magic", scale=2.5, hard=True)
    frame_on_wall(1.3, 0.8, art, paint(WALNUT), at=(-0.2, 2.93, 1.4))
    tube(0.02, 1.5, paint((0.05, 0.05, 0.05), metallic=1, roughness=0.4), at=(2.2, 2.4, 0))
    tube(0.25, 0.35, paint((0.85, 0.75, 0.5)), at=(2.2, 2.4, 1.45), top=0.15)
    sun(158, 32, energy=6)
    bulb((2.2, 2.35, 1.35), energy=25)
    return Shot(eye=(-0.6, -2.7, 1.4), target=(0.2, 2.2, 0.85), lens=26, pan=(0.02, 0, 0), drift=(0.048, 0.032, 0))


def kitchen(_maps):
    surround((1, 1, 1), strength=0.2)
    tiles = paint((0.75, 0.78, 0.75), (0.25, 0.27, 0.28), pattern="Brick", scale=2.6, roughness=0.15)
    box((5, 0.1, 2.6), tiles, at=(0, 1.0, 0))
    stone = paint((0.04, 0.04, 0.05), (0.25, 0.24, 0.22), pattern="Noise", scale=60, roughness=0.2)
    box((4.2, 0.65, 0.05), stone, at=(0, 0.65, 0.9), bevel=0.012)
    front = paint((0.08, 0.2, 0.16), roughness=0.35)
    knob = paint((0.8, 0.6, 0.3), metallic=1, roughness=0.25)
    for k in range(7):
        box((0.56, 0.6, 0.86), front, at=(-1.8 + k * 0.6, 0.67, 0.02), bevel=0.012)
        box((0.44, 0.02, 0.6), front, at=(-1.8 + k * 0.6, 0.36, 0.15), bevel=0.008)
        ball(0.022, knob, at=(-1.62 + k * 0.6, 0.33, 0.72), detail=3)
    box((1.8, 0.35, 0.6), paint(OAK, (0.28, 0.14, 0.05), pattern="Grain", scale=3), at=(-1.1, 0.8, 1.65), bevel=0.01)
    steel = paint((0.62, 0.62, 0.63), metallic=1, roughness=0.28)
    lathe(
        [(0.001, 0), (0.16, 0), (0.17, 0.03), (0.17, 0.2), (0.16, 0.2), (0.155, 0.02), (0.001, 0.02)], steel, at=(-0.5, 0.62, 0.95)
    )
    ring(0.05, 0.012, steel, at=(-0.7, 0.62, 1.1), turn=(90, 0, 0))
    kettle = [(0.001, 0), (0.13, 0), (0.15, 0.05), (0.12, 0.16), (0.05, 0.21), (0.045, 0.23), (0.001, 0.24)]
    lathe(kettle, paint((0.6, 0.04, 0.03), roughness=0.12), at=(0.75, 0.6, 0.95))
    wire([(0.9, 0.6, 1.05), (0.98, 0.6, 1.1), (1.02, 0.6, 1.18)], 0.022, paint((0.6, 0.04, 0.03), roughness=0.12))
    for k, (radius, high) in enumerate(((0.06, 0.22), (0.05, 0.17), (0.045, 0.14))):
        tube(radius, high, paint((0.7, 0.6 - 0.15 * k, 0.4)), at=(0.15 + k * 0.14, 0.8, 0.95))
    box((0.34, 0.02, 0.24), paint(OAK, (0.2, 0.1, 0.04), pattern="Grain", scale=6), at=(1.3, 0.9, 0.95), turn=(-10, 0, 0))
    for x, y, r in ((-0.1, 0.5, 0.045), (-0.02, 0.57, 0.04), (0.07, 0.48, 0.042)):
        ball(r, paint((0.7, 0.45, 0.03), roughness=0.4), at=(x, y, 0.95 + r), stretch=(1.25, 1, 0.95))
    box((1.7, 0.03, 0.02), paint((1, 0.9, 0.7), glow=4), at=(-1.1, 0.7, 1.62))
    panel((1.8, -1.5, 2.4), toward=(0, 0.7, 1), size=1.0, energy=60)
    panel((-1.1, 0.72, 1.6), toward=(-1.1, 0.72, 0), size=0.5, energy=8, colour=(1, 0.85, 0.6))
    return Shot(eye=(0.7, -1.55, 1.5), target=(0.05, 0.7, 1.05), lens=30, pan=(0.02, 0, 0), drift=(-0.02, 0, 0), look="Filmic")


def bedroom(_maps):
    surround((0.25, 0.35, 0.7), strength=0.15)
    box((6, 5, 0.1), paint((0.2, 0.11, 0.06), (0.05, 0.02, 0.01), pattern="Planks", scale=1.3), at=(0, 0, -0.1))
    paper = paint((0.45, 0.4, 0.5), (0.3, 0.25, 0.36), pattern="Stripes", scale=2.2, hard=True)
    box((6, 0.1, 2.7), paper, at=(0, 2.2, 0))
    box((0.1, 5, 2.7), paint((0.6, 0.55, 0.5)), at=(-2.4, 0, 0))
    box((1.9, 2.2, 0.3), paint(WALNUT), at=(0.2, 1.0, 0.05), bevel=0.02)
    box((1.9, 0.1, 1.0), paint(WALNUT), at=(0.2, 2.1, 0.05), bevel=0.03)
    box((1.8, 2.1, 0.32), paint(WHITE), at=(0.2, 1.0, 0.3), bevel=0.09)
    folds = rolling(8, size=0.9, height=0.06)
    sheet(
        lambda x, y: 0.05 + folds(x, y) - 3 * (abs(x) > 0.93) * (abs(x) - 0.93),
        2.1,
        1.4,
        paint((0.25, 0.3, 0.5), roughness=0.9),
        at=(0.2, 0.6, 0.63),
    )
    for x in (-0.28, 0.68):
        box((0.75, 0.5, 0.3), paint((0.8, 0.75, 0.7), roughness=0.9), at=(x, 1.72, 0.58), turn=(14, 0, 0), soft=4)
    box((0.5, 0.45, 0.5), paint(WALNUT), at=(-1.2, 1.85, 0), bevel=0.015)
    lathe(
        [(0.001, 0), (0.09, 0), (0.1, 0.05), (0.03, 0.14), (0.02, 0.28)],
        paint((0.3, 0.5, 0.5), roughness=0.15),
        at=(-1.2, 1.85, 0.5),
    )
    tube(0.17, 0.24, paint((0.9, 0.7, 0.4)), at=(-1.2, 1.85, 0.76), top=0.11)
    bulb((-1.2, 1.65, 0.72), energy=20, colour=(1, 0.66, 0.35))
    bulb((-1.2, 1.85, 1.05), energy=16, colour=(1, 0.66, 0.35))
    frame_on_wall(
        0.6,
        0.8,
        paint((0.7, 0.7, 0.6), (0.1, 0.1, 0.12), pattern="Voronoi", scale=6),
        paint((0.6, 0.45, 0.2), metallic=1),
        at=(1.7, 2.13, 1.3),
    )
    panel((3, -2, 2.4), toward=(0, 1, 0.5), size=1.4, energy=25, colour=(0.45, 0.6, 1))
    return Shot(
        eye=(1.6, -2.2, 1.5), target=(-0.1, 1.3, 0.75), lens=28, pan=(0.025, -0.01, 0), drift=(-0.025, 0.01, 0), look="Filmic"
    )


def warehouse(maps):
    surround(place=maps["warehouse"], strength=1.0, turn=40)
    box((30, 30, 0.1), paint((0.3, 0.29, 0.28), (0.2, 0.2, 0.2), pattern="Noise", scale=0.6, roughness=0.5), at=(0, 0, -0.1))
    wood = paint((0.5, 0.33, 0.17), (0.3, 0.18, 0.08), pattern="Grain", scale=5)
    for x, y, z, size, turn in ((-1.2, 1.5, 0, 1.1, 8), (0.1, 1.9, 0, 0.9, -12), (-1.1, 1.5, 1.1, 0.75, 25), (1.9, 3.2, 0, 1.3, 4)):
        box((size, size, size), wood, at=(x, y, z), turn=(0, 0, turn), bevel=0.01)
        for low in (0.0, 0.88):
            box((size * 1.06, size * 1.06, 0.12 * size), wood, at=(x, y, z + low * size), turn=(0, 0, turn), bevel=0.01)
    for x, y, colour in ((1.0, 0.9, (0.08, 0.2, 0.5)), (1.65, 1.3, (0.6, 0.3, 0.02)), (-2.4, 0.8, (0.4, 0.05, 0.04))):
        barrel = [
            (0.001, 0),
            (0.28, 0),
            (0.28, 0.28),
            (0.3, 0.3),
            (0.28, 0.32),
            (0.28, 0.58),
            (0.3, 0.6),
            (0.28, 0.62),
            (0.28, 0.9),
            (0.001, 0.9),
        ]
        lathe(barrel, paint(colour, tuple(0.6 * part for part in colour), pattern="Noise", scale=5, roughness=0.3), at=(x, y, 0))
    for k in range(4):
        box((1.0, 0.11, 0.02), wood, at=(-0.2, 0.2 + 0.2 * k, 0.12))
    for x in (-0.62, -0.2, 0.22):
        box((0.09, 0.75, 0.12), wood, at=(x, 0.5, 0))
    ring(0.3, 0.11, paint((0.03, 0.03, 0.03), roughness=0.8), at=(-0.3, 0.4, 0.25), turn=(0, 0, 0))
    box((0.15, 8, 3.2), paint((0.5, 0.52, 0.55), (0.2, 0.21, 0.22), pattern="Brick", scale=0.9), at=(3.2, 4, 0))
    return Shot(eye=(-0.5, -3.0, 1.5), target=(0, 1.6, 0.7), lens=30, pan=(-0.035, 0, 0), drift=(0.035, 0, 0))


def staircase(_maps):
    surround((0.8, 0.9, 1), strength=0.35)
    marble = paint((0.75, 0.73, 0.7), (0.35, 0.33, 0.32), pattern="Marble", scale=0.9, roughness=0.2)
    for k in range(12):
        box((1.6, 0.32, 0.17), marble, at=(0, 0.3 * k, 0.17 * k), bevel=0.008)
        box((1.56, 0.28, 0.17 * k + 0.01), paint((0.6, 0.55, 0.45)), at=(0, 0.3 * k + 0.02, 0))
        tube(0.015, 0.85, paint((0.05, 0.05, 0.05), metallic=1, roughness=0.4), at=(-0.72, 0.3 * k, 0.17 * k + 0.17))
    wire([(-0.72, 0, 1.02), (-0.72, 3.3, 2.89)], 0.03, paint((0.3, 0.15, 0.06), roughness=0.3), round_=False)
    box((0.1, 8, 5), paint((0.6, 0.25, 0.15), (0.55, 0.5, 0.45), pattern="Brick", scale=1.3), at=(0.9, 2, -0.5))
    box((5, 0.1, 5), paint((0.65, 0.62, 0.55)), at=(-1.5, 4.2, -0.5))
    box((6, 4, 0.1), paint((0.15, 0.12, 0.1)), at=(-1, -1, -0.1))
    lathe(
        [(0.001, 0), (0.2, 0), (0.2, 0.05), (0.14, 0.1), (0.13, 0.8), (0.2, 0.9), (0.001, 0.9)],
        marble,
        at=(-1.25, 0.3, 0),
        flutes=20,
        depth=0.12,
    )
    monkey(0.28, paint((0.1, 0.3, 0.22), metallic=0.6, roughness=0.4), at=(-1.25, 0.3, 1.14), turn=(-10, 0, 25))
    panel((-3, 0, 4), toward=(0, 2, 1), size=1.2, energy=220, colour=(1, 0.95, 0.85))
    return Shot(
        eye=(-0.5, -2.6, 1.25),
        target=(-0.15, 1.6, 1.2),
        lens=27,
        size=(180, 240),
        pan=(-0.02, -0.02, -0.005),
        drift=(0.02, 0.02, 0.005),
    )


def attic(_maps):
    """Roof and rafters seen from below: no ground."""
    surround((0.7, 0.8, 1), strength=0.5)
    boards = paint((0.4, 0.25, 0.12), (0.1, 0.06, 0.03), pattern="Planks", scale=1.5)
    beam = paint((0.14, 0.08, 0.04), (0.08, 0.04, 0.02), pattern="Grain", scale=4)
    for side in (-1, 1):
        box((4.2, 9, 0.08), boards, at=(side * 1.55, 2.5, 2.4), turn=(0, side * 42, 0))
        for k in range(6):
            box((4.2, 0.14, 0.2), beam, at=(side * 1.5, -0.6 + 1.3 * k, 2.25), turn=(0, side * 42, 0), bevel=0.01)
    for k in range(3):
        box((3.4, 0.16, 0.2), beam, at=(0, 0.7 + 2.6 * k, 2.15), bevel=0.01)
    for side in (-1, 1):
        box((0.1, 9, 2.2), boards, at=(side * 2.75, 2.5, -0.6))
    box((6, 0.1, 4), paint((0.62, 0.6, 0.55), (0.52, 0.5, 0.45), pattern="Noise", scale=1.5), at=(0, 6.4, 0.5))
    box((0.9, 0.06, 1.1), paint((0.7, 0.85, 1), glow=2.5), at=(0, 6.35, 1.3))
    for x in (-0.47, 0, 0.47):
        box((0.05, 0.1, 1.2), paint(WHITE), at=(x, 6.3, 1.25))
    wire([(0, 1.4, 3.7), (0, 1.4, 2.0)], 0.012, paint((0.02, 0.02, 0.02)), round_=False)
    shade = lathe(
        [(0.05, 0.2), (0.07, 0.19), (0.26, 0), (0.25, 0), (0.05, 0.18)], paint((0.5, 0.08, 0.05), roughness=0.2), at=(0, 1.4, 1.85)
    )
    bulb((0, 1.4, 1.8), energy=60)
    panel((1.2, -1, 0.3), toward=(-0.5, 3, 3), size=1.2, energy=90)
    return Shot(
        eye=(0.35, -1.7, 1.2),
        target=(-0.1, 3, 2.35),
        lens=24,
        pan=(0.025, 0, 0),
        drift=(-0.025, 0, 0),
        movers=[(shade, (0.012, 0, 0), (0, 1.0, 0))],
    )


SCENES = {
    function.__name__: function
    for function in (
        living_room,
        kitchen,
        bedroom,
        warehouse,
        staircase,
        attic,
    )
}
