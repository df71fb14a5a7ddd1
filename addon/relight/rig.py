"""The lights of one shot: a node group with a row for each Blender light, driven by it, and their sum."""

from __future__ import annotations

import bpy
import numpy as np

from ..blender import compat
from . import drivers, frustum, kinds, light_drivers, rows, shading
from . import world as worlds
from .drivers import Eye
from .rows import Row
from .sheet import Sheet, Vector

MOST = 16
"""Lights that a shot may have."""
WORLD = "WORLD"
"""The kind of the world's row."""
VERSION = 4
_VERSION_KEY, _KIND, _SIGN, _EYE = "platelight_rig", "platelight_kind", "platelight_world", "platelight_eye"
_SURFACE = ("Normal", "View", "Position", "N V", "Masking")


def new_rig(name: str) -> bpy.types.NodeTree:
    """A rig without lights; `sync` gives it some."""
    tree = bpy.data.node_groups.new(name, "CompositorNodeTree")
    tree[_VERSION_KEY] = VERSION
    sheet = Sheet(tree)
    sheet.gives("Diffuse", "All lights on a white matte surface")
    sheet.gives("Specular", "All highlights")
    sheet.takes_vector("Normal", "Normals in camera space: +X right, +Y up, +Z toward the camera", value=(0.0, 0.0, 1.0))
    sheet.takes_number("Depth", "Distance from the camera's plane in metres: a pass, or one number for all", value=5.0, least=0.0)
    sheet.takes_number("Roughness", "Of highlights; 0 is a mirror", value=0.5, least=0.0, most=1.0, subtype="FACTOR")
    sheet.takes_number("Reflectance", "Seen head on; 0.04 for most materials", value=0.04, least=0.0, most=1.0, subtype="FACTOR")
    sheet.gives("Mask", "Where the lights fall: 0 to 1, whatever their power", kind="Float")
    return tree


def is_rig(tree: bpy.types.NodeTree | None) -> bool:
    return tree is not None and tree.get(_VERSION_KEY) is not None


def is_current(tree: bpy.types.NodeTree) -> bool:
    """Whether this version of the add-on built it; `sync` builds others anew."""
    return tree[_VERSION_KEY] == VERSION


def wired_lights(tree: bpy.types.NodeTree) -> dict[bpy.types.ID | None, str]:
    """The lights in a rig and their kind, the world with them; None stands for those deleted since."""
    return {drivers.id_of(tree, node, "h"): node[_KIND] for node in rows.nodes(tree)}


def rows_of(tree: bpy.types.NodeTree) -> dict[bpy.types.ID, Row]:
    """The sockets of the lights that are still there, and of the world."""
    found = {drivers.id_of(tree, node, "h"): rows.row_of(node) for node in rows.nodes(tree)}
    return {light: row for light, row in found.items() if light is not None}


def gains(tree: bpy.types.NodeTree, node: bpy.types.Node) -> dict[bpy.types.ID, bpy.types.NodeSocket]:
    """The sockets on a rig's node that say how much of each light there is."""
    sockets = {socket.identifier: socket for socket in node.inputs}
    return {light: sockets[row.gain] for light, row in rows_of(tree).items() if row.gain in sockets}


def world_sign(tree: bpy.types.NodeTree) -> str:
    """What the world was like when its row was built; ``""`` without one."""
    return next((node[_SIGN] for node in tree.nodes if node.get(_SIGN)), "")


def eye_sign(tree: bpy.types.NodeTree) -> str:
    """Which cameras its drivers look through, as `drivers.Eye.sign` tells it."""
    return tree.get(_EYE, "")


def names(tree: bpy.types.NodeTree) -> set[str]:
    """What the rig calls its lights."""
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
    if "Mask" not in [item.name for item in tree.interface.items_tree if item.item_type == "SOCKET"]:
        Sheet(tree).gives("Mask", "Where the lights fall: 0 to 1, whatever their power", kind="Float")
    for curve in list(tree.animation_data.drivers) if tree.animation_data else []:
        tree.animation_data.drivers.remove(curve)
    tree.nodes.clear()
    tree[_VERSION_KEY] = VERSION
    sheet, camera = Sheet(tree), drivers.eye(scene)
    tree[_EYE] = camera.sign
    surface = _surface(sheet, camera)
    sums = _Sums(sheet)
    for source in sources:
        row = kept.get(source) or rows.new_row(tree, controls=rows.WORLD if source == world else rows.LIGHT)
        rows.rename(tree, row, source.name)
        if source == world:
            factors = worlds.factors(tree, around.image, look_again=look_again) if around.image else None
            _world(sheet, world, around, row, camera=camera, normal=surface, factors=factors, sums=sums)
        else:
            _light(sheet, source, row, camera=camera, surface=surface, sums=sums)
    sums.finish()
    rows.apply_solo(tree)
    sheet.arrange()
    rows.set_defaults(compat.compositor_tree(scene), tree, new=rows.identifiers(tree) - before)


