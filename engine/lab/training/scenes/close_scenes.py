"""Random scenes from close by, where the bottom of the picture is often not the floor: tables from above, things before a
backdrop or nothing, curtains, pots. World axes +X right, +Y up."""

import numpy as np

from . import built, organic, surfaces
from .scene import Camera, Thing, Zoo, before, floor, looking, random_focal, wall
from .surfaces import rotation, unit


def table(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Build a laid table, a desk or a floor with small things, seen from a slant to straight above."""
    rng = zoo.rng
    top = floor(reach=6) if rng.random() < 0.6 else Thing(surface=built.slab([-0.9, -0.05, -0.6], [0.9, 0, 0.6]))
    things = [Thing(surface=top.surface, hint=str(rng.choice(["cloth", "board", "tile", "any", "mural"])))]
    if rng.random() < 0.25:
        rippled = organic.sheet(rng)
        turned = rippled.moved(rotation([1, 0, 0], np.pi / 2), np.zeros(3)) if abs(rippled.label[..., 2].mean()) > 0.7 else rippled
        things[0] = Thing(surface=turned.moved(np.diag([1.6, 0.5, 1.6]), np.zeros(3)), hint="cloth")
        things.append(floor(reach=6, level=-0.12))
    makes = (
        built.plate,
        built.plate,
        built.cup,
        built.cup,
        surfaces.box,
        surfaces.superquadric,
        organic.blob,
        organic.rock,
        surfaces.torus,
    )
    for _ in range(int(rng.integers(2, 16))):
        place = np.array([rng.normal() * 0.4, 0, rng.normal() * 0.3])
        if rng.random() < 0.3:
            long, thin = rng.uniform(0.08, 0.25), rng.uniform(0.008, 0.1)
            bar = built.slab([-thin, 0, -long], [thin, rng.uniform(0.005, 0.05), long]).moved(
                rotation([0, 1, 0], rng.uniform(0, 6.3)), place
            )
            things.append(Thing(surface=bar, hint=str(rng.choice(["metal", "any", "mural"]))))
            continue
        shape = zoo.stand(makes[rng.integers(len(makes))], at=place, size=rng.uniform(0.06, 0.35), tumble=rng.random() < 0.15)
        things.append(Thing(surface=shape))
    pitch = rng.uniform(0.35, 1.53) if rng.random() < 0.5 else rng.uniform(1.2, 1.56)
    away, yaw = rng.uniform(0.7, 1.8), rng.uniform(0, 2 * np.pi)
    eye = away * np.array([np.cos(pitch) * np.sin(yaw), np.sin(pitch), np.cos(pitch) * np.cos(yaw)])
    target = np.array([rng.normal() * 0.2, 0, rng.normal() * 0.15])
    return things, looking(eye + target, target, focal=random_focal(rng), roll=rng.normal() * 0.1)


def afloat(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Return one thing before a backdrop or nothing, no ground in sight: a hand, a head, a machine, letters, a turned body."""
    rng = zoo.rng
    makes = (
        built.hand,
        built.hand,
        built.head,
        built.head,
        built.hull,
        built.hull,
        built.relief,
        organic.figure,
        surfaces.lathe,
        organic.blob,
    )
    make = makes[rng.integers(len(makes))]
    shape = zoo.draw(make)
    free = make not in (built.hand, built.head, built.relief)
    turn = (
        surfaces.random_rotation(rng) if free else rotation([0, 1, 0], rng.normal() * 0.6) @ rotation([1, 0, 0], rng.normal() * 0.2)
    )
    things = [Thing(surface=shape.moved(turn, np.zeros(3)), hint="skin" if make in (built.hand, built.head) else "any")]
    if rng.random() < 0.25:
        things.append(
            Thing(
                surface=zoo.draw(makes[rng.integers(len(makes))]).moved(
                    surfaces.random_rotation(rng) * 0.6, rng.normal(size=3) * [1.2, 0.6, 0.5]
                )
            )
        )
    if rng.random() < 0.65:
        back = wall(
            wide=30, high=30, low=-30, at=-rng.uniform(0.1, 4), hint=str(rng.choice(["plain", "plain", "wall", "brick", "board"]))
        )
        things.append(Thing(surface=back.surface.moved(rotation([0, 1, 0], rng.normal() * 0.25), np.zeros(3)), hint=back.hint))
    direction = unit(np.array([rng.normal() * 0.3, rng.normal() * 0.25, 1]))
    focal = random_focal(rng)
    eye, target = direction * rng.uniform(1.2, 3.0) * max(focal, 0.8), rng.normal(size=3) * [0.4, 0.3, 0.1]
    return things, looking(eye, target, focal=focal, roll=rng.normal() * 0.15)


def curtain(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Hanging cloth in folds, before a wall or a bright window, maybe with people in front."""
    rng = zoo.rng
    high = rng.uniform(2.2, 4)
    things = [wall(wide=8, high=high, hint=str(rng.choice(["wall", "plain", "glass"])))]
    left, share = -3.0, rng.uniform(0.5, 1.0)
    while left < 3:
        width = rng.uniform(0.5, 3)
        if rng.random() < share:
            stretch = np.diag([width / 2, high / 2, rng.uniform(0.5, 1.2)])
            things.append(
                Thing(surface=zoo.draw(built.pleats).moved(stretch, np.array([left + width / 2, high / 2, 0.3])), hint="cloth")
            )
        left += width * rng.uniform(0.9, 1.1)
    if rng.random() < 0.6:
        things.append(floor(reach=9))
        for _ in range(int(rng.integers(0, 4))):
            place = np.array([rng.normal(), 0, rng.uniform(0.8, 2)])
            make = (organic.figure, organic.figure, surfaces.box, built.head)[rng.integers(4)]
            things.append(Thing(surface=zoo.stand(make, at=place, size=rng.uniform(0.8, 1.8), tumble=False)))
    target = np.array([rng.normal(), rng.uniform(0.6, high * 0.8), 0.3])
    return things, before(rng, target, near=2.2, far=5, aside=0.8, height=(0.6, 2.2))


def pots(zoo: Zoo) -> tuple[list[Thing], Camera]:
    """Potted plants, vases and boxes before a wall or a fence."""
    rng = zoo.rng
    things = [floor(reach=12), wall(wide=9, high=rng.uniform(1, 5), hint=str(rng.choice(["brick", "wall", "board"])))]
    for _ in range(int(rng.integers(1, 7))):
        place, size = np.array([rng.normal() * 0.9, 0, rng.uniform(0.3, 1.6)]), rng.uniform(0.25, 0.7)
        pot = zoo.stand((surfaces.lathe, built.cup, surfaces.box)[rng.integers(3)], at=place, size=size * 0.7, tumble=False)
        things.append(Thing(surface=pot))
        root = place + np.array([0, size * 0.5, 0])
        leafy = (built.rosette, built.rosette, organic.bush)[rng.integers(3)]
        plant = zoo.stand(leafy, at=root, size=size * rng.uniform(1, 2.5), tumble=False)
        things.append(Thing(surface=plant, hint="plant", clutter=leafy is organic.bush))
    target = np.array([rng.normal() * 0.4, rng.uniform(0.2, 0.9), 0.8])
    return things, before(rng, target, near=1.2, far=4, aside=0.9, height=(0.4, 2.0))
