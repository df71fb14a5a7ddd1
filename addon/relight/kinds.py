"""A node group for each kind of Blender light: from what the light is to what it does to a surface, in Cycles' units.

The surface's vectors are camera space, the light's own the world's; metres. Each group gives the light's Color, the same all over
the picture, and numbers to multiply it with: Diffuse gives the radiance of a white Lambert surface under this light alone, Specular
that of a GGX surface. Mask says where it falls, 0..1, whatever its power and distance. Shadows aside.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import bpy

from . import light_parts
from .area_light import area, area_spread
from .sheet import Sheet, Socket, Vector, shared_group

SPREAD = "AREA, SPREAD"


def kind_of(light: bpy.types.Light) -> str:
    """The key in `KINDS`: its type, and apart from the others an area light whose spread is less than all round or may change."""
    if light.type == "AREA" and (light.spread < math.pi - 1e-3 or (light.animation_data and light.animation_data.action)):
        return SPREAD
    return light.type


def is_shiny(light: bpy.types.Light) -> bool:
    """Whether it gives highlights; none without Specular in its settings, unless that may change."""
    return light.specular_factor > 0 or bool(light.animation_data and light.animation_data.action)


def sign_of(light: bpy.types.Light) -> str:
    """Changes when a light's nodes have to be built anew."""
    return kind_of(light) + ("" if is_shiny(light) else ", MATT")


def sun() -> bpy.types.NodeTree:
    """Direction, from infinitely far."""
    return shared_group("Platelight Sun", version=5, build=_sun)


def point() -> bpy.types.NodeTree:
    """Inverse-square falloff."""
    return shared_group("Platelight Point", version=5, build=lambda sheet: _point(sheet, cone=False))


def spot() -> bpy.types.NodeTree:
    """A point light in a cone; between cone and edge, smoothstep of the cosine, as in Cycles.

    Seen from the surface, each point of a large light has its own cone. Their mean is again about a smoothstep: of the width
    that gives it the same variance, that is e^2 / 20 for the edge and w^2 / 4 for a disk of radius w.
    """
    return shared_group("Platelight Spot", version=5, build=lambda sheet: _point(sheet, cone=True))


KINDS: dict[str, Callable[[], bpy.types.NodeTree]] = {
    "SUN": sun,
    "POINT": point,
    "SPOT": spot,
    "AREA": area,
    SPREAD: area_spread,
}


def _sun(sheet: Sheet) -> None:
    light_parts.takes(sheet, position=False)
    sheet.takes_vector("Direction", "To the light", value=(0.0, 0.0, 1.0))
    sheet.takes_number("Size", "Sine of half the angle under which it is seen", value=0.0, least=0.0, most=1.0)
    sheet.section("Angles")
    to_light = sheet.unit(light_parts.to_camera(sheet, sheet.input("Direction")))
    cosine = sheet.dot(sheet.input("Normal"), to_light, label="N . L")
    half = sheet.math("ADD", sheet.dot(sheet.input("View"), to_light), 1.0, label="1 + L . V")
    width = light_parts.width(sheet, sheet.input("Size"))
    light_parts.gives(sheet, arriving=None, cosine=cosine, width=width, half=half)


