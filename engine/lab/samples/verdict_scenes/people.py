"""People: at a bus stop, round a table, close up, and running."""

from dataclasses import replace

import numpy as np

from ..heldout_scenes.kit import Shot, paint, panel, placed, sun, surround
from ..heldout_scenes.shapes import ball, box, rolling, sheet, tube, wire, words
from .bodies import PHONE, RUN, SIT, STAND, WALK, figure, head, mirrored
from .plants import grass, greens, strewn, tree
from .props import blocks, body, coated, courses, flecked, hazy


def bus_stop(_maps):
    surround(sky=(42, 220), strength=0.12)
    box((40, 7, 0.1), paint((0.06, 0.06, 0.065), (0.09, 0.09, 0.09), pattern="Noise", scale=20), at=(0, -5.2, -0.24))
    slabs = [((x * 0.6, y * 0.6, -0.03), (0.59, 0.59, 0.06)) for x in range(-14, 15) for y in range(-2, 8)]
    blocks(slabs, flecked((0.33, 0.32, 0.3), (0.42, 0.4, 0.37), roughness=0.85), bevel=0.006)
    box((18, 0.15, 0.2), paint((0.5, 0.49, 0.46)), at=(0, -1.55, -0.18), bevel=0.02)
    box((30, 0.3, 5), paint((0.6, 0.55, 0.46), (0.52, 0.47, 0.4), pattern="Noise", scale=0.7), at=(0, 5, 0))
    courses(16, 0.96, flecked((0.3, 0.13, 0.09), (0.42, 0.2, 0.13)), at=(0, 4.8, 0))
    steel, pane = paint((0.12, 0.13, 0.14), roughness=0.35, metallic=0.6), paint((0.55, 0.62, 0.62), roughness=0.1)
    for x in (-1.5, 1.5):
        box((0.08, 0.08, 2.35), steel, at=(x, 1.5, 0), bevel=0.01)
        box((0.06, 0.06, 2.2), steel, at=(x, 0.4, 0), bevel=0.01)
    box((3.4, 1.6, 0.1), steel, at=(0, 0.95, 2.3), turn=(3, 0, 0), bevel=0.03)
    box((2.9, 0.03, 1.7), pane, at=(0, 1.5, 0.4))
    box((1.5, 0.35, 0.05), paint((0.4, 0.25, 0.12)), at=(0.5, 1.25, 0.45), bevel=0.015)
    for x in (-0.1, 1.1):
        box((0.06, 0.3, 0.45), steel, at=(x, 1.25, 0))
    poster = paint((0.8, 0.55, 0.1), (0.1, 0.3, 0.45), pattern="Magic", scale=1.4)
    box((0.12, 1.0, 1.7), poster, at=(1.55, 0.95, 0.35), bevel=0.02)
    tube(0.035, 2.9, steel, at=(-2.3, -0.9, 0))
    box((0.5, 0.05, 0.6), paint((0.75, 0.1, 0.08), roughness=0.3), at=(-2.3, -0.9, 2.3), bevel=0.02)
    words("14", 0.34, paint((0.9, 0.9, 0.88)), at=(-2.3, -0.927, 2.5))
    figure(PHONE, at=(-0.75, 0.35, 0), turn=15, skin=0, top=(0.09, 0.14, 0.22), legs=(0.16, 0.13, 0.1), hair=(0.12, 0.06, 0.025))
    figure(STAND, at=(0.25, 0.75, 0), turn=-25, skin=2, top=(0.62, 0.42, 0.06), legs=(0.03, 0.03, 0.035), long=0.2)
    walker = figure(WALK, at=(1.65, -0.7, 0), turn=-80, skin=1, top=(0.4, 0.05, 0.07), legs=(0.07, 0.1, 0.19))
    bag = body([((0, 0, 0.16), (0.2, 0.08, 0.17))], paint((0.2, 0.1, 0.04), roughness=0.5), at=(-1.15, 0.3, 0))
    bag.rotation_euler[2] = 0.4
    return Shot(
        eye=(-0.4, -4.3, 1.6), target=(0.05, 0.5, 1.15), lens=32, drift=(0.02, 0, 0), movers=[(walker, (-0.03, 0, 0), (0, 0, 0))]
    )


def chair(made, *, at, turn=0.0):
    """Build a chair with turned legs and a bent back; the sitter faces -Y."""
    hub = placed(None, None, at=at, turn=(0, 0, turn))
    legs = [((x, y, 0.22), (0.04, 0.04, 0.46)) for x in (-0.19, 0.19) for y in (-0.19, 0.19)]
    back = [((x, 0.21, 0.72), (0.03, 0.025, 0.5), (-6, 0, 0)) for x in (-0.19, -0.07, 0.07, 0.19)]
    frame = [((0, 0.24, 0.97), (0.44, 0.03, 0.1), (-6, 0, 0)), ((0, 0, 0.45), (0.44, 0.44, 0.04))]
    blocks(legs + back + frame, made, bevel=0.008).parent = hub
    return hub


