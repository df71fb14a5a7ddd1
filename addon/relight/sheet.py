"""Draws a node group from a formula: values become nodes, sections become frames, and the whole reads from left to right."""

from __future__ import annotations

from collections.abc import Callable

import bpy

from ..blender import compat, vector_nodes

Socket = bpy.types.NodeSocket
Value = Socket | float | tuple[float, ...]
_KEY = "platelight_group"
_COLUMN, _GAP, _MARGIN = 240.0, 40.0, 120.0


def shared_group(name: str, *, version: int, build: Callable[[Sheet], None]) -> bpy.types.NodeTree:
    """The group of that name and version, one for the whole file; built when there is none."""
    for group in bpy.data.node_groups:
        if group.get(_KEY) == f"{name} {version}" and group.library is None:
            return group
    group = bpy.data.node_groups.new(name, "CompositorNodeTree")
    group[_KEY] = f"{name} {version}"
    sheet = Sheet(group)
    build(sheet)
    sheet.arrange()
    return group


class Sheet:
    """A node group under construction. A value is a socket to link from, or a number or a colour (RGBA) to set.

    Nodes go into the section that was begun last. `arrange` puts every node to the right of those that feed it, and the
    sections below each other.
    """

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree = tree
        self._sections: list[bpy.types.Node] = []
        self._sources: dict[str, bpy.types.Node] = {}

    # The group's own sockets ------------------------------------------------------------------------------------------

    def takes_vector(self, name: str, note: str, *, value: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> None:
        socket = self.tree.interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketVector")
        socket.description, socket.default_value = note, value

    def takes_number(
        self, name: str, note: str, *, value: float, least: float = -1e9, most: float = 1e9, subtype: str = "NONE"
    ) -> None:
        socket = self.tree.interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketFloat")
        socket.description, socket.default_value, socket.subtype = note, value, subtype
        socket.min_value, socket.max_value = least, most

    def takes_color(self, name: str, note: str, *, value: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> None:
        socket = self.tree.interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketColor")
        socket.description, socket.default_value = note, (*value, 1.0)

    def gives(self, name: str, note: str, *, kind: str = "Color") -> None:
        """`kind`: Color, Vector or Float."""
        self.tree.interface.new_socket(name, in_out="OUTPUT", socket_type=f"NodeSocket{kind}").description = note

    # Nodes ------------------------------------------------------------------------------------------------------------

    def section(self, label: str) -> None:
        """Put what follows into a new frame."""
        frame = self.tree.nodes.new("NodeFrame")
        frame.label = label
        self._sections.append(frame)

    def input(self, name: str) -> Socket:
        """An input of the group, from a Group Input of the section's own, so that links stay short."""
        return self._source().outputs[name]

    def input_of(self, identifier: str) -> Socket:
        """The same by identifier, where names are the user's."""
        return next(socket for socket in self._source().outputs if socket.identifier == identifier)

    def _source(self) -> bpy.types.Node:
        section = self._sections[-1].name
        if section not in self._sources:
            self._sources[section] = self.place(self.tree.nodes.new("NodeGroupInput"))
        return self._sources[section]

    def math(self, operation: str, a: Value, b: Value = 0.0, *, label: str = "", clamp: bool = False) -> Socket:
        """`clamp`: to 0..1."""
        node = self.place(compat.new_math(self.tree, operation), label=label)
        node.use_clamp = clamp
        self._give(a, node.inputs[0])
        self._give(b, node.inputs[1])
        return node.outputs[0]

    def vector(self, operation: str, a: Socket, b: Value | None = None, *, label: str = "") -> Socket:
        """One of `vector_nodes.OPERATIONS`."""
        made = vector_nodes.new_vector_math(self.tree, operation)
        self.place(made.node, label=label or made.node.label)
        self._give(a, made.a)
        if made.b is not None and b is not None:
            self._give(b, made.b)
        return made.result

    def combine(self, x: Value, y: Value, z: Value, *, label: str = "") -> Socket:
        node = self.place(compat.new_combine_xyz(self.tree), label=label)
        for value, taker in zip((x, y, z), node.inputs, strict=False):
            self._give(value, taker)
        return node.outputs[0]

    def separate(self, vector: Socket) -> tuple[Socket, Socket, Socket]:
        node = self.place(compat.new_separate_xyz(self.tree))
        self._give(vector, node.inputs[0])
        return tuple(node.outputs[:3])

    def color(self, blend: str, a: Socket, b: Value, *, factor: Value = 1.0, label: str = "") -> Socket:
        """A Mix Color node, unclamped; a number that is linked to it is a grey."""
        mix = compat.new_mix(self.tree, blend)
        self.place(mix.node, label=label)
        for value, taker in ((factor, mix.factor), (a, mix.a), (b, mix.b)):
            self._give(value, taker)
        return mix.result

    def group(self, tree: bpy.types.NodeTree, *, label: str = "", **inputs: Value) -> bpy.types.Node:
        """A group node; ``To_Light=value`` gives its input To Light."""
        node = self.place(self.tree.nodes.new("CompositorNodeGroup"), label=label)
        node.node_tree = tree
        node.width = 200
        for name, value in inputs.items():
            self._give(value, node.inputs[name.replace("_", " ")])
        return node

    def frame_coordinates(self) -> tuple[Socket, Socket]:
        made = vector_nodes.new_frame_coordinates(self.tree)
        for node in made.nodes:
            self.place(node, label=node.label)
        return made.x, made.y

    def output(self, **values: Socket) -> None:
        for name, value in values.items():
            self.tree.links.new(value, self.last().inputs[name.replace("_", " ")])

    def output_of(self, identifier: str, value: Socket) -> None:
        """The same by identifier, where names are the user's."""
        self.tree.links.new(value, next(socket for socket in self.last().inputs if socket.identifier == identifier))

    def last(self) -> bpy.types.Node:
        """The Group Output."""
        node = next((n for n in self.tree.nodes if n.bl_idname == "NodeGroupOutput"), None)
        return node or self.tree.nodes.new("NodeGroupOutput")

    def place(self, node: bpy.types.Node, *, label: str = "") -> bpy.types.Node:
        node.label = label
        node.parent = self._sections[-1]
        return node

    def _give(self, value: Value, taker: Socket) -> None:
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, taker)
        else:
            taker.default_value = value

    # Layout -----------------------------------------------------------------------------------------------------------

    def arrange(self) -> None:
        """Columns by what feeds what, sections below each other, unused sockets of the inputs hidden."""
        columns = self._columns()
        top = 0.0
        for section in self._sections:
            fill: dict[int, float] = {}
            for node in (n for n in self.tree.nodes if n.parent == section):
                column = columns[node.name]
                node.location = column * _COLUMN, top - fill.get(column, 0.0)
                fill[column] = fill.get(column, 0.0) + _height(node) + _GAP
            top -= max(fill.values(), default=0.0) + _MARGIN
        for source in self._sources.values():
            for socket in source.outputs:
                socket.hide = not socket.is_linked
        for node in self.tree.nodes:
            if node.bl_idname == "NodeGroupOutput":
                node.location = (max(columns.values()) + 1) * _COLUMN, 0.0

    def _columns(self) -> dict[str, int]:
        """How many nodes lie before each, on the longest way; nodes are made after what feeds them, but links tell better."""
        feeds: dict[str, set[str]] = {node.name: set() for node in self.tree.nodes if node.bl_idname != "NodeFrame"}
        for link in self.tree.links:
            feeds[link.to_node.name].add(link.from_node.name)
        columns: dict[str, int] = {}
        while len(columns) < len(feeds):
            for name, sources in feeds.items():
                if name not in columns and all(source in columns for source in sources):
                    columns[name] = 1 + max((columns[source] for source in sources), default=-1)
        return columns


def _height(node: bpy.types.Node) -> float:
    """About how high a node is drawn."""
    shown = sum(1 for socket in (*node.inputs, *node.outputs) if socket.enabled and not socket.hide)
    if node.bl_idname == "NodeGroupInput":
        shown = sum(1 for socket in node.outputs if socket.is_linked)
    shown += 3 * sum(1 for socket in node.inputs if socket.type == "VECTOR" and socket.enabled and not socket.is_linked)
    menu = any(hasattr(node, name) for name in ("operation", "blend_type", "node_tree"))
    return 60.0 + 24.0 * shown + (35.0 if menu else 0.0)
