"""A node group for each kind of Blender light: from what the light is to what it does to a surface, in Cycles' units.

The surface's vectors are camera space, the light's own the world's; metres. Each group gives the light's Color, the same all over
the picture, and numbers to multiply it with: Diffuse gives the radiance of a white Lambert surface under this light alone, Specular
that of a GGX surface. Mask says where it falls, 0..1, whatever its power and distance. Shadows aside.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import bpy

from . import shading
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
    return shared_group("Platelight Sun", version=3, build=_sun)


def point() -> bpy.types.NodeTree:
    """Inverse-square falloff."""
    return shared_group("Platelight Point", version=3, build=lambda sheet: _point(sheet, cone=False))


def spot() -> bpy.types.NodeTree:
    """A point light in a cone; between cone and edge, smoothstep of the cosine, as in Cycles.

    Seen from the surface, each point of a large light has its own cone. Their mean is again about a smoothstep: of the width
    that gives it the same variance, that is e^2 / 20 for the edge and w^2 / 4 for a disk of radius w.
    """
    return shared_group("Platelight Spot", version=3, build=lambda sheet: _point(sheet, cone=True))


def area() -> bpy.types.NodeTree:
    """A rectangle that shines from its front. Exact for diffuse light, the horizon aside; one direction for specular."""
    return shared_group("Platelight Area", version=3, build=lambda sheet: _area(sheet, spread=False))


def area_spread() -> bpy.types.NodeTree:
    """The same behind a grid, as Cycles has it: light leaves it within an angle only."""
    return shared_group("Platelight Area Spread", version=3, build=lambda sheet: _area(sheet, spread=True))


KINDS: dict[str, Callable[[], bpy.types.NodeTree]] = {
    "SUN": sun,
    "POINT": point,
    "SPOT": spot,
    "AREA": area,
    SPREAD: area_spread,
}


def _takes(sheet: Sheet, *, position: bool = True) -> None:
    sheet.gives("Color", "Colour and power")
    sheet.gives("Diffuse", "Times Color: a white matte surface, without shadows", kind="Float")
    sheet.gives("Specular", "Times Color: a glossy surface, without shadows", kind="Float")
    sheet.gives("Mask", "Where it falls: 0 to 1, whatever its power", kind="Float")
    sheet.takes_field("Normal", "Unit length, camera space", value=(0.0, 0.0, 1.0))
    sheet.takes_field("View", "To the camera, unit length", value=(0.0, 0.0, 1.0))
    if position:
        sheet.takes_field("Position", "Of the surface, camera space, metres", value=(0.0, 0.0, -5.0))
        sheet.takes_vector("Light Position", "In the world, metres")
        sheet.takes_vector("Camera Place", "In the world, metres")
    sheet.takes_number("N V", "How much the surface faces the camera", value=1.0)
    sheet.takes_number("Masking", "Of the surface, seen from the camera", value=1.0)
    sheet.takes_number("Roughness", "0 is a mirror", value=0.5, least=0.0, most=1.0, subtype="FACTOR")
    sheet.takes_number("Reflectance", "Seen head on; 0.04 for most materials", value=0.04, least=0.0, most=1.0, subtype="FACTOR")
    takes_camera(sheet)
    takes_control(sheet)
    sheet.takes_number("Softness", "Wraps the light around, as if it were so large; 1 is all", value=0.0, least=0.0, most=1.0)
    sheet.takes_number("Lift", "Of the side that faces away: 1 is as bright as the other", value=0.0, least=0.0, most=1.0)


def takes_camera(sheet: Sheet) -> None:
    """The way from the world to the camera, for `to_camera`."""
    for name, axis in zip("XYZ", ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), strict=True):
        sheet.takes_vector(f"Camera {name}", "The camera's axis in the world, of any length", value=axis)


def to_camera(sheet: Sheet, vector: Vector, *, label: str = "") -> Vector:
    """A direction of the world as the camera sees it; its scale doesn't matter to what it sees."""
    axes = [sheet.unit(sheet.input(f"Camera {name}")) for name in "XYZ"]
    return sheet.vector(*(sheet.dot(vector, axis) for axis in axes), label=label)


def _to_light(sheet: Sheet) -> Vector:
    """From the surface to the light."""
    place = sheet.subtract(sheet.input("Light Position"), sheet.input("Camera Place"))
    return sheet.subtract(to_camera(sheet, place), sheet.input("Position"), label="To the light")


