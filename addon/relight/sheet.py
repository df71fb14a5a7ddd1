"""Draws a node group from a formula: values become nodes, sections become frames, and the whole reads from left to right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import bpy

from ..blender import compat
from ..blender.vector_nodes import BUILT_IN, new_frame_coordinates, new_vector_math
from . import sheet_layout
from .sheet_face import AXES, Face

Socket = bpy.types.NodeSocket
Value = Socket | float | tuple[float, ...]
_KEY = "platelight_group"


@dataclass(frozen=True)
class Triple:
    """A vector where the compositor has no nodes for vectors: three numbers."""

    x: Value
    y: Value
    z: Value


Vector = Socket | Triple | tuple[float, float, float]
"""A vector or a colour; a socket only where `BUILT_IN`."""


def shared_group(name: str, *, version: int, build: Callable[[Sheet], None]) -> bpy.types.NodeTree:
    """The group of that name and version, one for the whole file; built when there is none.

    A file may come from a Blender that has no vectors; its groups go on working, and new ones are built beside them.
    """
    key = f"{name} {version}" + ("" if BUILT_IN else " in numbers")
    for group in bpy.data.node_groups:
        if group.get(_KEY) == key and group.library is None:
            return group
    group = bpy.data.node_groups.new(name, "CompositorNodeTree")
    group[_KEY] = key
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
        """An input of the group, from a Group Input of the section's own, so that links stay short."""
        return self._source().outputs[name]

    def input_vector(self, name: str) -> Vector:
        """The same for a vector or a colour."""
        return self.vector_from(self.input(name))

    def vector_from(self, socket: Socket) -> Vector:
        """What a vector's or a colour's socket gives."""
        return socket if BUILT_IN else Triple(*self.separate(socket))

    def input_field(self, name: str) -> Vector:
        return self.field_of(self._source(), name)

    def input_of(self, identifier: str) -> Socket:
        """An input by identifier, where names are the user's."""
        return next(socket for socket in self._source().outputs if socket.identifier == identifier)

    @staticmethod
    def field_of(node: bpy.types.Node, name: str) -> Vector:
        """A field that a node gives."""
        return node.outputs[name] if BUILT_IN else Triple(*(node.outputs[f"{name} {axis}"] for axis in AXES))

    def _source(self) -> bpy.types.Node:
        section = self._sections[-1].name
        if section not in self._sources:
            self._sources[section] = self.place(self.tree.nodes.new("NodeGroupInput"))
        return self._sources[section]

    def output(self, **values: Value | Triple) -> None:
        """``Two_Words=value`` gives the group's output Two Words."""
        for name, value in values.items():
            self._give_by_name(value, self.last().inputs, name.replace("_", " "))

    def output_of(self, identifier: str, value: Value | Triple) -> None:
        """The same by identifier, where names are the user's."""
        self._give(value, next(socket for socket in self.last().inputs if socket.identifier == identifier))

    def last(self) -> bpy.types.Node:
        """The Group Output."""
        node = next((n for n in self.tree.nodes if n.bl_idname == "NodeGroupOutput"), None)
        return node or self.tree.nodes.new("NodeGroupOutput")

    # Numbers ----------------------------------------------------------------------------------------------------------

    def math(self, operation: str, a: Value, b: Value = 0.0, c: Value = 0.0, *, label: str = "", clamp: bool = False) -> Socket:
        """A Math node; `c` is what MULTIPLY_ADD adds. `clamp`: to 0..1."""
        node = self.place(compat.new_math(self.tree, operation), label=label)
        node.use_clamp = clamp
        for value, taker in zip((a, b, c), node.inputs, strict=False):
            self._give(value, taker)
        return node.outputs[0]

    def separate(self, vector: Socket) -> tuple[Socket, Socket, Socket]:
        node = self.place(compat.new_separate_xyz(self.tree))
        self._give(vector, node.inputs[0])
        return tuple(node.outputs[:3])

    # Vectors, colours among them --------------------------------------------------------------------------------------

    def vector(self, x: Value, y: Value, z: Value, *, label: str = "") -> Vector:
        """A vector of three numbers."""
        return self._combined(Triple(x, y, z), label=label) if BUILT_IN else Triple(x, y, z)

    def add(self, a: Vector, b: Vector, *, label: str = "") -> Vector:
        return self._each("ADD", a, b, label=label)

    def subtract(self, a: Vector, b: Vector, *, label: str = "") -> Vector:
        return self._each("SUBTRACT", a, b, label=label)

    def times(self, a: Vector, b: Vector, *, label: str = "") -> Vector:
        """Component by component."""
        return self._each("MULTIPLY", a, b, label=label)

    def scale(self, a: Vector, factor: Value, *, label: str = "") -> Vector:
        if not BUILT_IN:
            return self._each("MULTIPLY", a, Triple(factor, factor, factor), label=label)
        node = self.place(new_vector_math(self.tree, "SCALE"), label=label)
        self._give(a, node.inputs[0])
        self._give(factor, node.inputs["Scale"])
        return node.outputs["Vector"]

    def at_least_zero(self, a: Vector, *, label: str = "") -> Vector:
        return self._each("MAXIMUM", a, (0.0, 0.0, 0.0), label=label)

    def add_scaled(self, total: Vector, a: Vector, factor: Value, *, label: str = "") -> Vector:
        """total + a x factor."""
        if BUILT_IN:
            return self.add(total, self.scale(a, factor), label=label)
        parts = zip(self._parts(total), self._parts(a), strict=True)
        return Triple(*(self.math("MULTIPLY_ADD", part, factor, before, label=label) for before, part in parts))

    def dot(self, a: Vector, b: Vector, *, label: str = "") -> Socket:
        if BUILT_IN:
            return self._built_in("DOT_PRODUCT", a, b, label=label).outputs["Value"]
        first, *others = zip(self._parts(a), self._parts(b), strict=True)
        total = self.math("MULTIPLY", *first)
        for one, other in others:
            total = self.math("MULTIPLY_ADD", one, other, total, label=label)
        return total

    def cross(self, a: Vector, b: Vector, *, label: str = "") -> Vector:
        if BUILT_IN:
            return self._built_in("CROSS_PRODUCT", a, b, label=label).outputs["Vector"]
        one, other, parts = self._parts(a), self._parts(b), []
        for i, j in ((1, 2), (2, 0), (0, 1)):
            ahead = self.math("MULTIPLY", one[i], other[j])
            parts.append(self.math("SUBTRACT", ahead, self.math("MULTIPLY", one[j], other[i]), label=label))
        return Triple(*parts)

    def unit(self, a: Vector, *, label: str = "") -> Vector:
        """Of length 1; a vector of no length stays so."""
        if BUILT_IN:
            return self._built_in("NORMALIZE", a, label=label).outputs["Vector"]
        return self.scale(a, self.math("INVERSE_SQRT", self.dot(a, a), label="1 / length"), label=label)

    def _each(self, operation: str, a: Vector, b: Vector, *, label: str) -> Vector:
        if BUILT_IN:
            return self._built_in(operation, a, b, label=label).outputs["Vector"]
        parts = zip(self._parts(a), self._parts(b), strict=True)
        return Triple(*(self.math(operation, one, other, label=label) for one, other in parts))

    def _built_in(self, operation: str, *values: Vector, label: str) -> bpy.types.Node:
        node = self.place(new_vector_math(self.tree, operation), label=label)
        for value, taker in zip(values, node.inputs, strict=False):
            self._give(value, taker)
        return node

    def _parts(self, vector: Vector) -> tuple[Value, Value, Value]:
        if isinstance(vector, Triple):
            return vector.x, vector.y, vector.z
        return self.separate(vector) if isinstance(vector, bpy.types.NodeSocket) else vector

    def _combined(self, vector: Triple, *, color: bool = False, label: str = "") -> Socket:
        node = self.tree.nodes.new("CompositorNodeCombineColor") if color else compat.new_combine_xyz(self.tree)
        for value, taker in zip((vector.x, vector.y, vector.z), self.place(node, label=label).inputs, strict=False):
            self._give(value, taker)
        return node.outputs[0]

    # Nodes of other kinds ---------------------------------------------------------------------------------------------

    def color(self, blend: str, a: Socket, b: Value | Triple, *, factor: Value = 1.0, label: str = "") -> Socket:
        """A Mix Color node, unclamped, that keeps a's alpha; a number that is linked to it is a grey."""
        mix = compat.new_mix(self.tree, blend)
        self.place(mix.node, label=label)
        for value, taker in ((factor, mix.factor), (a, mix.a), (b, mix.b)):
            self._give(value, taker)
        return mix.result

    def color_times(self, a: Socket, b: Vector | float, *, label: str = "") -> Socket:
        """a x b of what comes and goes as colours: one node, which in 4.2 is quicker than taking them apart."""
        if BUILT_IN:
            is_number = isinstance(b, float) or (isinstance(b, bpy.types.NodeSocket) and b.type == "VALUE")
            return self.scale(a, b, label=label) if is_number else self.times(a, b, label=label)
        return self.color("MULTIPLY", a, (b, b, b, 1.0) if isinstance(b, float) else b, label=label)

    def color_plus(self, a: Socket, b: Vector, *, label: str = "") -> Socket:
        """a + b, likewise."""
        return self.add(a, b, label=label) if BUILT_IN else self.color("ADD", a, b, label=label)

    def group(self, tree: bpy.types.NodeTree, *, label: str = "", **inputs: Value | Triple) -> bpy.types.Node:
        """A group node; ``To_Light=value`` gives its input To Light."""
        node = self.place(self.tree.nodes.new("CompositorNodeGroup"), label=label)
        node.node_tree = tree
        node.width = 200
        for name, value in inputs.items():
            self._give_by_name(value, node.inputs, name.replace("_", " "))
        return node

    def frame_coordinates(self) -> tuple[Socket, Socket]:
        made = new_frame_coordinates(self.tree)
        for node in made.nodes:
            self.place(node, label=node.label)
        return made.x, made.y

    def rail(self, value: Vector) -> Vector:
        """The value once more, from a reroute in this section: sections that use the same value hand it on from one to the next."""
        if isinstance(value, Triple):
            return Triple(*(self.rail(part) for part in (value.x, value.y, value.z)))
        node = self.place(self.tree.nodes.new("NodeReroute"))
        self._give(value, node.inputs[0])
        return node.outputs[0]

    def place(self, node: bpy.types.Node, *, label: str = "") -> bpy.types.Node:
        node.label = label
        node.parent = self._sections[-1]
        return node

    def _give_by_name(self, value: Value | Triple, takers: bpy.types.NodeInputs, name: str) -> None:
        if name in takers or not isinstance(value, Triple):
            self._give(value, takers[name])
            return
        for axis, part in zip(AXES, (value.x, value.y, value.z), strict=True):
            self._give(part, takers[f"{name} {axis}"])

    def _give(self, value: Value | Triple, taker: Socket) -> None:
        if isinstance(value, Triple):
            value = self._combined(value, color=taker.type == "RGBA")
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, taker)
        else:
            taker.default_value = value

    def arrange(self) -> None:
        """Columns by what feeds what, sections below each other, unused sockets of the inputs hidden."""
        sheet_layout.arrange(self.tree, self._sections)
