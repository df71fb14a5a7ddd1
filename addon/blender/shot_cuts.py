"""Where a plate's shots begin, as its passes say: kept in the scene, so that the panel can show it without looking at a file."""

from __future__ import annotations

import bpy

from .. import tags
from .clips import ClipTarget


def keep(scene: bpy.types.Scene, *, plate: str, cuts: tuple[int, ...]) -> None:
    """Remember the source frames at which shots of a plate begin; none is a finding too."""
    known = {name: list(frames) for name, frames in scene.get(tags.CUTS, {}).items() if name in plates(scene)}
    scene[tags.CUTS] = known | {plate: [int(frame) for frame in cuts]}


def kept(scene: bpy.types.Scene, plate: str) -> tuple[int, ...] | None:
    """Return what is remembered of a plate; None where nobody has looked. Free: for `draw`."""
    known = scene.get(tags.CUTS, {})
    return tuple(known[plate]) if plate in known else None


def mark(scene: bpy.types.Scene, target: ClipTarget, *, cuts: tuple[int, ...]) -> int:
    """Put a timeline marker at each cut that is seen; returns how many there are now. Those that are there stay as they are."""
    seen = [cut for cut in cuts if target.first <= cut <= target.last]
    for cut in seen:
        name = f"{target.label} cut {cut}"
        marker = scene.timeline_markers.get(name) or scene.timeline_markers.new(name)
        marker.frame = target.timeline_start + cut - target.first
    return len(seen)


def plates(scene: bpy.types.Scene) -> set[str]:
    """Return all plates that the scene still knows, so that what is remembered doesn't pile up."""
    editor = scene.sequence_editor
    strips = editor.strips_all if editor else ()
    return {strip.name for strip in strips} | {clip.name for clip in bpy.data.movieclips}
