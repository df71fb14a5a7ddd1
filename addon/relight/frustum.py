"""From pixels and depth to places in front of the camera."""

from __future__ import annotations

import bpy

from .sheet import Sheet, shared_group


def view() -> bpy.types.NodeTree:
    """Position and direction of view of every pixel of the render, camera space (+X right, +Y up, +Z toward the camera)."""
    return shared_group("Platelight View", version=1, build=_view)


def _view(sheet: Sheet) -> None:
    sheet.gives("Position", "Of the surface, camera space, metres", kind="Vector")
    sheet.gives("View", "From the surface to the camera, unit length", kind="Vector")
    sheet.takes_number("Depth", "Distance from the camera's plane in metres", value=5.0, least=0.0)
    sheet.takes_number("Width", "Of the picture at a distance of 1 m", value=0.72)
    sheet.takes_number("Height", "Of the picture at a distance of 1 m", value=0.405)
    sheet.takes_number("Shift X", "Of the picture's centre at a distance of 1 m", value=0.0)
    sheet.takes_number("Shift Y", "Of the picture's centre at a distance of 1 m", value=0.0)

    sheet.section("Ray through the pixel's centre")
    across, up = sheet.frame_coordinates()
    parts = []
    for place, side, shift in ((across, "Width", "Shift X"), (up, "Height", "Shift Y")):
        offset = sheet.math("MULTIPLY", sheet.math("SUBTRACT", place, 0.5), sheet.input(side))
        parts.append(sheet.math("ADD", offset, sheet.input(shift)))
    ray = sheet.combine(parts[0], parts[1], -1.0, label="At a distance of 1 m")

    sheet.section("Position")
    position = sheet.vector("SCALE", ray, sheet.input("Depth"))
    sheet.section("View")
    back = sheet.vector("SCALE", ray, -1.0)
    sheet.output(Position=position, View=sheet.vector("NORMALIZE", back))
