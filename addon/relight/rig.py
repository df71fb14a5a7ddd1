"""The lights of one shot: a node group with a row for each Blender light, driven by it, and their sum."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..blender import compat, light_power
from . import drivers, frustum, kinds
from . import world as worlds
from .drivers import Source
from .sheet import Sheet, Socket

MOST = 16
"""Lights that a shot may have."""
_VERSION_KEY, _VERSION = "platelight_rig", 1
_GAIN, _OUTPUT, _SIGN = "platelight_gain", "platelight_output", "platelight_world"
WORLD = "WORLD"
"""The kind of the world's row."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A light's own sockets on the rig, by identifier, so that links and settings outlast its renaming."""

    gain: str
    output: str


def new_rig(name: str) -> bpy.types.NodeTree:
    """A rig without lights; `sync` gives it some."""
    tree = bpy.data.node_groups.new(name, "CompositorNodeTree")
    tree[_VERSION_KEY] = _VERSION
    sheet = Sheet(tree)
    sheet.gives("Diffuse", "All lights on a white matte surface")
    sheet.gives("Specular", "All highlights")
    sheet.takes_vector("Normal", "Normals in camera space: +X right, +Y up, +Z toward the camera", value=(0.0, 0.0, 1.0))
    sheet.takes_number("Depth", "Distance from the camera's plane in metres: a pass, or one number for all", value=5.0, least=0.0)
    sheet.takes_number("Roughness", "Of highlights; 0 is a mirror", value=0.5, least=0.0, most=1.0, subtype="FACTOR")
    sheet.takes_number("Reflectance", "Seen head on; 0.04 for most materials", value=0.04, least=0.0, most=1.0, subtype="FACTOR")
    return tree


def is_rig(tree: bpy.types.NodeTree | None) -> bool:
    return tree is not None and tree.get(_VERSION_KEY) is not None


def wired_lights(tree: bpy.types.NodeTree) -> dict[bpy.types.ID | None, str]:
    """The lights in a rig and their kind, the world with them; None stands for those deleted since."""
    return {light: kind for light, (kind, _) in _rows(tree).items()}


def gains(tree: bpy.types.NodeTree, node: bpy.types.Node) -> dict[bpy.types.ID, bpy.types.NodeSocket]:
    """The sockets on a rig's node that say how much of each light there is."""
    sockets = {socket.identifier: socket for socket in node.inputs}
    rows = _rows(tree).items()
    return {light: sockets[row.gain] for light, (_, row) in rows if light is not None and row.gain in sockets}


def world_sign(tree: bpy.types.NodeTree) -> str:
    """What the world was like when its row was built; ``""`` without one."""
    return next((node[_SIGN] for node in tree.nodes if node.get(_SIGN)), "")


def names(tree: bpy.types.NodeTree) -> set[str]:
    """What the rig calls its lights."""
    return {node.label for node in tree.nodes if node.get(_GAIN)}


