"""Random scenes and cameras for ray casting. World axes +X right, +Y up; one unit is about a metre."""

import numpy as np

from . import built_scenes, close_scenes, organic, surfaces
from .scene import Camera, Thing, Zoo, looking, random_focal
from .surfaces import rotation, unit

SIMPLE = (surfaces.box, surfaces.cylinder, surfaces.torus, surfaces.superquadric, surfaces.lathe, surfaces.prism)
GROWN = (organic.blob, organic.rock, organic.figure, organic.figure, organic.metaballs, organic.branch)


def _height(points: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Ground height at `(N, 3)` places: that of the nearest terrain vertex (y is ignored)."""
    step = ((points[None, :, [0, 2]] - at[:, None, [0, 2]]) ** 2).sum(-1).argmin(1)
    return points[step, 1]


def _places(rng: np.random.Generator, *, count: int, near: float, far: float, spread: float) -> np.ndarray:
    """`(count, 3)` places on y = 0 in front of a camera near the origin that looks along -Z."""
    distance = np.exp(rng.uniform(np.log(near), np.log(far), count))
    return np.stack([distance * rng.uniform(-spread, spread, count), np.zeros(count), -distance], -1)


def _meadow(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Terrain to the horizon, figures, stones, bushes, patches of grass, trees behind."""
    rng = zoo.rng
    points, faces = organic.terrain(rng, extent=150, hills=float(rng.choice([0.05, 0.6, 1.5])))
    ground = surfaces.smooth(points, faces)
    things = [Thing(surface=ground, hint="ground")]
    for place in _places(rng, count=int(rng.integers(3, 14)), near=2.2, far=14, spread=0.6):
        place[1] = _height(points, place[None])[0]
        make = (*GROWN, *SIMPLE)[rng.integers(len(GROWN) + len(SIMPLE))]
        tumble = make not in (organic.figure, surfaces.prism, surfaces.lathe) or rng.random() < 0.15
        hint = "rock" if make is organic.rock else "any"
        things.append(Thing(surface=zoo.stand(make, at=place, size=rng.uniform(0.5, 2.6), tumble=tumble), hint=hint))
    for place in _places(rng, count=int(rng.integers(0, 16)), near=4, far=40, spread=0.8):
        place[1] = _height(points, place[None])[0] - 0.2
        size = rng.uniform(0.4, 1.6) * (1 if place[2] > -10 else 4)
        things.append(Thing(surface=zoo.stand(organic.bush, at=place, size=size, tumble=False), hint="plant", clutter=True))
    if rng.random() < 0.65:
        things.append(_lawn(rng, points))
    eye = np.array([0, rng.uniform(0.4, 2.6), 1.0])
    eye[1] += _height(points, eye[None])[0]
    target = np.array([rng.normal() * 0.8, eye[1] * rng.uniform(0.2, 1.1), -rng.uniform(3, 9)])
    return things, looking(eye, target, focal=random_focal(rng), roll=rng.normal() * 0.05)


def _lawn(rng: np.random.Generator, points: np.ndarray) -> Thing:
    """Grass near the camera, thinning with distance."""
    roots = _places(rng, count=int(rng.integers(15_000, 45_000)), near=1.0, far=18, spread=0.9)
    corners = points.reshape(int(np.sqrt(len(points))), -1, 3)
    line = corners[0, :, 0]
    column = np.clip(np.searchsorted(line, roots[:, 0]) - 1, 0, len(line) - 2)
    row = np.clip(np.searchsorted(line, roots[:, 2]) - 1, 0, len(line) - 2)
    u = ((roots[:, 0] - line[column]) / (line[column + 1] - line[column]))[:, None]
    v = ((roots[:, 2] - line[row]) / (line[row + 1] - line[row]))[:, None]
    base, right, down = corners[row, column], corners[row, column + 1], corners[row + 1, column]
    roots[:, 1] = (base + u * (right - base) + v * (down - base))[:, 1]
    normals = unit(np.cross(down - base, right - base))
    blades = organic.grass(rng, roots=roots, ground=normals, height=rng.uniform(0.05, 0.35))
    return Thing(surface=blades, hint="plant", clutter=True)


def _street(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Flat ground with slabs, houses and people."""
    rng = zoo.rng
    floor = surfaces.quad([[-200, 0, 200], [200, 0, 200], [200, 0, -200], [-200, 0, -200]])
    things = [Thing(surface=floor, hint="ground")]
    heading = rotation([0, 1, 0], rng.uniform(-0.8, 0.8))
    plots = _places(rng, count=int(rng.integers(3, 14)), near=9, far=45, spread=1.1)
    if rng.random() < 0.5:
        plots[:, 0] = rng.choice([-1, 1], len(plots)) * rng.uniform(4, 8, len(plots))
        plots[:, 2] = np.linspace(2, -35, len(plots))
        heading = rotation([0, 1, 0], rng.normal() * 0.1)
    for place in plots:
        make = (surfaces.box, surfaces.box, surfaces.prism, surfaces.cylinder)[rng.integers(4)]
        house = zoo.draw(make).moved(heading @ np.diag(rng.uniform(1, 5, 3) * [1, 1.5, 1]), place)
        things.append(Thing(surface=house, hint="wall"))
    for place in _places(rng, count=int(rng.integers(3, 12)), near=2, far=12, spread=0.6):
        make = (organic.figure, organic.figure, surfaces.superquadric, surfaces.cylinder, organic.bush)[rng.integers(5)]
        clutter = make is organic.bush
        surface = zoo.stand(make, at=place, size=rng.uniform(0.6, 2), tumble=False)
        things.append(Thing(surface=surface, hint="plant" if clutter else "any", clutter=clutter))
    eye = np.array([0, rng.uniform(0.5, 3.5), 0.0])
    target = np.array([rng.normal(), rng.uniform(0.2, 1.8), -rng.uniform(4, 10)])
    return things, looking(eye, target, focal=random_focal(rng), roll=rng.normal() * 0.04)


def _room(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Return the inside of a box with things along its walls and on its floor."""
    rng = zoo.rng
    wide, high, deep = rng.uniform(2, 5), rng.uniform(2.2, 4), rng.uniform(2, 6)
    low, top = np.array([-wide, 0, -deep]), np.array([wide, high, deep])
    corner = np.array([[(low, top)[(k >> axis) & 1][axis] for axis in range(3)] for k in range(8)])
    sides = ((0, 4, 5, 1), (2, 3, 7, 6), (0, 1, 3, 2), (4, 6, 7, 5), (0, 2, 6, 4), (1, 5, 7, 3))
    hints = ("ground", "wall", "wall", "wall", "wall", "wall")
    things = [Thing(surface=surfaces.quad(corner[list(side)]), hint=hint) for side, hint in zip(sides, hints, strict=True)]
    spots = rng.uniform(low + 0.3, top - 0.3, (int(rng.integers(6, 18)), 3))
    for spot in spots:
        spot[1] = 0 if rng.random() < 0.75 else spot[1]
        make = (*SIMPLE, surfaces.box, surfaces.box, organic.figure, organic.blob, organic.sheet)[rng.integers(len(SIMPLE) + 5)]
        surface = zoo.stand(make, at=spot, size=rng.uniform(0.4, 2.2), tumble=rng.random() < 0.2)
        things.append(Thing(surface=surface))
    eye = np.array([rng.uniform(-0.6, 0.6) * wide, rng.uniform(0.6, 2.0), deep * rng.uniform(0.5, 0.95)])
    target = np.array([rng.uniform(-0.9, 0.9) * wide, rng.uniform(0.2, 1.8), -deep * rng.uniform(0, 0.9)])
    return things, looking(eye, target, focal=rng.uniform(0.5, 1.2), roll=rng.normal() * 0.04)


def _studio(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Build a few things from close by, before a cloth, a table, a wall or nothing."""
    rng = zoo.rng
    things = []
    backdrop = rng.choice(["none", "table", "wall", "cloth"])
    level = -0.8
    if backdrop == "table":
        plate = surfaces.quad([[-9, level, 9], [9, level, 9], [9, level, -9], [-9, level, -9]])
        things.append(Thing(surface=plate, hint="ground"))
    if backdrop == "wall":
        wall = surfaces.quad([[-9, -9, -1.5], [9, -9, -1.5], [9, 9, -1.5], [-9, 9, -1.5]])
        things.append(Thing(surface=wall.moved(rotation([0, 1, 0], rng.normal() * 0.35), np.zeros(3)), hint="wall"))
    if backdrop == "cloth":
        spread = np.diag([5.0, 5.0, 5.0]) @ rotation(rng.normal(size=3), rng.uniform(0, 1))
        things.append(Thing(surface=organic.sheet(rng).moved(spread, np.array([0, 0, -2.5]))))
    makes = (*SIMPLE, *GROWN, *GROWN, organic.sheet)
    for _ in range(int(rng.integers(1, 7))):
        make = makes[rng.integers(len(makes))]
        place = np.array([rng.normal() * 0.6, level if backdrop == "table" else rng.normal() * 0.4 - 0.6, rng.normal() * 0.6])
        things.append(Thing(surface=zoo.stand(make, at=place, size=rng.uniform(0.6, 2.0), tumble=rng.random() < 0.6)))
    direction = unit(np.array([rng.normal() * 0.5, rng.uniform(-0.3 if backdrop != "table" else 0.1, 0.9), 1]))
    focal = random_focal(rng)
    eye, target = direction * rng.uniform(1.8, 3.2) * focal, rng.normal(size=3) * 0.2
    return things, looking(eye, target, focal=focal, roll=rng.normal() * 0.15)


def _thicket(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Overgrown banks and piles that fill the view: slopes of grass, stones, bushes, trunks."""
    rng = zoo.rng
    points, faces = organic.terrain(rng, extent=40, hills=float(rng.uniform(1.0, 3.0)))
    slope = rng.uniform(-0.4, 0.9)
    points[:, 1] += np.clip(-points[:, 2] - 3, 0, 8) * slope + points[:, 0] * rng.normal() * 0.2
    things = [Thing(surface=surfaces.smooth(points, faces), hint="ground")]
    if rng.random() < 0.75:
        things.append(_lawn(rng, points))
    for place in _places(rng, count=int(rng.integers(8, 26)), near=2.3, far=14, spread=0.7):
        make = (organic.rock, organic.bush, organic.bush, organic.branch, organic.figure, organic.blob)[rng.integers(6)]
        place[1] = _height(points, place[None])[0] - 0.1
        hint = {organic.rock: "rock", organic.bush: "plant", organic.branch: "rock"}.get(make, "any")
        surface = zoo.stand(make, at=place, size=rng.uniform(0.5, 2.8), tumble=make is not organic.figure)
        things.append(Thing(surface=surface, hint=hint, clutter=make is organic.bush))
    eye = np.array([0, _height(points, np.zeros((1, 3)))[0] + rng.uniform(0.5, 2.5), 0.5])
    target = np.array([rng.normal() * 0.8, eye[1] + rng.uniform(-1.2, 0.8), -rng.uniform(3, 7)])
    return things, looking(eye, target, focal=random_focal(rng), roll=rng.normal() * 0.05)


MAKERS = {
    "meadow": _meadow,
    "street": _street,
    "room": _room,
    "studio": _studio,
    "thicket": _thicket,
    "facade": built_scenes.facade,
    "counter": built_scenes.counter,
    "loft": built_scenes.loft,
    "table": close_scenes.table,
    "afloat": close_scenes.afloat,
    "curtain": close_scenes.curtain,
    "pots": close_scenes.pots,
    "stairway": built_scenes.stairway,
    "lane": built_scenes.lane,
    "furnished": built_scenes.furnished,
}
KINDS = tuple(MAKERS)


def random_scene(zoo: Zoo, *, kind: str) -> tuple[list[Thing], Camera]:
    """Things and a first camera for one of `KINDS`."""
    return MAKERS[kind](zoo)
