"""The node group that relights a plate: Lambert's law in scene-linear light, with three studio lights, ambient and scene lights.

``studio = ambient + sum(strength * colour * max(0, N . L))``, ``light = studio * factor + scene diffuse``, ``image = mix(plate,
plate * light + scene specular, amount)``. What the scene's lights do comes from outside, from a rig of theirs. Nothing is clamped
at the top, so highlights keep their value; the plate's alpha stays. N and L are made unit length inside: a pass that was scaled,
and a direction typed by hand, light as they should. A light's softness takes it for one of that size (`shading.facing`).

A frame without any normal, as Blender shows a file that is missing, is the plate as it was shot: there is no new light, and Light
is 1. A pixel without a normal in a frame that has others gets ambient light only.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from .. import tags
from ..blender import typed, working_space
from ..nodes.builder import Sheet, Socket
from . import shading

NAME = "Platelight Relight"
GREY = 0.18
"""What a mid-grey surface reflects."""
_VERSION = 6


@dataclass(frozen=True, kw_only=True)
class Light:
    """A light's panel. `direction`: to the light, camera space (+X right, +Y up, +Z toward the camera). `colour`: in Rec.709."""

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
    """Return the group, one for the whole file; made when there is none of this version."""
    for group in bpy.data.node_groups:
        if group.get(tags.RELIGHT_VERSION) == _VERSION and group.library is None:
            return group
    group = bpy.data.node_groups.new(NAME, "CompositorNodeTree")
    group[tags.RELIGHT_VERSION] = _VERSION
    _interface(group)
    _nodes(group)
    return group


def renew(node: bpy.types.Node) -> bool:
    """Give a group node this version of the group. Settings, links, keyframes and drivers stay: new sockets come after the old.

    Returns:
        Whether it had another.
    """
    old = typed.tree_of(node)
    if old is not None and old.get(tags.RELIGHT_VERSION) == _VERSION:
        return False
    before = {socket.identifier for socket in node.inputs}
    new = node_group()
    typed.set_up(node, node_tree=new)
    defaults = {item.identifier: item for item in typed.sockets(new)}
    for socket in node.inputs:
        if socket.identifier not in before:
            typed.set_value(socket, defaults[socket.identifier].default_value)
    return True


def _interface(group: bpy.types.NodeTree) -> None:
    face = typed.interface(group)
    for name, kind, note in (
        ("Image", "Color", "The plate with the new light"),
        ("Light", "Color", "The light alone, as on a white plate"),
        ("Normal Preview", "Color", "The normals as colours: x, y, z from -1..1 to 0..1"),
    ):
        face.new_socket(name, in_out="OUTPUT", socket_type=f"NodeSocket{kind}").description = note
    image = typed.new_input(group, "Image", "Color")
    image.description, image.default_value = "The plate, scene-linear", (0.18, 0.18, 0.18, 1.0)
    normal = typed.new_input(group, "Normal", "Vector")
    normal.description = "Normals in camera space: +X right, +Y up, +Z toward the camera"
    normal.default_value, normal.min_value, normal.max_value, normal.hide_value = (0.0, 0.0, 1.0), -1.0, 1.0, True
    _number(group, "Amount", 1.0, "0 keeps the plate, 1 relights it", factor=True)
    panel = face.new_panel("Ambient", description="Light from everywhere")
    _colour(group, "Ambient Color", AMBIENT_COLOUR, panel)
    _number(group, "Ambient Strength", AMBIENT_STRENGTH, "Added everywhere; 1 keeps the plate's brightness", panel=panel)
    for light in LIGHTS:
        panel = face.new_panel(light.name, description=light.hint.capitalize(), default_closed=light.strength == 0)
        socket = typed.new_input(group, f"{light.name} Direction", "Vector", panel=panel)
        socket.subtype, socket.default_value = "DIRECTION", light.direction
        socket.description = "To the light, as the camera sees it: right, up, toward the camera"
        _colour(group, f"{light.name} Color", light.colour, panel)
        _number(group, f"{light.name} Strength", light.strength, "On a surface that faces the light; 0 is off", panel=panel)
    panel = face.new_panel("Scene Lights", description="What the scene's own lights do to the plate")
    _colour(group, "Scene Diffuse", (0.0, 0.0, 0.0), panel)
    _colour(group, "Scene Specular", (0.0, 0.0, 0.0), panel)
    _number(group, "Scene Strength", 1.0, "Of diffuse light and highlights; 1 is as in Cycles", panel=panel)
    _number(group, "Studio Lights", 1.0, "Ambient, key, fill and rim beside the scene's lights", factor=True, panel=panel)
    highlights = face.new_socket("Specular", in_out="OUTPUT", socket_type="NodeSocketColor")
    highlights.description = "The highlights of the scene's lights"
    _control(group)


