"""Scenes whose compositor comes from a library: what is changed in them is gone when the project is opened again."""

from __future__ import annotations

import bpy

from ..contract import ErrorCode, PlatelightError
from . import compat


def refusal(scene: bpy.types.Scene) -> str:
    """Return why the scene's compositor can't be changed, and what to do; blank where it can. Free: for `poll`."""
    reason = _reason(scene)
    return f"{reason[:1].upper()}{reason[1:]}. Change it in that file, or make it local." if reason else ""


def need_own(scene: bpy.types.Scene) -> None:
    """Raises:
    PlatelightError: `scene_linked`.
    """
    if reason := _reason(scene):
        raise PlatelightError(ErrorCode.SCENE_LINKED, reason)


def _reason(scene: bpy.types.Scene) -> str:
    tree = compat.compositor_tree(scene)
    library = scene.library or (tree.library if tree else None)
    return f"the compositor of {scene.name} is linked from {bpy.path.basename(library.filepath)}" if library else ""
