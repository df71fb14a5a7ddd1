"""Wiring the lights of a collection to a shot, and keeping them wired as lights come and go."""

from __future__ import annotations

from collections.abc import Container

import bpy

from ... import tags
from ...blender import compat, light_power, linked
from ...compositor import materials
from ...errors import UserError, no_passes
from ...node_groups import light_types
from ...node_groups import relight as group
from ...node_groups import world_light as worlds
from ...nodes import drivers
from ...nodes.block import Block, attached_strips, block_of
from . import rig


def shots(scene: bpy.types.Scene) -> list[str]:
    """Return the names of the plates that are relit in the scene."""
    tree = compat.compositor_tree(scene)
    return sorted(attached_strips(tree)) if tree else []


def rigs(scene: bpy.types.Scene) -> dict[str, bpy.types.NodeTree]:
    """Return the rigs of the scene's plates, by plate."""
    tree = compat.compositor_tree(scene)
    found = {name: Block(tree, strip_name=name).find("lights") for name in shots(scene)} if tree else {}
    return {name: node.node_tree for name, node in found.items() if node is not None and rig.is_rig(node.node_tree)}


def collection_of(tree: bpy.types.NodeTree) -> bpy.types.Collection | None:
    """Return the collection whose lights a rig takes; None is the whole scene."""
    return tree.get(tags.COLLECTION)


def wire(scene: bpy.types.Scene, shot: str, *, collection: bpy.types.Collection | None, world: bool = True) -> list[str]:
    """Let the lights of a collection (None: all of the scene) and the world light a plate; again to choose others, and to look at
    the world's picture again.

    The first time the group's own lights are turned off (Studio Lights 0), so that what one sees is what the scene's lights do.

    Returns:
        What the user should know, a sentence each.

    Raises:
        UserError: no plate of that name is relit, the scene has no camera that fits, or its compositor is a library's.
    """
    if refusal := linked.refusal(scene):
        raise UserError(refusal)
    tree = compat.compositor_tree(scene)
    if tree is None or shot not in attached_strips(tree):
        raise no_passes(shot, scene)
    need_camera(scene)
    block = Block(tree, strip_name=shot)
    relight = block.find("relight")
    notices = []
    if group.renew(relight):
        notices.append(f"Relight ({shot}) is now the group of this version; the nodes inside an older one are not taken over")
    node = block.find("lights")
    if node is None:
        node = block.node("lights", "CompositorNodeGroup", at=(340, 1100), label="Scene Lights")
        node.width = 220
        relight.inputs["Studio Lights"].default_value = 0.0
        notices.append("Key, fill, rim and ambient are off: turn up Studio Lights to have them too")
    if not rig.is_rig(node.node_tree):
        node.node_tree = rig.new_rig(f"Platelight Lights {shot}")
    if collection is None:
        node.node_tree.pop(tags.COLLECTION, None)
    else:
        node.node_tree[tags.COLLECTION] = collection
    node.node_tree[tags.USE_WORLD] = world
    notices += update(scene, node.node_tree, look_again=True)
    _link(tree, block, node, relight)
    return notices


def update(scene: bpy.types.Scene, tree: bpy.types.NodeTree, *, look_again: bool = False) -> list[str]:
    """Build a rig for the lights that there are now; with `look_again` the world's picture is read again, too.

    Returns what the user should know; raises as `wire` does.
    """
    lights, notices = wanted(scene, tree)
    world = world_of(scene, tree)
    if world and worlds.find(world) is None:
        notices.append(f"{world.name} is left out: only a colour or an equirectangular Environment Texture can light a plate")
    need_camera(scene)
    if len(scene.timeline_markers) > drivers.MOST_CUTS and len(drivers.eye(scene).cuts) == drivers.MOST_CUTS:
        notices.append(f"Only the first {drivers.MOST_CUTS} cameras that timeline markers cut to are followed")
    rig.sync(tree, scene=scene, lights=lights, world=world, look_again=look_again)
    return notices


def world_of(scene: bpy.types.Scene, tree: bpy.types.NodeTree) -> bpy.types.World | None:
    """Return the scene's world, unless the rig does without one."""
    return scene.world if tree.get(tags.USE_WORLD) else None


def lights_of(
    scene: bpy.types.Scene, collection: bpy.types.Collection | None, *, wired: Container[bpy.types.ID | None] = ()
) -> tuple[list[bpy.types.Object], list[str]]:
    """Return the lights that can be wired, by name, and a sentence on those that can't. Where there are too many, those that are
    `wired`
    stay before others. A collection that was chosen lights the plate even where the view layers leave it out."""
    objects = _rendered(scene) if collection is None else set(collection.all_objects)
    found = sorted((each for each in objects if each.type == "LIGHT" and not each.get(tags.CARD_LIGHT)), key=lambda each: each.name)
    good = [light for light in found if light.data.type in light_types.KINDS]
    notices = [f"{light.name} is of a kind that can't light a plate" for light in found if light not in good]
    taken = sorted(good, key=lambda light: light not in wired)[: rig.MOST]
    left = [light.name for light in good if light not in taken]
    if left:
        notices.append(f"A plate takes {rig.MOST} lights; left out: {', '.join(left)}")
    good = [light for light in good if light in taken]
    own = [light.name for light in good if light_power.has_nodes(light.data)]
    notices += [f"{name} has nodes; its colour and power count, the nodes don't" for name in own]
    if not found:
        place = collection.name if collection else scene.name
        notices.append(f"There are no lights in {place} yet; those you add will light the plate")
    return good, notices


