"""Whether a movie strip shows the movie's pictures one by one, or leaves out or repeats some to keep the movie's speed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ..contract import ErrorCode, PlatelightError
from . import compat

_COVER_RATE = 90_000.0
"""Frames a second: those of a cover picture, which Blender before 5.2 takes for the movie where it comes first."""


def frame_rate(scene: bpy.types.Scene) -> float:
    """Return frames a second."""
    return scene.render.fps / scene.render.fps_base


def is_resampled(strip: Any, *, scene: bpy.types.Scene, file: Path, last: int) -> bool:
    """Return whether a scene frame up to the one of picture `last`, counted from 0, may show another picture than the next in turn.

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


def seen(movie: bpy.types.MovieClip | Any) -> tuple[int, float]:
    """Return how many frames at how many a second Blender finds in the movie of a movie strip or a clip; zeros where it shows
    images.

    Raises:
        PlatelightError: `strip_unsupported` where it shows something else than the compositor, or a cover picture.
    """
    if isinstance(movie, bpy.types.MovieClip):
        length, is_movie = movie.frame_duration, movie.source == "MOVIE"
    else:
        times = compat.strip_times(movie)
        length, is_movie = times.length + times.left_out, movie.type == "MOVIE"
    if not is_movie:
        return 0, 0.0
    if stream := getattr(movie, "stream_index", 0):
        told = f"{movie.name} shows video stream {stream} of its file, the compositor stream 0: make a file of that stream alone"
        raise PlatelightError(ErrorCode.STRIP_UNSUPPORTED, told)
    if movie.fps >= _COVER_RATE:
        told = f"this Blender shows the cover picture of {movie.name} in place of its movie: copy the movie without the cover"
        raise PlatelightError(ErrorCode.STRIP_UNSUPPORTED, told)
    return length, movie.fps


def movie_length(file: Path) -> int:
    """Return how many pictures Blender finds in a movie."""
    clip = bpy.data.movieclips.load(str(file), check_existing=False)
    try:
        return clip.frame_duration
    finally:
        bpy.data.movieclips.remove(clip)
