"""The node group that relights a plate: Lambert's law in scene-linear light, with three studio lights, ambient and scene lights.

``studio = ambient + sum(strength * colour * max(0, N . L))``, ``light = studio * factor + scene diffuse``, ``image = mix(plate,
plate * light + scene specular, amount)``. What the scene's lights do comes from outside, from a rig of theirs. Nothing is clamped
at the top, so highlights keep their value; the plate's alpha stays. N and L are made unit length inside: a pass that was scaled,
and a direction typed by hand, light as they should. Only nodes that every version since 4.2 has.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from .canvas import Canvas

NAME = "Platelight Relight"
_VERSION = 2
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


def renew(node: bpy.types.Node) -> bool:
    """Give a group node this version of the group. Settings, links, keyframes and drivers stay: new sockets come after the old.

    Returns:
        Whether it had another.
    """
    old = node.node_tree
    if old is not None and old.get(_VERSION_KEY) == _VERSION:
        return False
    node.node_tree = node_group()
    return True


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
    panel = face.new_panel("Scene Lights", description="What the scene's own lights do to the plate")
    _colour(face, "Scene Diffuse", (0.0, 0.0, 0.0), panel)
    _colour(face, "Scene Specular", (0.0, 0.0, 0.0), panel)
    _number(face, "Scene Strength", 1.0, "Of diffuse light and highlights; 1 is as in Cycles", panel=panel)
    _number(face, "Studio Lights", 1.0, "Ambient, key, fill and rim beside the scene's lights", factor=True, panel=panel)
    highlights = face.new_socket("Specular", in_out="OUTPUT", socket_type="NodeSocketColor")
    highlights.description = "The highlights of the scene's lights"


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
    canvas.frame("The scene's lights beside those of the studio")
    source = canvas.inputs(2560, 500)
    studio = canvas.mix("MULTIPLY", total, source["Studio Lights"], x=2760, y=760)
    diffuse = canvas.mix("MULTIPLY", source["Scene Diffuse"], source["Scene Strength"], x=2760, y=500)
    specular = canvas.mix("MULTIPLY", source["Scene Specular"], source["Scene Strength"], x=2760, y=240)
    total = canvas.mix("ADD", studio, diffuse, x=2960, y=640)
    canvas.frame("Plate x light + highlights, as much of it as asked for")
    source = canvas.inputs(3160, 100)
    relit = canvas.mix("MULTIPLY", source["Image"], total, x=3360, y=-60)
    relit = canvas.mix("ADD", relit, specular, x=3560, y=-60)
    image = canvas.mix("MIX", source["Image"], relit, x=3760, y=60, factor=source["Amount"])
    canvas.frame("")
    canvas.outputs({"Image": image, "Light": total, "Normal Preview": preview, "Specular": specular}, x=4040, y=60)
