"""The node group that relights a plate: Lambert's law in scene-linear light, with three directional lights and ambient.

``light = ambient + sum(strength * colour * max(0, N . L))``, ``image = mix(plate, plate * light, amount)``. Nothing is clamped at
the top, so highlights keep their value; the plate's alpha stays. N and L are made unit length inside: a pass that was scaled, and
a direction typed by hand, light as they should. Only nodes that every version since 4.2 has.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..blender import compat

NAME = "Platelight Relight"
_VERSION = 1
_VERSION_KEY = "platelight_version"


@dataclass(frozen=True, kw_only=True)
class Light:
    """A light's panel. `direction`: to the light, camera space (+X right, +Y up, +Z toward the camera). `colour`: linear RGB."""

    name: str
    direction: tuple[float, float, float]
    colour: tuple[float, float, float]
    strength: float
    hint: str


LIGHTS = (
    Light(name="Key", direction=(-0.58, 0.58, 0.57), colour=(1.0, 0.93, 0.84), strength=1.4, hint="the main light"),
    Light(name="Fill", direction=(0.72, 0.08, 0.69), colour=(0.72, 0.86, 1.0), strength=0.2, hint="softens the key's shadows"),
    Light(name="Rim", direction=(0.62, 0.42, -0.66), colour=(1.0, 1.0, 1.0), strength=0.0, hint="from behind, along the edges"),
)
AMBIENT_COLOUR = (0.86, 0.93, 1.0)
AMBIENT_STRENGTH = 0.25

Socket = bpy.types.NodeSocket
COLUMN = 180.0


def node_group() -> bpy.types.NodeTree:
    """The group, one for the whole file; made when there is none of this version."""
    for group in bpy.data.node_groups:
        if group.get(_VERSION_KEY) == _VERSION and group.library is None:
            return group
    group = bpy.data.node_groups.new(NAME, "CompositorNodeTree")
    group[_VERSION_KEY] = _VERSION
    _interface(group)
    _nodes(group)
    return group


def _interface(group: bpy.types.NodeTree) -> None:
    face = group.interface
    for name, kind, note in (
        ("Image", "Color", "The plate with the new light"),
        ("Light", "Color", "The light alone, as on a white plate"),
        ("Normal Preview", "Color", "The normals as colours: x, y, z from -1..1 to 0..1"),
    ):
        face.new_socket(name, in_out="OUTPUT", socket_type=f"NodeSocket{kind}").description = note
    image = face.new_socket("Image", in_out="INPUT", socket_type="NodeSocketColor")
    image.description, image.default_value = "The plate, scene-linear", (0.18, 0.18, 0.18, 1.0)
    normal = face.new_socket("Normal", in_out="INPUT", socket_type="NodeSocketVector")
    normal.description = "Normals in camera space: +X right, +Y up, +Z toward the camera"
    normal.default_value, normal.min_value, normal.max_value, normal.hide_value = (0.0, 0.0, 1.0), -1.0, 1.0, True
    _number(face, "Amount", 1.0, "0 keeps the plate, 1 relights it", factor=True)
    panel = face.new_panel("Ambient", description="Light from everywhere")
    _colour(face, "Ambient Color", AMBIENT_COLOUR, panel)
    _number(face, "Ambient Strength", AMBIENT_STRENGTH, "Added everywhere; 1 keeps the plate's brightness", panel=panel)
    for light in LIGHTS:
        panel = face.new_panel(light.name, description=light.hint.capitalize(), default_closed=light.strength == 0)
        socket = face.new_socket(f"{light.name} Direction", in_out="INPUT", socket_type="NodeSocketVector", parent=panel)
        socket.subtype, socket.default_value = "DIRECTION", light.direction
        socket.description = "To the light, as the camera sees it: right, up, toward the camera"
        _colour(face, f"{light.name} Color", light.colour, panel)
        _number(face, f"{light.name} Strength", light.strength, "On a surface that faces the light; 0 is off", panel=panel)


def _colour(
    face: bpy.types.NodeTreeInterface, name: str, value: tuple[float, float, float], panel: bpy.types.NodeTreeInterfacePanel
) -> None:
    socket = face.new_socket(name, in_out="INPUT", socket_type="NodeSocketColor", parent=panel)
    socket.default_value = (*value, 1.0)


def _number(
    face: bpy.types.NodeTreeInterface, name: str, value: float, note: str, *, factor: bool = False,
    panel: bpy.types.NodeTreeInterfacePanel | None = None,
) -> None:
    socket = face.new_socket(name, in_out="INPUT", socket_type="NodeSocketFloat", **({"parent": panel} if panel else {}))
    if factor:
        socket.subtype = "FACTOR"
    socket.min_value, socket.max_value = 0.0, 1.0 if factor else 1000.0
    socket.default_value, socket.description = value, note