class _Sums:
    """Diffuse light, highlights and masks of the lights so far."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.diffuse: Vector | None = None
        self.specular: Vector | None = None
        self.mask: bpy.types.NodeSocket | None = None

    def add_light(self, node: bpy.types.Node, *, shiny: bool) -> None:
        color = node.outputs["Color"]
        self.diffuse = self._more(self.diffuse, color, node.outputs["Diffuse"], label="Diffuse so far")
        if shiny:
            self.specular = self._more(self.specular, color, node.outputs["Specular"], label="Specular so far")
        self.add_mask(node.outputs["Mask"])

    def _more(self, total: Vector | None, color: Vector, amount: bpy.types.NodeSocket, *, label: str) -> Vector:
        if total is None:
            return self.sheet.scale(color, amount, label=label)
        return self.sheet.add_scaled(total, color, amount, label=label)

    def add_diffuse(self, value: Vector) -> None:
        self.diffuse = value if self.diffuse is None else self.sheet.add(self.diffuse, value, label="Diffuse so far")

    def add_mask(self, mask: bpy.types.NodeSocket) -> None:
        self.mask = mask if self.mask is None else self.sheet.math("MAXIMUM", self.mask, mask, label="Mask so far")

    def finish(self) -> None:
        black = (0.0, 0.0, 0.0, 1.0)
        for name, value, none in (("Diffuse", self.diffuse, black), ("Specular", self.specular, black), ("Mask", self.mask, 0.0)):
            self.sheet.output(**{name: none if value is None else value})


def _surface(sheet: Sheet, camera: Eye) -> dict[str, Vector]:
    sheet.section("What the camera sees")
    normal = sheet.unit(sheet.input("Normal"))
    view = sheet.group(frustum.view(), label="View", Depth=sheet.input("Depth"))
    frustum.drive_lens(view, camera)
    to_camera = view.outputs["View"]
    seen = sheet.group(shading.surface(), label="Surface", Normal=normal, View=to_camera, Roughness=sheet.input("Roughness"))
    return {
        "Normal": normal,
        "Position": view.outputs["Position"],
        "View": to_camera,
        "N V": seen.outputs["N V"],
        "Masking": seen.outputs["Masking"],
    }


def _light(sheet: Sheet, light: bpy.types.Object, row: Row, *, camera: Eye, surface: dict[str, Vector], sums: _Sums) -> None:
    kind = kinds.kind_of(light.data)
    sheet.section(f"{light.name} ({light.data.type.lower()})")
    group = kinds.KINDS[kind]()
    inputs = {}
    for name in _SURFACE:
        if name != "Position" or kind != "SUN":
            surface[name] = inputs[name.replace(" ", "_")] = sheet.rail(surface[name])
    node = sheet.group(
        group,
        label=light.name,
        Roughness=sheet.input("Roughness"),
        Reflectance=sheet.input("Reflectance"),
        **inputs,
        **{control: sheet.input_of(identifier) for control, identifier in row.controls().items()},
    )
    rows.sign(node, row)
    shiny = kinds.is_shiny(light.data)
    node[_KIND] = kinds.sign_of(light.data)
    light_drivers.drive(node, light, kind=kind, camera=camera)
    sums.add_light(node, shiny=shiny)
    color = node.outputs["Color"]
    sheet.output_of(row.output, sheet.scale(color, node.outputs["Diffuse"], label=f"{light.name} alone"))
    sheet.output_of(row.mask, node.outputs["Mask"])


def _world(
    sheet: Sheet,
    world: bpy.types.World,
    found: worlds.Found,
    row: Row,
    *,
    camera: Eye,
    normal: dict[str, Vector],
    factors: np.ndarray | None,
    sums: _Sums,
) -> None:
    sheet.section(f"{world.name} (world)")
    node = sheet.group(
        worlds.group(),
        label=world.name,
        Normal=sheet.rail(normal["Normal"]),
        **{control: sheet.input_of(identifier) for control, identifier in row.controls().items()},
    )
    rows.sign(node, row)
    node[_KIND], node[_SIGN] = WORLD, found.sign
    worlds.drive(node, world, found, camera=camera, factors=factors)
    sums.add_diffuse(node.outputs["Diffuse"])
    sheet.output_of(row.output, node.outputs["Diffuse"])
    sheet.output_of(row.mask, node.outputs["Mask"])
