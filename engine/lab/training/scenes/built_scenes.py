"""Random scenes of built places: facades, streets, rooms, worktops, lofts, stairs. World axes +X right, +Y up.

Walls lie along the axes, so that bricks, tiles and boards do too; the camera looks from any side.
"""

import numpy as np

from . import built, furniture, organic, surfaces
from .scene import Camera, Thing, Zoo, before, floor, looking, wall
from .surfaces import rotation


def _window(rng: np.random.Generator, *, x: float, y: float, wide: float, high: float) -> list[Thing]:
    """Build a window in a wall at z = 0: pane, frame, maybe a sill, shutters, a balcony."""
    proud, bar = rng.uniform(0.02, 0.12), rng.uniform(0.04, 0.12)
    things = [Thing(surface=built.slab([x - wide, y, 0], [x + wide, y + high, 0.01]), hint="glass")]
    frame = [built.slab([x + s * wide - bar, y, 0], [x + s * wide + bar, y + high, proud]) for s in (-1, 1)]
    frame += [built.slab([x - wide, y + h - bar, 0], [x + wide, y + h + bar, proud]) for h in (0, high)]
    if rng.random() < 0.6:
        frame.append(built.slab([x - bar / 2, y, 0], [x + bar / 2, y + high, proud * 0.7]))
    if rng.random() < 0.5:
        frame.append(built.slab([x - wide * 1.2, y - 0.12, 0], [x + wide * 1.2, y - 0.02, proud + 0.15]))
    things.append(Thing(surface=surfaces.joined(frame), hint="paint"))
    if rng.random() < 0.25:
        deep = rng.uniform(0.4, 1.2)
        rails = [built.slab([x - wide * 1.5, y - 0.15, 0], [x + wide * 1.5, y, deep])]
        rails += [built.slab([x - wide * 1.5, y + 0.9, deep - 0.05], [x + wide * 1.5, y + 0.96, deep])]
        for post in np.linspace(-1.48, 1.48, int(rng.integers(4, 14))):
            rails.append(built.slab([x + wide * post - 0.015, y, deep - 0.04], [x + wide * post + 0.015, y + 0.9, deep - 0.01]))
        things.append(Thing(surface=surfaces.joined(rails)))
    return things


