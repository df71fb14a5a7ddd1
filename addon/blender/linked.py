"""Scenes whose compositor comes from a library: what is changed in them is gone when the project is opened again."""

from __future__ import annotations

import bpy

from . import compat


def refusal(scene: bpy.types.Scene) -> str:
    """Why the scene's compositor can't be changed, and what to do; blank where it can."""
    tree = compat.compositor_tree(scene)
    library = scene.library or (tree.library if tree else None)
    if library is None:
        return ""
    name = bpy.path.basename(library.filepath)
    return f"The compositor of {scene.name} is linked from {name}: change it there, or make it local."
