"""What is selected, as far as Blender knows it without looking at a file: for `draw`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ..blender import clips, compat
from ..nodes.block import attached_strips

_ICONS = {"MOVIE": "FILE_MOVIE", "IMAGE": "FILE_IMAGE", "MOVIECLIP": "TRACKER"}


@dataclass(frozen=True, kw_only=True)
class Selected:
    """`detail`: ``120 frames · 1920 x 1080``. `attached`: its relight group is in the compositor already."""

    name: str
    icon: str
    detail: str
    attached: bool


def selected(context: bpy.types.Context) -> list[Selected]:
    """Return the plates that Estimate would take, in the order in which `clips.targets_from_context` looks for them."""
    clip = getattr(context, "edit_movieclip", None)
    strips = [] if clip else [strip for strip in compat.selected_strips(context) if strip.type in clips.PICTURE_TYPES]
    if strips:
        attached = _attached(compat.sequencer_scene(context))
        return [_strip(strip, attached=strip.name in attached) for strip in strips]
    clip = clip or context.scene.active_clip
    return [_clip(clip, attached=clip.name in _attached(context.scene))] if clip else []


def needs_gpu(context: bpy.types.Context) -> bool:
    """Return whether renders of plates that are relit in this scene need a graphics driver, which farms often lack."""
    scene = compat.sequencer_scene(context)
    return compat.composites_on_gpu(scene) and bool(_attached(scene))


def _attached(scene: bpy.types.Scene) -> set[str]:
    tree = compat.compositor_tree(scene)
    return attached_strips(tree) if tree else set()


def _clip(clip: bpy.types.MovieClip, *, attached: bool) -> Selected:
    detail = _detail(clip.frame_duration, tuple(clip.size) if all(clip.size) else None)
    return Selected(name=clip.name, icon="TRACKER", detail=detail, attached=attached)


def _strip(strip: Any, *, attached: bool) -> Selected:
    times = compat.strip_times(strip)
    detail = _detail(times.last - times.first + 1, compat.picture_size(strip))
    return Selected(name=strip.name, icon=_ICONS[strip.type], detail=detail, attached=attached)


def _detail(frames: int, pixels: tuple[int, int] | None) -> str:
    count = f"{frames} frame{'s' if frames != 1 else ''}"
    return f"{count} · {pixels[0]} x {pixels[1]}" if pixels else count
