"""Cards as objects: made for a plate, found again, brought up to date, and taken away."""

from __future__ import annotations

import bpy
from mathutils import Vector

from ... import tags
from ...compositor import windows
from ...errors import UserError
from ...nodes.block import block_of
from ...nodes.drivers import Cut
from . import controls, cuts, facing, paint, shadows, surface, view
from .pictures import Pictures, has_other_layers, of_shot, plate_of, shape, size

_FAR = 0.9
"""Part of the camera's clipping distance that a card may fill."""
_DISTANCE = 10.0
"""Metres to a card of whose distance nobody said anything."""
_DETAIL = 400
"""Faces from left to right of a card that is bent by depth."""


def cards(scene: bpy.types.Scene) -> dict[str, bpy.types.Object]:
    """Return the cards of a scene, by plate."""
    marked = [each for each in scene.collection.all_objects if each.get(tags.CARD) and controls.node(each, controls.CARD)]
    return {each[tags.CARD]: each for each in marked}


def passes_of(card: bpy.types.Object) -> set[str]:
    """Return the passes that the card was built with: normal, depth, albedo, roughness, metallic."""
    return set(card.get(tags.CARD_PASSES, "").split())


def camera_of(card: bpy.types.Object) -> bpy.types.Object | None:
    """Return the camera before which it stands at the present frame; None when that was deleted."""
    return cuts.now(card)


def is_stale(scene: bpy.types.Scene, card: bpy.types.Object) -> bool:
    """Return whether its plate is seen through other cameras by now: the scene has another, or timeline markers came, moved or
    went."""
    plate = plate_of(scene, card[tags.CARD])
    return plate is not None and cuts.followed(card) != cuts.shares(cuts.of_plate(scene, plate))


def on_plate(scene: bpy.types.Scene, card: bpy.types.Object, point: Vector) -> Vector | None:
    """Where the card's camera sees a point of the world, as `view.on_plate` tells it; None outside the plate."""
    camera = camera_of(card)
    return view.on_plate(scene, camera, point, shape=shape(of_shot(scene, card[tags.CARD]).plate)) if camera else None


def add(scene: bpy.types.Scene, shot: str) -> tuple[bpy.types.Object, list[str]]:
    """Build the card of a plate, or build it anew with its settings kept.

    It stands where the scene's camera stands and turns as that turns, whatever moves the camera: keyframes, a parent, or a Camera
    Solver; and where timeline markers cut to others while the plate is seen, before each in its time. With a depth pass it is bent
    by it and casts shadows, where that is relative not on itself; else it is flat and casts none.

    Returns:
        The card, and what the user should know, a sentence each.

    Raises:
        UserError: no perspective camera, no such plate in the compositor, missing files, or files that hold another part than
            the whole of their picture.
    """
    if scene.camera is None and not any(marker.camera for marker in scene.timeline_markers):
        raise UserError(f"{scene.name} has no camera to stand a card before: add one and make it active.")
    pictures = of_shot(scene, shot)
    if (block := block_of(scene, shot)) and windows.of_plate(block):
        told = f"The files of {shot} hold another part than the whole of their picture, as crops and overscan do."
        raise UserError(f"{told} A card needs the whole picture in each file.")
    seen = cuts.of_plate(scene, pictures.plate)
    _need_perspective(seen)
    card = cards(scene).get(shot)
    is_new = card is None
    if card is None:
        card = bpy.data.objects.new(f"Card {shot}", bpy.data.meshes.new(f"Card {shot}"))
        card[tags.CARD] = shot
        scene.collection.objects.link(card)
    had_depth, has_depth = "depth" in passes_of(card), "depth" in pictures.passes
    card[tags.CARD_PASSES] = " ".join(sorted(pictures.passes))
    cuts.follow(card, seen)
    _build(card, scene, seen, pictures)
    notices = _notices(pictures)
    if is_new:
        reach = _FAR * min(cut.camera.data.clip_end for cut in seen)
        controls.change(card, {"Distance": min(pictures.distance or _DISTANCE, reach), "Farthest": reach})
    if is_new or had_depth != has_depth:
        controls.change(card, {"Use Depth": has_depth, "Detail": _detail(pictures)})
        card.visible_shadow = has_depth
        shadows.set_apart(card, has_depth and _is_relative(pictures))
        if shadows.is_apart(card):
            notices.append("Its depth is estimated: it throws no shadows on itself unless you switch on Shadows on Itself")
    return card, notices + shadows.update(scene)


def remove(scene: bpy.types.Scene, shot: str) -> bool:
    """Take a card away with all that was made for it. Returns whether there was one."""
    card = cards(scene).get(shot)
    if card is None:
        return False
    trees, textures, material, mesh = _trees(card), _textures(card), controls.material(card), card.data
    bpy.data.objects.remove(card)
    shadows.update(scene)
    _drop(bpy.data.node_groups, trees)
    _drop(bpy.data.textures, textures)
    _drop(bpy.data.materials, [material])
    _drop(bpy.data.meshes, [mesh])
    return True


