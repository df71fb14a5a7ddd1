"""A node group for each kind of Blender light: from what the light is to what it does to a surface, in Cycles' units.

All vectors are camera space, metres. Each group gives Diffuse, the radiance of a white Lambert surface under this light alone, and
Specular, that of a GGX surface. Shadows aside.
"""

from __future__ import annotations

from collections.abc import Callable

import bpy

from . import shading
from .sheet import Sheet, Socket, shared_group


def sun() -> bpy.types.NodeTree:
    """Direction, from infinitely far."""
    return shared_group("Platelight Sun", version=1, build=_sun)


def point() -> bpy.types.NodeTree:
    """Inverse-square falloff."""
    return shared_group("Platelight Point", version=1, build=lambda sheet: _point(sheet, cone=False))


def spot() -> bpy.types.NodeTree:
    """A point light in a cone; between cone and edge, smoothstep of the cosine, as in Cycles.

    Seen from the surface, each point of a large light has its own cone. Their mean is again about a smoothstep: of the width
    that gives it the same variance, that is e^2 / 20 for the edge and w^2 / 4 for a disk of radius w.
    """
    return shared_group("Platelight Spot", version=1, build=lambda sheet: _point(sheet, cone=True))


def area() -> bpy.types.NodeTree:
    """A rectangle that shines from its front. Exact for diffuse light, the horizon aside; one direction for specular."""
    return shared_group("Platelight Area", version=1, build=_area)


KINDS: dict[str, Callable[[], bpy.types.NodeTree]] = {"SUN": sun, "POINT": point, "SPOT": spot, "AREA": area}


def _takes(sheet: Sheet, *, position: bool = True) -> None:
    sheet.gives("Diffuse", "On a white matte surface, without shadows")
    sheet.gives("Specular", "On a glossy surface, without shadows")
    sheet.takes_vector("Normal", "Unit length, camera space", value=(0.0, 0.0, 1.0))
    sheet.takes_vector("View", "To the camera, unit length", value=(0.0, 0.0, 1.0))
    if position:
        sheet.takes_vector("Position", "Of the surface, camera space, metres", value=(0.0, 0.0, -5.0))
    sheet.takes_number("Roughness", "0 is a mirror", value=0.5, least=0.0, most=1.0, subtype="FACTOR")
    sheet.takes_number("Reflectance", "Seen head on; 0.04 for most materials", value=0.04, least=0.0, most=1.0, subtype="FACTOR")
    sheet.takes_color("Light", "Colour and power", value=(1.0, 1.0, 1.0))
    sheet.takes_number("Gain", "0 is off", value=1.0, least=0.0)


def _light(sheet: Sheet) -> Socket:
    return sheet.color("MULTIPLY", sheet.input("Light"), sheet.input("Gain"), label="Light x gain")


def _gives(sheet: Sheet, *, arriving: Socket, cosine: Socket, to_light: Socket) -> None:
    """`arriving`: colour, the Diffuse of a surface that faces the light."""
    sheet.section("Diffuse and specular")
    diffuse = sheet.color("MULTIPLY", arriving, cosine, label="Diffuse")
    lobe = sheet.group(
        shading.ggx(), label="GGX", Normal=sheet.input("Normal"), View=sheet.input("View"), To_Light=to_light,
        Roughness=sheet.input("Roughness"), Reflectance=sheet.input("Reflectance"),
    )
    sheet.output(Diffuse=diffuse, Specular=sheet.color("MULTIPLY", arriving, lobe.outputs[0], label="Specular"))


def _sun(sheet: Sheet) -> None:
    _takes(sheet, position=False)
    sheet.takes_vector("Direction", "To the light", value=(0.0, 0.0, 1.0))
    sheet.takes_number("Size", "Sine of half the angle under which it is seen", value=0.0, least=0.0, most=1.0)
    sheet.section("Cosine")
    to_light = sheet.vector("NORMALIZE", sheet.input("Direction"))
    cosine = sheet.vector("DOT_PRODUCT", sheet.input("Normal"), to_light, label="N . L")
    cosine = shading.facing(sheet, cosine, sheet.input("Size"))
    sheet.section("Arriving light")
    _gives(sheet, arriving=_light(sheet), cosine=cosine, to_light=to_light)


