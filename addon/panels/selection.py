"""What is selected, as far as Blender knows it without looking at a file: for `draw`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ..blender import clips, compat

_ICONS = {"MOVIE": "FILE_MOVIE", "IMAGE": "FILE_IMAGE", "MOVIECLIP": "TRACKER"}


@dataclass(frozen=True, kw_only=True)
class Selected:
    """`detail`: ``120 frames · 1920 x 1080``."""

    name: str
    icon: str
    detail: str


def selected(context: bpy.types.Context) -> list[Selected]:
    """The plates that Estimate would take, in the order in which `clips.targets_from_context` looks for them."""
    if clip := getattr(context, "edit_movieclip", None):
        return [_clip(clip)]
    strips = [_strip(strip) for strip in compat.selected_strips(context) if strip.type in clips.PICTURE_TYPES]
    if not strips and context.scene.active_clip:
        return [_clip(context.scene.active_clip)]
    return strips


def _clip(clip: bpy.types.MovieClip) -> Selected:
    return Selected(name=clip.name, icon="TRACKER", detail=_detail(clip.frame_duration, tuple(clip.size)))


def _strip(strip: Any) -> Selected:
    times = compat.strip_times(strip)
    element = strip.elements[0] if getattr(strip, "elements", None) else None
    clip = compat.strip_clip(strip) if strip.type == "MOVIECLIP" else None
    pixels = tuple(clip.size) if clip else (0, 0)
    if element:
        pixels = element.orig_width, element.orig_height
    return Selected(name=strip.name, icon=_ICONS[strip.type], detail=_detail(times.last - times.first + 1, pixels))


def _detail(frames: int, pixels: tuple[int, ...]) -> str:
    """The size is left out where Blender has not read it yet, and holds nothing or noise."""
    count = f"{frames} frame{'s' if frames != 1 else ''}"
    known = all(0 < side < 65536 for side in pixels)
    return f"{count} · {pixels[0]} x {pixels[1]}" if known else count
