"""People-like figures, heads, hands and animals."""

import math

import numpy as np

from .kit import Shot, bulb, paint, panel, surround
from .shapes import ball, blob, box, lathe, rolling, rough, sheet, skinned, tube, words

SKIN, DARK_SKIN = (0.55, 0.3, 0.2), (0.16, 0.07, 0.04)


def person(skin, shirt, trousers, hair, *, at, turn=0.0, stride=0.25, arms=(-0.35, 0.3)):
    """Build a standing or walking figure, 1.75 m high, that faces -Y; gives its parts."""
    parts = []
    for side, swing in ((-1, stride), (1, -stride)):
        hip, knee, foot = (side * 0.1, 0, 0.92), (side * 0.11, -0.4 * swing - 0.03, 0.5), (side * 0.12, -swing + 0.02, 0.08)
        parts.append(skinned([(*hip, 0.1), (*knee, 0.07), (*foot, 0.05)], [(0, 1), (1, 2)], trousers))
        parts.append(
            ball(0.13, paint((0.04, 0.03, 0.03), roughness=0.3), at=(foot[0], foot[1] - 0.07, 0.06), stretch=(0.42, 1, 0.45))
        )
    trunk = [(0, 0, 0.9, 0.15), (0, 0.01, 1.1, 0.14), (0, 0, 1.3, 0.17), (0, 0, 1.44, 0.12), (0, 0, 1.52, 0.055)]
    parts.append(skinned(trunk, [(0, 1), (1, 2), (2, 3), (3, 4)], shirt))
    for side, swing in zip((-1, 1), arms, strict=True):
        shoulder, elbow, hand = (side * 0.17, 0, 1.42), (side * 0.27, -0.3 * swing, 1.16), (side * 0.26, -swing - 0.06, 0.95)
        parts.append(skinned([(*shoulder, 0.07), (*elbow, 0.052), (*hand, 0.04)], [(0, 1), (1, 2)], shirt))
        parts.append(ball(0.055, skin, at=hand, stretch=(0.7, 0.9, 1.4)))
    face = [(0, 0, 1.66, 0.1), (0, -0.02, 1.6, 0.075), (0, 0.03, 1.69, 0.09), (0, -0.105, 1.63, 0.02), (0, 0, 1.54, 0.055)]
    parts.append(blob(face, skin, fine=0.02))
    parts.append(ball(0.112, hair, at=(0, 0.03, 1.69), stretch=(1, 1.05, 0.92)))
    angle = math.radians(turn)
    for part in parts:
        x, y, z = part.location
        part.location = (
            at[0] + x * math.cos(angle) - y * math.sin(angle),
            at[1] + x * math.sin(angle) + y * math.cos(angle),
            at[2] + z,
        )
        part.rotation_euler[2] += angle
    return parts


def passers_by(_maps):
    surround(sky=(30, 300), strength=0.12)
    box((30, 30, 0.1), paint((0.42, 0.4, 0.37), (0.25, 0.24, 0.23), pattern="Brick", scale=0.8), at=(0, 5, -0.1))
    box((30, 0.4, 6), paint((0.58, 0.5, 0.38), (0.5, 0.42, 0.32), pattern="Noise", scale=1), at=(0, 6.5, 0))
    for k in range(6):
        box((1.6, 0.1, 2.6), paint((0.04, 0.06, 0.08), roughness=0.08), at=(-7 + 2.9 * k, 6.27, 0.7))
        box((1.9, 0.3, 0.12), paint((0.7, 0.68, 0.62)), at=(-7 + 2.9 * k, 6.25, 0.58), bevel=0.02)
    hair, stripes = paint((0.03, 0.02, 0.015)), paint((0.7, 0.7, 0.68), (0.05, 0.1, 0.3), pattern="Stripes", scale=3, hard=True)
    walking = person(paint(SKIN), paint((0.45, 0.05, 0.05)), paint((0.05, 0.07, 0.14)), hair, at=(-0.75, 0.4, 0), turn=35)
    person(
        paint(DARK_SKIN),
        paint((0.6, 0.5, 0.1)),
        paint((0.2, 0.18, 0.15)),
        hair,
        at=(0.6, 1.0, 0),
        turn=-20,
        stride=0.1,
        arms=(0.1, 0.55),
    )
    person(paint(SKIN), stripes, paint((0.3, 0.28, 0.24)), paint((0.3, 0.18, 0.07)), at=(1.9, 3.2, 0), turn=200, stride=-0.28)
    person(paint(SKIN), paint((0.1, 0.25, 0.15)), paint((0.03, 0.03, 0.03)), hair, at=(-2.6, 3.8, 0), turn=80, stride=0.3)
    return Shot(
        eye=(0.1, -3.6, 1.5),
        target=(0, 1, 0.98),
        lens=33,
        drift=(0.03, 0, 0),
        movers=[(part, (0.012, -0.018, 0), (0, 0, 0)) for part in walking],
    )


