"""Keeps rigs up to date while people change lights, and plates while they change the render's size.

Only graphs change here; renders need none of it.
"""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from ..blender import linked, typed
from ..compositor import render_size
from . import control
from .lights import copies, scene_lights
from .match import wiring

_KINDS = ("OBJECT", "COLLECTION", "SCENE", "LIGHT", "WORLD")


@persistent
def after_update(scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    """What Blender calls after each change; most changes are not ours."""
    if any(depsgraph.id_type_updated(kind) for kind in _KINDS):
        refresh(scene)


@persistent
def after_loading(*_: object) -> None:
    """What Blender calls when it has read a file. Rigs of older versions are built again: 5.0 dropped a node of those from 4.2."""
    for scene in bpy.data.scenes:
        refresh(scene)


@persistent
def before_saving(*_: object) -> None:
    """What Blender calls before it writes a file, which may go to machines without the add-on: markers move without a word."""
    for scene in bpy.data.scenes:
        refresh(scene)


def refresh(scene: bpy.types.Scene) -> int:
    """Bring the rigs of a scene up to date; not while a render reads it, for changing it then can crash Blender. Returns how many
    were not. A scene of a library is that library's to change."""
    if typed.is_rendering() or linked.refusal(scene):
        return 0
    render_size.follow(scene)
    copies.own_spaces(scene)
    wiring.follow_working_space(scene)
    stale = {name: tree for name, tree in copies.own_rigs(scene).items() if scene_lights.is_stale(scene, tree)}
    for name, tree in stale.items():
        scene_lights.update(scene, tree)
        if shot := control.find(scene, name):
            control.apply(shot)  # a light that was solo may be gone
    return len(stale)


def register() -> None:
    bpy.app.handlers.depsgraph_update_post.append(after_update)
    bpy.app.handlers.load_post.append(after_loading)
    bpy.app.handlers.save_pre.append(before_saving)


def unregister() -> None:
    bpy.app.handlers.save_pre.remove(before_saving)
    bpy.app.handlers.load_post.remove(after_loading)
    bpy.app.handlers.depsgraph_update_post.remove(after_update)
