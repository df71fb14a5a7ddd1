"""The node groups of area lights: the light of a rectangle, with or without slats before it."""

from __future__ import annotations

import math

from ..nodes.builder import Sheet, Socket, shared_group
from . import light_parts, shading


def build(sheet: Sheet, *, shiny: bool, spread: bool) -> None:
    """The vector irradiance of a polygon (Lambert 1760; Arvo 1995, eq. 2.10): half the sum over its edges of angle x normal.

    Its length over pi is the form factor of a surface that faces it, and of a ball seen under the same solid angle as far as the
    horizon goes. Seen from the surface in the light's own axes, the corners are (x0 or x1, y0 or y1, h). An edge at y from x0 to x1
    is r = sqrt(y^2 + h^2) away, has the normal (0, h, -y) / r, and is seen under the angle acot((r^2 + x0 x1) / ((x1 - x0) r)).
    """
    light_parts.takes(sheet)
    sheet.takes_vector("Half X", "From the light's centre to the middle of its right edge", value=(0.5, 0.0, 0.0))
    sheet.takes_vector("Half Y", "From the light's centre to the middle of its upper edge", value=(0.0, 0.5, 0.0))
    sheet.takes_number("Per Area", "1: power is shared out over the light's area", value=1.0, least=0.0, most=1.0)
    if spread:
        sheet.takes_number("Spread", "Tangent of half its angle", value=1e4, least=0.0)
        sheet.takes_number("Spread Angle", "Half of it, in radians", value=1.57, least=0.0)
    light_parts.takes_chain(sheet)

    sheet.section("The surface's place in the light's own axes")
    center, own = light_parts.to_light(sheet), _own(sheet)
    x, y, h = (sheet.dot(center, own[axis], label=name) for name, axis in zip("xyh", _AXES, strict=True))
    front = sheet.math("GREATER_THAN", h, 0.0, label="Only its front")

    sheet.section("The light's edges, two by two")
    own = _own(sheet)
    edges = sheet.group(
        shared_group("Platelight Edges", version=2, build=_edges),
        label="Edges",
        **{"X": x, "Y": y, "Height": h, "Half_X": own["Half Side X"], "Half_Y": own["Half Side Y"]},
    )

    sheet.section("Their sum, and where it points")
    own = _own(sheet)
    total = sheet.scale(own["X"], edges.outputs["Along X"])
    for axis, part in (("Y", "Along Y"), ("Back", "Toward")):
        total = sheet.add_scaled(total, own[axis], edges.outputs[part])
    square = sheet.square(total, least=1e-16)
    inverse = sheet.math("INVERSE_SQRT", square)
    length = sheet.math("MULTIPLY", square, inverse)

    sheet.section("Angles")
    cosine = sheet.math("MULTIPLY", sheet.dot(total, sheet.input("Normal")), inverse, label="N . L")
    half = light_parts.half(sheet, total, inverse) if shiny else None
    size = sheet.math("SQRT", length, label="Size as seen x sqrt(2 pi)")
    width = light_parts.width(sheet, 1 / math.sqrt(2 * math.pi), size)

    sheet.section("Arriving light")
    own = _own(sheet)
    surface = sheet.math("MULTIPLY", sheet.math("MULTIPLY", own["Half Side X"], own["Half Side Y"]), 4.0, label="Area")
    shared = sheet.math("MULTIPLY_ADD", sheet.math("SUBTRACT", surface, 1.0), sheet.input("Per Area"), 1.0)
    shared = sheet.math("DIVIDE", 1 / (2 * math.pi), sheet.math("MAXIMUM", shared, 1e-8), label="Per area, over 2 pi")
    limit = front
    if spread:
        group = shared_group("Platelight Slats", version=1, build=_grid)
        angles = {name: sheet.input(name.replace("_", " ")) for name in ("Spread", "Spread_Angle")}
        angles |= {f"Half_{name}": own[f"Half Side {name}"] for name in "XY"}
        passes = sheet.group(group, label="Slats", X=x, Y=y, Height=h, **angles).outputs[0]
        limit = sheet.math("MULTIPLY", front, passes)
    arriving = sheet.math("MULTIPLY", sheet.math("MULTIPLY", length, shared), limit)
    light_parts.gives(sheet, shiny=shiny, arriving=arriving, cosine=cosine, width=width, half=half, cone=limit)


_AXES = ("X", "Y", "Back")