def sync(
    tree: bpy.types.NodeTree, *, scene: bpy.types.Scene, camera: bpy.types.Object, lights: list[bpy.types.Object],
    world: bpy.types.World | None = None,
) -> None:
    """Build the rig's nodes and drivers for these lights, at most `MOST`, and for the world if it is one that `world.find` knows.

    Sockets of lights that stay, stay as they are.

    Nodes that already show the rig in the scene's compositor give their new sockets 0; here they get the 1 that is meant.
    """
    known = {light: row for light, (_, row) in _rows(tree).items() if light is not None}
    around = worlds.find(world) if world else None
    sources: list[bpy.types.ID] = list(lights)
    if world and around:
        sources.append(world)
    kept = {source: known[source] for source in sources if source in known}
    _drop_sockets(tree, {identifier for row in kept.values() for identifier in (row.gain, row.output)})
    for curve in list(tree.animation_data.drivers) if tree.animation_data else []:
        tree.animation_data.drivers.remove(curve)
    tree.nodes.clear()
    tree["platelight_camera"] = camera.name
    sheet = Sheet(tree)
    surface = _surface(sheet, scene=scene, camera=camera)
    diffuse, specular = [], []
    for source in sources:
        row = kept.get(source) or _new_sockets(tree)
        for item in tree.interface.items_tree:
            if item.item_type == "SOCKET" and item.identifier in (row.gain, row.output):
                item.name = source.name
        if source == world:
            node = _world(sheet, world, around, row, camera=camera, normal=surface["Normal"])
        else:
            node = _light(sheet, source, row, camera=camera, surface=surface)
            specular.append(node.outputs["Specular"])
        diffuse.append(node.outputs["Diffuse"])
        sheet.output_of(row.output, node.outputs["Diffuse"])
    for name, values in (("Diffuse", diffuse), ("Specular", specular)):
        sheet.last().inputs[name].default_value = (0.0, 0.0, 0.0, 1.0)
        if values:
            sheet.section(f"Sum of {name.lower()} light")
            total = values[0]
            for value in values[1:]:
                total = sheet.color("ADD", total, value)
            sheet.output(**{name: total})
    sheet.arrange()
    new = {node[_GAIN] for node in tree.nodes if node.get(_GAIN)} - {row.gain for row in kept.values()}
    compositor = compat.compositor_tree(scene)
    for user in [node for node in compositor.nodes if getattr(node, "node_tree", None) == tree] if compositor else []:
        for socket in user.inputs:
            if socket.identifier in new:
                socket.default_value = 1.0


def _rows(tree: bpy.types.NodeTree) -> dict[bpy.types.ID | None, tuple[str, Row]]:
    nodes = [node for node in tree.nodes if node.get(_GAIN)]
    return {drivers.id_of(tree, n, "h"): (n["platelight_kind"], Row(gain=n[_GAIN], output=n[_OUTPUT])) for n in nodes}


def _drop_sockets(tree: bpy.types.NodeTree, kept: set[str]) -> None:
    own = {node[key] for node in tree.nodes for key in (_GAIN, _OUTPUT) if node.get(key)}
    for item in [item for item in tree.interface.items_tree if item.item_type == "SOCKET"]:
        if item.identifier in own - kept:
            tree.interface.remove(item)


def _new_sockets(tree: bpy.types.NodeTree) -> Row:
    gain = tree.interface.new_socket("Light", in_out="INPUT", socket_type="NodeSocketFloat")
    gain.default_value, gain.min_value, gain.max_value, gain.description = 1.0, 0.0, 1000.0, "How much of this light; 0 is off"
    output = tree.interface.new_socket("Light", in_out="OUTPUT", socket_type="NodeSocketColor")
    output.description = "This light alone on a white matte surface"
    return Row(gain=gain.identifier, output=output.identifier)


def _surface(sheet: Sheet, *, scene: bpy.types.Scene, camera: bpy.types.Object) -> dict[str, Socket]:
    sheet.section(f"What {camera.name} sees")
    normal = sheet.vector("NORMALIZE", sheet.input("Normal"))
    view = sheet.group(frustum.view(), label="View", Depth=sheet.input("Depth"))
    lens = {
        "s": Source(owner=camera, path="data.sensor_width"), "v": Source(owner=camera, path="data.sensor_height"),
        "f": Source(owner=camera, path="data.sensor_fit"), "l": Source(owner=camera, path="data.lens"),
    }
    render = {
        name: Source(owner=scene, path=f"render.{path}")
        for name, path in zip("xyij", ("resolution_x", "resolution_y", "pixel_aspect_x", "pixel_aspect_y"), strict=True)
    }
    sensor, side = "(v if f==2 else s)/l", "(max(x*i,y*j) if f==0 else (x*i if f==1 else y*j))"
    drivers.drive(view.inputs["Width"], f"{sensor}*x*i/{side}", **lens, **render)
    drivers.drive(view.inputs["Height"], f"{sensor}*y*j/{side}", **lens, **render)
    for axis in "XY":
        shift = Source(owner=camera, path=f"data.shift_{axis.lower()}")
        drivers.drive(view.inputs[f"Shift {axis}"], f"{sensor}*d", d=shift, **lens)
    return {"Normal": normal, "Position": view.outputs["Position"], "View": view.outputs["View"]}


