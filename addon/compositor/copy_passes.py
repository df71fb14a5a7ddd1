"""Passes that were made before the project was saved: a copy for the folder beside the project."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..blender import compat, folders, images
from ..contract import ErrorCode, PlatelightError
from ..nodes.block import attached_strips, block_images


@dataclass(frozen=True, kw_only=True)
class Stray:
    """The passes of a plate that lie in the extension's folder: `folder` holds a folder for each pass."""

    plate: str
    folder: Path


def strays(scene: bpy.types.Scene) -> list[Stray]:
    """Return the relit plates of a saved project whose passes lie in the extension's folder. Looks at no disk."""
    if not bpy.data.filepath or (tree := compat.compositor_tree(scene)) is None:
        return []
    root = folders.unsaved_folder()
    found = {}
    for plate in sorted(attached_strips(tree)):
        for image in block_images(tree, plate):
            file = images.absolute(image)
            if file.is_relative_to(root) and len(file.relative_to(root).parts) == 3:
                found[plate] = Stray(plate=plate, folder=file.parent.parent)
    return list(found.values())


def beside_project(folder: Path) -> Path:
    """Copy the passes of a plate beside the project and let every image show them there. Returns their new folder.

    The old folder stays: another project may have been saved from the same one. Where the disk allows it, both have one file.

    Raises:
        PlatelightError: `output_not_writable`, `disk_full`; the passes then are where they were.
    """
    target = _free(folders.project_folder() / folder.name)
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(folder, part, copy_function=_link)
        part.rename(target)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(part, ignore_errors=True)
        full = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
        code = ErrorCode.DISK_FULL if error.errno in full else ErrorCode.OUTPUT_NOT_WRITABLE
        raise PlatelightError(code, f"{target}: {error}") from error
    for image in bpy.data.images:
        file = images.absolute(image) if image.library is None and image.filepath else None
        if file and file.is_relative_to(folder):
            image.filepath = images.project_path(target / file.relative_to(folder))
            image.reload()
    return target


def _link(source: str, target: str) -> None:
    """Let one file have two names, or copy it. Platelight replaces files whole, so that neither name ever changes the other's."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _free(wanted: Path) -> Path:
    """Return that path, or with a number behind its name the first that is free."""
    tries = (wanted.with_name(f"{wanted.name}_{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain([wanted], tries) if not path.exists())
