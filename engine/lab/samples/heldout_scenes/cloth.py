"""Cloth: a curtain against a window, washing on a line, and a sheet that Blender's own simulation lets fall over things."""

import bpy
import numpy as np

from .kit import Shot, paint, panel, scene, sun, surround
from .shapes import ball, box, sheet, wire

FALL = 45  # simulated frames until the sheet lies


def curtain(_maps):
    surround((0.75, 0.85, 1), strength=0.35)
    box((5, 0.1, 3), paint((0.6, 0.58, 0.52)), at=(0, 0.6, 0))
    stripes = paint((0.6, 0.55, 0.45), (0.2, 0.3, 0.4), pattern="Stripes", scale=0.9, hard=True, roughness=0.9)
    for side, phase in ((-1, 0.0), (1, 1.3)):

        def folds(x, y, phase=phase):
            return (0.07 + 0.02 * y) * np.sin(x * 21 + phase + 0.7 * np.sin(2.1 * y + phase)) + 0.04 * np.sin(5 * x + y)

        sheet(folds, 1.3, 2.5, stripes, at=(side * 0.85, 0.3, 1.35), turn=(90, 0, 0), count=220)
    box((0.5, 0.08, 1.4), paint((0.75, 0.85, 1), glow=1.5), at=(0, 0.55, 0.9))
    wire([(-1.8, 0.3, 2.62), (1.8, 0.3, 2.62)], 0.025, paint((0.5, 0.35, 0.15), metallic=1, roughness=0.3), round_=False)
    panel((-2.0, -1.2, 1.8), toward=(0, 0.3, 1.3), size=0.7, energy=70, colour=(1, 0.92, 0.8))
    return Shot(eye=(0.3, -2.4, 1.45), target=(0.02, 0.3, 1.4), lens=34, drift=(0.03, 0, 0))


def draped(_maps):
    surround((0.8, 0.85, 1), strength=0.3)
    floor = box((5, 5, 0.1), paint((0.12, 0.1, 0.09), (0.05, 0.04, 0.03), pattern="Planks", scale=2), at=(0, 0.5, -0.1))
    things = [
        ball(0.32, None, at=(-0.35, 0, 0.32)),
        box((0.45, 0.45, 0.75), None, at=(0.35, 0.15, 0), turn=(0, 0, 25), bevel=0.03),
        floor,
    ]
    for thing in things:
        thing.modifiers.new("collision", "COLLISION")
        thing.collision.thickness_outer = 0.012
    fallen = sheet(lambda x, y: 0 * x, 2.3, 1.9, paint((0.5, 0.16, 0.1), roughness=0.85), at=(0, 0.05, 0.85), count=70)
    simulated = fallen.modifiers.new("cloth", "CLOTH")
    simulated.settings.quality, simulated.settings.mass, simulated.settings.bending_stiffness = 5, 0.3, 0.3
    simulated.collision_settings.distance_min = 0.01
    simulated.point_cache.frame_end = FALL
    for frame in range(1, FALL + 1):
        scene().frame_set(frame)
    still = bpy.data.meshes.new_from_object(fallen.evaluated_get(bpy.context.evaluated_depsgraph_get()))
    fallen.modifiers.clear()
    fallen.data = still
    thick = fallen.modifiers.new("subdivision", "SUBSURF")
    thick.levels = thick.render_levels = 1
    scene().frame_set(1)
    ball(0.14, paint((0.75, 0.73, 0.68), roughness=0.15), at=(-0.15, -1.15, 0.14))
    box((5, 0.1, 3), paint((0.4, 0.42, 0.38)), at=(0, 2.0, 0))
    panel((-1.8, -0.6, 1.3), toward=(0, 0, 0.3), size=0.6, energy=60, colour=(1, 0.93, 0.85))
    sun(60, 40, energy=0.6, colour=(0.7, 0.8, 1))
    return Shot(eye=(0.3, -2.7, 1.25), target=(0, -0.1, 0.35), lens=36, pan=(-0.02, 0, 0), drift=(0.02, 0, 0))


SCENES = {
    function.__name__: function
    for function in (
        curtain,
        draped,
    )
}
