"""Passes that moved: the folder where they are now, and every image that showed the old one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import bpy

from ..blender import image_files, images
from ..blender.image_files import Files
from . import import_settings, missing_files
from .missing_files import PLATE, Asked

_MOST_FOLDERS = 500


@dataclass(frozen=True, kw_only=True)
class Relinked:
    """`there` of `of` files were found in `folder`. `what` as for `missing_files.Asked`."""

    what: str
    folder: Path
    there: int
    of: int


def relink(scene: bpy.types.Scene, plate: str, *, chosen: Path) -> list[Relinked]:
    """Let a plate's passes and mattes that lack files be read from the folder that was chosen, or from one beside or in it.

    The plate itself isn't looked for: its strip shows it, too, and Blender finds both.
    """
    found = []
    for asked in missing_files.asked(scene):
        if asked.plate == plate and asked.what != PLATE and missing_files.look([asked]):
            folder, names = best(asked, chosen)
            if names:
                _show(asked.files, folder=folder, name=names[0])
                _follow_import(scene, asked, folder / names[0])
                found.append(Relinked(what=asked.what, folder=folder, there=len(names), of=len(asked.files.names)))
    return found


def best(asked: Asked, chosen: Path) -> tuple[Path, tuple[str, ...]]:
    """Return the folder that has most of the files, and their names; the first of those that have as many. No bpy."""
    listing = cache(image_files.names_in)
    there: dict[Path, tuple[str, ...]] = {}
    for folder in _folders(asked, chosen):
        gone = set(image_files.missing(Files(folder=folder, names=asked.files.names), listing=listing))
        there[folder] = tuple(name for name in asked.files.names if name not in gone)
    return max(there.items(), key=lambda item: len(item[1]))


def _folders(asked: Asked, chosen: Path) -> Iterator[Path]:
    """Where people point to: the pass, what holds it, its neighbour, or what holds all plates' passes."""
    own = asked.files.folder
    yield from (chosen, chosen / own.name, chosen / own.parent.name / own.name, chosen.parent / own.name)
    for name in sorted(image_files.names_in(chosen))[:_MOST_FOLDERS]:
        if (chosen / name).is_dir():
            yield from (chosen / name, chosen / name / own.name)


def _show(files: Files, *, folder: Path, name: str) -> None:
    """Let all images that show the files where they were show them in their new folder."""
    for image in bpy.data.images:
        if image.library is None and images.shows(image, files.folder / files.names[0]):
            image.filepath = images.project_path(folder / name)
            image.reload()


def _follow_import(scene: bpy.types.Scene, asked: Asked, file: Path) -> None:
    if asked.what == "normal" and (entry := import_settings.entry_of(scene, asked.plate)):
        entry.file = images.project_path(file)