def stage(_maps):
    """Return two figures under coloured lamps from the sides and from below, before a dark backdrop."""
    surround((1, 1, 1), strength=0.02)
    box((8, 5, 0.1), paint((0.06, 0.05, 0.05), (0.03, 0.02, 0.02), pattern="Planks", scale=1.4, roughness=0.4), at=(0, 0, -0.1))
    folds = rolling(2, size=0.7, height=0.0)
    sheet(
        lambda x, y: 0.12 * np.sin(x * 9 + 0.6 * np.sin(y * 1.5)) + folds(x, y),
        8,
        4,
        paint((0.25, 0.02, 0.03), roughness=0.9),
        at=(0, 1.9, 2),
        turn=(90, 0, 0),
        count=240,
    )
    hair = paint((0.02, 0.02, 0.02))
    left = person(
        paint(SKIN), paint((0.7, 0.7, 0.72)), paint((0.1, 0.1, 0.12)), hair, at=(-0.55, 0, 0), turn=25, stride=0.15, arms=(0.5, 0.2)
    )
    person(
        paint(DARK_SKIN),
        paint((0.1, 0.3, 0.4)),
        paint((0.4, 0.35, 0.25)),
        hair,
        at=(0.6, 0.3, 0),
        turn=-35,
        stride=0.05,
        arms=(0.15, 0.6),
    )
    tube(0.012, 1.35, paint((0.6, 0.6, 0.6), metallic=1, roughness=0.3), at=(0.05, -0.5, 0))
    ball(0.045, paint((0.1, 0.1, 0.1), metallic=1, roughness=0.5), at=(0.05, -0.5, 1.38))
    panel((-3, -1.5, 2.6), toward=(0, 0, 1), size=0.5, energy=130, colour=(1, 0.35, 0.6))
    panel((3, -1.0, 1.8), toward=(0, 0, 1), size=0.5, energy=120, colour=(0.25, 0.6, 1))
    panel((0, -2.2, 0.15), toward=(0, 0.3, 1.2), size=0.7, energy=55, colour=(1, 0.85, 0.6))
    return Shot(
        eye=(0.2, -3.1, 1.05),
        target=(0, 0, 1.0),
        lens=36,
        pan=(0.02, 0, 0),
        drift=(-0.02, 0, 0),
        look="Filmic",
        movers=[(part, (0.01, 0, 0), (0, 0, 0)) for part in left],
    )


