"""Strips made without operators (those crash in background in some versions)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy


def editor_strips(scene: bpy.types.Scene) -> Any:
    editor = scene.sequence_editor or scene.sequence_editor_create()
    return editor.strips


def image_strip(scene: bpy.types.Scene, files: list[Path], *, name: str = "plate", start: int = 1, channel: int = 1) -> Any:
    strip = editor_strips(scene).new_image(name, str(files[0]), channel, start)
    for file in files[1:]:
        strip.elements.append(file.name)
    return strip


def trim(strip: Any, *, front: int = 0, back: int = 0) -> None:
    """Leave out scene frames at both ends by the handles."""
    if hasattr(strip, "left_handle_offset"):
        strip.left_handle_offset, strip.right_handle_offset = front, back
    else:
        strip.frame_offset_start, strip.frame_offset_end = front, back


def skip(strip: Any, pictures: int) -> None:
    """Leave out pictures of the file at the front."""
    setattr(strip, "content_trim_start" if hasattr(strip, "content_trim_start") else "animation_offset_start", pictures)


def hold(strip: Any, frames: int) -> None:
    """Make a strip so long, whatever it has to show."""
    setattr(strip, "duration" if hasattr(strip, "left_handle") else "frame_final_duration", frames)


def added_movie(scene: bpy.types.Scene, file: Path, *, adjust: bool) -> Any:
    """A movie strip as Blender's own Add > Movie makes it; ``new_movie`` never adjusts the playback rate. Crashes 5.x."""
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, scene=scene, area=area, region=region):
        bpy.ops.sequencer.movie_strip_add(
            filepath=str(file), frame_start=1, channel=1, sound=False, use_framerate=False, adjust_playback_rate=adjust
        )
    return scene.sequence_editor.active_strip


def frame_rate(scene: bpy.types.Scene, rate: float) -> None:
    scene.render.fps, scene.render.fps_base = round(rate), round(rate) / rate
