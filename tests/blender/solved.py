"""A camera solve of synthetic tracks, by Blender's own solver."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np
from footage import write_plate
from mathutils import Matrix, Vector

_FRAMES = 12


def solve_camera(scene: bpy.types.Scene, folder: Path) -> bpy.types.MovieClip:
    """A clip of 12 frames, solved: a camera that travels and turns past 40 points; clip frame 1 is scene frame 1."""
    size, render = (320, 180), (scene.render.resolution_x, scene.render.resolution_y)
    files = write_plate(folder, range(1, _FRAMES + 1), name="solve.{:04d}.png", width=size[0], height=size[1])
    clip = bpy.data.movieclips.load(str(files[0]))
    tracking = clip.tracking
    tracking.camera.sensor_width, tracking.camera.focal_length = 36.0, 35.0
    points = np.random.default_rng(4).uniform((-3, -2, -9), (3, 2, -5), (40, 3))
    turns = [Matrix.Rotation(math.radians(3.0 * frame - 18), 4, "Y") for frame in range(_FRAMES)]
    views = [(Matrix.Translation((0.35 * n - 2, 0.05 * n, -0.1 * n)) @ turn).inverted() for n, turn in enumerate(turns)]
    focal = 35.0 / 36.0
    for number, point in enumerate(points):
        track = tracking.tracks.new(name=f"P{number}", frame=1)
        for frame, view in enumerate(views, start=1):
            seen = view @ Vector(point)
            place = 0.5 + focal * seen.x / -seen.z, 0.5 + focal * seen.y / -seen.z * size[0] / size[1]
            track.markers.insert_frame(frame, co=place)
    tracking.objects[0].keyframe_a, tracking.objects[0].keyframe_b = 1, _FRAMES
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    kind = area.type
    area.type = "CLIP_EDITOR"
    area.spaces.active.clip = clip
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.clip.solve_camera()
    area.type = kind
    scene.render.resolution_x, scene.render.resolution_y = render  # the solver gives the scene the clip's
    assert tracking.reconstruction.is_valid and tracking.reconstruction.average_error < 2
    return clip
