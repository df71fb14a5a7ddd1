"""Draws a node group from a formula: values become nodes, sections become frames, and the whole reads from left to right."""

from __future__ import annotations

from collections.abc import Callable

import bpy

from .. import tags
from ..blender import compat, typed
from . import layout
from .interface import Face
from .vector_nodes import new_frame_coordinates, new_vector_math

Socket = bpy.types.NodeSocket
Value = Socket | float | tuple[float, ...]
Vector = Socket | tuple[float, float, float]


def shared_group(name: str, *, version: int, build: Callable[[Sheet], None]) -> bpy.types.NodeTree:
    """Return the group of that name and version, one for the whole file; built when there is none."""
    key = f"{name} {version}"
    for group in bpy.data.node_groups:
        if group.get(tags.GROUP) == key and group.library is None:
            return group
    group = bpy.data.node_groups.new(name, "CompositorNodeTree")
    group[tags.GROUP] = key
    sheet = Sheet(group)
    build(sheet)
    sheet.arrange()
    return group


class Sheet(Face):
    """A node group under construction. A value is a socket to link from, or a number or a colour (RGBA) to set.

    Nodes go into the section that was begun last. `arrange` puts every node to the right of those that feed it, and the
    sections below each other. A node less is a picture less to compute: what is constant over the picture costs nothing.
    """

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        super().__init__(tree)
        self._sections: list[bpy.types.Node] = []
        self._sources: dict[str, bpy.types.Node] = {}

    # Reading and writing the group's sockets --------------------------------------------------------------------------

    def section(self, label: str) -> None:
        """Put what follows into a new frame."""
        frame = self.tree.nodes.new("NodeFrame")
        frame.label = label
        self._sections.append(frame)

    def input(self, name: str) -> Socket:
        """Return an input of the group, from a Group Input of the section's own, so that links stay short."""
        return self._source().outputs[name]

    def input_of(self, identifier: str) -> Socket:
        """Return an input by identifier, where names are the user's."""
        return next(socket for socket in self._source().outputs if socket.identifier == identifier)

    def _source(self) -> bpy.types.Node:
        section = self._sections[-1].name
        if section not in self._sources:
            self._sources[section] = self.place(self.tree.nodes.new("NodeGroupInput"))
        return self._sources[section]

    def output(self, **values: Value) -> None:
        """``Two_Words=value`` gives the group's output Two Words."""
        for name, value in values.items():
            self._give(value, self.last().inputs[name.replace("_", " ")])

    def output_of(self, identifier: str, value: Value) -> None:
        """The same by identifier, where names are the user's."""
        self._give(value, next(socket for socket in self.last().inputs if socket.identifier == identifier))

    def last(self) -> bpy.types.Node:
        """Return the Group Output."""
        node = next((n for n in self.tree.nodes if n.bl_idname == "NodeGroupOutput"), None)
        return node or self.tree.nodes.new("NodeGroupOutput")

    # Numbers ----------------------------------------------------------------------------------------------------------

    def math(self, operation: str, a: Value, b: Value = 0.0, c: Value = 0.0, *, label: str = "", clamp: bool = False) -> Socket:
        """Return a Math node; `c` is what MULTIPLY_ADD adds. `clamp`: to 0..1."""
        node = self.place(compat.new_math(self.tree, operation), label=label)
        typed.set_up(node, use_clamp=clamp)
        for value, taker in zip((a, b, c), node.inputs, strict=False):
            self._give(value, taker)
        return node.outputs[0]

    def fifth_power(self, value: Socket, *, label: str = "") -> Socket:
        """Return value^5: three products take less time than a POWER."""
        square = self.math("MULTIPLY", value, value)
        return self.math("MULTIPLY", self.math("MULTIPLY", square, square), value, label=label)

    def separate(self, vector: Socket) -> tuple[Socket, Socket, Socket]:
        node = self.place(compat.new_separate_xyz(self.tree))
        self._give(vector, node.inputs[0])
        x, y, z = node.outputs[:3]
        return x, y, z

    # Vectors, colours among them --------------------------------------------------------------------------------------

    def vector(self, x: Value, y: Value, z: Value, *, label: str = "") -> Vector:
        """Return a vector of three numbers."""
        node = self.place(compat.new_combine_xyz(self.tree), label=label)
        for value, taker in zip((x, y, z), node.inputs, strict=True):
            self._give(value, taker)
        return node.outputs[0]

    def add(self, a: Vector, b: Vector, *, label: str = "") -> Vector:
        return self._each("ADD", a, b, label=label)

    def subtract(self, a: Vector, b: Vector, *, label: str = "") -> Vector:
        return self._each("SUBTRACT", a, b, label=label)

    def times(self, a: Vector, b: Vector, *, label: str = "") -> Vector:
        """Component by component."""
        return self._each("MULTIPLY", a, b, label=label)

    def scale(self, a: Vector, factor: Value, *, label: str = "") -> Socket:
        node = self.place(new_vector_math(self.tree, "SCALE"), label=label)
        self._give(a, node.inputs[0])
        self._give(factor, node.inputs["Scale"])
        return node.outputs["Vector"]

    def at_least(self, a: Vector, b: Vector, *, label: str = "") -> Vector:
        """Return the larger one, component by component."""
        return self._each("MAXIMUM", a, b, label=label)

    def add_scaled(self, total: Vector, a: Vector, factor: Value, *, label: str = "") -> Vector:
        """total + a x factor."""
        return self.add(total, self.scale(a, factor), label=label)

    def dot(self, a: Vector, b: Vector, *, label: str = "") -> Socket:
        """Return the scalar product, a number."""
        return self._vector_math("DOT_PRODUCT", a, b, label=label).outputs["Value"]

    def square(self, a: Vector, *, least: float, label: str = "") -> Socket:
        """Return the squared length of `a`, at least `least`."""
        return self.math("MAXIMUM", self.dot(a, a, label=label), least)

    def cross(self, a: Vector, b: Vector, *, label: str = "") -> Vector:
        return self._vector_math("CROSS_PRODUCT", a, b, label=label).outputs["Vector"]

    def unit(self, a: Vector, *, label: str = "") -> Socket:
        """Of length 1; a vector of no length stays so."""
        return self._vector_math("NORMALIZE", a, label=label).outputs["Vector"]

    def _each(self, operation: str, a: Vector, b: Vector, *, label: str) -> Vector:
        return self._vector_math(operation, a, b, label=label).outputs["Vector"]

    def _vector_math(self, operation: str, *values: Vector, label: str) -> bpy.types.Node:
        node = self.place(new_vector_math(self.tree, operation), label=label)
        for value, taker in zip(values, node.inputs, strict=False):
            self._give(value, taker)
        return node

    # Nodes of other kinds ---------------------------------------------------------------------------------------------

    def color(self, blend: str, a: Value, b: Value, *, factor: Value = 1.0, label: str = "") -> Socket:
        """Return a Mix Color node, unclamped, that keeps a's alpha; a number that is linked to it is a grey."""
        mix = compat.new_mix(self.tree, blend)
        self.place(mix.node, label=label)
        for value, taker in ((factor, mix.factor), (a, mix.a), (b, mix.b)):
            self._give(value, taker)
        return mix.result

    def group(self, tree: bpy.types.NodeTree, *, label: str = "", **inputs: Value) -> bpy.types.Node:
        """Return a group node; ``To_Light=value`` gives its input To Light."""
        node = self.place(self.tree.nodes.new("CompositorNodeGroup"), label=label)
        typed.set_up(node, node_tree=tree)
        node.width = 200
        for name, value in inputs.items():
            self._give(value, node.inputs[name.replace("_", " ")])
        return node

    def anywhere(self, value: Socket, *, label: str = "") -> Socket:
        """1 where a picture is above 0 at any pixel, else 0: one number for all of it, so what is made of it costs nothing."""
        levels = self.place(self.tree.nodes.new("CompositorNodeLevels"), label="Share of the picture")
        self._give(self.math("GREATER_THAN", value, 0.0), levels.inputs[0])
        return self.math("GREATER_THAN", levels.outputs["Mean"], 0.0, label=label)

    def frame_coordinates(self) -> tuple[Socket, Socket]:
        made = new_frame_coordinates(self.tree)
        for node in made.nodes:
            self.place(node, label=node.label)
        return made.x, made.y

    def rail(self, value: Vector) -> Vector:
        """Return the value once more, from a reroute in this section: sections that use the same value hand it on from one to the
        next."""
        node = self.place(self.tree.nodes.new("NodeReroute"))
        self._give(value, node.inputs[0])
        return node.outputs[0]

    def place(self, node: bpy.types.Node, *, label: str = "") -> bpy.types.Node:
        node.label = label
        node.parent = self._sections[-1]
        return node

    def _give(self, value: Value, taker: Socket) -> None:
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, taker)
        elif taker.type == "RGBA" and isinstance(value, tuple):
            typed.set_value(taker, (*value[:3], 1.0))
        else:
            typed.set_value(taker, value)

    def arrange(self, *, upward: bool = False) -> None:
        """Columns by what feeds what, sections below each other or, `upward`, above, unused sockets of the inputs hidden."""
        layout.arrange(self.tree, self._sections[::-1] if upward else self._sections)