def takes_control(sheet: Sheet) -> None:
    """What the world has, too."""
    sheet.takes_color("Light", "Colour and power", value=(1.0, 1.0, 1.0))
    sheet.takes_number("Gain", "0 is off", value=1.0, least=0.0)
    sheet.takes_number("Exposure", "In stops", value=0.0, least=-32.0, most=32.0)
    sheet.takes_number("On", "0 while it is muted, or another is solo", value=1.0, least=0.0, most=1.0)
    sheet.takes_number("Matte", "Where it may fall", value=1.0, least=0.0, most=1.0)


def color(sheet: Sheet) -> Vector:
    """The light's colour and power, gain, exposure and matte in it: without a matte, the same all over the picture."""
    stops = sheet.math("POWER", 2.0, sheet.input("Exposure"), label="2^exposure")
    gain = sheet.math("MULTIPLY", sheet.math("MULTIPLY", sheet.input("Gain"), sheet.input("On")), stops)
    gain = sheet.math("MULTIPLY", gain, sheet.input("Matte"), label="Gain x matte")
    return sheet.scale(sheet.input("Light"), gain, label="Light x gain")


def _gives(
    sheet: Sheet, *, arriving: Socket | None, cosine: Socket, size: Socket, half: Socket, cone: Socket | None = None
) -> None:
    """`arriving`: the Diffuse of a surface that faces the light, `cone` in it, None is 1; `cosine`: N . L; `half`: 1 + L . V."""
    sheet.section("Cosine")
    least = sheet.math("MAXIMUM", sheet.input("Softness"), 1e-4)
    size = sheet.math("MAXIMUM", size, least)
    soft = shading.facing(sheet, cosine, size)
    soft = sheet.math("MULTIPLY_ADD", soft, sheet.math("SUBTRACT", 1.0, sheet.input("Lift")), sheet.input("Lift"), label="Lifted")
    sheet.section("Diffuse and specular")
    lobe = sheet.group(
        shading.ggx(),
        label="GGX",
        N_L=cosine,
        Half=half,
        **{name: sheet.input(name.replace("_", " ")) for name in ("N_V", "Masking", "Roughness", "Reflectance")},
    )
    sheet.output(
        Color=color(sheet),
        Diffuse=_times(sheet, soft, arriving, label="Diffuse"),
        Specular=_times(sheet, lobe.outputs[0], arriving, label="Specular"),
        Mask=sheet.math("MULTIPLY", _times(sheet, soft, cone), sheet.input("Matte"), clamp=True, label="Mask"),
    )


def _times(sheet: Sheet, value: Socket, factor: Socket | None, *, label: str = "") -> Socket:
    return value if factor is None else sheet.math("MULTIPLY", value, factor, label=label)


def _sun(sheet: Sheet) -> None:
    _takes(sheet, position=False)
    sheet.takes_vector("Direction", "To the light", value=(0.0, 0.0, 1.0))
    sheet.takes_number("Size", "Sine of half the angle under which it is seen", value=0.0, least=0.0, most=1.0)
    sheet.section("Angles")
    to_light = sheet.unit(to_camera(sheet, sheet.input("Direction")))
    cosine = sheet.dot(sheet.input("Normal"), to_light, label="N . L")
    half = sheet.math("ADD", sheet.dot(sheet.input("View"), to_light), 1.0, label="1 + L . V")
    _gives(sheet, arriving=None, cosine=cosine, size=sheet.input("Size"), half=half)


def _point(sheet: Sheet, *, cone: bool) -> None:
    _takes(sheet)
    sheet.takes_number("Radius", "Metres", value=0.0, least=0.0)
    sheet.takes_number("Soft Falloff", "1: no brighter than at its own radius", value=0.0, least=0.0, most=1.0)
    if cone:
        sheet.takes_vector("Axis", "Away from where the spot points", value=(0.0, 0.0, 1.0))
        sheet.takes_number("Cone", "Cosine of half the spot's angle", value=0.9, least=-1.0, most=1.0)
        sheet.takes_number("Blend", "Softness of the cone's edge", value=0.15, least=0.0, most=1.0)

    sheet.section("Distance")
    offset = _to_light(sheet)
    square = sheet.square(offset, least=1e-8, label="Distance^2")
    inverse = sheet.math("INVERSE_SQRT", square, label="1 / distance")
    ball = sheet.math("MULTIPLY", sheet.input("Radius"), sheet.input("Radius"))
    kept = sheet.math("MULTIPLY", ball, sheet.input("Soft Falloff"))
    falloff = sheet.math("DIVIDE", 1.0, sheet.math("ADD", square, kept), label="1 / distance^2")

    sheet.section("Angles")
    cosine = sheet.math("MULTIPLY", sheet.dot(offset, sheet.input("Normal")), inverse, label="N . L")
    half = sheet.math("MULTIPLY_ADD", sheet.dot(offset, sheet.input("View")), inverse, 1.0, label="1 + L . V")
    size2 = sheet.math("MULTIPLY", ball, falloff, clamp=True, label="Size as seen, ^2")
    limit = _cone(sheet, offset=offset, inverse=inverse, size2=size2) if cone else None
    arriving = _times(sheet, falloff, limit)
    _gives(sheet, arriving=arriving, cosine=cosine, size=sheet.math("SQRT", size2), half=half, cone=limit)


