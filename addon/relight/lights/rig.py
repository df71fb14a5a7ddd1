"""The lights of one shot: a node group with a row for each Blender light, driven by it, and their sum.

The lights stand in a chain from the lower left, where what the camera sees is found, to the upper right, in the order in which the
group gives them, so that their links don't cross.
"""

from __future__ import annotations

import bpy
import numpy as np

from ... import tags
from ...blender import compat, working_space
from ...node_groups import camera_frustum, light_parts, light_types, shading
from ...node_groups import world_light as worlds
from ...nodes import drivers
from ...nodes.builder import Sheet, Socket
from ...nodes.drivers import Eye
from . import light_drivers
from . import sockets as rows
from .sockets import Row

MOST = 16
"""Lights that a shot may have."""
WORLD = "WORLD"
"""The kind of the world's row."""
VERSION = 6
_OF_SURFACES = ("Roughness", "Reflectance")
_BLACK = (0.0, 0.0, 0.0, 1.0)
_LATER = {
    "Mask": "Where the lights fall: 0 to 1, whatever their power",
    "Passes": "0 in a frame without any normal or depth, as of a file that is missing: no light falls",
}
"""Outputs that came after version 1."""


def new_rig(name: str) -> bpy.types.NodeTree:
    """Return a rig without lights; `sync` gives it some."""
    tree = bpy.data.node_groups.new(name, "CompositorNodeTree")
    tree[tags.RIG_VERSION] = VERSION
    sheet = Sheet(tree)
    sheet.gives("Diffuse", "All lights on a white matte surface")
    sheet.gives("Specular", "All highlights")
    sheet.takes_vector("Normal", "Normals in camera space: +X right, +Y up, +Z toward the camera", value=(0.0, 0.0, 1.0))
    sheet.takes_number("Depth", "Distance from the camera's plane in metres: a pass, or one number for all", value=5.0, least=0.0)
    sheet.takes_number("Roughness", "Of highlights; 0 is a mirror", value=0.5, least=0.0, most=1.0, subtype="FACTOR")
    sheet.takes_number("Reflectance", "Seen head on; 0.04 for most materials", value=0.04, least=0.0, most=1.0, subtype="FACTOR")
    for name, note in _LATER.items():
        sheet.gives(name, note, kind="Float")
    return tree


def is_rig(tree: bpy.types.NodeTree | None) -> bool:
    return tree is not None and tree.get(tags.RIG_VERSION) is not None


def is_current(tree: bpy.types.NodeTree) -> bool:
    """Return whether this version of the add-on built it, in the file's working space; `sync` builds others anew."""
    return tree[tags.RIG_VERSION] == VERSION and tree.get(tags.WORKING_SPACE, "") == working_space.sign()


def wired_lights(tree: bpy.types.NodeTree) -> dict[bpy.types.ID | None, str]:
    """Return the lights in a rig and their kind, the world with them; None stands for those deleted since."""
    return {drivers.id_of(tree, node, "h"): node[tags.KIND] for node in rows.nodes(tree)}


def rows_of(tree: bpy.types.NodeTree) -> dict[bpy.types.ID, Row]:
    """Return the sockets of the lights that are still there, and of the world."""
    found = {drivers.id_of(tree, node, "h"): rows.row_of(node) for node in rows.nodes(tree)}
    return {light: row for light, row in found.items() if light is not None}


def gains(tree: bpy.types.NodeTree, node: bpy.types.Node) -> dict[bpy.types.ID, bpy.types.NodeSocket]:
    """Return the sockets on a rig's node that say how much of each light there is."""
    sockets = {socket.identifier: socket for socket in node.inputs}
    return {light: sockets[row.gain] for light, row in rows_of(tree).items() if row.gain in sockets}


def world_sign(tree: bpy.types.NodeTree) -> str:
    """Return what the world was like when its row was built; ``""`` without one."""
    return next((node[tags.WORLD] for node in tree.nodes if node.get(tags.WORLD)), "")


def eye_sign(tree: bpy.types.NodeTree) -> str:
    """Return which cameras its drivers look through, as `drivers.Eye.sign` tells it."""
    return tree.get(tags.EYE, "")


def names(tree: bpy.types.NodeTree) -> set[str]:
    """Return what the rig calls its lights."""
    return {node.label for node in rows.nodes(tree)}