def _point(sheet: Sheet, *, cone: bool) -> None:
    light_parts.takes(sheet)
    sheet.takes_number("Radius", "Metres", value=0.0, least=0.0)
    sheet.takes_number("Soft Falloff", "1: no brighter than at its own radius", value=0.0, least=0.0, most=1.0)
    if cone:
        sheet.takes_vector("Axis", "Away from where the spot points", value=(0.0, 0.0, 1.0))
        sheet.takes_number("Cone", "Cosine of half the spot's angle", value=0.9, least=-1.0, most=1.0)
        sheet.takes_number("Blend", "Softness of the cone's edge", value=0.15, least=0.0, most=1.0)

    sheet.section("Distance")
    offset = light_parts.to_light(sheet)
    square = sheet.square(offset, least=1e-8, label="Distance^2")
    inverse = sheet.math("INVERSE_SQRT", square, label="1 / distance")
    ball = sheet.math("MULTIPLY", sheet.input("Radius"), sheet.input("Radius"))
    kept = sheet.math("MULTIPLY", ball, sheet.input("Soft Falloff"))
    falloff = sheet.math("DIVIDE", 1.0, sheet.math("ADD", square, kept), label="1 / distance^2")

    sheet.section("Angles")
    cosine = sheet.math("MULTIPLY", sheet.dot(offset, sheet.input("Normal")), inverse, label="N . L")
    half = sheet.math("MULTIPLY_ADD", sheet.dot(offset, sheet.input("View")), inverse, 1.0, label="1 + L . V")
    width = light_parts.width(sheet, sheet.input("Radius"), inverse)
    limit = _cone(sheet, offset=offset, inverse=inverse, falloff=falloff) if cone else None
    arriving = light_parts.times(sheet, falloff, limit)
    light_parts.gives(sheet, arriving=arriving, cosine=cosine, width=width, half=half, cone=limit)


def _cone(sheet: Sheet, *, offset: Vector, inverse: Socket, falloff: Socket) -> Socket:
    sheet.section("Cone: its edge, blurred by the light's size")
    axis = light_parts.to_camera(sheet, sheet.unit(sheet.input("Axis")))
    along = sheet.dot(offset, axis, label="Along the axis")
    group = shared_group("Platelight Cone", version=2, build=_cone_edge)
    shape = {name: sheet.input(name) for name in ("Cone", "Blend", "Radius")}
    return sheet.group(group, label="Cone", Along=along, Inverse=inverse, Falloff=falloff, **shape).outputs[0]


def _cone_edge(sheet: Sheet) -> None:
    """How much of a spot's light passes at an angle to its axis; see `spot`."""
    sheet.gives("Passes", "0 to 1", kind="Float")
    sheet.takes_number("Along", "How far from the light's plane the surface is, against its axis", value=1.0)
    sheet.takes_number("Inverse", "1 / distance", value=1.0)
    sheet.takes_number("Falloff", "1 / distance^2", value=1.0)
    sheet.takes_number("Cone", "Cosine of half the spot's angle", value=0.9, least=-1.0, most=1.0)
    sheet.takes_number("Blend", "Softness of the cone's edge", value=0.15, least=0.0, most=1.0)
    sheet.takes_number("Radius", "Of the light, metres", value=0.0, least=0.0)
    sheet.section("How wide the edge is")
    edge2 = sheet.math("MAXIMUM", sheet.math("MULTIPLY", _edge_of_cone(sheet), _edge_of_cone(sheet)), 1e-12)
    sine2 = sheet.math("MULTIPLY_ADD", sheet.math("MULTIPLY", sheet.input("Cone"), -5.0), sheet.input("Cone"), 5.0)
    ball = sheet.math("MULTIPLY", sheet.math("MULTIPLY", sheet.input("Radius"), sheet.input("Radius")), sine2)
    width = sheet.math("MULTIPLY_ADD", sheet.input("Falloff"), ball, edge2)
    width = sheet.math("INVERSE_SQRT", width, label="1 / (edge and blur)")
    sheet.section("Smoothstep")
    middle = sheet.math("MULTIPLY_ADD", _edge_of_cone(sheet), 0.5, sheet.input("Cone"), label="Middle of the edge")
    middle = sheet.math("MULTIPLY", middle, -1.0)
    inside = sheet.math("MULTIPLY_ADD", sheet.input("Along"), sheet.input("Inverse"), middle, label="Cosine to the axis")
    step = sheet.math("MULTIPLY_ADD", inside, width, 0.5, clamp=True)
    curve = sheet.math("MULTIPLY_ADD", step, -2.0, 3.0)
    sheet.output(Passes=sheet.math("MULTIPLY", sheet.math("MULTIPLY", step, step), curve, label="Smoothstep"))


def _edge_of_cone(sheet: Sheet) -> Socket:
    return sheet.math("MULTIPLY", sheet.math("SUBTRACT", 1.0, sheet.input("Cone")), sheet.input("Blend"), label="Edge")


