"""Where the nodes of a group stand: columns by what feeds what, sections below each other, links as short as can be."""

from __future__ import annotations

from collections import defaultdict

import bpy

_COLUMN, _GAP, _MARGIN = 240.0, 40.0, 120.0
_RAIL, _RUNG = 26.0, 22.0
"""How far reroutes that hand values from section to section stand apart, across and down."""


def arrange(tree: bpy.types.NodeTree, sections: list[bpy.types.Node]) -> None:
    """Place every node right of those that feed it, as far as can be beside them, and the group's inputs beside what they feed."""
    feeds, fed = _links(tree)
    columns = _columns(tree, feeds, fed)
    _split_inputs(tree, columns)
    feeds, fed = _links(tree)
    levels: dict[str, float] = {}
    reroutes = [node.name for node in tree.nodes if node.bl_idname == "NodeReroute"]
    starts = [name for name in reroutes if feeds[name][0] not in reroutes]
    apart = min(_RAIL, 0.8 * _COLUMN / max(len(starts), 1))
    rails: dict[str, float] = {}
    top = 0.0
    for section in sections:
        inside = sorted((node for node in tree.nodes if node.parent == section), key=lambda node: columns[node.name])
        crossings = [node for node in inside if node.bl_idname == "NodeReroute"]
        for place, node in enumerate(crossings):
            before = rails.get(feeds[node.name][0])
            rails[node.name] = starts.index(node.name) * apart if before is None else before + 1.0
            node.location = columns[node.name] * _COLUMN + rails[node.name], top - _RUNG * place
            levels[node.name] = node.location.y
        start = top - _RUNG * len(crossings)
        shelf = _Shelf()
        for node in inside:
            if node.bl_idname not in ("NodeReroute", "NodeGroupInput"):
                beside = [levels[name] for name in feeds[node.name] if name in levels and levels[name] <= start]
                shelf.put(node, columns[node.name], sum(beside) / len(beside) if beside else start, levels)
        for node in inside:
            if node.bl_idname == "NodeGroupInput":
                beside = [levels[name] for name in fed[node.name] if name in levels]
                shelf.put(node, columns[node.name], max(beside, default=start), levels)
        top = min((bottom for taken in shelf.taken.values() for _, bottom in taken), default=start) - _MARGIN
    for node in tree.nodes:
        if node.bl_idname == "NodeGroupInput":
            for socket in node.outputs:
                socket.hide = not socket.is_linked
        if node.bl_idname == "NodeGroupOutput":
            node.location = (max(columns.values(), default=0) + 1) * _COLUMN, 0.0


class _Shelf:
    """What of each column of a section is taken, from its top to its bottom."""

    def __init__(self) -> None:
        self.taken: dict[int, list[tuple[float, float]]] = defaultdict(list)

    def put(self, node: bpy.types.Node, column: int, level: float, levels: dict[str, float]) -> None:
        """Place a node at a level, or at the first free place below."""
        size = height(node) + _GAP
        for above, below in sorted(self.taken[column], reverse=True):
            if level > below and level - size < above:
                level = below
        self.taken[column].append((level, level - size))
        node.location, levels[node.name] = (column * _COLUMN, level), level


def _split_inputs(tree: bpy.types.NodeTree, columns: dict[str, int]) -> None:
    """A Group Input of its own for every column that takes some, so that no link runs under other nodes."""
    for node in [node for node in tree.nodes if node.bl_idname == "NodeGroupInput"]:
        takers: dict[int, list[tuple[str, bpy.types.NodeSocket]]] = defaultdict(list)
        for socket in node.outputs:
            for link in socket.links:
                if link.to_node.name in columns:
                    takers[columns[link.to_node.name]].append((socket.identifier, link.to_socket))
        for number, (column, taken) in enumerate(sorted(takers.items())):
            own = tree.nodes.new("NodeGroupInput") if number else node
            own.parent, columns[own.name] = node.parent, column - 1
            for identifier, taker in taken if number else ():
                tree.links.new(next(socket for socket in own.outputs if socket.identifier == identifier), taker)


def height(node: bpy.types.Node) -> float:
    """About how high a node is drawn."""
    shown = sum(1 for socket in (*node.inputs, *node.outputs) if socket.enabled and not socket.hide)
    if node.bl_idname == "NodeGroupInput":
        shown = sum(1 for socket in node.outputs if socket.is_linked)
    shown += 3 * sum(1 for socket in node.inputs if socket.type == "VECTOR" and socket.enabled and not socket.is_linked)
    menu = any(hasattr(node, name) for name in ("operation", "blend_type", "node_tree"))
    return 60.0 + 24.0 * shown + (35.0 if menu else 0.0)


def _links(tree: bpy.types.NodeTree) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What feeds each node, and what each feeds; frames and the group's output left out."""
    names = [node.name for node in tree.nodes if node.bl_idname not in ("NodeFrame", "NodeGroupOutput")]
    feeds: dict[str, list[str]] = {name: [] for name in names}
    fed: dict[str, list[str]] = {name: [] for name in names}
    for link in tree.links:
        if link.to_node.name in feeds:
            feeds[link.to_node.name].append(link.from_node.name)
            fed[link.from_node.name].append(link.to_node.name)
    return feeds, fed


def _columns(tree: bpy.types.NodeTree, feeds: dict[str, list[str]], fed: dict[str, list[str]]) -> dict[str, int]:
    """How many nodes lie before each on the longest way; then each goes right until it stands before the first that it feeds.

    Reroutes that feed each other share a column.
    """
    kinds = {node.name: node.bl_idname for node in tree.nodes}

    def step(source: str, taker: str) -> int:
        return 0 if kinds[source] == kinds[taker] == "NodeReroute" else 1

    columns: dict[str, int] = {}
    order: list[str] = []
    while len(order) < len(feeds):
        for name, sources in feeds.items():
            if name not in columns and all(source in columns for source in sources):
                columns[name] = max((columns[source] + step(source, name) for source in sources), default=0)
                order.append(name)
    for name in reversed(order):
        if kinds[name] != "NodeReroute" and fed[name]:
            columns[name] = min(columns[taker] for taker in fed[name]) - 1
    return columns