def _nodes(group: bpy.types.NodeTree) -> None:
    """Left to right: unit normal, a row for each light, their sum, the plate under it."""
    canvas = Canvas(group)
    canvas.frame("Unit normal")
    source = canvas.inputs(-2400, 0)
    normal = canvas.unit(source["Normal"], x=-2200, y=0)
    canvas.frame("Normal preview")
    preview = canvas.preview(normal, x=-700, y=1300)
    canvas.frame("Ambient")
    source = canvas.inputs(-700, 640)
    total = canvas.mix("MULTIPLY", source["Ambient Color"], source["Ambient Strength"], x=-500, y=640)
    for row, light in enumerate(LIGHTS):
        y = 300 - 700 * row
        canvas.frame(f"{light.name} light: strength x color x max(0, N . L)")
        source = canvas.inputs(-700, y)
        direction = canvas.unit(source[f"{light.name} Direction"], x=-500, y=y)
        facing = canvas.math("MAXIMUM", canvas.dot(normal, direction, x=760, y=y), 0.0, x=1300, y=y)
        strength = canvas.math("MULTIPLY", facing, source[f"{light.name} Strength"], x=1480, y=y)
        lit = canvas.mix("MULTIPLY", source[f"{light.name} Color"], strength, x=1660, y=y)
        canvas.frame("Sum of the lights") if row == 0 else canvas.back_to("Sum of the lights")
        total = canvas.mix("ADD", total, lit, x=1960 + 180 * row, y=300 - 260 * row)
    canvas.frame("Plate x light, as much of it as asked for")
    source = canvas.inputs(2560, 100)
    relit = canvas.mix("MULTIPLY", source["Image"], total, x=2760, y=-60)
    image = canvas.mix("MIX", source["Image"], relit, x=2960, y=60, factor=source["Amount"])
    canvas.frame("")
    canvas.outputs({"Image": image, "Light": total, "Normal Preview": preview}, x=3240, y=60)


class Canvas:
    """Places and links nodes in a group; a value is a socket to link from or a number to set."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self._tree = tree
        self._frames: dict[str, bpy.types.Node] = {}
        self._parent: bpy.types.Node | None = None

    def frame(self, label: str) -> None:
        """Put what follows into a new frame; without a label, into none."""
        self._parent = None
        if label:
            self._parent = self._frames[label] = self._tree.nodes.new("NodeFrame")
            self._parent.label = label

    def back_to(self, label: str) -> None:
        self._parent = self._frames[label]

    def inputs(self, x: float, y: float) -> bpy.types.NodeOutputs:
        """The group's inputs, once more, so that links stay short; sockets nobody takes are hidden at the end."""
        node = self._place(self._tree.nodes.new("NodeGroupInput"), x, y)
        return node.outputs

    def outputs(self, values: dict[str, Socket], *, x: float, y: float) -> None:
        node = self._place(self._tree.nodes.new("NodeGroupOutput"), x, y)
        for name, value in values.items():
            self._tree.links.new(value, node.inputs[name])
        for source in (n for n in self._tree.nodes if n.bl_idname == "NodeGroupInput"):
            for socket in source.outputs:
                socket.hide = not socket.is_linked

    def math(self, operation: str, a: Socket | float, b: Socket | float = 0.0, *, x: float, y: float, label: str = "") -> Socket:
        node = self._place(compat.new_math(self._tree, operation), x, y)
        node.label = label
        self._give(a, node.inputs[0])
        self._give(b, node.inputs[1])
        return node.outputs[0]

    def mix(self, blend: str, a: Socket, b: Socket, *, x: float, y: float, factor: Socket | float = 1.0) -> Socket:
        mix = compat.new_mix(self._tree, blend)
        self._place(mix.node, x, y)
        for value, taker in ((factor, mix.factor), (a, mix.a), (b, mix.b)):
            self._give(value, taker)
        return mix.result

    def unit(self, vector: Socket, *, x: float, y: float) -> tuple[Socket, ...]:
        """x, y, z of a vector of length 1, seven columns wide; a vector of length 0 stays 0."""
        node = self._place(compat.new_separate_xyz(self._tree), x, y)
        self._give(vector, node.inputs[0])
        parts = tuple(node.outputs[:3])
        length = self.math("POWER", self.dot(parts, parts, x=x + COLUMN, y=y), 0.5, x=x + 4 * COLUMN, y=y, label="Length")
        length = self.math("MAXIMUM", length, 1e-6, x=x + 5 * COLUMN, y=y, label="Not 0")
        return tuple(self.math("DIVIDE", part, length, x=x + 6 * COLUMN, y=y - 180 * i) for i, part in enumerate(parts))

    def dot(self, a: tuple[Socket, ...], b: tuple[Socket, ...], *, x: float, y: float) -> Socket:
        """Three columns wide."""
        products = [self.math("MULTIPLY", one, other, x=x, y=y - 180 * i) for i, (one, other) in enumerate(zip(a, b, strict=True))]
        first = self.math("ADD", products[0], products[1], x=x + COLUMN, y=y)
        return self.math("ADD", first, products[2], x=x + 2 * COLUMN, y=y)

    def preview(self, vector: tuple[Socket, ...], *, x: float, y: float) -> Socket:
        node = self._place(compat.new_combine_xyz(self._tree), x + 380, y)
        for index, part in enumerate(vector):
            half = self.math("MULTIPLY", part, 0.5, x=x, y=y - 180 * index)
            self._give(self.math("ADD", half, 0.5, x=x + 190, y=y - 180 * index), node.inputs[index])
        return node.outputs[0]

    def _place(self, node: bpy.types.Node, x: float, y: float) -> bpy.types.Node:
        node.location = x, y
        if self._parent:
            node.parent = self._parent
        return node

    def _give(self, value: Socket | float, taker: Socket) -> None:
        if isinstance(value, bpy.types.NodeSocket):
            self._tree.links.new(value, taker)
        else:
            taker.default_value = value
