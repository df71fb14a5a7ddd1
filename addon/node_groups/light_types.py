"""A node group for each kind of Blender light: from what the light is to what it does to a surface, in Cycles' units.

The surface's vectors are camera space, the light's own the world's; metres. Each group adds to the lights before it
(`light_parts`): to Diffuse the radiance of a white Lambert surface under this light, to Specular that of a GGX surface. Mask says
where it falls, 0..1, whatever its power and distance. Shadows aside.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import bpy

from ..blender import typed
from ..nodes.builder import Sheet, Socket, Vector, shared_group
from . import area_light, light_parts

SPREAD = "AREA, SPREAD"


def kind_of(light: bpy.types.Light) -> str:
    """Return the key in `KINDS`: its type, and apart from the others an area light whose spread is less than all round or may
    change."""
    if light.type == "AREA" and (typed.spread(light) < math.pi - 1e-3 or (light.animation_data and light.animation_data.action)):
        return SPREAD
    return light.type


def is_shiny(light: bpy.types.Light) -> bool:
    """Return whether it gives highlights; none without Specular in its settings, unless that may change."""
    return light.specular_factor > 0 or bool(light.animation_data and light.animation_data.action)


def sign_of(light: bpy.types.Light) -> str:
    """Changes when a light's nodes have to be built anew."""
    return kind_of(light) + ("" if is_shiny(light) else ", MATT")


def sun(*, shiny: bool = True) -> bpy.types.NodeTree:
    """Direction, from infinitely far."""
    return _shared("Sun", _sun, shiny=shiny)


def point(*, shiny: bool = True) -> bpy.types.NodeTree:
    """Inverse-square falloff."""
    return _shared("Point", _point, shiny=shiny, cone=False)


def spot(*, shiny: bool = True) -> bpy.types.NodeTree:
    """Return a point light in a cone; between cone and edge, smoothstep of the cosine, as in Cycles.

    Seen from the surface, each point of a large light has its own cone. Their mean is again about a smoothstep: of the width
    that gives it the same variance, that is e^2 / 20 for the edge and w^2 / 4 for a disk of radius w.
    """
    return _shared("Spot", _point, shiny=shiny, cone=True)


def area(*, shiny: bool = True) -> bpy.types.NodeTree:
    """Return a rectangle that shines from its front. Exact for diffuse light, the horizon aside; one direction for specular."""
    return _shared("Area", area_light.build, shiny=shiny, spread=False)


def area_spread(*, shiny: bool = True) -> bpy.types.NodeTree:
    """Return the same behind a grid, as Cycles has it: light leaves it within an angle only."""
    return _shared("Area Spread", area_light.build, shiny=shiny, spread=True)


class Kind(Protocol):
    """Makes the group of a kind, with highlights or without."""

    def __call__(self, *, shiny: bool) -> bpy.types.NodeTree: ...


KINDS: dict[str, Kind] = {"SUN": sun, "POINT": point, "SPOT": spot, "AREA": area, SPREAD: area_spread}


def _shared(name: str, build: Callable[..., None], *, shiny: bool, **how: bool) -> bpy.types.NodeTree:
    name = f"Platelight {name}" + ("" if shiny else ", no highlights")
    return shared_group(name, version=7, build=lambda sheet: build(sheet, shiny=shiny, **how))


def _sun(sheet: Sheet, *, shiny: bool) -> None:
    light_parts.takes(sheet, position=False)
    sheet.takes_vector("Direction", "To the light", value=(0.0, 0.0, 1.0))
    sheet.takes_number("Size", "Sine of half the angle under which it is seen", value=0.0, least=0.0, most=1.0)
    light_parts.takes_chain(sheet)
    sheet.section("Angles")
    to_light = sheet.unit(light_parts.to_camera(sheet, sheet.input("Direction")))
    cosine = sheet.dot(sheet.input("Normal"), to_light, label="N . L")
    half = sheet.math("ADD", sheet.dot(sheet.input("View"), to_light), 1.0, label="1 + L . V") if shiny else None
    width = light_parts.width(sheet, sheet.input("Size"))
    light_parts.gives(sheet, shiny=shiny, arriving=None, cosine=cosine, width=width, half=half)


def _point(sheet: Sheet, *, shiny: bool, cone: bool) -> None:
    light_parts.takes(sheet)
    sheet.takes_number("Radius", "Metres", value=0.0, least=0.0)
    sheet.takes_number("Soft Falloff", "1: no brighter than at its own radius", value=0.0, least=0.0, most=1.0)
    if cone:
        sheet.takes_vector("Axis", "Away from where the spot points", value=(0.0, 0.0, 1.0))
        sheet.takes_number("Cone", "Cosine of half the spot's angle", value=0.9, least=-1.0, most=1.0)
        sheet.takes_number("Blend", "Softness of the cone's edge", value=0.15, least=0.0, most=1.0)
    light_parts.takes_chain(sheet)

    sheet.section("Distance")
    offset = light_parts.to_light(sheet)
    square = sheet.square(offset, least=1e-8, label="Distance^2")
    inverse = sheet.math("INVERSE_SQRT", square, label="1 / distance")
    ball = sheet.math("MULTIPLY", sheet.input("Radius"), sheet.input("Radius"))
    kept = sheet.math("MULTIPLY", ball, sheet.input("Soft Falloff"))
    falloff = sheet.math("DIVIDE", 1.0, sheet.math("ADD", square, kept), label="1 / distance^2")

    sheet.section("Angles")
    cosine = sheet.math("MULTIPLY", sheet.dot(offset, sheet.input("Normal")), inverse, label="N . L")
    half = light_parts.half(sheet, offset, inverse) if shiny else None
    width = light_parts.width(sheet, sheet.input("Radius"), inverse)
    limit = _cone(sheet, offset=offset, inverse=inverse, falloff=falloff) if cone else None
    arriving = light_parts.times(sheet, falloff, limit)
    light_parts.gives(sheet, shiny=shiny, arriving=arriving, cosine=cosine, width=width, half=half, cone=limit)


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
