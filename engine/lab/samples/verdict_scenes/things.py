"""Bottles for an advertisement, a desk from above, clothes over a chair."""

import math

import bpy
import numpy as np

from ..heldout_scenes.kit import Shot, paint, panel, scene, surround
from ..heldout_scenes.shapes import ball, box, lathe, ring, rolling, sheet, tube, wire, words
from .plants import greens, leaves
from .props import blocks, body, coated, flecked, lofted, together
from .vehicles import ALLOY

FALL = 40
"""Simulated frames until cloth hangs."""


def bottles(_maps):
    """Scent and cream on a curved sweep, through a long lens."""
    surround((1, 1, 1), strength=0.35)

    def sweep(x, y):
        return (
            np.where(y > 0.25, 0.9 - np.sqrt(np.maximum(0.81 - np.minimum(y - 0.25, 0.85) ** 2, 0)), 0.0)
            + np.maximum(y - 1.1, 0) * 3
        )

    sheet(sweep, 4, 3.2, paint((0.62, 0.5, 0.45), roughness=0.7), at=(0, 0, 0), count=240)
    amber, black, gold = (
        coated(paint((0.4, 0.16, 0.03), roughness=0.1), coat=1),
        paint((0.015, 0.015, 0.018), roughness=0.15),
        paint((0.8, 0.58, 0.28), metallic=1, roughness=0.18),
    )
    rings = []
    for share, z in (
        (0.5, 0.0),
        (0.96, 0.004),
        (1.0, 0.02),
        (1.0, 0.12),
        (0.97, 0.14),
        (0.55, 0.15),
        (0.28, 0.152),
        (0.27, 0.165),
        (0.2, 0.166),
    ):
        angles = np.linspace(0, math.tau, 28, endpoint=False)
        x, y = (
            np.sign(way) * np.abs(way) ** 0.35 * size * share for way, size in ((np.cos(angles), 0.052), (np.sin(angles), 0.03))
        )
        rings.append([(float(a), float(b), z) for a, b in zip(x, y, strict=True)])
    scent = [
        lofted(rings, amber),
        tube(0.021, 0.045, gold, at=(0, 0, 0.166)),
        box((0.06, 0.001, 0.05), paint((0.85, 0.82, 0.74)), at=(0, -0.0305, 0.04)),
    ]
    scent += [words("VERA", 0.018, black, at=(0, -0.0316, 0.067)), words("eau de parfum", 0.0065, black, at=(0, -0.0316, 0.053))]
    turned = together(scent, at=(-0.045, -0.02, 0), turn=16)
    cream = [
        (0.001, 0),
        (0.042, 0),
        (0.046, 0.004),
        (0.046, 0.03),
        (0.044, 0.034),
        (0.047, 0.035),
        (0.047, 0.056),
        (0.044, 0.06),
        (0.001, 0.06),
    ]
    lathe(cream, coated(paint((0.75, 0.73, 0.7), roughness=0.3), coat=0.8), at=(0.07, -0.08, 0), steps=96, smooth=50)
    tall = [
        (0.001, 0),
        (0.03, 0),
        (0.033, 0.006),
        (0.033, 0.15),
        (0.028, 0.165),
        (0.012, 0.172),
        (0.012, 0.185),
        (0.018, 0.186),
        (0.018, 0.215),
        (0.001, 0.217),
    ]
    lathe(tall, coated(paint((0.1, 0.18, 0.14), roughness=0.15), coat=1), at=(0.085, 0.07, 0), steps=96, smooth=50)
    tube(0.0335, 0.07, paint((0.82, 0.8, 0.74), (0.7, 0.66, 0.55), pattern="Stripes", scale=30), at=(0.085, 0.07, 0.05))
    stick = lathe(
        [
            (0.001, 0),
            (0.012, 0),
            (0.012, 0.04),
            (0.0105, 0.041),
            (0.0105, 0.055),
            (0.008, 0.056),
            (0.008, 0.07),
            (0.004, 0.078),
            (0.001, 0.079),
        ],
        gold,
        at=(-0.12, -0.1, 0.012),
        turn=(88, 0, 60),
        smooth=40,
    )
    stick.data.materials.append(paint((0.5, 0.02, 0.05), roughness=0.3))
    for face in stick.data.polygons:
        face.material_index = int(face.center.z > 0.0555)
    pebble = paint((0.3, 0.29, 0.28), (0.22, 0.21, 0.2), pattern="Noise", scale=30)
    for east, north, wide in ((-0.15, 0.06, 0.05), (-0.19, -0.02, 0.03), (0.17, 0.0, 0.036)):
        ball(wide, pebble, at=(east, north, wide * 0.5), stretch=(1.3, 1, 0.55), turn=(0, 5, 200 * east))
    stem = np.array([(-0.02 + 0.035 * k, -0.13 - 0.006 * k * k * 0.3, 0.012 + 0.004 * k) for k in range(6)])
    wire([tuple(point) for point in stem], 0.0022, paint((0.12, 0.14, 0.05)))
    spots = np.repeat(stem, 2, 0) + np.tile([(0, 0.018, 0.004), (0.01, -0.018, 0.004)], (6, 1))
    leaves(spots, np.tile((0, -0.4, 1.0), (12, 1)), greens(2.0), size=0.045, seed=2, loose=0.3)
    panel((-0.6, -0.3, 0.7), toward=(0, 0, 0.08), size=0.5, energy=9)
    panel((0.7, 0.1, 0.35), toward=(0, 0, 0.08), size=0.3, energy=3, colour=(1, 0.85, 0.7))
    return Shot(
        eye=(0.02, -1.05, 0.24),
        target=(0.0, 0, 0.088),
        lens=85,
        size=(240, 240),
        drift=(0.0016, 0, 0),
        look="Standard",
        movers=[(turned, (0, 0, 0), (0, 0, 1.2))],
        exposure=-0.2,
    )


