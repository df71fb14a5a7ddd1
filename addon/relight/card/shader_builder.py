"""Node trees of shaders and of geometry, drawn as those of the compositor are."""

from __future__ import annotations

from itertools import dropwhile

import bpy

from ...nodes.builder import Sheet, Socket, Value


class ShaderSheet(Sheet):
    """The same in a material or in geometry nodes, where every version has the shaders' own nodes for numbers and vectors."""

    def math(self, operation: str, a: Value, b: Value = 0.0, c: Value = 0.0, *, label: str = "", clamp: bool = False) -> Socket:
        return self.node("ShaderNodeMath", a, b, c, label=label, operation=operation, use_clamp=clamp).outputs[0]

    def vector_math(self, operation: str, a: Value, b: Value) -> Socket:
        return self.node("ShaderNodeVectorMath", a, b, operation=operation).outputs["Vector"]

    def scaled(self, vector: Socket, factor: Socket) -> Socket:
        node = self.node("ShaderNodeVectorMath", vector, operation="SCALE")
        self.give(factor, node.inputs["Scale"])
        return node.outputs["Vector"]

    def xyz(self, x: Value, y: Value, z: Value, *, label: str = "") -> Socket:
        return self.node("ShaderNodeCombineXYZ", x, y, z, label=label).outputs[0]

    def parts(self, vector: Socket) -> tuple[Socket, Socket, Socket]:
        return tuple(self.node("ShaderNodeSeparateXYZ", vector).outputs[:3])

    def node(self, idname: str, *values: Value, label: str = "", **settings: object) -> bpy.types.Node:
        """Add a node of any kind. `settings` are its properties; its first inputs take `values`.

        Blender 5.3 puts an unavailable input before the others of some nodes, Vector Transform and Attribute among them.
        """
        node = self.place(self.tree.nodes.new(idname), label=label)
        for name, setting in settings.items():
            setattr(node, name, setting)
        for value, taker in zip(values, dropwhile(lambda each: each.is_unavailable, node.inputs), strict=False):
            self.give(value, taker)
        return node

    def give(self, value: Value, taker: Socket) -> None:
        """Link a socket or set a value."""
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, taker)
        else:
            taker.default_value = value


def shown(sockets: bpy.types.NodeInputs | bpy.types.NodeOutputs, name: str) -> Socket:
    """Return a socket by name; of those for several types the one that the node uses."""
    return next(socket for socket in sockets if socket.name == name and socket.enabled)