def _light(
    sheet: Sheet, light: bpy.types.Object, row: Row, *, camera: bpy.types.Object, surface: dict[str, Socket]
) -> bpy.types.Node:
    kind = light.data.type
    sheet.section(f"{light.name} ({kind.lower()})")
    group = kinds.KINDS[kind]()
    takes = {item.name for item in group.interface.items_tree if item.item_type == "SOCKET" and item.in_out == "INPUT"}
    inputs = {name: socket for name, socket in surface.items() if name in takes}
    inputs |= {name: sheet.input(name) for name in ("Roughness", "Reflectance")} | {"Gain": sheet.input_of(row.gain)}
    node = sheet.group(group, label=light.name, **inputs)
    node[_GAIN], node[_OUTPUT], node["platelight_kind"] = row.gain, row.output, kind
    for channel in range(3):
        power = light_power.power(light.data, channel=channel)
        sources = {name: Source(owner=light, path=path) for name, path in power.paths.items()}
        drivers.drive(node.inputs["Light"], power.expression, index=channel, **sources)
    _DRIVE[kind](node, light, camera)
    return node


def _world(
    sheet: Sheet, world: bpy.types.World, found: worlds.Found, row: Row, *, camera: bpy.types.Object, normal: Socket
) -> bpy.types.Node:
    sheet.section(f"{world.name} (world)")
    node = sheet.group(worlds.group(), label=world.name, Normal=normal, Gain=sheet.input_of(row.gain))
    node[_GAIN], node[_OUTPUT], node["platelight_kind"], node[_SIGN] = row.gain, row.output, WORLD, found.sign
    worlds.drive(node, world, found, camera)
    return node


def _drive_sun(node: bpy.types.Node, light: bpy.types.Object, camera: bpy.types.Object) -> None:
    drivers.drive_direction(node.inputs["Direction"], light, camera, axis=2, sign=1)
    drivers.drive(node.inputs["Size"], "sin(min(a,pi)/2)", a=Source(owner=light, path="data.angle"))


def _drive_point(node: bpy.types.Node, light: bpy.types.Object, camera: bpy.types.Object) -> None:
    drivers.drive_position(node.inputs["Light Position"], light, camera)
    drivers.drive(node.inputs["Radius"], "r", r=Source(owner=light, path="data.shadow_soft_size"))
    drivers.drive(node.inputs["Soft Falloff"], "s", s=Source(owner=light, path="data.use_soft_falloff"))


def _drive_spot(node: bpy.types.Node, light: bpy.types.Object, camera: bpy.types.Object) -> None:
    _drive_point(node, light, camera)
    drivers.drive_direction(node.inputs["Axis"], light, camera, axis=2, sign=-1)
    drivers.drive(node.inputs["Cone"], "cos(s/2)", s=Source(owner=light, path="data.spot_size"))
    drivers.drive(node.inputs["Blend"], "b", b=Source(owner=light, path="data.spot_blend"))


def _drive_area(node: bpy.types.Node, light: bpy.types.Object, camera: bpy.types.Object) -> None:
    """A disk or an ellipse (`o` of 4 and more) becomes the rectangle of the same area: sqrt(pi) / 2 of its sides."""
    drivers.drive_position(node.inputs["Light Position"], light, camera)
    shape = {
        "o": Source(owner=light, path="data.shape"), "u": Source(owner=light, path="data.size"),
        "v": Source(owner=light, path="data.size_y"),
    }
    for axis, (socket, side) in enumerate((("Half X", "u"), ("Half Y", "(v if o==1 or o==5 else u)"))):
        for index in range(3):
            variables = drivers.column("abc", camera, index) | drivers.column("xyz", light, axis) | shape
            expression = f"(a*x+b*y+c*z)/{drivers.LENGTH}*{side}/2*(sqrt(pi)/2 if o>=4 else 1)"
            drivers.drive(node.inputs[socket], expression, index=index, **variables)
    if path := light_power.is_shared_out(light.data):
        drivers.drive(node.inputs["Per Area"], "n", n=Source(owner=light, path=path))


_DRIVE = {"SUN": _drive_sun, "POINT": _drive_point, "SPOT": _drive_spot, "AREA": _drive_area}
