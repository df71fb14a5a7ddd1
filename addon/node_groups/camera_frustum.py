"""From pixels and depth to places in front of the camera."""

from __future__ import annotations

import bpy

from ..nodes.builder import Sheet, shared_group
from ..nodes.drivers import Eye, Source, drive

_LENS, _SHIFT = ("Lens", "Sensor Width", "Sensor Height"), ("Shift X", "Shift Y")
_RENDER = ("Size X", "Size Y", "Aspect X", "Aspect Y")


def view() -> bpy.types.NodeTree:
    """Position and direction of view of every pixel of the render, camera space (+X right, +Y up, +Z toward the camera)."""
    return shared_group("Platelight View", version=4, build=_view)


def _view(sheet: Sheet) -> None:
    sheet.gives("View", "From the surface to the camera, unit length", kind="Vector")
    sheet.gives("Position", "Of the surface, camera space, metres", kind="Vector")
    sheet.takes_number("Depth", "Distance from the camera's plane in metres", value=5.0, least=0.0)
    for name in _LENS:
        sheet.takes_number(name, "Of the camera's sensor, in millimetres", value={"Lens": 50.0}.get(name, 36.0))
    sheet.takes_number("Sensor Fit", "0: the longer side; 1: across; 2: up and down", value=0.0)
    for name in _SHIFT:
        sheet.takes_number(name, "Of the picture, in sensor widths", value=0.0)
    for name, value in zip(_RENDER, (1920.0, 1080.0, 1.0, 1.0), strict=True):
        sheet.takes_number(name, "Of the render, in pixels and pixel shapes", value=value)

    sheet.section("The picture at a distance of 1 m")
    size = [sheet.math("MULTIPLY", sheet.input(f"Size {axis}"), sheet.input(f"Aspect {axis}")) for axis in "XY"]
    auto = sheet.math("COMPARE", sheet.input("Sensor Fit"), 0.0, 0.5, label="By the longer side?")
    upright = sheet.math("COMPARE", sheet.input("Sensor Fit"), 2.0, 0.5, label="By its height?")
    across = sheet.math("SUBTRACT", sheet.math("SUBTRACT", 1.0, auto), upright)
    side = sheet.math("MULTIPLY", sheet.math("MAXIMUM", *size), auto)
    side = sheet.math("MULTIPLY_ADD", size[0], across, side)
    side = sheet.math("MULTIPLY_ADD", size[1], upright, side, label="The side that the sensor fits")
    sensor = sheet.math("MULTIPLY", sheet.input("Sensor Width"), sheet.math("SUBTRACT", 1.0, upright))
    sensor = sheet.math("MULTIPLY_ADD", sheet.input("Sensor Height"), upright, sensor)
    sensor = sheet.math("DIVIDE", sensor, sheet.input("Lens"), label="Sensor at 1 m")
    sides = [sheet.math("DIVIDE", sheet.math("MULTIPLY", sensor, length), side) for length in size]
    shifts = [sheet.math("MULTIPLY", sensor, sheet.input(name)) for name in _SHIFT]

    sheet.section("Ray through the pixel's centre")
    parts = []
    for place, length, shift in zip(sheet.frame_coordinates(), sides, shifts, strict=True):
        parts.append(sheet.math("MULTIPLY_ADD", place, length, sheet.math("MULTIPLY_ADD", length, -0.5, shift)))
    ray = sheet.vector(parts[0], parts[1], -1.0, label="At a distance of 1 m")

    sheet.section("Position")
    position = sheet.scale(ray, sheet.input("Depth"))
    sheet.section("View")
    square = sheet.math("MULTIPLY_ADD", parts[0], parts[0], sheet.math("MULTIPLY_ADD", parts[1], parts[1], 1.0))
    back = sheet.math("MULTIPLY", sheet.math("INVERSE_SQRT", square), -1.0, label="-1 / length")
    sheet.output(Position=position, View=sheet.scale(ray, back))


def drive_lens(node: bpy.types.Node, camera: Eye) -> None:
    """Give the group's node the camera's lens and the shape of the render."""
    for name in (*_LENS, *_SHIFT, "Sensor Fit"):
        camera.drive(node.inputs[name], f"data.{name.lower().replace(' ', '_')}")
    for name, path in zip(_RENDER, ("resolution_x", "resolution_y", "pixel_aspect_x", "pixel_aspect_y"), strict=True):
        drive(node.inputs[name], "a", a=Source(owner=camera.scene, path=f"render.{path}"))