def _control(group: bpy.types.NodeTree) -> None:
    """What came with version 3: last, for a socket's identifier is its number in the order in which they are made."""
    face, panels = typed.interface(group), typed.panels(group)
    for light in LIGHTS:
        panel = panels[light.name]
        _number(group, f"{light.name} Softness", 0.0, "Wraps it around, as if it were that large", factor=True, panel=panel)
        _number(group, f"{light.name} Matte", 1.0, "Where it may fall: an image, a mask, a cryptomatte", factor=True, panel=panel)
        _number(group, f"{light.name} On", 1.0, "0 while it is muted, or another is solo", factor=True, panel=panel)
    note = "0 while it is muted, or another light is solo"
    _number(group, "Ambient On", 1.0, note, factor=True, panel=panels["Ambient"])
    exposure = typed.new_input(group, "Exposure", "Float")
    exposure.description, exposure.min_value, exposure.max_value = "Of all the new light, in stops", -32.0, 32.0
    for name, kind, note in (
        ("Grey", "Color", "The light on mid-grey surfaces, highlights with it"),
        ("Light Mask", "Float", "Where the new light falls, 0 to 1; ambient light aside"),
        *((light.name, "Color", f"The {light.name.lower()} light alone, as on a white plate") for light in LIGHTS),
    ):
        face.new_socket(name, in_out="OUTPUT", socket_type=f"NodeSocket{kind}").description = note
    passes = typed.new_input(group, "Passes", "Float")
    passes.description = "0 in a frame that lacks a pass which its lights need: the plate stays as it was shot"
    passes.min_value, passes.max_value, passes.default_value, passes.hide_value = 0.0, 1.0, 1.0, True


def _colour(
    group: bpy.types.NodeTree, name: str, value: tuple[float, float, float], panel: bpy.types.NodeTreeInterfacePanel
) -> None:
    socket = typed.new_input(group, name, "Color", panel=panel)
    socket.default_value = (*working_space.color(value), 1.0)


def _number(
    group: bpy.types.NodeTree,
    name: str,
    value: float,
    note: str,
    *,
    factor: bool = False,
    panel: bpy.types.NodeTreeInterfacePanel | None = None,
) -> None:
    socket = typed.new_input(group, name, "Float", panel=panel)
    if factor:
        socket.subtype = "FACTOR"
    socket.min_value, socket.max_value = 0.0, 1.0 if factor else 1000.0
    socket.default_value, socket.description = value, note