def meeting(_maps):
    surround((0.85, 0.92, 1), strength=0.35)
    carpet = paint((0.14, 0.15, 0.17), (0.1, 0.11, 0.12), pattern="Checker", scale=2, roughness=0.95)
    box((8, 8, 0.1), carpet, at=(0, 1, -0.1))
    box((8, 0.1, 2.8), paint((0.66, 0.65, 0.61)), at=(0, 3.4, 0))
    box((0.1, 8, 2.8), paint((0.2, 0.28, 0.3)), at=(3.3, 1, 0))
    box((2.2, 0.05, 1.2), paint((0.82, 0.82, 0.82), roughness=0.2), at=(-0.5, 3.32, 1.0), bevel=0.01)
    words("Q3 plan\n- hire two\n- ship", 0.22, paint((0.05, 0.15, 0.4)), at=(-0.8, 3.29, 1.85))
    oak = paint((0.4, 0.24, 0.11), (0.3, 0.17, 0.07), pattern="Grain", scale=2.5, roughness=0.3)
    box((2.4, 1.1, 0.05), oak, at=(0, 1.2, 0.71), bevel=0.012)
    for x in (-1, 1):
        box((0.08, 0.8, 0.71), paint((0.05, 0.05, 0.05), metallic=0.7), at=(x, 1.2, 0))
    blue, white = paint((0.12, 0.2, 0.4), (0.5, 0.52, 0.55), pattern="Wave", scale=7), (0.62, 0.62, 0.6)
    wood = paint((0.06, 0.04, 0.03), roughness=0.35)
    lean = replace(SIT, wrists=((0.05, -0.5, 0.79), (-0.14, -0.46, 0.79)), elbows=((0.27, -0.24, 0.77), (-0.27, -0.22, 0.77)))
    figure(lean, at=(-0.65, 2.05, 0), turn=8, skin=3, top=blue, hair=(0.25, 0.14, 0.05))
    figure(SIT, at=(0.55, 2.1, 0), turn=-12, skin=2, top=white, legs=(0.05, 0.05, 0.05))
    speaker = figure(PHONE, at=(1.95, 2.3, 0), turn=-55, skin=0, top=(0.1, 0.3, 0.22), legs=(0.08, 0.07, 0.07), long=0.28)
    chair(wood, at=(-0.65, 2.05, 0), turn=8)
    chair(wood, at=(0.55, 2.1, 0), turn=-12)
    chair(wood, at=(0.1, 0.25, 0), turn=160)
    blocks(
        [((-0.6, 1.25, 0.77), (0.34, 0.24, 0.016)), ((-0.6, 1.13, 0.88), (0.34, 0.012, 0.23), (14, 0, 0))],
        paint((0.4, 0.4, 0.42), metallic=0.9, roughness=0.3),
    )
    tube(0.04, 0.1, paint((0.7, 0.2, 0.1), roughness=0.15), at=(0.25, 1.35, 0.76))
    blocks(
        [((0.6, 1.3, 0.764), (0.21, 0.297, 0.004), (0, 0, 12)), ((0.9, 1.15, 0.766), (0.21, 0.297, 0.006), (0, 0, -20))],
        paint((0.8, 0.8, 0.77)),
    )
    panel((-3.2, 1.5, 1.7), toward=(0, 1.6, 0.9), size=1.8, energy=130, colour=(0.92, 0.96, 1))
    panel((0.5, 0.5, 2.7), toward=(0.5, 1.5, 0), size=1.2, energy=35, colour=(1, 0.9, 0.75))
    return Shot(
        eye=(-0.45, -1.5, 1.45),
        target=(0.2, 2, 0.98),
        lens=30,
        drift=(0.01, 0, 0),
        movers=[(speaker, (0.004, -0.004, 0), (0, 0, 0.6))],
    )