def sync(
    tree: bpy.types.NodeTree,
    *,
    scene: bpy.types.Scene,
    lights: list[bpy.types.Object],
    world: bpy.types.World | None = None,
    look_again: bool = False,
) -> None:
    """Build the rig's nodes and drivers for these lights, at most `MOST`, and for the world if it is one that `world.find` knows.

    Sockets of lights that stay, stay as they are. With `look_again` the world's picture is read even if it seems to be the same.
    """
    known, before = rows_of(tree), rows.identifiers(tree)
    around = worlds.find(world) if world else None
    sources: list[bpy.types.ID] = list(lights)
    if world and around:
        sources.append(world)
    kept = {source: rows.completed(tree, known[source]) for source in sources if source in known}
    rows.drop_others(tree, kept.values())
    named = {item.name for item in tree.interface.items_tree if item.item_type == "SOCKET"}
    for name in [name for name in _LATER if name not in named]:
        Sheet(tree).gives(name, _LATER[name], kind="Float")
    for curve in list(tree.animation_data.drivers) if tree.animation_data else []:
        tree.animation_data.drivers.remove(curve)
    tree.nodes.clear()
    tree[tags.RIG_VERSION] = VERSION
    for source in sources:
        if source not in kept:
            kept[source] = rows.new_row(tree, controls=rows.WORLD if source == world else rows.LIGHT)
        rows.rename(tree, kept[source], source.name)
    sheet, camera = Sheet(tree), drivers.eye(scene)
    tree[tags.EYE], tree[tags.WORKING_SPACE] = camera.sign, working_space.sign()
    chain = _surface(sheet, camera)
    shown = rows.identifiers_in_order(tree)
    for source in sorted(sources, key=lambda source: shown.index(kept[source].output), reverse=True):
        if source == world:
            factors = worlds.factors(tree, around.image, look_again=look_again) if around.image else None
            node = _world(sheet, world, around, camera=camera, factors=factors)
        else:
            node = _light(sheet, source, camera=camera)
        chain = _linked(sheet, node, kept[source], chain)
    for name, none in zip(light_parts.SUMS, (_BLACK, _BLACK, 0.0), strict=True):
        sheet.output(**{name: chain.get(name, none)})
    sheet.output(Passes=chain["Passes"])
    rows.apply_solo(tree)
    sheet.arrange(upward=True)
    rows.set_defaults(compat.compositor_tree(scene), tree, new=rows.identifiers(tree) - before)


def _linked(sheet: Sheet, node: bpy.types.Node, row: Row, chain: dict[str, Socket]) -> dict[str, Socket]:
    """Link a light's node to the user's sockets and into the chain. Gives what it hands on to the next."""
    rows.sign(node, row)
    for control, identifier in row.controls().items():
        sheet.tree.links.new(sheet.input_of(identifier), node.inputs[control])
    for name in _OF_SURFACES:
        if name in node.inputs:
            sheet.tree.links.new(sheet.input(name), node.inputs[name])
    for name, socket in chain.items():
        sheet.tree.links.new(socket, node.inputs[name])
    sheet.output_of(row.output, node.outputs[light_parts.ALONE])
    sheet.output_of(row.mask, node.outputs[light_parts.OWN_MASK])
    return {name: node.outputs[name] for name in light_parts.CHAIN}


def _surface(sheet: Sheet, camera: Eye) -> dict[str, Socket]:
    sheet.section("What the camera sees")
    normal = sheet.unit(sheet.input("Normal"))
    view = sheet.group(camera_frustum.view(), label="View", Depth=sheet.input("Depth"))
    camera_frustum.drive_lens(view, camera)
    to_camera = view.outputs["View"]
    seen = sheet.group(shading.surface(), label="Surface", Normal=normal, View=to_camera, Roughness=sheet.input("Roughness"))
    return {
        "Normal": normal,
        "View": to_camera,
        "Position": view.outputs["Position"],
        "N V": seen.outputs["N V"],
        "Masking": seen.outputs["Masking"],
        "Passes": _passes(sheet),
    }


def _passes(sheet: Sheet) -> Socket:
    """1 where the frame has any normal and any depth, else 0."""
    sheet.section("Has this frame any normal, and any depth?")
    length = sheet.dot(sheet.input("Normal"), sheet.input("Normal"), label="Length squared")
    normal, depth = sheet.anywhere(length, label="Any normal?"), sheet.anywhere(sheet.input("Depth"), label="Any depth?")
    return sheet.math("MULTIPLY", normal, depth, label="All passes?")


def _light(sheet: Sheet, light: bpy.types.Object, *, camera: Eye) -> bpy.types.Node:
    kind = light_types.kind_of(light.data)
    sheet.section(f"{light.name} ({light.data.type.lower()})")
    node = sheet.group(light_types.KINDS[kind](shiny=light_types.is_shiny(light.data)), label=light.name)
    node[tags.KIND] = light_types.sign_of(light.data)
    light_drivers.drive(node, light, kind=kind, camera=camera)
    return node


def _world(sheet: Sheet, world: bpy.types.World, found: worlds.Found, *, camera: Eye, factors: np.ndarray | None) -> bpy.types.Node:
    sheet.section(f"{world.name} (world)")
    node = sheet.group(worlds.group(), label=world.name)
    node[tags.KIND], node[tags.WORLD] = WORLD, found.sign
    worlds.drive(node, world, found, camera=camera, factors=factors)
    return node
