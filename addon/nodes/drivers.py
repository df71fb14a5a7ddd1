"""Drivers that link a light's and a camera's properties to sockets, with simple expressions only.

Blender evaluates those itself: they work in renders on machines without the add-on and with Python auto-execution off.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..blender import typed


@dataclass(frozen=True, kw_only=True)
class Source:
    """A property: its owner and its path there, as drivers write it (a matrix: column first)."""

    owner: bpy.types.ID
    path: str


MOST_CUTS = 10
"""Cameras in a row that an expression has room for."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """From `frame` on, the scene is seen through `camera`."""

    frame: int
    camera: bpy.types.Object


@dataclass(frozen=True, kw_only=True)
class Eye:
    """What a scene is seen through: its camera, whichever that is; or those that timeline markers cut to, in order.

    While an animation renders, the scene's own camera changes a frame after its marker as far as drivers are concerned, so markers
    are followed by their frames.
    """

    scene: bpy.types.Scene
    cuts: tuple[Cut, ...]

    @property
    def sign(self) -> str:
        """Changes when the drivers have to be built anew."""
        return "|".join(f"{cut.frame} {cut.camera.name}" for cut in self.cuts)

    def drive(self, socket: bpy.types.NodeSocket, path: str, *, index: int = -1) -> None:
        """Let a property of the camera give a socket's value, or one component of it."""
        if not self.cuts:
            drive(socket, "a", index=index, a=Source(owner=self.scene, path=f"camera.{path}"))
            return
        names = dict(zip(dict.fromkeys(cut.camera for cut in self.cuts), "abcdefghijklmnop", strict=False))
        expression = names[self.cuts[-1].camera]
        for cut, after in reversed(list(zip(self.cuts[:-1], self.cuts[1:], strict=True))):
            expression = f"({names[cut.camera]} if frame<{after.frame} else {expression})"
        drive(socket, expression, index=index, **{name: Source(owner=camera, path=path) for camera, name in names.items()})

    def drive_axes(self, node: bpy.types.Node) -> None:
        """Its axes in the world, of any length, and its place: a node's inputs Camera X, Camera Y, Camera Z and Camera Place."""
        for column, name in enumerate(("X", "Y", "Z", "Place")):
            if taker := node.inputs.get(f"Camera {name}"):
                for row in range(3):
                    self.drive(taker, f"matrix_world[{column}][{row}]", index=row)


def eye(scene: bpy.types.Scene) -> Eye:
    """As Blender renders it: before the first marker with a camera, through that camera; those disabled in renders don't count."""
    bound = [(marker.frame, marker.camera) for marker in scene.timeline_markers if marker.camera and not marker.camera.hide_render]
    cuts: list[Cut] = []
    for frame, camera in sorted(bound, key=lambda each: each[0]):
        if not cuts or cuts[-1].camera != camera:
            cuts.append(Cut(frame=frame, camera=camera))
    return Eye(scene=scene, cuts=tuple(cuts[:MOST_CUTS]))


def drive(socket: bpy.types.NodeSocket, expression: str, *, index: int = -1, **variables: Source) -> None:
    """Let an expression of at most 255 characters give a socket's value, or one component of it."""
    driver = typed.new_driver(socket, "default_value", index=index)
    driver.type = "SCRIPTED"
    for name, source in variables.items():
        variable = driver.variables.new()
        variable.name, variable.type = name, "SINGLE_PROP"
        target = variable.targets[0]
        target.id_type = source.owner.id_type
        target.id, target.data_path = source.owner, source.path
        target.use_fallback_value, target.fallback_value = True, 0.0  # else one that missed its camera once stays invalid
    driver.expression = expression


def column(prefix: str, owner: bpy.types.Object, number: int) -> dict[str, Source]:
    """Return a column of an object's world matrix as three variables: ``abc`` gives a, b and c. 0 to 2 are its axes, 3 its
    place."""
    return {name: Source(owner=owner, path=f"matrix_world[{number}][{row}]") for row, name in enumerate(prefix)}


def drive_column(socket: bpy.types.NodeSocket, owner: bpy.types.Object, number: int) -> None:
    """A vector socket from a column of an object's world matrix."""
    for index, source in enumerate(column("xyz", owner, number).values()):
        drive(socket, "x", index=index, x=source)


def id_of(tree: bpy.types.NodeTree, node: bpy.types.Node, variable: str) -> bpy.types.ID | None:
    """Return the data-block that a driver on a node asks for its variable; None when there is no such driver or it was deleted."""
    start = f'nodes["{bpy.utils.escape_identifier(node.name)}"].'
    for curve in tree.animation_data.drivers if tree.animation_data else ():
        if curve.data_path.startswith(start):
            for found in typed.driver_of(curve).variables:
                if found.name == variable:
                    return found.targets[0].id
    return None