def portrait(_maps):
    """Build a head and shoulders modelled from melted balls, lit from the side."""
    surround((0.6, 0.7, 0.9), strength=0.35)
    box((6, 0.1, 4), paint((0.22, 0.25, 0.23), (0.17, 0.2, 0.18), pattern="Noise", scale=0.9), at=(0, 1.6, 0))
    head = [
        (0, 0, 1.72, 0.105),
        (0, 0.05, 1.74, 0.1),
        (0, -0.035, 1.62, 0.07),
        (0, -0.05, 1.575, 0.042),
        (0.045, -0.05, 1.645, 0.035),
        (-0.045, -0.05, 1.645, 0.035),
    ]
    head += [
        (0, -0.1, 1.675, 0.014),
        (0, -0.113, 1.655, 0.016),
        (0, -0.118, 1.642, 0.019),
        (0.016, -0.1, 1.637, 0.013),
        (-0.016, -0.1, 1.637, 0.013),
    ]
    head += [
        (0.02, -0.088, 1.6, 0.014),
        (-0.02, -0.088, 1.6, 0.014),
        (0, -0.092, 1.602, 0.014),
        (0.1, 0.01, 1.66, 0.024),
        (-0.1, 0.01, 1.66, 0.024),
    ]
    head += [
        (0.037, -0.085, 1.7, 0.02),
        (-0.037, -0.085, 1.7, 0.02),
        (0, 0.015, 1.54, 0.055),
        (0, 0.02, 1.48, 0.058),
        (0, 0.02, 1.44, 0.06),
    ]
    skin = paint((0.55, 0.3, 0.21), (0.5, 0.25, 0.17), pattern="Noise", scale=9, roughness=0.42)
    parts = [blob(head, skin, fine=0.011)]
    for side in (-1, 1):
        parts.append(ball(0.0135, paint((0.75, 0.75, 0.72), roughness=0.1), at=(side * 0.036, -0.091, 1.668)))
        parts.append(ball(0.006, paint((0.04, 0.03, 0.02), roughness=0.1), at=(side * 0.036, -0.1025, 1.668)))
    hair = ball(
        0.125,
        paint((0.07, 0.035, 0.02), (0.03, 0.015, 0.01), pattern="Grain", scale=20, roughness=0.5),
        at=(0, 0.045, 1.745),
        stretch=(1, 1.08, 0.98),
    )
    parts.append(rough(hair, size=0.03, strength=0.02))
    chest = [
        (0, 0.02, 1.2, 0.18),
        (0, 0.02, 1.36, 0.12),
        (0.16, 0.03, 1.36, 0.085),
        (-0.16, 0.03, 1.36, 0.085),
        (0.22, 0.03, 1.28, 0.08),
        (-0.22, 0.03, 1.28, 0.08),
        (0, 0, 1.1, 0.2),
    ]
    parts.append(blob(chest, paint((0.1, 0.16, 0.3), (0.55, 0.55, 0.5), pattern="Voronoi", scale=14), fine=0.03))
    for part in parts:
        part.rotation_euler[2] = math.radians(28)
        part.location = part.rotation_euler.to_matrix() @ part.location
    panel((-1.6, -1.1, 1.9), toward=(0, 0, 1.6), size=0.8, energy=45, colour=(1, 0.93, 0.85))
    panel((1.8, 0.6, 2.0), toward=(0, 0, 1.6), size=0.4, energy=25, colour=(0.7, 0.8, 1))
    return Shot(
        eye=(0.02, -1.05, 1.64),
        target=(0, 0, 1.6),
        lens=50,
        size=(180, 240),
        drift=(0.009, 0, 0),
        movers=[(part, (0, 0, 0), (0, 0, 1.2)) for part in parts],
    )