def desk(_maps):
    """Build a desk with a computer, seen from a standing person's eyes."""
    surround((0.8, 0.9, 1), strength=0.4)
    box(
        (1.8, 0.85, 0.04),
        paint((0.45, 0.3, 0.16), (0.36, 0.23, 0.11), pattern="Grain", scale=1.8, roughness=0.35),
        at=(0, 0.3, 0.7),
        bevel=0.006,
    )
    box((6, 0.1, 2.6), paint((0.55, 0.58, 0.58)), at=(0, 0.85, 0))
    box((6, 5, 0.1), paint((0.22, 0.23, 0.25), (0.18, 0.19, 0.21), pattern="Noise", scale=60, roughness=1), at=(0, 0, -0.1))
    shell, dark = paint((0.5, 0.5, 0.52), metallic=0.9, roughness=0.35), paint((0.02, 0.02, 0.022), roughness=0.4)
    picture = paint((0.25, 0.35, 0.5), (0.8, 0.8, 0.75), pattern="Noise", scale=9, roughness=0.1)
    keys = [((-0.143 + 0.022 * i, 0.075 - 0.021 * j, 0.0155), (0.0185, 0.0175, 0.004)) for i in range(14) for j in range(5)]
    computer = [
        box((0.34, 0.24, 0.014), shell, bevel=0.005),
        box((0.34, 0.009, 0.225), shell, at=(0, 0.125, 0.01), turn=(-18, 0, 0), bevel=0.004),
        box((0.32, 0.002, 0.195), picture, at=(0, 0.1165, 0.024), turn=(-18, 0, 0)),
        blocks(keys, dark, bevel=0.0015),
        box((0.1, 0.065, 0.001), paint((0.44, 0.44, 0.46), metallic=0.9, roughness=0.3), at=(0, -0.075, 0.014)),
    ]
    together(computer, at=(-0.08, 0.28, 0.74), turn=8)
    mouse = [((0, 0, 0.012), (0.029, 0.05, 0.017)), ((0, 0.01, 0.02), (0.024, 0.035, 0.014))]
    body(mouse, paint((0.75, 0.75, 0.74), roughness=0.25), fine=0.003, at=(0.24, 0.2, 0.741), turn=(0, 0, -10))
    mug = [(0.001, 0), (0.036, 0), (0.04, 0.004), (0.041, 0.09), (0.039, 0.092), (0.037, 0.09), (0.036, 0.075), (0.001, 0.074)]
    lathe(mug, coated(paint((0.08, 0.16, 0.3), roughness=0.3), coat=1), at=(0.42, 0.38, 0.74))
    ring(0.026, 0.006, paint((0.08, 0.16, 0.3), roughness=0.2), at=(0.47, 0.375, 0.788), turn=(90, 0, -8))
    tube(0.0365, 0.001, paint((0.08, 0.035, 0.015), roughness=0.05), at=(0.42, 0.38, 0.8145))
    tones = ((0.4, 0.1, 0.07), (0.1, 0.2, 0.3), (0.6, 0.5, 0.25), (0.12, 0.22, 0.13), (0.55, 0.54, 0.5))
    height = 0.74
    for k, tone in enumerate(tones):
        thick, turn = 0.018 + 0.007 * (k % 3), (-12, 5, 14, -4, 20)[k]
        together(
            [
                box((0.21, 0.15, thick), paint(tone, roughness=0.5), bevel=0.003),
                box((0.2, 0.151, thick * 0.75), paint((0.8, 0.77, 0.68)), at=(0.007, -0.0022, thick * 0.125)),
            ],
            at=(-0.52, 0.38, height),
            turn=turn,
        )
        height += thick
    arm, joint = paint((0.6, 0.1, 0.05), roughness=0.25), (0.72, 0.62, 1.12)
    tube(0.09, 0.025, arm, at=(0.62, 0.55, 0.74))
    wire([(0.62, 0.55, 0.76), joint], 0.011, arm, round_=False)
    wire([joint, (0.5, 0.42, 1.24)], 0.011, arm, round_=False)
    lathe([(0.02, 0.1), (0.03, 0.09), (0.075, 0.0), (0.072, 0.0), (0.026, 0.085)], arm, at=(0.47, 0.38, 1.16), turn=(-20, -25, 0))
    pad = paint((0.83, 0.82, 0.76), (0.6, 0.66, 0.75), pattern="Stripes", scale=22)
    sheet(
        lambda x, y: 0.012 * np.maximum(x - 0.03, 0) ** 1.5 * 9 + 0.002,
        0.15,
        0.21,
        pad,
        at=(0.12, 0.06, 0.742),
        turn=(0, 0, -18),
        count=40,
    )
    tube(0.0045, 0.14, paint((0.75, 0.55, 0.05), roughness=0.35), at=(0.07, 0.03, 0.751), turn=(90, 0, -50), sides=6)
    lathe(
        [(0.001, 0), (0.05, 0), (0.06, 0.08), (0.064, 0.08), (0.064, 0.1), (0.001, 0.09)],
        paint((0.5, 0.22, 0.12), roughness=0.85),
        at=(-0.34, 0.6, 0.74),
    )
    rng = np.random.default_rng(4)
    way = rng.normal(size=(60, 3)) * np.array((1, 1, 0.5)) + np.array((0, 0, 0.8))
    leaves(np.array((-0.34, 0.6, 0.86)) + way * 0.055, way, greens(1.7), size=0.075, seed=3, loose=0.3)
    ball(0.02, dark, at=(-0.2, 0.11, 0.752), stretch=(1.5, 0.9, 0.4))
    wire([(-0.2, 0.11, 0.746), (-0.28, 0.02, 0.746), (-0.4, 0.12, 0.746), (-0.36, 0.2, 0.746), (-0.27, 0.26, 0.746)], 0.003, dark)
    panel((-1.3, 0.3, 1.7), toward=(0, 0.3, 0.7), size=0.9, energy=26)
    panel((0.47, 0.38, 1.14), toward=(0.42, 0.3, 0.7), size=0.1, energy=1.2, colour=(1, 0.8, 0.55))
    return Shot(eye=(0.1, -0.72, 1.48), target=(0.02, 0.32, 0.78), lens=32, size=(320, 180), drift=(0.006, 0, 0))


