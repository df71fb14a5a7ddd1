"""Drivers that link a light's and a camera's properties to sockets, with simple expressions only.

Blender evaluates those itself: they work in renders on machines without the add-on and with Python auto-execution off.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy

LENGTH = "sqrt(a*a+b*b+c*c)"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A property: its owner and its path there, as drivers write it (a matrix: column first)."""

    owner: bpy.types.ID
    path: str


def drive(socket: bpy.types.NodeSocket, expression: str, *, index: int = -1, **variables: Source) -> None:
    """Let an expression of at most 255 characters give a socket's value, or one component of it."""
    curve = socket.driver_add("default_value", index) if index >= 0 else socket.driver_add("default_value")
    driver = curve.driver
    driver.type = "SCRIPTED"
    for name, source in variables.items():
        variable = driver.variables.new()
        variable.name, variable.type = name, "SINGLE_PROP"
        target = variable.targets[0]
        target.id_type = source.owner.id_type
        target.id, target.data_path = source.owner, source.path
    driver.expression = expression


def column(prefix: str, owner: bpy.types.Object, number: int) -> dict[str, Source]:
    """A column of an object's world matrix as three variables: ``abc`` gives a, b and c. 0 to 2 are its axes, 3 its place."""
    return {name: Source(owner=owner, path=f"matrix_world[{number}][{row}]") for row, name in enumerate(prefix)}


def drive_direction(
    socket: bpy.types.NodeSocket, owner: bpy.types.Object, camera: bpy.types.Object, *, axis: int, sign: int
) -> None:
    """An axis of an object in camera space, of any length: nodes normalize it."""
    for index in range(3):
        variables = column("abc", camera, index) | column("xyz", owner, axis)
        drive(socket, "a*x+b*y+c*z" if sign > 0 else "-(a*x+b*y+c*z)", index=index, **variables)


def drive_position(socket: bpy.types.NodeSocket, owner: bpy.types.Object, camera: bpy.types.Object) -> None:
    """An object's place in camera space, metres; a camera's own scale does not matter to what it sees."""
    for index in range(3):
        variables = column("abc", camera, index) | column("pqr", camera, 3) | column("xyz", owner, 3)
        drive(socket, f"(a*(x-p)+b*(y-q)+c*(z-r))/{LENGTH}", index=index, **variables)


def id_of(tree: bpy.types.NodeTree, node: bpy.types.Node, variable: str) -> bpy.types.ID | None:
    """The data-block that a driver on a node asks for its variable; None when there is no such driver or it was deleted."""
    start = f'nodes["{bpy.utils.escape_identifier(node.name)}"].'
    for curve in tree.animation_data.drivers if tree.animation_data else ():
        if curve.data_path.startswith(start):
            for found in curve.driver.variables:
                if found.name == variable:
                    return found.targets[0].id
    return None