def hand(_maps):
    surround((1, 1, 1), strength=0.25)
    box((4, 3, 0.1), paint((0.16, 0.2, 0.22), (0.12, 0.15, 0.17), pattern="Noise", scale=4), at=(0, 0.8, 0.8), turn=(75, 0, 0))
    joints: list[tuple[float, float, float, float]] = [(0.02, 0, -0.35, 0.042), (0, 0, -0.05, 0.04), (0, 0, 0.06, 0.062)]
    bones = [(0, 1), (1, 2)]
    fingers = ((-0.075, 0.17, -14, 0.9), (-0.028, 0.2, -4, 1.0), (0.022, 0.195, 5, 0.97), (0.068, 0.165, 15, 0.78))
    for x, base, lean, long in fingers:
        first = len(joints)
        sway, curl = math.sin(math.radians(lean)), 0.035
        joints.append((x * 0.8, 0, base * 0.72, 0.026))
        for k, (reach, radius) in enumerate(((0.06, 0.019), (0.105, 0.017), (0.14, 0.013))):
            joints.append((x + sway * reach, -curl * k * 0.9, base + reach * long, radius))
        bones += [(2, first), (first, first + 1), (first + 1, first + 2), (first + 2, first + 3)]
    first = len(joints)
    joints += [(-0.1, -0.02, 0.05, 0.028), (-0.15, -0.05, 0.1, 0.022), (-0.18, -0.07, 0.15, 0.015)]
    bones += [(2, first), (first, first + 1), (first + 1, first + 2)]
    made = paint((0.58, 0.32, 0.23), (0.5, 0.24, 0.17), pattern="Noise", scale=14, roughness=0.45)
    palm = skinned(joints, bones, made, at=(0, 0, 1.0), turn=(-12, 8, 20))
    cotton = paint((0.55, 0.55, 0.5), (0.2, 0.05, 0.05), pattern="Stripes", scale=12)
    tube(0.07, 0.2, cotton, at=(0.02, 0, -0.38), top=0.065).parent = palm
    panel((1.3, -1.0, 1.8), toward=(0, 0, 1), size=0.6, energy=28)
    panel((-1.2, -0.4, 0.6), toward=(0, 0, 1), size=0.4, energy=8, colour=(1, 0.7, 0.5))
    return Shot(
        eye=(0.0, -0.95, 1.1),
        target=(0, 0, 1.06),
        lens=50,
        size=(240, 240),
        pan=(0, 0, -0.004),
        drift=(0, 0, 0.004),
        movers=[(palm, (0.003, 0, 0), (0, 0, 2.0))],
    )


def statue(_maps):
    """Build a marble figure on a plinth, lit from below as at night."""
    surround((0.15, 0.22, 0.45), strength=0.25)
    box((30, 30, 0.1), paint((0.12, 0.12, 0.12), (0.2, 0.19, 0.18), pattern="Checker", scale=0.9), at=(0, 6, -0.1))
    marble = paint((0.7, 0.68, 0.64), (0.52, 0.5, 0.47), pattern="Marble", scale=1.6, roughness=0.35)
    box((1.1, 1.1, 0.25), marble, bevel=0.03)
    box((0.85, 0.85, 0.8), marble, at=(0, 0, 0.25), bevel=0.01)
    words("MDCCXII", 0.16, paint((0.2, 0.17, 0.1)), at=(0, -0.43, 0.6))
    person(marble, marble, marble, marble, at=(0, 0, 1.05), turn=-25, stride=0.12, arms=(0.05, 0.6))
    robe = [(0.24, 0), (0.22, 0.4), (0.19, 0.75), (0.16, 0.95), (0.15, 1.02)]
    lathe(robe, marble, at=(0, 0, 1.1), steps=160, flutes=15, depth=0.16, smooth=80)
    for x in (-4.5, 4.5):
        for k in range(3):
            lathe(
                [(0.35, 0), (0.3, 4.5)], marble, at=(x * (1 - 0.15 * k), 2 + 2.5 * k, 0), flutes=18, depth=0.1, steps=108, smooth=50
            )
    panel((-1.6, -1.8, 0.2), toward=(0, 0, 2), size=0.4, energy=160, colour=(1, 0.75, 0.45))
    panel((1.8, -0.8, 0.2), toward=(0, 0, 1.8), size=0.3, energy=60, colour=(1, 0.85, 0.6))
    bulb((0, 5, 0.4), energy=120, colour=(0.5, 0.7, 1), size=0.3)
    return Shot(eye=(0.4, -3.7, 1.5), target=(0, 0, 1.72), lens=40, size=(180, 240), pan=(0.03, 0, 0), drift=(-0.03, 0, 0))


SCENES = {
    function.__name__: function
    for function in (
        passers_by,
        stage,
        portrait,
        hand,
        statue,
    )
}
