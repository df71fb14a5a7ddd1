"""Plates whose strip got another name: what was made for them is found by name, and goes on under the new one."""

from __future__ import annotations

from pathlib import Path

import bpy

from .. import tags
from ..blender import compat, images, shot_cuts, typed
from ..blender.clips import ClipTarget
from ..nodes.block import Block, attached_strips
from . import import_settings


def follow(scene: bpy.types.Scene, target: ClipTarget) -> list[str]:
    """Where the target has no nodes, and those of a plate that is no more show its very file, they become the target's.

    Returns:
        What the user should know, a sentence each.
    """
    tree = compat.compositor_tree(scene)
    attached = attached_strips(tree) if tree else set()
    if tree is None or target.strip_name in attached:
        return []
    for name in sorted(attached - shot_cuts.plates(scene)):
        plate = Block(tree, strip_name=name).find("plate")
        if plate and images.shows(typed.image_of(plate), Path(target.source.path)):
            _rename(scene, tree, name, target)
            return [f"{target.label} takes over the relight of {name}, which is no more and was of the same file"]
    return []


def _rename(scene: bpy.types.Scene, tree: bpy.types.NodeTree, name: str, target: ClipTarget) -> None:
    for node in tree.nodes:
        if node.get(tags.PLATE) == name:
            node[tags.PLATE] = target.strip_name
            if node.bl_idname == "NodeFrame":
                node.label = f"Platelight: {target.label}"
    for owner in (*scene.collection.all_objects, *scene.collection.children_recursive, *bpy.data.worlds):
        for tag in tags.OF_A_PLATE:
            if owner.get(tag) == name:
                owner[tag] = target.strip_name
    if entry := import_settings.entry_of(scene, name):
        entry.name = target.strip_name