def hung(thing, frames: int) -> None:
    """Lets the simulated cloth fall and keeps its last shape."""
    thing.modifiers["cloth"].point_cache.frame_end = frames
    for frame in range(1, frames + 1):
        scene().frame_set(frame)
    shape = bpy.data.meshes.new_from_object(thing.evaluated_get(bpy.context.evaluated_depsgraph_get()))
    thing.modifiers.clear()
    thing.data = shape
    thick = thing.modifiers.new("thickness", "SOLIDIFY")
    thick.thickness = 0.004
    finer = thing.modifiers.new("subdivision", "SUBSURF")
    finer.levels = finer.render_levels = 1
    scene().frame_set(1)


def laundry(_maps):
    """Build a blanket over a chair's back and a basket of clothes."""
    surround((0.85, 0.92, 1), strength=0.4)
    boards = [
        ((-2.4 + 0.12 * i, -1.0 + 1.3 * j + 0.43 * (i % 3), -0.015), (0.118, 1.295, 0.03)) for i in range(42) for j in range(4)
    ]
    blocks(boards, flecked((0.5, 0.42, 0.32), (0.6, 0.52, 0.42), roughness=0.5), bevel=0.002)
    box((6, 0.1, 2.6), paint((0.58, 0.5, 0.46), (0.53, 0.45, 0.41), pattern="Noise", scale=1.2), at=(0, 1.5, 0))
    box((6, 0.04, 0.14), paint((0.76, 0.75, 0.72)), at=(0, 1.43, 0), bevel=0.012)
    wood = paint((0.12, 0.06, 0.03), roughness=0.3)
    solid = [
        box((0.46, 0.44, 0.04), wood, at=(0, 0.4, 0.44), bevel=0.01),
        box((0.46, 0.04, 0.5), wood, at=(0, 0.62, 0.5), bevel=0.012),
    ]
    blocks([((x, y, 0.22), (0.04, 0.04, 0.46)) for x in (-0.2, 0.2) for y in (0.2, 0.6)], wood, bevel=0.006)
    solid.append(box((5, 4, 0.02), wood, at=(0, 0, -0.021)))
    for thing in solid:
        thing.modifiers.new("collision", "COLLISION")
        thing.collision.thickness_outer = 0.012
    plaid = coated(paint((0.12, 0.22, 0.2), (0.5, 0.44, 0.3), pattern="Checker", scale=7, roughness=1), sheen=0.5)
    blanket = sheet(lambda x, y: 0 * x, 0.95, 1.15, plaid, at=(0.03, 0.5, 1.06), turn=(4, 0, 9), count=58)
    made = blanket.modifiers.new("cloth", "CLOTH")
    made.settings.quality, made.settings.mass, made.settings.bending_stiffness = 5, 0.3, 0.4
    made.collision_settings.distance_min = 0.01
    hung(blanket, FALL)
    weave = []
    for row in range(11):
        for k in range(36):
            angle, radius = (k + 0.5 * (row % 2)) * math.tau / 36, 0.24 + 0.006 * row + (0.008 if (k + row) % 2 else -0.004)
            weave.append(
                (
                    (radius * math.cos(angle), radius * math.sin(angle), 0.02 + 0.028 * row),
                    (0.014, 0.05, 0.024),
                    (0, 0, math.degrees(angle)),
                )
            )
    blocks(weave, flecked((0.45, 0.3, 0.15), (0.56, 0.4, 0.22), roughness=0.7), bevel=0.006, at=(-0.75, 0.35, 0))
    tube(0.235, 0.29, paint((0.25, 0.16, 0.08)), at=(-0.75, 0.35, 0), top=0.29)
    ring(0.308, 0.02, paint((0.42, 0.28, 0.14)), at=(-0.75, 0.35, 0.32))
    heap = rolling(151, size=0.3, height=0.09, octaves=4)
    for k, tone in enumerate(((0.62, 0.6, 0.56), (0.45, 0.1, 0.1), (0.12, 0.2, 0.4))):
        sheet(
            lambda x, y, k=k: 0.13 - 1.6 * (x**2 + y**2) + heap(x + k, y - k),
            0.5 - 0.08 * k,
            0.44,
            coated(paint(tone, roughness=1), sheen=0.5),
            at=(-0.75 + 0.07 * (k - 1), 0.35 - 0.05 * (k - 1), 0.27 + 0.012 * k),
            turn=(0, 0, 40 * k),
            count=90,
        )
    iron_board = [((0.95 + dx, 0.75, 0.42), (0.025, 0.025, 0.98), (0, side * 28, 0)) for dx, side in ((0, 1), (0, -1))]
    blocks(iron_board, paint(ALLOY, metallic=1, roughness=0.3))
    box(
        (1.0, 0.34, 0.035),
        coated(paint((0.5, 0.56, 0.6), (0.66, 0.68, 0.68), pattern="Stripes", scale=9, hard=True, roughness=1), sheen=0.3),
        at=(0.98, 0.75, 0.85),
        bevel=0.015,
    )
    body(
        [
            ((0, 0, 0.03), (0.12, 0.055, 0.035)),
            ((-0.03, 0, 0.06), (0.07, 0.04, 0.03)),
            ((-0.08, 0, 0.1), (0.018, 0.018, 0.035)),
            ((-0.08, 0, 0.13), (0.05, 0.0, 0.13), 0.018, 0.016),
        ],
        paint((0.1, 0.3, 0.42), roughness=0.2),
        fine=0.005,
        at=(0.85, 0.72, 0.885),
        turn=(0, 0, 30),
    )
    for k in range(4):
        box(
            (0.3, 0.24, 0.045),
            coated(paint(((0.7, 0.66, 0.58), (0.35, 0.42, 0.38), (0.66, 0.5, 0.36), (0.5, 0.52, 0.55))[k], roughness=1), sheen=0.5),
            at=(1.22, 0.76, 0.885 + 0.046 * k),
            turn=(0, 0, 4 - 3 * k),
            bevel=0.02,
        )
    panel((-1.9, -0.8, 1.9), toward=(0, 0.4, 0.5), size=0.9, energy=65, colour=(1, 0.97, 0.93))
    return Shot(eye=(0.05, -2.0, 1.3), target=(0.1, 0.5, 0.55), lens=32, drift=(0.012, 0, 0))


SCENES = {function.__name__: function for function in (bottles, desk, laundry)}
"""The clips of this file."""
