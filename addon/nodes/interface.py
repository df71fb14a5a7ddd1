"""The sockets of a node group under construction."""

from __future__ import annotations

import bpy

from ..blender import typed


class Face:
    """What a group takes and gives, by name."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree = tree

    def takes_vector(self, name: str, note: str, *, value: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> None:
        """For people, and for what is the same all over the picture."""
        socket = typed.new_input(self.tree, name, "Vector")
        socket.description, socket.default_value = note, value

    def takes_number(
        self, name: str, note: str, *, value: float, least: float = -1e9, most: float = 1e9, subtype: str = "NONE"
    ) -> None:
        socket = typed.new_input(self.tree, name, "Float")
        socket.description, socket.default_value, socket.subtype = note, value, subtype
        socket.min_value, socket.max_value = least, most

    def takes_color(self, name: str, note: str, *, value: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> None:
        socket = typed.new_input(self.tree, name, "Color")
        socket.description, socket.default_value = note, (*value, 1.0)

    def gives(self, name: str, note: str, *, kind: str = "Color") -> None:
        """`kind`: Color, Vector or Float."""
        socket = typed.interface(self.tree).new_socket(name, in_out="OUTPUT", socket_type=f"NodeSocket{kind}")
        socket.description = note
