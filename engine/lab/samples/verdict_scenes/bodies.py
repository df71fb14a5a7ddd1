"""People and their heads: skins grown around posed limbs."""

from dataclasses import dataclass, replace

import numpy as np

from ..heldout_scenes.kit import paint
from ..heldout_scenes.shapes import ball, rough
from .props import body, coated, together

SKINS = ((0.58, 0.33, 0.23), (0.42, 0.22, 0.13), (0.2, 0.095, 0.055), (0.64, 0.4, 0.3))


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Joints of a person 1.75 m high who faces -Y, in metres: left (+X) and right."""

    hips: tuple = ((0.09, 0.0, 0.93), (-0.09, 0.0, 0.93))
    knees: tuple = ((0.11, -0.02, 0.5), (-0.11, 0.0, 0.5))
    ankles: tuple = ((0.12, 0.03, 0.08), (-0.13, 0.05, 0.08))
    shoulders: tuple = ((0.185, 0.0, 1.42), (-0.185, 0.0, 1.42))
    elbows: tuple = ((0.25, 0.03, 1.15), (-0.25, 0.04, 1.15))
    wrists: tuple = ((0.25, -0.06, 0.9), (-0.24, -0.04, 0.9))
    head: tuple = (0.0, -0.01, 1.55)


STAND = Pose()
PHONE = replace(STAND, elbows=((0.25, -0.06, 1.17), (-0.25, 0.03, 1.15)), wrists=((0.1, -0.28, 1.25), (-0.23, -0.05, 0.9)))
WALK = Pose(
    knees=((0.1, -0.2, 0.54), (-0.1, 0.06, 0.5)),
    ankles=((0.1, -0.3, 0.11), (-0.1, 0.34, 0.14)),
    elbows=((0.25, 0.16, 1.18), (-0.25, -0.05, 1.14)),
    wrists=((0.24, 0.13, 0.93), (-0.22, -0.25, 0.99)),
)
RUN = Pose(
    knees=((0.1, -0.36, 0.72), (-0.1, 0.12, 0.52)),
    ankles=((0.1, -0.2, 0.36), (-0.1, 0.52, 0.42)),
    shoulders=((0.185, -0.08, 1.4), (-0.185, -0.1, 1.4)),
    elbows=((0.27, 0.15, 1.22), (-0.27, -0.18, 1.16)),
    wrists=((0.22, -0.02, 1.06), (-0.14, -0.36, 1.3)),
    head=(0, -0.12, 1.53),
)
SIT = Pose(
    hips=((0.09, 0.0, 0.5), (-0.09, 0.0, 0.5)),
    knees=((0.13, -0.43, 0.52), (-0.12, -0.42, 0.52)),
    ankles=((0.14, -0.4, 0.08), (-0.12, -0.48, 0.08)),
    shoulders=((0.185, -0.03, 0.99), (-0.185, -0.03, 0.99)),
    elbows=((0.26, -0.16, 0.75), (-0.26, -0.14, 0.75)),
    wrists=((0.12, -0.38, 0.77), (-0.12, -0.37, 0.77)),
    head=(0, -0.06, 1.12),
)


def mirrored(parts):
    """Return the parts, and those off the middle once more on the other side."""

    def flipped(part):
        return tuple((-value[0], *value[1:]) if k < (1 if len(part) == 2 else 2) else value for k, value in enumerate(part))

    return [*parts, *(flipped(part) for part in parts if abs(part[0][0]) > 1e-4)]


def head(skin, *, fine: float = 0.006, smooth: int = 4, iris=(0.06, 0.035, 0.02)):
    """Build a head about the top of its neck that faces -Y; gives skin and eyes as parts."""
    skull = [
        ((0, 0.02, 0.135), (0.075, 0.094, 0.083)),
        ((0, -0.022, 0.075), (0.061, 0.068, 0.08)),
        ((0, -0.052, 0.018), (0.034, 0.032, 0.028)),
        ((0.034, -0.04, 0.066), (0.031, 0.032, 0.034)),
        ((0.026, -0.02, 0.034), (0.034, 0.05, 0.034)),
        ((0, 0.02, 0.06), (0, 0.03, -0.12), 0.052, 0.058),
    ]
    base = body(mirrored(skull), None, fine=0.005, smooth=26)
    features = [
        ((0.0105, -0.091, 0.066), (0.0085, 0.011, 0.0075)),
        ((0, -0.104, 0.07), (0.0105, 0.011, 0.0095)),
        ((0, -0.084, 0.038), (0.021, 0.009, 0.006)),
        ((0, -0.081, 0.029), (0.018, 0.01, 0.007)),
        ((0.075, 0.012, 0.09), (0.008, 0.02, 0.032)),
        ((0, -0.086, 0.11), (0, -0.101, 0.076), 0.008, 0.0095),
        ((0.014, -0.078, 0.12), (0.047, -0.063, 0.121), 0.0085, 0.0075),
    ]
    parts = [body(mirrored(features), skin, fine=fine, smooth=smooth, onto=base)]
    for side in (-1, 1):
        place = (side * 0.031, -0.0735, 0.1)
        parts.append(ball(0.0125, paint((0.75, 0.74, 0.71), roughness=0.08), at=place, detail=4))
        parts.append(ball(0.0062, paint(iris, roughness=0.05), at=(place[0], -0.0813, 0.1), detail=3))
        lid = [((place[0], -0.074, 0.1045), (0.0155, 0.0135, 0.0095)), ((place[0], -0.0725, 0.0925), (0.015, 0.0125, 0.006))]
        parts.append(body(lid, skin, fine=0.002, smooth=3))
    return parts


def cap_of_hair(made, *, long: float = 0.0):
    """Short hair, or hair that reaches `long` metres down behind."""
    lumps: list[tuple] = [
        ((0, 0.034, 0.152), (0.083, 0.09, 0.082)),
        ((0, -0.03, 0.196), (0.058, 0.045, 0.026)),
        ((0, 0.07, 0.1), (0.068, 0.05, 0.08)),
    ]
    if long:
        lumps += [
            ((0.062, 0.045, 0.13 - long / 2), (0.03, 0.045, long / 2 + 0.03)),
            ((0, 0.09, 0.13 - long / 2), (0.06, 0.04, long / 2)),
        ]
    return rough(body(mirrored(lumps), made, fine=0.007, smooth=3), size=0.022, strength=0.016)


def figure(pose: Pose, *, at, turn=0.0, skin=0, top=(0.3, 0.3, 0.32), legs=(0.06, 0.07, 0.12), hair=(0.03, 0.02, 0.015), long=0.0):
    """Build a dressed person; `top` and `legs` are colours or materials. Gives the hub that moves it."""
    flesh = coated(paint(SKINS[skin], roughness=0.45), skin=0.2)
    shirt, cloth = (made if not isinstance(made, tuple) else coated(paint(made, roughness=0.85), sheen=0.3) for made in (top, legs))
    lower: list[tuple] = []
    upper: list[tuple] = []
    centre = [sum(part) / 2 for part in zip(*pose.hips, strict=True)]
    middle = [sum(part) / 2 for part in zip(*pose.shoulders, strict=True)]
    for hip, knee, ankle in zip(pose.hips, pose.knees, pose.ankles, strict=True):
        lower += [(hip, knee, 0.092, 0.062), (knee, ankle, 0.064, 0.05)]
    lower.append((centre, (0.155, 0.115, 0.11)))
    base, rise = np.array(centre), np.array(middle) - centre
    for share in np.linspace(0.05, 0.96, 10):
        wide = np.interp(share, (0, 0.35, 0.7, 1), (0.148, 0.13, 0.165, 0.14))
        deep = np.interp(share, (0, 0.35, 0.7, 1), (0.112, 0.1, 0.118, 0.075))
        upper.append((tuple(base + share * rise), (wide, deep, 0.09)))
    parts = []
    for shoulder, elbow, wrist in zip(pose.shoulders, pose.elbows, pose.wrists, strict=True):
        upper += [(shoulder, elbow, 0.068, 0.05), (elbow, wrist, 0.052, 0.037)]
        beyond = tuple(w + 0.3 * (w - e) for w, e in zip(wrist, elbow, strict=True))
        thumb = (beyond[0] * 0.9, beyond[1] - 0.035, beyond[2] + 0.02)
        parts.append(body([(wrist, beyond, 0.028, 0.034), (beyond, thumb, 0.02, 0.012)], flesh, fine=0.008))
    for ankle in pose.ankles:
        toe, heel = (ankle[0] * 1.08, ankle[1] - 0.17, ankle[2] - 0.04), (ankle[0], ankle[1] + 0.02, ankle[2] - 0.035)
        parts.append(
            body([(heel, toe, 0.045, 0.04), (ankle, heel, 0.05, 0.045)], paint((0.05, 0.04, 0.035), roughness=0.35), fine=0.012)
        )
    parts.append(rough(body(lower, cloth, fine=0.013, smooth=5), size=0.11, strength=0.02))
    parts.append(rough(body(upper, shirt, fine=0.013, smooth=9), size=0.09, strength=0.022))
    for part in [*head(flesh), cap_of_hair(paint(hair, roughness=0.5), long=long)]:
        part.location = [a + b for a, b in zip(part.location, pose.head, strict=True)]
        parts.append(part)
    return together(parts, at=at, turn=turn)