def wanted(scene: bpy.types.Scene, tree: bpy.types.NodeTree) -> tuple[list[bpy.types.Object], list[str]]:
    """Return the lights that a rig is to have now, and a sentence on those that it can't have."""
    return lights_of(scene, collection_of(tree), wired=rig.wired_lights(tree))


def _rendered(scene: bpy.types.Scene) -> set[bpy.types.Object]:
    """Return what a view layer of the scene has, but for collections that are disabled in renders."""
    found: set[bpy.types.Object] = set()
    left = [layer.layer_collection for layer in scene.view_layers]
    while left:
        layer = left.pop()
        if not layer.exclude and not layer.collection.hide_render:
            found.update(layer.collection.objects)
        if not layer.collection.hide_render:
            left.extend(layer.children)
    return found


def is_stale(scene: bpy.types.Scene, tree: bpy.types.NodeTree) -> bool:
    """Return whether lights came, went, changed their kind or name, or an older version built the rig. Quick."""
    if not can_be_lit(scene):
        return False
    wired = rig.wired_lights(tree)
    lights, _ = wanted(scene, tree)
    world = world_of(scene, tree)
    found = worlds.find(world) if world else None
    kinds_of = {light: light_types.sign_of(light.data) for light in lights} | ({world: rig.WORLD} if found else {})
    if not rig.is_current(tree) or rig.eye_sign(tree) != drivers.eye(scene).sign:
        return True
    if rig.world_sign(tree) != (found.sign if found else ""):
        return True
    return wired != kinds_of or rig.names(tree) != {source.name for source in kinds_of}


def unwire(scene: bpy.types.Scene, shot: str) -> bool:
    """Take the scene's lights off a plate again and turn the group's own back on. Returns whether there was a rig."""
    block = block_of(scene, shot)
    node = block.find("lights") if block else None
    if node is None:
        return False
    old = node.node_tree
    block.tree.nodes.remove(node)
    if old is not None and not old.users:
        bpy.data.node_groups.remove(old)
    relight = block.find("relight")
    if relight and "Studio Lights" in relight.inputs:
        relight.inputs["Studio Lights"].default_value = 1.0
    return True


def can_be_lit(scene: bpy.types.Scene) -> bool:
    """Return whether it is seen through a camera that lights can be wired for."""
    return scene.camera is not None and scene.camera.type == "CAMERA" and scene.camera.data.type == "PERSP"


def need_camera(scene: bpy.types.Scene) -> None:
    """Told before anything changes.

    Raises:
        UserError: the scene has no camera that lights can be wired for.
    """
    camera = scene.camera
    if camera is None or camera.type != "CAMERA":
        raise UserError(f"{scene.name} has no camera, so nobody knows where its lights are: add one and make it active.")
    if camera.data.type != "PERSP":
        raise UserError(f"{camera.name} is not a perspective camera: plates need one.")


def _link(tree: bpy.types.NodeTree, block: Block, node: bpy.types.Node, relight: bpy.types.Node) -> None:
    """Normals as the relight group has them, depth where there is a pass; links the user made stay."""
    normals = relight.inputs["Normal"].links
    if normals and not node.inputs["Normal"].is_linked:
        tree.links.new(normals[0].from_socket, node.inputs["Normal"])
    depth = block.find("depth size")
    if depth and not node.inputs["Depth"].is_linked:
        tree.links.new(depth.outputs["Image"], node.inputs["Depth"])
    materials.link(block)
    takers = {"Passes": "Passes", "Diffuse": "Scene Diffuse"} | ({"Specular": "Scene Specular"} if has_highlights(node) else {})
    for name, taken in takers.items():
        if not relight.inputs[taken].is_linked:
            tree.links.new(node.outputs[name], relight.inputs[taken])


def has_highlights(node: bpy.types.Node) -> bool:
    """Return whether the node of a shot's lights gives highlights; they take about a quarter of the time to render."""
    return not node.get(tags.NO_HIGHLIGHTS)


def set_highlights(tree: bpy.types.NodeTree, node: bpy.types.Node, relight: bpy.types.Node, on: bool) -> None:
    """Link the highlights to the relight group or leave them out: what isn't linked isn't computed."""
    node[tags.NO_HIGHLIGHTS] = not on
    taker = relight.inputs["Scene Specular"]
    for link in taker.links:
        tree.links.remove(link)
    if on:
        tree.links.new(node.outputs["Specular"], taker)
