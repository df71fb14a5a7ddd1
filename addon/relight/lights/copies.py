"""Scenes that were copied: groups that follow a scene's lights and camera are shared with its copies until these have their own."""

from __future__ import annotations

import re

import bpy

from ... import tags
from ...blender import compat
from ...compositor import space
from ...nodes.block import Block
from . import rig, scene_lights


def own_rigs(scene: bpy.types.Scene) -> dict[str, bpy.types.NodeTree]:
    """Return the rigs that are this scene's to change, by plate. One that came with a copy of another scene's compositor becomes
    its own;
    one in a compositor that scenes share, as they may since 5.0, belongs to the scene in which it was wired last."""
    found = {}
    for shot, tree in scene_lights.rigs(scene).items():
        other = tree.get(tags.SCENE)
        if other is None or other == scene or tree not in scene_lights.rigs(other).values():
            _set(tree, tags.SCENE, scene)
        elif compat.compositor_tree(other) != compat.compositor_tree(scene):
            if not scene_lights.can_be_lit(scene):
                continue
            node = Block(compat.compositor_tree(scene), strip_name=shot).find("lights")
            tree = node.node_tree = _copied(tree, scene)
        elif scene_lights.is_stale(scene, tree) or not scene_lights.is_stale(other, tree):
            continue
        else:
            _set(tree, tags.SCENE, scene)
        found[shot] = tree
    return found


def own_spaces(scene: bpy.types.Scene) -> None:
    """Let the Space nodes that came with a copy of another scene's compositor follow this scene's camera."""
    tree = compat.compositor_tree(scene)
    for shot in scene_lights.shots(scene) if scene_lights.can_be_lit(scene) else ():
        followed = {_scene_of(node.node_tree) for node in space.nodes(Block(tree, strip_name=shot))} - {scene, None}
        if any(compat.compositor_tree(other) != tree for other in followed):
            space.update(scene, shot)


def _copied(tree: bpy.types.NodeTree, scene: bpy.types.Scene) -> bpy.types.NodeTree:
    """Return a rig of the scene's own, current: its lights keep the settings of those that they are copies of."""
    made = tree.copy()
    made[tags.SCENE] = scene
    chosen, own = scene_lights.collection_of(made), scene.platelight_relight.collection
    if chosen is not None and own is not None and chosen not in scene.collection.children_recursive:
        made[tags.COLLECTION] = own
    lights, _ = scene_lights.wanted(scene, made)
    world = scene_lights.world_of(scene, made)
    originals = {_stem(source): source for source in rig.rows_of(made)}
    twins = {originals[_stem(each)]: each for each in (*lights, world) if each and _stem(each) in originals}
    for curve in made.animation_data.drivers if made.animation_data else ():
        for target in (target for variable in curve.driver.variables for target in variable.targets):
            target.id = twins.get(target.id, target.id)
    scene_lights.update(scene, made)
    return made


def _stem(source: bpy.types.ID) -> tuple[type, str]:
    """Return what a data-block and its copies are called, but for the number that Blender adds."""
    return type(source), re.sub(r"\.\d{3,}$", "", source.name)


def _scene_of(tree: bpy.types.NodeTree) -> bpy.types.Scene | None:
    """Return the scene whose camera a group's drivers follow; None where they follow the cameras of its markers."""
    for curve in tree.animation_data.drivers if tree.animation_data else ():
        if isinstance(asked := curve.driver.variables[0].targets[0].id, bpy.types.Scene):
            return asked
    return None


def _set(tree: bpy.types.NodeTree, key: str, value: bpy.types.ID) -> None:
    """Without a change where there is none: each is one more for Blender to tell about."""
    if tree.get(key) != value:
        tree[key] = value