def _cone(sheet: Sheet, *, offset: Vector, inverse: Socket, size2: Socket) -> Socket:
    sheet.section("Cone: its edge, blurred by the light's size")
    axis = to_camera(sheet, sheet.unit(sheet.input("Axis")))
    inside = sheet.math("MULTIPLY", sheet.dot(offset, axis), inverse, label="Cosine to the axis")
    edge = sheet.math("MULTIPLY", sheet.math("SUBTRACT", 1.0, sheet.input("Cone")), sheet.input("Blend"))
    sine2 = sheet.math("SUBTRACT", 1.0, sheet.math("MULTIPLY", sheet.input("Cone"), sheet.input("Cone")))
    edge2 = sheet.math("MAXIMUM", sheet.math("MULTIPLY", edge, edge), 1e-12)
    width = sheet.math("MULTIPLY_ADD", size2, sheet.math("MULTIPLY", sine2, 5.0), edge2)
    width = sheet.math("INVERSE_SQRT", width, label="1 / (edge and blur)")
    inside = sheet.math("SUBTRACT", inside, sheet.math("MULTIPLY_ADD", edge, 0.5, sheet.input("Cone")))
    step = sheet.math("MULTIPLY_ADD", inside, width, 0.5, clamp=True)
    curve = sheet.math("MULTIPLY_ADD", step, -2.0, 3.0)
    return sheet.math("MULTIPLY", sheet.math("MULTIPLY", step, step), curve, label="Smoothstep")