def facade(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Build a wall outdoors that fills most of the view: windows, signs, pipes, paint; maybe a second wall, ground, someone
    before it."""
    rng = zoo.rng
    high = float(rng.choice([4, 9, 25]))
    wide = rng.uniform(4, 20)
    things = [wall(wide=wide, high=high, hint=str(rng.choice(["brick", "mural", "wall", "board"], p=[0.35, 0.3, 0.25, 0.1])))]
    if rng.random() < 0.8:
        step_x, step_y = rng.uniform(1.6, 4), rng.uniform(2.4, 3.6)
        size = rng.uniform(0.3, 0.8), rng.uniform(0.8, 2.0)
        skipped = rng.uniform(0, 0.5)
        for x in np.arange(-wide + 1, wide - 0.5, step_x):
            for y in np.arange(0.8, high - 1.5, step_y):
                if rng.random() > skipped and len(things) < 60:
                    things += _window(rng, x=float(x), y=float(y), wide=size[0], high=size[1])
    if rng.random() < 0.4:
        sign = built.relief(rng).moved(np.eye(3) * rng.uniform(0.6, 2.0), np.array([rng.normal() * 2, rng.uniform(1, 3), 0.02]))
        things.append(Thing(surface=sign))
    for _ in range(int(rng.integers(0, 5))):
        x, y = rng.uniform(-4, 4), rng.uniform(0.3, high * 0.7)
        w, h = rng.uniform(0.1, 1.2, 2)
        things.append(
            Thing(
                surface=built.slab([x - w, y, 0], [x + w, y + 2 * h, rng.uniform(0.02, 0.3)]),
                hint=str(rng.choice(["paint", "mural", "any"])),
            )
        )
    for _ in range(int(rng.integers(0, 3))):
        x = rng.uniform(-5, 5)
        pipe = built.beam([x, 0, 0.1], [x, high, 0.1], thick=rng.uniform(0.05, 0.2))
        if rng.random() < 0.4:
            pipe = built.beam(
                [-wide, rng.uniform(0.5, high), 0.1], [wide, rng.uniform(0.5, high), 0.1], thick=rng.uniform(0.05, 0.3)
            )
        things.append(Thing(surface=pipe))
    if rng.random() < 0.35:
        side = wall(wide=wide, high=high * rng.uniform(0.5, 1.5), hint=str(rng.choice(["brick", "wall"])))
        turn = rotation([0, 1, 0], rng.choice([-1, 1]) * rng.uniform(0.5, 1.6))
        things.append(Thing(surface=side.surface.moved(turn, np.array([wide, 0, rng.uniform(-1, 1)])), hint=side.hint))
    if rng.random() < 0.6:
        things.append(floor(reach=60))
        for _ in range(int(rng.integers(0, 3))):
            place = np.array([rng.normal() * 2, 0, rng.uniform(0.4, 2.5)])
            make = (organic.figure, surfaces.box, surfaces.cylinder, built.rosette)[rng.integers(4)]
            things.append(Thing(surface=zoo.stand(make, at=place, size=rng.uniform(0.6, 1.8), tumble=False)))
    target = np.array([rng.uniform(-0.6, 0.6) * min(wide, 5), rng.uniform(0.8, min(high, 12)), 0.0])
    camera = before(rng, target, near=2, far=11, aside=1.15, height=(0.5, 2.5) if rng.random() < 0.7 else (0.5, max(high * 0.8, 2)))
    return things, camera


def counter(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Build a worktop or shelves along a wall with things on it: kitchens, bars, workbenches, sideboards."""
    rng = zoo.rng
    things = [wall(wide=5, high=3.2, hint=str(rng.choice(["tile", "tile", "wall", "brick", "board"]))), floor(reach=6)]
    level, deep = rng.uniform(0.7, 1.1), rng.uniform(0.35, 0.8)
    things.append(Thing(surface=built.slab([-4, level - 0.05, 0], [4, level, deep]), hint="board"))
    things.append(Thing(surface=built.slab([-4, 0.1, 0], [4, level - 0.05, deep - 0.04]), hint="paint"))
    step, proud = rng.uniform(0.35, 0.9), rng.uniform(0.01, 0.04)
    doors, knobs = [], []
    for x in np.arange(-4, 4, step):
        doors.append(built.slab([x + 0.015, 0.12, deep - 0.04], [x + step - 0.015, level - 0.08, deep - 0.04 + proud]))
        inner = rng.uniform(0.05, 0.09)
        if proud > 0.02:
            doors.append(built.slab([x + inner, 0.2, deep - 0.04], [x + step - inner, level - 0.16, deep - 0.03 + proud]))
        knobs.append(built.slab([x + step * 0.8, level * 0.7, deep], [x + step * 0.86, level * 0.74, deep + 0.04]))
    things += [Thing(surface=surfaces.joined(doors), hint="paint"), Thing(surface=surfaces.joined(knobs), hint="metal")]
    if rng.random() < 0.6:
        low, out = level + rng.uniform(0.4, 0.8), rng.uniform(0.2, 0.4)
        for x in np.arange(-4, 4, step * 2):
            if rng.random() < 0.8:
                things.append(Thing(surface=built.slab([x, low, 0], [x + step * 2 - 0.01, low + 0.7, out]), hint="board"))
    makes = (built.cup, built.cup, surfaces.lathe, surfaces.superquadric, surfaces.box, built.plate, built.rosette, organic.blob)
    for _ in range(int(rng.integers(2, 14))):
        place = np.array([rng.uniform(-2, 2), level, rng.uniform(0.1, deep - 0.1)])
        make = makes[rng.integers(len(makes))]
        things.append(Thing(surface=zoo.stand(make, at=place, size=rng.uniform(0.1, 0.4), tumble=False)))
    target = np.array([rng.normal() * 0.8, level + rng.uniform(-0.2, 0.4), deep / 2])
    return things, before(rng, target, near=1.2, far=4.5, aside=0.9, height=(0.8, 2.0))


def loft(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Under a roof: sloping ceilings, beams, boarded ends, and things on the floor."""
    rng = zoo.rng
    wide, ridge, knee, deep = rng.uniform(2, 5), rng.uniform(2.4, 5), rng.uniform(0, 1.6), rng.uniform(4, 10)
    boarded = str(rng.choice(["board", "board", "wall"]))
    things = [floor(reach=30), wall(wide=wide, high=ridge, at=-deep, hint=str(rng.choice(["wall", "board", "brick"])))]
    for side in (-1, 1):
        eaves, top = np.array([side * wide, knee, 0]), np.array([0, ridge, 0])
        front, back = np.array([0, 0, 2.0]), np.array([0, 0, -deep])
        roof = [eaves + front, eaves + back, top + back, top + front]
        things.append(Thing(surface=surfaces.quad(roof), hint=boarded))
        corners = [[side * wide, 0, 2], [side * wide, 0, -deep], [side * wide, knee, -deep], [side * wide, knee, 2]]
        things.append(Thing(surface=surfaces.quad(corners), hint="wall"))
        for z in np.arange(-deep + 0.5, 1.5, rng.uniform(0.8, 2.5)):
            below = np.array([0, -0.1, z])
            things.append(Thing(surface=built.beam(eaves + below, top + below, thick=0.12, wide=0.18), hint="board"))
    tie = knee + (ridge - knee) * rng.uniform(0.1, 0.6)
    reach = wide * (ridge - tie) / max(ridge - knee, 0.1)
    for z in np.arange(-deep + 0.5, -0.5, rng.uniform(1.5, 4)):
        if rng.random() < 0.8:
            things.append(Thing(surface=built.beam([-reach, tie, z], [reach, tie, z], thick=0.14, wide=0.2), hint="board"))
            if rng.random() < 0.5:
                things.append(Thing(surface=built.beam([0, tie, z], [0, ridge, z], thick=0.14), hint="board"))
    if rng.random() < 0.6:
        window = _window(rng, x=rng.normal() * 0.3, y=rng.uniform(0.6, 1.2), wide=0.45, high=0.9)
        things += _moved(window, np.eye(3), np.array([0, 0, -deep]))
    for _ in range(int(rng.integers(0, 8))):
        place = np.array([rng.uniform(-0.8, 0.8) * wide, 0, rng.uniform(-deep, -1)])
        make = (surfaces.box, surfaces.box, surfaces.cylinder, organic.sheet, organic.figure)[rng.integers(5)]
        things.append(Thing(surface=zoo.stand(make, at=place, size=rng.uniform(0.4, 1.4), tumble=False)))
    eye = np.array([rng.uniform(-0.5, 0.5) * wide, rng.uniform(0.8, 1.9), rng.uniform(-0.5, 1.9)])
    target = np.array([rng.normal() * wide * 0.4, rng.uniform(0.6, ridge * 0.9), -deep * rng.uniform(0.4, 1)])
    return things, looking(eye, target, focal=rng.uniform(0.5, 1.3), roll=rng.normal() * 0.04)


def stairway(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Build a flight of steps between walls, with a rail, seen from below or above."""
    rng = zoo.rng
    steps, wide = built.stairs(rng), rng.uniform(0.6, 2.5)
    top, back = steps.triangles[..., 1].max(), steps.triangles[..., 2].min()
    things = [
        floor(reach=20),
        Thing(surface=steps.moved(np.diag([wide, 1, 1]), np.zeros(3)), hint=str(rng.choice(["floor", "board", "tile", "any"]))),
    ]
    things.append(Thing(surface=built.slab([-wide * 3, top - 0.2, back - 4], [wide * 3, top, back]), hint="floor"))
    things.append(wall(wide=12, high=7, at=back - rng.uniform(0.5, 4)))
    for side in (-1, 1):
        if rng.random() < 0.6:
            gap = wide * rng.uniform(1, 1.5)
            corners = [[side * gap, 0, 5], [side * gap, 0, -9], [side * gap, 6, -9], [side * gap, 6, 5]]
            things.append(Thing(surface=surfaces.quad(corners), hint=str(rng.choice(["wall", "brick", "tile"]))))
        if rng.random() < 0.6:
            rail = [built.beam([side * wide * 0.95, 0.9, 0], [side * wide * 0.95, top + 0.9, back], thick=0.06)]
            for share in np.linspace(0, 1, 8):
                foot = np.array([side * wide * 0.95, top * share, back * share])
                rail.append(built.beam(foot, foot + np.array([0, 0.9, 0.001]), thick=0.03))
            things.append(Thing(surface=surfaces.joined(rail), hint="metal"))
    for _ in range(int(rng.integers(0, 3))):
        make = (organic.figure, surfaces.box, built.rosette)[rng.integers(3)]
        place = np.array([rng.uniform(-1.5, 1.5) * wide, 0, rng.uniform(0.3, 1.5)])
        things.append(Thing(surface=zoo.stand(make, at=place, size=rng.uniform(0.5, 1.7), tumble=False)))
    if rng.random() < 0.75:
        eye = np.array([rng.normal() * wide * 0.6, rng.uniform(0.6, 2), rng.uniform(1.2, 4)])
        target = np.array([rng.normal() * 0.4, rng.uniform(0.3, top), back * 0.6])
    else:
        eye = np.array([rng.normal() * wide * 0.4, top + rng.uniform(0.8, 1.9), back - rng.uniform(0, 1.5)])
        target = np.array([rng.normal() * 0.4, 0.2, rng.uniform(-1, 1)])
    return things, looking(eye, target, focal=rng.uniform(0.5, 1.4), roll=rng.normal() * 0.04)


def lane(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Build a street between rows of houses, with kerbs, cars, lamps and people, seen along it or across."""
    rng = zoo.rng
    half, walk = rng.uniform(3, 9), rng.uniform(0.5, 2.5)
    things = [floor(reach=90)]
    for side in (-1, 1):
        if rng.random() < 0.85:
            kerb = built.slab([side * half - walk, 0, -70], [side * half + walk, rng.uniform(0.08, 0.18), 8])
            things.append(Thing(surface=kerb, hint="floor"))
        z = 6.0
        while z > -55 and len(things) < 150:
            wide, high = rng.uniform(2.5, 8), rng.uniform(4, 14)
            turn, place = rotation([0, 1, 0], -side * np.pi / 2), np.array([side * (half + walk), 0, z - wide])
            place[0] += side * rng.uniform(-0.6, 0.6)
            block = built.slab([-wide, 0, -6], [wide, high, 0]).moved(turn, place)
            things.append(Thing(surface=block, hint=str(rng.choice(["brick", "wall", "wall", "board"]))))
            things += _moved(_row(rng, wide=wide, high=high, most=24 if z > -20 else 6), turn, place)
            z -= 2 * wide + rng.choice([0.0, 0.0, rng.uniform(0.5, 4)])
    makes = (
        furniture.car,
        furniture.car,
        furniture.car,
        furniture.lamp,
        organic.figure,
        furniture.crate,
        furniture.barrel,
        organic.bush,
    )
    for _ in range(int(rng.integers(2, 12))):
        make = makes[rng.integers(len(makes))]
        at = np.array([rng.uniform(-half, half), 0, -np.exp(rng.uniform(np.log(4), np.log(30)))])
        turned = rotation([0, 1, 0], rng.choice([np.pi / 2, rng.uniform(0, 2 * np.pi)], p=[0.7, 0.3]))
        thing = zoo.draw(make)
        size = rng.uniform(1.5, 1.9) / 1.4 if make is organic.figure else rng.uniform(0.9, 1.3)
        low = thing.triangles[..., 1].min()
        surface = thing.moved(turned * size, at - np.array([0, low * size, 0]))
        things.append(Thing(surface=surface, hint="plant" if make is organic.bush else "paint", clutter=make is organic.bush))
    eye = np.array([rng.uniform(-0.8, 0.8) * half, rng.choice([rng.uniform(0.5, 2.2), rng.uniform(2, 7)], p=[0.8, 0.2]), 1.0])
    target = np.array([rng.normal() * half * 0.8, rng.uniform(0.3, 3.0), -rng.uniform(6, 20)])
    return things, looking(eye, target, focal=rng.uniform(0.55, 1.8), roll=rng.normal() * 0.03)


def furnished(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Build a furnished room or a store: furniture along the walls and on the floor, doors, windows, pictures, columns."""
    rng = zoo.rng
    wide, high, deep = rng.uniform(2, 6), rng.uniform(2.3, 5), rng.uniform(2.5, 8)
    paper = str(rng.choice(["wall", "plain", "brick", "tile", "board"], p=[0.4, 0.25, 0.15, 0.1, 0.1]))
    things = [Thing(surface=floor(reach=20).surface, hint=str(rng.choice(["floor", "board", "plain", "cloth"])))]
    back = [wall(wide=wide, high=high, hint=paper), *_row(rng, wide=wide, high=high, most=2)]
    things += _moved(back, np.eye(3), np.array([0, 0, -deep]))
    for side in (-1, 1):
        flank = [wall(wide=deep + 2, high=high, hint=paper), *_row(rng, wide=deep, high=high, most=2)]
        things += _moved(flank, rotation([0, 1, 0], -side * np.pi / 2), np.array([side * wide, 0, 0]))
    if rng.random() < 0.8:
        lid = [[-wide, high, -deep], [wide, high, -deep], [wide, high, deep], [-wide, high, deep]]
        things.append(Thing(surface=surfaces.quad(lid), hint="plain"))
    if rng.random() < 0.4:
        rug = built.slab([-1.3, 0, -1], [1.3, 0.01, 1]).moved(
            rotation([0, 1, 0], rng.normal() * 0.3), np.array([rng.normal(), 0, -deep / 2])
        )
        things.append(Thing(surface=rug, hint=str(rng.choice(["cloth", "mural"]))))
    pieces = (furniture.table, furniture.table, furniture.sofa, furniture.crate, furniture.crate, furniture.barrel, furniture.shelf)
    small = (surfaces.lathe, built.cup, surfaces.box, organic.blob, built.rosette, furniture.lamp, surfaces.torus)
    for _ in range(int(rng.integers(3, 12))):
        piece = zoo.draw(pieces[rng.integers(len(pieces))])
        at = np.array([rng.uniform(-0.85, 0.85) * wide, 0, rng.uniform(-0.9, 0.5) * deep])
        if rng.random() < 0.5:
            at[2] = -deep + 0.4
        yaw = rng.choice([0.0, np.pi / 2, -np.pi / 2, rng.uniform(0, 2 * np.pi)], p=[0.5, 0.12, 0.13, 0.25])
        surface = piece.moved(rotation([0, 1, 0], yaw), at)
        things.append(Thing(surface=surface, hint=str(rng.choice(["board", "paint", "cloth", "any"]))))
        if rng.random() < 0.5:
            on = at + np.array([0, surface.triangles[..., 1].max(), 0])
            top = zoo.stand(small[rng.integers(len(small))], at=on, size=rng.uniform(0.15, 0.5), tumble=False)
            things.append(Thing(surface=top))
    for _ in range(int(rng.integers(0, 3))):
        at = np.array([rng.uniform(-0.7, 0.7) * wide, 0, rng.uniform(-0.8, 0.3) * deep])
        things.append(Thing(surface=zoo.stand(organic.figure, at=at, size=rng.uniform(1.3, 1.8), tumble=False), hint="cloth"))
    eye = np.array([rng.uniform(-0.7, 0.7) * wide, rng.uniform(0.7, 1.9), deep * rng.uniform(0.2, 0.95)])
    target = np.array([rng.normal() * wide * 0.5, rng.uniform(0.4, 1.5), -deep * rng.uniform(0.2, 1)])
    return things, looking(eye, target, focal=rng.uniform(0.55, 1.5), roll=rng.normal() * 0.03)


def _row(rng: np.random.Generator, *, wide: float, high: float, most: int) -> list[Thing]:
    """Windows, doors and pictures on a wall in the plane z = 0."""
    things: list[Thing] = []
    size, step_y = (rng.uniform(0.3, 0.7), rng.uniform(0.8, 1.7)), rng.uniform(2.4, 3.4)
    for x in np.arange(-wide + 0.9, wide - 0.7, rng.uniform(1.5, 3)):
        for y in np.arange(0.9, high - size[1], step_y):
            if len(things) < most and rng.random() < 0.75:
                things += _window(rng, x=float(x), y=float(y), wide=size[0], high=size[1])
        if rng.random() < 0.2:
            deep = rng.uniform(0.02, 0.08)
            door = built.slab([x - 0.45, 0, 0], [x + 0.45, 2, deep])
            things.append(Thing(surface=door, hint="paint"))
        elif rng.random() < 0.2:
            y, w, h = rng.uniform(1, 1.6), *rng.uniform(0.15, 0.6, 2)
            things.append(Thing(surface=built.slab([x - w, y, 0], [x + w, y + 2 * h, 0.04]), hint="mural"))
    return things


def _moved(things: list[Thing], turn: np.ndarray, offset: np.ndarray) -> list[Thing]:
    return [Thing(surface=thing.surface.moved(turn, offset), hint=thing.hint, clutter=thing.clutter) for thing in things]