def _point(sheet: Sheet, *, cone: bool) -> None:
    _takes(sheet)
    sheet.takes_vector("Light Position", "Camera space, metres")
    sheet.takes_number("Radius", "Metres", value=0.0, least=0.0)
    sheet.takes_number("Soft Falloff", "1: no brighter than at its own radius", value=0.0, least=0.0, most=1.0)
    if cone:
        sheet.takes_vector("Axis", "Where the spot points", value=(0.0, 0.0, -1.0))
        sheet.takes_number("Cone", "Cosine of half the spot's angle", value=0.9, least=-1.0, most=1.0)
        sheet.takes_number("Blend", "Softness of the cone's edge", value=0.15, least=0.0, most=1.0)

    sheet.section("Distance")
    offset = sheet.vector("SUBTRACT", sheet.input("Light Position"), sheet.input("Position"))
    to_light = sheet.vector("NORMALIZE", offset)
    square = sheet.math("MAXIMUM", sheet.vector("DOT_PRODUCT", offset, offset, label="Distance^2"), 1e-8)
    ball = sheet.math("MULTIPLY", sheet.input("Radius"), sheet.input("Radius"))
    softened = sheet.math("ADD", square, sheet.math("MULTIPLY", ball, sheet.input("Soft Falloff")))
    falloff = sheet.math("DIVIDE", 1.0, softened, label="1 / distance^2")

    sheet.section("Cosine")
    size = sheet.math("MINIMUM", sheet.math("POWER", sheet.math("MULTIPLY", ball, falloff), 0.5), 1.0, label="Size as seen")
    cosine = shading.facing(sheet, sheet.vector("DOT_PRODUCT", sheet.input("Normal"), to_light, label="N . L"), size)

    if cone:
        sheet.section("Cone: its edge, blurred by the light's size")
        along = sheet.vector("DOT_PRODUCT", to_light, sheet.vector("NORMALIZE", sheet.input("Axis")))
        inside = sheet.math("SUBTRACT", sheet.math("MULTIPLY", along, -1.0), sheet.input("Cone"))
        edge = sheet.math("MULTIPLY", sheet.math("SUBTRACT", 1.0, sheet.input("Cone")), sheet.input("Blend"))
        sine2 = sheet.math("SUBTRACT", 1.0, sheet.math("MULTIPLY", sheet.input("Cone"), sheet.input("Cone")))
        blur2 = sheet.math("MULTIPLY", sheet.math("MULTIPLY", sheet.math("MULTIPLY", size, size), sine2), 5.0)
        width = sheet.math("POWER", sheet.math("ADD", sheet.math("MULTIPLY", edge, edge), blur2), 0.5, label="Edge and blur")
        inside = sheet.math("SUBTRACT", inside, sheet.math("MULTIPLY", edge, 0.5))
        step = sheet.math("DIVIDE", inside, sheet.math("MAXIMUM", width, 1e-6))
        step = sheet.math("ADD", step, 0.5, clamp=True)
        curve = sheet.math("SUBTRACT", 3.0, sheet.math("MULTIPLY", step, 2.0))
        smooth = sheet.math("MULTIPLY", sheet.math("MULTIPLY", step, step), curve, label="Smoothstep")
        falloff = sheet.math("MULTIPLY", falloff, smooth)

    sheet.section("Arriving light")
    arriving = sheet.color("MULTIPLY", _light(sheet), falloff)
    _gives(sheet, arriving=arriving, cosine=cosine, to_light=to_light)


def _area(sheet: Sheet) -> None:
    """The vector irradiance of a polygon (Lambert 1760; Arvo 1995, eq. 2.10): half the sum over its edges of angle x normal.

    Its length over pi is the form factor of a surface that faces it, and of a ball seen under the same solid angle as far as the
    horizon goes.
    """
    _takes(sheet)
    sheet.takes_vector("Light Position", "Camera space, metres")
    sheet.takes_vector("Half X", "From the light's centre to the middle of its right edge", value=(0.5, 0.0, 0.0))
    sheet.takes_vector("Half Y", "From the light's centre to the middle of its upper edge", value=(0.0, 0.5, 0.0))
    sheet.takes_number("Per Area", "1: power is shared out over the light's area", value=1.0, least=0.0, most=1.0)

    sheet.section("Corners of the light as seen from the surface")
    center = sheet.vector("SUBTRACT", sheet.input("Light Position"), sheet.input("Position"))
    x, y = sheet.input("Half X"), sheet.input("Half Y")
    diagonals = [sheet.vector("ADD", x, y), sheet.vector("SUBTRACT", y, x)]
    corners = [sheet.vector("ADD", center, diagonals[0]), sheet.vector("ADD", center, diagonals[1])]
    corners += [sheet.vector("SUBTRACT", center, diagonals[0]), sheet.vector("SUBTRACT", center, diagonals[1])]
    corners = [sheet.vector("NORMALIZE", corner) for corner in corners]

    sheet.section("Edges: angle x normal")
    total: Socket | None = None
    for here, there in zip(corners, (*corners[1:], corners[0]), strict=True):
        normal = sheet.vector("CROSS_PRODUCT", here, there)
        sine = sheet.math("POWER", sheet.math("MAXIMUM", sheet.vector("DOT_PRODUCT", normal, normal), 1e-16), 0.5)
        angle = sheet.math("ARCTAN2", sine, sheet.vector("DOT_PRODUCT", here, there))
        edge = sheet.vector("SCALE", normal, sheet.math("DIVIDE", angle, sine))
        total = edge if total is None else sheet.vector("ADD", total, edge)

    sheet.section("Form factor")
    assert total is not None
    length = sheet.math("POWER", sheet.math("MAXIMUM", sheet.vector("DOT_PRODUCT", total, total), 1e-16), 0.5)
    to_light = sheet.vector("NORMALIZE", center)
    face = sheet.vector("CROSS_PRODUCT", sheet.input("Half X"), sheet.input("Half Y"), label="Its back")
    front = sheet.math("GREATER_THAN", sheet.vector("DOT_PRODUCT", face, center), 0.0, label="Only its front")
    factor = sheet.math("MULTIPLY", sheet.math("DIVIDE", length, 6.283185307), front, label="Form factor")

    sheet.section("Cosine")
    toward = sheet.vector("NORMALIZE", total, label="Where the light comes from")
    size = sheet.math("MINIMUM", sheet.math("POWER", factor, 0.5), 1.0)
    cosine = shading.facing(sheet, sheet.vector("DOT_PRODUCT", sheet.input("Normal"), toward, label="N . L"), size)

    sheet.section("Arriving light")
    surface = sheet.math("MULTIPLY", sheet.math("POWER", sheet.vector("DOT_PRODUCT", face, face), 0.5), 4.0, label="Area")
    shared = sheet.math("MULTIPLY", sheet.math("SUBTRACT", surface, 1.0), sheet.input("Per Area"))
    factor = sheet.math("DIVIDE", factor, sheet.math("MAXIMUM", sheet.math("ADD", shared, 1.0), 1e-8))
    arriving = sheet.color("MULTIPLY", _light(sheet), factor)
    _gives(sheet, arriving=arriving, cosine=cosine, to_light=to_light)
