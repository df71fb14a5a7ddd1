"""Strips made without operators (those crash in background in some versions)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy


def editor_strips(scene: bpy.types.Scene) -> Any:
    editor = scene.sequence_editor or scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


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
