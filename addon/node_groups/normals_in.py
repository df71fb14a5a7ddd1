"""The node group that turns another tool's normals into ours; what `convention.decode` computes, as nodes."""

from __future__ import annotations

import bpy

from ..blender import typed
from ..imports.convention import LONGEST, SHORTEST
from ..nodes.builder import Sheet, shared_group

NAME = "Platelight Normals In"
AXES = ("Right", "Up", "Toward")
_CAMERA = ("Camera X", "Camera Y", "Camera Z")
_UNITS = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def node_group() -> bpy.types.NodeTree:
    made = shared_group(NAME, version=2, build=_build)
    face = typed.interface(made)
    if not typed.panels(made):  # open, the node would cover those below it
        panel = face.new_panel("Axes", description="What Imported Normals in the sidebar sets", default_closed=True)
        found = {item.name: item for item in typed.sockets(made)}
        for place, name in enumerate((*AXES, *_CAMERA)):
            face.move_to_parent(found[name], panel, place)
    return made


def _build(sheet: Sheet) -> None:
    """A normal's parts along three directions of the file are our x, y and z; those along the camera's axes come after that.

    In camera space the camera's axes are the unit vectors and change nothing.
    """
    sheet.gives("Normal", "Camera space: +X right, +Y up, +Z toward the camera; unit length", kind="Vector")
    sheet.takes_color("Image", "Normals as their file has them")
    sheet.takes_number("From 0..1", "1 where the numbers run from 0 to 1, 0 where they are signed", value=0.0, least=0.0, most=1.0)
    for name, told, value in zip(AXES, ("right (X)", "up (Y)", "toward the camera (Z)"), _UNITS, strict=True):
        sheet.takes_vector(name, f"What points {told} in the file's axes: red, green, blue", value=value)
    sheet.takes_number("Fill Holes", "1: pixels without a normal face the camera; 0: they are dark", value=1.0, least=0.0, most=1.0)
    for name, value in zip(_CAMERA, _UNITS, strict=True):
        sheet.takes_vector(name, "An axis of the camera, for normals in world space", value=value)

    sheet.section("NaN and infinite become -2 and 2, which are no normals: the number must come first for that")
    finite = [sheet.math("MINIMUM", 2.0, sheet.math("MAXIMUM", -2.0, part)) for part in sheet.separate(sheet.input("Image"))]
    sheet.section("From numbers to components")
    whole = sheet.input("From 0..1")
    doubled = sheet.scale(sheet.vector(*finite), sheet.math("ADD", whole, 1.0))
    vector = sheet.subtract(doubled, sheet.vector(whole, whole, whole))
    sheet.section("Is there a normal? Black, grey and white are none")
    length = sheet.dot(vector, vector, label="Length squared")
    there = sheet.math("MULTIPLY", sheet.math("GREATER_THAN", length, SHORTEST**2), sheet.math("LESS_THAN", length, LONGEST**2))
    sheet.section("Their parts along our axes")
    turned = sheet.vector(*(sheet.dot(vector, sheet.input(name), label=name) for name in AXES))
    sheet.section("From the world to the camera")
    seen = sheet.vector(*(sheet.dot(turned, sheet.unit(sheet.input(name)), label=name) for name in _CAMERA))
    sheet.section("Unit length; holes are filled, but for a frame that is nothing but one: its file is missing")
    hole = sheet.math("MULTIPLY", sheet.math("SUBTRACT", 1.0, there), sheet.anywhere(there, label="Any normal?"))
    fill = sheet.math("MULTIPLY", hole, sheet.input("Fill Holes"))
    sheet.output(Normal=sheet.add(sheet.scale(sheet.unit(seen), there), sheet.vector(0.0, 0.0, fill)))