def closeup(maps):
    """Build a woman's face in the wide format of films."""
    surround(place=maps["park"], strength=1.0, turn=200)
    skin = coated(paint((0.56, 0.32, 0.23), (0.5, 0.26, 0.18), pattern="Noise", scale=7, roughness=0.42), skin=0.3)
    parts = head(skin, fine=0.0035, smooth=7, iris=(0.08, 0.13, 0.12))
    lips = [((0, -0.0865, 0.0395), (0.0205, 0.0085, 0.0042)), ((0, -0.0845, 0.0315), (0.0175, 0.0095, 0.005))]
    parts.append(body(lips, coated(paint((0.42, 0.1, 0.09), roughness=0.3)), fine=0.0025, smooth=3))
    brown = flecked((0.1, 0.045, 0.018), (0.17, 0.085, 0.035), roughness=0.42)
    parts.append(body([((0, 0.033, 0.148), (0.08, 0.09, 0.08))], brown, fine=0.007))
    rng = np.random.default_rng(31)
    for side in (-1, 1):
        for _ in range(42):
            back, out = rng.uniform(-0.035, 0.11), rng.uniform(0.0, 0.016)
            fall = rng.uniform(0.17, 0.25)
            locks = [
                (0.004 * side, back * 0.6 + 0.01, 0.228),
                (side * (0.06 + out), back, 0.195),
                (side * (0.088 + out), back + 0.008, 0.12),
                (side * (0.085 + out), back * 1.1 + 0.01, 0.03),
                (side * (0.075 + out + rng.normal() * 0.01), back * 1.1, 0.11 - fall),
            ]
            parts.append(wire(locks, 0.0075, brown))
    knit = coated(paint((0.5, 0.42, 0.3), (0.42, 0.35, 0.25), pattern="Wave", scale=30, roughness=0.95), sheen=0.5)
    shoulders = [
        ((0, 0.03, -0.2), (0.17, 0.1, 0.11)),
        ((0.13, 0.03, -0.19), (0.085, 0.075, 0.075)),
        ((0, 0.03, -0.1), (0.075, 0.075, 0.035)),
    ]
    parts.append(body(mirrored(shoulders), knit, fine=0.009))
    hub = placed(None, None, at=(0, 0, 1.55), turn=(0, 4, 27))
    for part in parts:
        part.parent = hub
    field = paint((0.09, 0.13, 0.04), (0.14, 0.17, 0.06), pattern="Noise", scale=0.4, roughness=1)
    sheet(lambda x, y: 0 * x, 60, 60, field, at=(0, 6, 0))
    panel((0.9, -0.9, 1.9), toward=(0, 0, 1.65), size=0.7, energy=9, colour=(1, 0.95, 0.88))
    return Shot(
        eye=(0.06, -0.82, 1.63),
        target=(0.03, 0, 1.62),
        lens=50,
        size=(320, 134),
        exposure=0.7,
        drift=(0.003, 0, 0),
        movers=[(hub, (0, 0, 0), (0, 0, 1.0))],
    )


def runner(_maps):
    """Build a runner on a park path, from low down."""
    hazy(azimuth=205, elevation=32, turbidity=3.5, strength=0.25)
    sun(205, 32, energy=4.0)
    hills = rolling(41, size=9, height=0.12)
    sheet(hills, 50, 50, paint((0.06, 0.085, 0.025), (0.1, 0.11, 0.04), pattern="Noise", scale=1.5), at=(0, 12, -0.08))
    path = paint((0.45, 0.38, 0.28), (0.36, 0.3, 0.22), pattern="Noise", scale=12, roughness=0.95)
    sheet(lambda x, y: 0.02 * np.cos(x * 1.5), 2.0, 40, path, at=(0, 12, 0.0))
    lawn = strewn(
        26000,
        (-7, 7, -2.2, 9),
        lambda x, y: hills(x, y - 12) - 0.08,
        seed=5,
        keep=lambda x, y: (abs(x) > 1.0) & (np.hypot(x, y + 4) > 1.6),
    )
    grass(lawn, greens(1.1), height=0.13, seed=6)
    bark, crown = paint((0.12, 0.085, 0.06), (0.06, 0.045, 0.03), pattern="Noise", scale=9, roughness=0.95), greens(1.0)
    for seed, x, y, high in ((1, -3.2, 6.5, 6.5), (2, 3.8, 9.5, 7.5), (3, -5.5, 13, 8), (4, 6.5, 16, 8), (8, -1.5, 19, 8)):
        tree(seed, bark, crown, at=(x, y, 0), height=high, crown=2600, leaf_size=0.24)
    shirt = paint((0.75, 0.25, 0.04), (0.06, 0.06, 0.08), pattern="Wave", scale=1.2, hard=True)
    running = figure(RUN, at=(0.15, 0.6, -0.16), turn=24, skin=1, top=shirt, legs=(0.04, 0.045, 0.06), hair=(0.02, 0.015, 0.01))
    figure(WALK, at=(-0.55, 8, 0), turn=185, skin=0, top=(0.25, 0.3, 0.36), legs=(0.3, 0.25, 0.18), long=0.2)
    bench = flecked((0.25, 0.14, 0.06), (0.33, 0.19, 0.09))
    slats = [((0, -0.12 * k, 0.45), (1.5, 0.1, 0.03)) for k in range(4)] + [
        ((0, 0.1 + 0.03 * k, 0.58 + 0.13 * k), (1.5, 0.03, 0.1), (-14, 0, 0)) for k in range(3)
    ]
    blocks(
        slats + [((x, -0.15, 0.22), (0.06, 0.4, 0.44)) for x in (-0.6, 0.6)], bench, bevel=0.008, at=(1.8, 3.6, 0), turn=(0, 0, -75)
    )
    ball(0.11, paint((0.7, 0.7, 0.68), (0.05, 0.05, 0.05), pattern="Checker", scale=9), at=(-1.3, 1.6, 0.1))
    return Shot(
        eye=(-0.5, -3.0, 0.62),
        target=(0.05, 1.5, 0.98),
        lens=30,
        drift=(0.0, 0.01, 0),
        movers=[(running, (0.012, -0.03, 0), (0, 0, 0))],
    )


SCENES = {function.__name__: function for function in (bus_stop, meeting, closeup, runner)}
"""The clips of this file."""
