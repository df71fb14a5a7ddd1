"""Where the nodes of a group stand: columns by what feeds what, sections below each other, links as short as can be."""

from __future__ import annotations

from collections import defaultdict

import bpy

_COLUMN, _GAP, _MARGIN = 240.0, 40.0, 120.0
_RAIL, _RUNG = 26.0, 22.0
"""How far reroutes that hand values from section to section stand apart, across and down."""


def arrange(tree: bpy.types.NodeTree, sections: list[bpy.types.Node]) -> None:
    """Place every node right of those that feed it and close to those it feeds."""
    feeds, fed = _links(tree)
    columns = _columns(tree, feeds, fed)
    heights: dict[str, float] = {}
    rails = 0
    top = 0.0
    for section in sections:
        fill: dict[int, float] = defaultdict(float)
        inside = [node for node in tree.nodes if node.parent == section]
        crossings = [node for node in inside if node.bl_idname == "NodeReroute"]
        apart = min(_RAIL, 0.8 * _COLUMN / max(len(crossings), 1))
        for place, node in enumerate(crossings):
            node.location = columns[node.name] * _COLUMN + apart * place + rails, top - _RUNG * place
            heights[node.name] = node.location.y
        rails += bool(crossings)
        below = _RUNG * len(crossings)
        for node in sorted((n for n in inside if n not in crossings), key=lambda n: columns[n.name]):
            sources = [heights[name] for name in feeds[node.name] if name in heights]
            heights[node.name] = sum(sources) / len(sources) if sources else top
        for node in sorted((n for n in inside if n not in crossings), key=lambda n: (columns[n.name], -heights[n.name])):
            column = columns[node.name]
            node.location = column * _COLUMN, top - below - fill[column]
            heights[node.name] = node.location.y
            fill[column] += height(node) + _GAP
        top -= max(fill.values(), default=0.0) + below + _MARGIN
    for node in tree.nodes:
        if node.bl_idname == "NodeGroupInput":
            for socket in node.outputs:
                socket.hide = not socket.is_linked
        if node.bl_idname == "NodeGroupOutput":
            node.location = (max(columns.values(), default=0) + 1) * _COLUMN, 0.0


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