def _own(sheet: Sheet) -> dict[str, Socket]:
    """Return the light's own axes as the camera sees them, unit length, and half of its sides: from a node in each section that
    needs
    them, for they are the same all over the picture."""
    given = {name.replace(" ", "_"): sheet.input(name) for name in ("Half X", "Half Y", "Camera X", "Camera Y", "Camera Z")}
    node = sheet.group(shared_group("Platelight Area Axes", version=1, build=_axes), label="The light's own axes", **given)
    return {socket.name: socket for socket in node.outputs}


def _axes(sheet: Sheet) -> None:
    for name in _AXES:
        sheet.gives(name, "An axis of the light in camera space, unit length", kind="Vector")
    for name in "XY":
        sheet.gives(f"Half Side {name}", "Metres", kind="Float")
    for name in "XY":
        sheet.takes_vector(f"Half {name}", "From the light's centre to the middle of an edge, in the world")
    light_parts.takes_camera(sheet)
    for name in "XY":
        sheet.section(f"Along {name}")
        half = light_parts.to_camera(sheet, sheet.input(f"Half {name}"))
        side = sheet.math("SQRT", sheet.dot(half, half), label="Half a side")
        sheet.output(**{name: sheet.unit(half), f"Half_Side_{name}": side})
    sheet.section("Behind it")
    halves = [light_parts.to_camera(sheet, sheet.input(f"Half {name}")) for name in "XY"]
    sheet.output(Back=sheet.unit(sheet.cross(*halves)))


def _edges(sheet: Sheet) -> None:
    """The sum of `build` over the light's four edges, along its own axes."""
    for name in ("Along X", "Along Y"):
        sheet.gives(name, "The part of the light that comes along this axis", kind="Float")
    sheet.gives("Toward", "The part of the light that comes from its plane", kind="Float")
    for name in "XY":
        sheet.takes_number(name, "Of the light's centre along its axis, seen from the surface", value=0.0)
    sheet.takes_number("Height", "Of the surface over the light's plane", value=1.0)
    for name in "XY":
        sheet.takes_number(f"Half {name}", "Of the light's side along its axis", value=0.5)
    sheet.section("Height^2")
    height2 = sheet.math("MULTIPLY_ADD", sheet.input("Height"), sheet.input("Height"), 1e-8, label="h^2")
    parts = []
    for axis, other in ("XY", "YX"):
        sheet.section(f"The edges across {axis}")
        group = shared_group("Platelight Edge Pair", version=1, build=_edge_pair)
        given = {"Place": sheet.input(axis), "Half": sheet.input(f"Half {axis}"), "Other_Place": sheet.input(other)}
        given |= {"Other_Half": sheet.input(f"Half {other}"), "Height": sheet.input("Height"), "Height_2": height2}
        parts.append(sheet.group(group, label=f"Across {axis}", **given))
    sheet.section("Toward the light")
    toward = sheet.math("ADD", *(part.outputs["Toward"] for part in parts), label="Toward the light")
    sheet.output(Along_X=parts[0].outputs["Along"], Along_Y=parts[1].outputs["Along"], Toward=toward)


def _edge_pair(sheet: Sheet) -> None:
    """Two edges of `build` that face each other, across one of the light's axes."""
    sheet.gives("Along", "Their part of the light that comes along the axis", kind="Float")
    sheet.gives("Toward", "Their part of the light that comes from the light's plane", kind="Float")
    sheet.takes_number("Place", "Of the light's centre along the axis, seen from the surface", value=0.0)
    sheet.takes_number("Other Place", "The same along the other axis", value=0.0)
    sheet.takes_number("Height", "Of the surface over the light's plane", value=1.0)
    sheet.takes_number("Half", "Of the light's side along the axis", value=0.5)
    sheet.takes_number("Other Half", "The same along the other axis", value=0.5)
    sheet.takes_number("Height 2", "The height's square", value=1.0)
    sheet.section("Where the edges begin and end: -y0 y1 / side")
    whole = sheet.math("DIVIDE", -0.5, sheet.math("MAXIMUM", sheet.input("Other Half"), 1e-6), label="-1 / side")
    begin = sheet.math("MULTIPLY_ADD", sheet.input("Other Place"), whole, 0.5, label="-y0 / side")
    end = sheet.math("ADD", sheet.input("Other Half"), sheet.input("Other Place"), label="y1")
    product = sheet.math("MULTIPLY", begin, end)
    sheet.section("Angle / distance of each")
    group = shared_group("Platelight Edge", version=2, build=_edge)
    places = [sheet.math(way, sheet.input("Half"), sheet.input("Place")) for way in ("SUBTRACT", "ADD")]
    shared = {"Half_Side": sheet.input("Other Half"), "Height_2": sheet.input("Height 2")}
    turns = [sheet.group(group, label="Edge", End=at, Product=product, **shared) for at in places]
    first, last = (turn.outputs[0] for turn in turns)
    sheet.section("Their light")
    toward = sheet.math("MULTIPLY_ADD", places[1], last, sheet.math("MULTIPLY", places[0], first))
    along = sheet.math("MULTIPLY", sheet.math("SUBTRACT", first, last), sheet.input("Height"), label="Along the axis")
    sheet.output(Along=along, Toward=toward)


