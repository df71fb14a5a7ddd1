"""Image data-blocks for plates and passes, and which of their frames a node shows when."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import bpy

from ..contract import ErrorCode, PlatelightError
from . import paths, sequences, typed

_LONG_AGO = -1_000_000
"""A scene frame before any other, within Blender's limits."""


@dataclass(frozen=True, kw_only=True)
class FrameMap:
    """File numbers `first` to `last`, one a scene frame; `first` is shown at scene frame `start`."""

    first: int
    last: int
    start: int


def map_frames(node: bpy.types.Node, frames: FrameMap) -> None:
    """Let an Image node show `frames`, holding the first before and the last after them.

    Blender shows file ``clamp(scene_frame - frame_start + 1, 0, frame_duration) + frame_offset``. Its lower end is 0, not 1:
    so that frames before the start hold the first file instead of asking for the one before it, which may not exist, the count
    begins one frame late. A single frame is one that began long ago.
    """
    still = frames.last == frames.first
    shown = typed.image_node(node)
    shown.frame_duration = 1 if still else frames.last - frames.first
    shown.frame_start = _LONG_AGO if still else frames.start + 1
    shown.frame_offset = frames.first - 1 if still else frames.first
    shown.use_cyclic = False
    shown.use_auto_refresh = True


def sequence(file: Path, *, color_space: str, alpha_mode: str = "") -> bpy.types.Image:
    """Return the image sequence that starts with `file`. The lowest number tells Blender how many digits there are."""
    return _image(file, source="SEQUENCE", color_space=color_space, alpha_mode=alpha_mode)


def still(file: Path, *, color_space: str, alpha_mode: str = "") -> bpy.types.Image:
    return _image(file, source="FILE", color_space=color_space, alpha_mode=alpha_mode)


def movie(file: Path, *, color_space: str) -> bpy.types.Image:
    return _image(file, source="MOVIE", color_space=color_space, alpha_mode="")


def absolute(image: bpy.types.Image | bpy.types.MovieClip) -> Path:
    return paths.absolute(image.filepath, library=image.library)


def shows(block: bpy.types.Image | bpy.types.MovieClip | None, file: Path) -> bool:
    """Return whether an image or clip is of this file, or of the sequence that the file belongs to."""
    if block is None or not block.filepath:
        return False
    path = absolute(block)
    if block.source != "SEQUENCE":
        return paths.same(path, file)
    return _same_run(path, file) and paths.same(path.parent, file.parent)


def _same_run(one: Path, other: Path) -> bool:
    if sequences.same_run(one.name, other.name):
        return True
    return sequences.same_run(one.name.lower(), other.name.lower()) and paths.ignores_case(one)


def project_path(file: Path) -> str:
    """``//``-relative when the project is saved, so that its folder can be moved; absolute before, and on another drive.

    Blender makes the absolute ones relative when the project is saved for the first time.
    """
    if not bpy.data.filepath:
        return str(file)
    try:
        return bpy.path.relpath(str(file))
    except ValueError:  # another drive (Windows)
        return str(file)


def _image(file: Path, *, source: Literal["SEQUENCE", "FILE", "MOVIE"], color_space: str, alpha_mode: str) -> bpy.types.Image:
    """Return an image of that file with just these settings; an existing one when there is one.

    Raises:
        PlatelightError: `source_missing`.
    """
    if not file.is_file():
        raise PlatelightError(ErrorCode.SOURCE_MISSING, str(file))
    for image in bpy.data.images:
        if image.source != source or image.library is not None or not shows(image, file):
            continue  # first, for some of Blender's own images have no colour space to ask for
        if color_space in ("", typed.color_space(image).name) and alpha_mode in ("", image.alpha_mode):
            if image.filepath != project_path(file):
                image.filepath = project_path(file)
            return image
    image = bpy.data.images.load(str(file), check_existing=False)
    image.source = source
    if color_space:
        typed.set_color_space(image, color_space)
    if alpha_mode:
        cast(Any, image).alpha_mode = alpha_mode
    image.filepath = project_path(file)
    return image
