"""Places nodes by hand on the relight group, whose looks people know; `sheet` does so by itself."""

from __future__ import annotations

import bpy

from ..blender import compat

Socket = bpy.types.NodeSocket
COLUMN = 180.0


class Canvas:
    """Places and links nodes in a group; a value is a socket to link from or a number to set."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self._tree = tree
        self._frames: dict[str, bpy.types.Node] = {}
        self._parent: bpy.types.Node | None = None

    def frame(self, label: str) -> None:
        """Put what follows into a new frame; without a label, into none."""
        self._parent = None
        if label:
            self._parent = self._frames[label] = self._tree.nodes.new("NodeFrame")
            self._parent.label = label

    def back_to(self, label: str) -> None:
        self._parent = self._frames[label]

    def inputs(self, x: float, y: float) -> bpy.types.NodeOutputs:
        """The group's inputs, once more, so that links stay short; sockets nobody takes are hidden at the end."""
        node = self._place(self._tree.nodes.new("NodeGroupInput"), x, y)
        return node.outputs

    def outputs(self, values: dict[str, Socket], *, x: float, y: float) -> None:
        node = self._place(self._tree.nodes.new("NodeGroupOutput"), x, y)
        for name, value in values.items():
            self._tree.links.new(value, node.inputs[name])
        for source in (n for n in self._tree.nodes if n.bl_idname == "NodeGroupInput"):
            for socket in source.outputs:
                socket.hide = not socket.is_linked

    def math(self, operation: str, a: Socket | float, b: Socket | float = 0.0, *, x: float, y: float, label: str = "") -> Socket:
        node = self._place(compat.new_math(self._tree, operation), x, y)
        node.label = label
        self._give(a, node.inputs[0])
        self._give(b, node.inputs[1])
        return node.outputs[0]

    def mix(self, blend: str, a: Socket, b: Socket, *, x: float, y: float, factor: Socket | float = 1.0) -> Socket:
        mix = compat.new_mix(self._tree, blend)
        self._place(mix.node, x, y)
        for value, taker in ((factor, mix.factor), (a, mix.a), (b, mix.b)):
            self._give(value, taker)
        return mix.result

    def unit(self, vector: Socket, *, x: float, y: float) -> tuple[Socket, ...]:
        """x, y, z of a vector of length 1, seven columns wide; a vector of length 0 stays 0."""
        node = self._place(compat.new_separate_xyz(self._tree), x, y)
        self._give(vector, node.inputs[0])
        parts = tuple(node.outputs[:3])
        length = self.math("POWER", self.dot(parts, parts, x=x + COLUMN, y=y), 0.5, x=x + 4 * COLUMN, y=y, label="Length")
        length = self.math("MAXIMUM", length, 1e-6, x=x + 5 * COLUMN, y=y, label="Not 0")
        return tuple(self.math("DIVIDE", part, length, x=x + 6 * COLUMN, y=y - 180 * i) for i, part in enumerate(parts))

    def dot(self, a: tuple[Socket, ...], b: tuple[Socket, ...], *, x: float, y: float) -> Socket:
        """Three columns wide."""
        products = [self.math("MULTIPLY", one, other, x=x, y=y - 180 * i) for i, (one, other) in enumerate(zip(a, b, strict=True))]
        first = self.math("ADD", products[0], products[1], x=x + COLUMN, y=y)
        return self.math("ADD", first, products[2], x=x + 2 * COLUMN, y=y)

    def preview(self, vector: tuple[Socket, ...], *, x: float, y: float) -> Socket:
        node = self._place(compat.new_combine_xyz(self._tree), x + 380, y)
        for index, part in enumerate(vector):
            half = self.math("MULTIPLY", part, 0.5, x=x, y=y - 180 * index)
            self._give(self.math("ADD", half, 0.5, x=x + 190, y=y - 180 * index), node.inputs[index])
        return node.outputs[0]

    def _place(self, node: bpy.types.Node, x: float, y: float) -> bpy.types.Node:
        node.location = x, y
        if self._parent:
            node.parent = self._parent
        return node

    def _give(self, value: Socket | float, taker: Socket) -> None:
        if isinstance(value, bpy.types.NodeSocket):
            self._tree.links.new(value, taker)
        else:
            taker.default_value = value