def _edge(sheet: Sheet) -> None:
    """One edge of `build`: the angle under which it is seen, over its distance."""
    sheet.gives("Turn", "Angle / distance", kind="Float")
    sheet.takes_number("End", "Where the edge is, across it; its sign doesn't matter", value=0.5)
    sheet.takes_number("Product", "Of where it begins and where it ends, over its length, times -1", value=0.25)
    sheet.takes_number("Half Side", "Half of its length", value=0.5)
    sheet.takes_number("Height 2", "Square of the distance from the light's plane", value=1.0)
    sheet.section("Angle / distance")
    square = sheet.math("MULTIPLY_ADD", sheet.input("End"), sheet.input("End"), sheet.input("Height 2"), label="r^2")
    away = sheet.math("INVERSE_SQRT", square, label="1 / r")
    whole = sheet.math("DIVIDE", -0.5, sheet.math("MAXIMUM", sheet.input("Half Side"), 1e-6), label="-1 / side")
    reach = sheet.math("MULTIPLY_ADD", square, whole, sheet.input("Product"), label="-(r^2 + y0 y1) / side")
    angle = sheet.math("ADD", sheet.math("ARCTANGENT", sheet.math("MULTIPLY", reach, away, label="-cotangent")), math.pi / 2)
    sheet.output(Turn=sheet.math("MULTIPLY", angle, away))


def _grid(sheet: Sheet) -> None:
    """Cycles' share of light that passes the slats of a soft box at an angle a to its axis: (tan s - tan a) / (tan s - s), s half
    the spread. Over the light, tan a has about the mean and the width that its square and the light's sides give it."""
    sheet.gives("Passes", "How much of the light", kind="Float")
    for name, note in (("X", "Of the light's centre, in its axes"), ("Y", "The same"), ("Height", "Over the light's plane")):
        sheet.takes_number(name, note, value=1.0)
    for name in ("Half X", "Half Y"):
        sheet.takes_number(name, "Half of the light's side", value=0.5)
    sheet.takes_number("Spread", "Tangent of half its angle", value=1e4, least=0.0)
    sheet.takes_number("Spread Angle", "Half of it, in radians", value=1.57, least=0.0)
    sheet.section("Variance of the light's points")
    parts = [sheet.math("MULTIPLY", sheet.input(f"Half {name}"), sheet.input(f"Half {name}")) for name in "XY"]
    width2 = sheet.math("MULTIPLY", sheet.math("ADD", *parts), 1 / 3, label="Variance")
    sheet.section("Spread: the slats of a soft box")
    lateral2 = width2
    for name in "XY":
        lateral2 = sheet.math("MULTIPLY_ADD", sheet.input(name), sheet.input(name), lateral2)
    away = sheet.math("DIVIDE", 1.0, sheet.math("MAXIMUM", sheet.input("Height"), 1e-4), label="1 / h")
    tangent = sheet.math("MULTIPLY", sheet.math("SQRT", lateral2), away, label="Tangent to its axis")
    left = sheet.math("SUBTRACT", sheet.input("Spread"), tangent)
    blur = sheet.math("MULTIPLY", sheet.math("SQRT", sheet.math("MULTIPLY", width2, 5.0)), away)
    open_ = shading.facing(sheet, left, sheet.math("MAXIMUM", blur, 1e-5), label="Open")
    most = sheet.math("MAXIMUM", sheet.math("SUBTRACT", sheet.input("Spread"), sheet.input("Spread Angle")), 1e-6)
    sheet.output(Passes=sheet.math("DIVIDE", open_, most, label="Passes the slats"))
