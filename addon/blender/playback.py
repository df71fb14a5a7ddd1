"""Whether a movie strip shows the movie's pictures one by one, or leaves out or repeats some to keep the movie's speed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from . import compat


def frame_rate(scene: bpy.types.Scene) -> float:
    """Frames a second."""
    return scene.render.fps / scene.render.fps_base


def is_resampled(strip: Any, *, scene: bpy.types.Scene, file: Path, last: int) -> bool:
    """Whether a scene frame up to the one of picture `last`, counted from 0, may show another picture than the next in turn.

    A movie added with Adjust Playback Rate, which is on by default, shows picture ``round(i * strip.fps / frame_rate(scene))`` at
    its scene frame `i`. Blender doesn't tell which strips were: those are longer or shorter than their movie. True also where
    the two lengths are alike and so do not tell.
    """
    speed = strip.fps / frame_rate(scene)
    if speed <= 0.0 or abs(last * speed - last) < 0.5:  # without a speed it can't be read, and the engine tells why
        return False
    times = compat.strip_times(strip)
    pictures = movie_length(file) - times.left_out
    return times.content_frames != pictures or int(pictures / speed) == pictures


def movie_length(file: Path) -> int:
    """How many pictures Blender finds in a movie."""
    clip = bpy.data.movieclips.load(str(file), check_existing=False)
    try:
        return clip.frame_duration
    finally:
        bpy.data.movieclips.remove(clip)