def _is_relative(pictures: Pictures) -> bool:
    """Return whether its depth is estimated, without a unit: true at large, noisy in the small."""
    return pictures.depth_in is not None and pictures.depth_in.inputs["Relative"].default_value > 0.5


def _detail(pictures: Pictures) -> int:
    """Faces from left to right: as fine as the normals where the mesh has them, one for a flat card that has none.

    An odd number: no pixel's middle then lies on an upright edge, where Cycles may look between the faces.
    """
    if facing.can(pictures):
        return min(max(size(pictures.passes["normal"])[0], _DETAIL), facing.FINEST) | 1
    return _DETAIL if "depth" in pictures.passes else 1


def _need_perspective(seen: tuple[Cut, ...]) -> None:
    for cut in seen:
        if cut.camera.type != "CAMERA" or cut.camera.data.type != "PERSP":
            raise UserError(f"{cut.camera.name} is not a perspective camera: plates need one.")


def _build(card: bpy.types.Object, scene: bpy.types.Scene, seen: tuple[Cut, ...], pictures: Pictures) -> None:
    """New modifiers under the settings that there are; the material stays the same data-block."""
    kept = {name: socket.default_value for name, socket in controls.sockets(card).items()}
    material = controls.material(card) or bpy.data.materials.new(card.name)
    paint.fill(material, pictures)
    trees, textures = _trees(card), _textures(card)
    for name in (controls.GRID, controls.PASS, controls.NORMALS, controls.BEND, controls.CARD):
        if old := card.modifiers.get(name):
            card.modifiers.remove(old)
    _drop(bpy.data.node_groups, trees)
    _drop(bpy.data.textures, textures)
    depth_pass = pictures.passes.get("depth")
    plate = size(pictures.plate)
    grid = _modifier(card, controls.GRID, surface.grid())
    grid.inputs["Height"].default_value = 1 / (shape(pictures.plate) or scene.render.resolution_x / scene.render.resolution_y)
    if facing.can(pictures):
        facing.build(card, pictures.passes["normal"], pictures.convention)
    if depth_pass:
        bend = card.modifiers.new(controls.BEND, "DISPLACE")
        bend.texture = surface.pass_texture(card.name, depth_pass)
        bend.texture_coords, bend.direction, bend.strength, bend.mid_level = "LOCAL", "Z", 1.0, 0.0
    node = _modifier(card, controls.CARD, surface.card())
    node.inputs["Material"].default_value = material
    view.drive(node, scene=scene, lens=cuts.lens(scene, grid.id_data, seen), plate=plate)
    if pictures.depth_in:
        view.drive_depth(node, scene=scene, depth_in=pictures.depth_in)
    controls.change(card, kept)


def _modifier(card: bpy.types.Object, name: str, group: bpy.types.NodeTree) -> bpy.types.Node:
    """Return a modifier whose nodes are but a group; gives that node, whose sockets hold its settings and drivers."""
    tree = controls.new_nodes(card, name)
    first, node, last = (tree.nodes.new(kind) for kind in ("NodeGroupInput", "GeometryNodeGroup", "NodeGroupOutput"))
    node.node_tree, node.name, node.width = group, name, 220
    node.location.x, last.location.x = 240, 520
    tree.links.new(first.outputs[0], node.inputs["Geometry"])
    tree.links.new(node.outputs["Geometry"], last.inputs[0])
    return node


def _trees(card: bpy.types.Object) -> list[bpy.types.NodeTree]:
    own = (controls.GRID, controls.CARD, controls.NORMALS)
    return [each.node_group for each in card.modifiers if each.name in own and each.type == "NODES"]


def _textures(card: bpy.types.Object) -> list[bpy.types.Texture]:
    found = [card.modifiers.get(name) for name in (controls.PASS, controls.BEND)]
    return [each.texture for each in found if each and each.type == "DISPLACE"]


def _drop(blocks: bpy.types.bpy_prop_collection, unused: list[bpy.types.ID | None]) -> None:
    """Remove those that nobody else uses."""
    for block in unused:
        if block is not None and not block.users:
            blocks.remove(block)


def _notices(pictures: Pictures) -> list[str]:
    notices = []
    whole = shape(pictures.plate)
    for name, each in pictures.passes.items():
        if whole and shape(each) and abs(shape(each) / whole - 1) > 0.02:
            notices.append(f"The {name} pass has another shape than the plate and is stretched over it")
        if has_other_layers(each):
            notices.append(f"The files of the {name} pass have other layers, which 3D may show instead: give it files of its own")
    if "normal" not in pictures.passes:
        notices.append("There are no normals: the card is lit as the surface that it is, flat or bent")
    return notices
