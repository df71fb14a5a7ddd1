"""Paths as Blender means them, and whether two of them are of one file."""

from __future__ import annotations

import os
import re
from pathlib import Path

import bpy

_DRIVE = re.compile(r"([A-Za-z]):[\\/]")


def absolute(path: str, *, library: bpy.types.Library | None = None) -> Path:
    """Return the file that Blender opens: ``//`` from the project or its library, ``..`` taken out, separators of this system.

    Blender takes ``..`` out of the text, without a look at links, and reads a project of Windows elsewhere with ``/``.
    """
    if os.sep == "/":
        drive = _DRIVE.match(path)
        path = (f"/{drive[1].lower()}/{path[drive.end() :]}" if drive else path).replace("\\", "/")
    return Path(os.path.normpath(bpy.path.abspath(path, library=library)))


def same(one: Path, other: Path) -> bool:
    """Return whether both are one file or folder: by their names, whatever way they take, or through links."""
    if os.path.normcase(os.path.normpath(one)) == os.path.normcase(os.path.normpath(other)):
        return True
    try:
        return os.path.samefile(one, other)
    except OSError:  # one isn't there
        return False


def ignores_case(file: Path) -> bool:
    """Return whether the file's folder takes ``A`` for ``a``, as on most disks of Windows and macOS."""
    return same(file, file.with_name(file.name.swapcase()))