def _area(sheet: Sheet, *, spread: bool) -> None:
    """The vector irradiance of a polygon (Lambert 1760; Arvo 1995, eq. 2.10): half the sum over its edges of angle x normal.

    Its length over pi is the form factor of a surface that faces it, and of a ball seen under the same solid angle as far as the
    horizon goes. Seen from the surface in the light's own axes, the corners are (x0 or x1, y0 or y1, h). An edge at y from x0 to x1
    is r = sqrt(y^2 + h^2) away, has the normal (0, h, -y) / r, and is seen under the angle acot((r^2 + x0 x1) / ((x1 - x0) r)).
    """
    _takes(sheet)
    sheet.takes_vector("Half X", "From the light's centre to the middle of its right edge", value=(0.5, 0.0, 0.0))
    sheet.takes_vector("Half Y", "From the light's centre to the middle of its upper edge", value=(0.0, 0.5, 0.0))
    sheet.takes_number("Per Area", "1: power is shared out over the light's area", value=1.0, least=0.0, most=1.0)
    if spread:
        sheet.takes_number("Spread", "Tangent of half its angle", value=1e4, least=0.0)
        sheet.takes_number("Spread Angle", "Half of it, in radians", value=1.57, least=0.0)

    sheet.section("The surface's place in the light's own axes")
    half_x, half_y = (to_camera(sheet, sheet.input(f"Half {name}")) for name in "XY")
    side_x, side_y = (sheet.math("SQRT", sheet.dot(half, half), label="Half a side") for half in (half_x, half_y))
    axes = sheet.unit(half_x), sheet.unit(half_y), sheet.unit(sheet.cross(half_x, half_y), label="Its back")
    center = _to_light(sheet)
    x, y, h = (sheet.dot(center, axis, label=name) for name, axis in zip("xyh", axes, strict=True))
    front = sheet.math("GREATER_THAN", h, 0.0, label="Only its front")
    h2 = sheet.math("MULTIPLY_ADD", h, h, 1e-8, label="h^2")

    sheet.section("Edges: angle / distance")
    ends = {
        name: [sheet.math("SUBTRACT", side, place, label=f"-{name}0"), sheet.math("ADD", side, place, label=f"{name}1")]
        for name, place, side in (("x", x, side_x), ("y", y, side_y))
    }
    turns: dict[str, list[Socket]] = {}
    for name, other, side in (("x", "y", side_y), ("y", "x", side_x)):
        whole = sheet.math("DIVIDE", 0.5, sheet.math("MAXIMUM", side, 1e-6), label="1 / side")
        product = sheet.math("MULTIPLY", sheet.math("MULTIPLY", *ends[other]), sheet.math("MULTIPLY", whole, -1.0))
        turns[name] = []
        for end in ends[name]:
            square = sheet.math("MULTIPLY_ADD", end, end, h2)
            away = sheet.math("INVERSE_SQRT", square, label="1 / r")
            cotangent = sheet.math("MULTIPLY", sheet.math("MULTIPLY_ADD", square, whole, product), away)
            angle = sheet.math("SUBTRACT", math.pi / 2, sheet.math("ARCTANGENT", cotangent))
            turns[name].append(sheet.math("MULTIPLY", angle, away))

    sheet.section("Their sum, and where it points")
    flow = [sheet.math("MULTIPLY", sheet.math("SUBTRACT", *turns[name]), h) for name in "xy"]
    parts = [(end, turn) for name in "xy" for end, turn in zip(ends[name], turns[name], strict=True)]
    toward = sheet.math("MULTIPLY", *parts[0])
    for end, turn in parts[1:]:
        toward = sheet.math("MULTIPLY_ADD", end, turn, toward)
    total = sheet.scale(axes[0], flow[0])
    for axis, part in zip(axes[1:], (flow[1], toward), strict=True):
        total = sheet.add_scaled(total, axis, part)
    square = sheet.square(total, least=1e-16)
    inverse = sheet.math("INVERSE_SQRT", square)
    length = sheet.math("MULTIPLY", square, inverse)

    sheet.section("Angles")
    cosine = sheet.math("MULTIPLY", sheet.dot(total, sheet.input("Normal")), inverse, label="N . L")
    half = sheet.math("MULTIPLY_ADD", sheet.dot(total, sheet.input("View")), inverse, 1.0, label="1 + L . V")
    size = sheet.math("SQRT", sheet.math("MULTIPLY", length, 1 / (2 * math.pi)), label="Size as seen")

    sheet.section("Arriving light")
    surface = sheet.math("MULTIPLY", sheet.math("MULTIPLY", side_x, side_y), 4.0, label="Area")
    shared = sheet.math("MULTIPLY_ADD", sheet.math("SUBTRACT", surface, 1.0), sheet.input("Per Area"), 1.0)
    shared = sheet.math("DIVIDE", 1 / (2 * math.pi), sheet.math("MAXIMUM", shared, 1e-8), label="Per area, over 2 pi")
    limit = front
    if spread:
        limit = sheet.math("MULTIPLY", front, _grid(sheet, place=(x, y), sides=(side_x, side_y), h2=h2))
    arriving = sheet.math("MULTIPLY", sheet.math("MULTIPLY", length, shared), limit)
    _gives(sheet, arriving=arriving, cosine=cosine, size=size, half=half, cone=limit)


def _grid(sheet: Sheet, *, place: tuple[Socket, Socket], sides: tuple[Socket, Socket], h2: Socket) -> Socket:
    """Cycles' share of light that passes the slats of a soft box at an angle a to its axis: (tan s - tan a) / (tan s - s), s half
    the spread. Over the light, tan a has about the mean and the width that its square and the light's sides give it."""
    sheet.section("Spread: the slats of a soft box")
    parts = [sheet.math("MULTIPLY", side, sheet.math("MULTIPLY", side, 1 / 3)) for side in sides]
    width2 = sheet.math("ADD", *parts, label="Variance of the light's points")
    lateral2 = sheet.math("MULTIPLY_ADD", place[0], place[0], sheet.math("MULTIPLY_ADD", place[1], place[1], width2))
    away = sheet.math("INVERSE_SQRT", h2)
    tangent = sheet.math("MULTIPLY", sheet.math("SQRT", lateral2), away, label="Tangent to its axis")
    left = sheet.math("SUBTRACT", sheet.input("Spread"), tangent)
    blur = sheet.math("SQRT", sheet.math("MULTIPLY", width2, 2.5))
    open_ = shading.facing(sheet, left, sheet.math("MAXIMUM", sheet.math("MULTIPLY", blur, away), 1e-5), label="Open")
    most = sheet.math("MAXIMUM", sheet.math("SUBTRACT", sheet.input("Spread"), sheet.input("Spread Angle")), 1e-6)
    return sheet.math("DIVIDE", open_, most, label="Passes the slats")