def _nodes(group: bpy.types.NodeTree) -> None:
    """From the lower left to the upper right: unit normal, the studio's lights one by one, those of the scene, the plate under all.
    So what the group gives comes out in the order in which its node shows it."""
    sheet = Sheet(group)
    sheet.section("Unit normal")
    normal = sheet.unit(sheet.input("Normal"))
    sheet.section("Has this frame any normal? Without one there is no new light")
    length = sheet.dot(sheet.input("Normal"), sheet.input("Normal"), label="Length squared")
    there = sheet.math("MULTIPLY", sheet.anywhere(length, label="Any normal?"), sheet.input("Passes"), label="All passes?")
    gain = sheet.math("MULTIPLY", sheet.math("POWER", 2.0, sheet.input("Exposure")), there, label="2^exposure")
    sheet.section("Ambient light")
    gain, there = sheet.rail(gain), sheet.rail(there)
    studio = _everywhere(sheet, gain, there)
    for light in reversed(LIGHTS):
        sheet.section(f"{light.name} light: how much the surface faces it x strength x color")
        normal, gain, there = sheet.rail(normal), sheet.rail(gain), sheet.rail(there)
        face = _face(sheet, light, normal)
        strength = sheet.math("MULTIPLY", sheet.input(f"{light.name} Strength"), sheet.input(f"{light.name} On"))
        strength = sheet.math("MULTIPLY", strength, _exposed(sheet, "Studio Lights", gain))
        strength = sheet.math("MULTIPLY", strength, sheet.input(f"{light.name} Matte"), label=light.name)
        color = sheet.scale(sheet.input(f"{light.name} Color"), strength, label=f"{light.name} light")
        studio = sheet.add_scaled(studio, color, face, label="Light so far")
        sheet.output(**{light.name: sheet.scale(color, face, label=f"{light.name} alone")})
    sheet.section("The scene's lights beside those of the studio")
    gain = sheet.rail(gain)
    scene = sheet.scale(sheet.input("Scene Diffuse"), _exposed(sheet, "Scene Strength", gain), label="Scene's lights")
    total = sheet.add(scene, studio, label="Light")
    specular = sheet.scale(sheet.input("Scene Specular"), _exposed(sheet, "Scene Strength", gain), label="Highlights")
    sheet.output(Light=total, Specular=specular)
    sheet.section("To look at")
    gain, there = sheet.rail(gain), sheet.rail(there)
    mask = sheet.dot(sheet.subtract(total, _everywhere(sheet, gain, there)), (1 / 3, 1 / 3, 1 / 3), label="Without ambient light")
    sheet.output(Light_Mask=sheet.math("MULTIPLY", mask, 1.0, clamp=True, label="Light mask"))
    sheet.output(Grey=sheet.add_scaled(specular, total, GREY, label="Grey"))
    sheet.output(Normal_Preview=sheet.add_scaled((0.5, 0.5, 0.5), sheet.unit(sheet.input("Normal")), 0.5, label="Normals"))
    sheet.section("Plate x light + highlights, as much of it as asked for")
    gain = sheet.rail(gain)
    relit = sheet.color("MULTIPLY", sheet.input("Image"), total, factor=sheet.input("Amount"), label="Plate x light")
    much = sheet.math("MULTIPLY", sheet.input("Amount"), _exposed(sheet, "Scene Strength", gain))
    sheet.output(Image=sheet.color("ADD", relit, sheet.input("Scene Specular"), factor=much, label="Relit"))
    sheet.arrange(upward=True)


def _everywhere(sheet: Sheet, gain: Socket, there: Socket) -> Socket:
    """Ambient light; where passes are missing, 1: the light that the plate was shot in."""
    strength = sheet.math("MULTIPLY", sheet.input("Ambient Strength"), sheet.input("Ambient On"))
    strength = sheet.math("MULTIPLY", strength, _exposed(sheet, "Studio Lights", gain))
    ambient = sheet.scale(sheet.input("Ambient Color"), strength, label="Ambient light")
    missing = sheet.math("SUBTRACT", 1.0, there, label="Passes missing?")
    return sheet.add(ambient, sheet.vector(missing, missing, missing), label="Or the plate as it was shot")


def _face(sheet: Sheet, light: Light, normal: Socket) -> Socket:
    """Return how much a surface faces a light, over the light's size."""
    cosine = sheet.dot(normal, sheet.unit(sheet.input(f"{light.name} Direction")), label="N . L")
    width = sheet.math("MULTIPLY", sheet.input(f"{light.name} Softness"), shading.BALL)
    return shading.facing(sheet, cosine, width)


def _exposed(sheet: Sheet, name: str, gain: Socket) -> Socket:
    """`gain`: 2^exposure, 0 where there is no new light."""
    return sheet.math("MULTIPLY", sheet.input(name), gain, label="x 2^exposure")
