"""Where the nodes of a group stand: columns by what feeds what, sections below each other, as few links that cross as can be.

As in layered drawings (Sugiyama, Tagawa and Toda 1981): in each column nodes are ordered by the mean height of what they are linked
to, to and fro until nothing gets better. Blender has no straight links; a link is taken for the line between its ends.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import bpy

from ..blender import typed

_COLUMN, _GAP, _MARGIN = 240.0, 30.0, 120.0
_RAIL, _RUNG = 26.0, 22.0
"""How far reroutes that hand values from section to section stand apart, across and down."""
_SWEEPS = 8
_EITHER_WAY = ("ADD", "MULTIPLY", "MULTIPLY_ADD", "MAXIMUM", "DOT_PRODUCT")
"""What gives the same when the first two inputs change places."""
_FREE = ("NodeReroute", "NodeGroupOutput", "NodeFrame")
"""Nodes that stand in no column of a section."""


@dataclass(frozen=True)
class Link:
    """The nodes at its ends, and how far below their tops it is tied to them."""

    source: str
    taker: str
    source_drop: float
    taker_drop: float


def arrange(tree: bpy.types.NodeTree, sections: list[bpy.types.Node]) -> None:
    """Place every node right of those that feed it, and beside it what of the group's inputs it takes."""
    feeds, fed = _feeds(tree)
    columns = _columns(tree, feeds, fed)
    _split_inputs(tree, columns)
    for node in tree.nodes:
        if node.bl_idname == "NodeGroupInput":
            for socket in node.outputs:
                socket.hide = not socket.is_linked
    ends = [typed.ends_of(link) for link in tree.links]
    links = [Link(typed.node_of(one).name, typed.node_of(other).name, drop(one), drop(other)) for one, other in ends]
    feeds, fed = _feeds(tree)
    last = max(columns.values(), default=0)
    columns |= {node.name: last for node in tree.nodes if node.bl_idname == "NodeGroupInput" and not fed[node.name]}
    levels: dict[str, float] = {}
    top = 0.0
    rails = _Rails(tree, feeds)
    for section in sections:
        inside = [node for node in tree.nodes if node.parent == section]
        start = rails.place([node for node in inside if node.bl_idname == "NodeReroute"], columns, top, levels)
        body = _Section([node for node in inside if node.bl_idname not in _FREE], columns, links)
        body.settle(start, levels)
        top = min([start, *(levels[node.name] - size for node, size in body.sizes.items())]) - _MARGIN
    _uncross_terms(tree, levels)
    for node in tree.nodes:
        if node.bl_idname not in _FREE:
            node.location = columns[node.name] * _COLUMN, levels[node.name]
        elif node.bl_idname == "NodeGroupOutput":
            wanted = [levels[link.source] - link.source_drop + link.taker_drop for link in links if link.taker == node.name]
            node.location = (max(columns.values(), default=0) + 1) * _COLUMN, sum(wanted) / max(len(wanted), 1)


def _uncross_terms(tree: bpy.types.NodeTree, levels: dict[str, float]) -> None:
    """Let two terms or factors change places where the lower one goes to the upper socket."""
    for node in tree.nodes:
        if getattr(node, "operation", "") in _EITHER_WAY and all(taker.is_linked for taker in node.inputs[:2]):
            upper, lower = (typed.ends_of(typed.links_of(taker)[0])[0] for taker in node.inputs[:2])
            if levels[typed.node_of(upper).name] - drop(upper) < levels[typed.node_of(lower).name] - drop(lower):
                for taker, source in zip(node.inputs[:2], (lower, upper), strict=True):
                    tree.links.remove(typed.links_of(taker)[0])
                    tree.links.new(source, taker)


class _Rails:
    """Reroutes of one value stand below each other, those of another beside them."""

    def __init__(self, tree: bpy.types.NodeTree, feeds: dict[str, list[str]]) -> None:
        self.feeds = feeds
        self.names = [node.name for node in tree.nodes if node.bl_idname == "NodeReroute"]
        self.starts = [name for name in self.names if feeds[name][0] not in self.names]
        self.apart = min(_RAIL, 0.8 * _COLUMN / max(len(self.starts), 1))

    def place(self, nodes: list[bpy.types.Node], columns: dict[str, int], top: float, levels: dict[str, float]) -> float:
        """Give where the section's other nodes begin."""
        for place, node in enumerate(nodes):
            node.location = columns[node.name] * _COLUMN + self._shift(node.name), top - _RUNG * place
            levels[node.name] = node.location.y
        return top - _RUNG * len(nodes)

    def _shift(self, name: str) -> float:
        return self.starts.index(name) * self.apart if name in self.starts else self._shift(self.feeds[name][0]) + 1.0


class _Section:
    """The nodes of a frame, apart from reroutes."""

    def __init__(self, nodes: list[bpy.types.Node], columns: dict[str, int], links: list[Link]) -> None:
        self.sizes = {node: height(node) + _GAP for node in nodes}
        self.size_of = {node.name: size for node, size in self.sizes.items()}
        self.columns: dict[int, list[str]] = defaultdict(list)
        for node in nodes:
            self.columns[columns[node.name]].append(node.name)
        self.place = columns
        self.links = [link for link in links if link.source in self.size_of or link.taker in self.size_of]

    def settle(self, start: float, levels: dict[str, float]) -> None:
        """Order each column, from left to right and back, by what its nodes are linked to; keep what crosses least."""
        for names in self.columns.values():
            self._pack(names, start, levels, wish={})
        best, fewest = dict(levels), self._crossings(levels)
        order = sorted(self.columns)
        for sweep in range(_SWEEPS if fewest else 0):
            for column in order if sweep % 2 == 0 else reversed(order):
                self._pack(self.columns[column], start, levels, wish=self._wishes(self.columns[column], levels))
            if (now := self._crossings(levels)) < fewest:
                best, fewest = dict(levels), now
        levels.update(best)
        for column in order:
            self.columns[column].sort(key=lambda name: -levels[name])
        self._swap(start, levels)

    def _swap(self, start: float, levels: dict[str, float]) -> None:
        """Let neighbours in a column change places where that crosses less."""
        fewest, better = self._crossings(levels), True
        while better and fewest:
            better = False
            for names in self.columns.values():
                for upper in range(len(names) - 1):
                    before = dict(levels)
                    one, other = names[upper], names[upper + 1]
                    above = levels[one]
                    levels[other], levels[one] = above, above - self.size_of[other]
                    self._pack([*names[:upper], other, one, *names[upper + 2 :]], start, levels, wish=levels)
                    if (now := self._crossings(levels)) < fewest:
                        names[upper], names[upper + 1], fewest, better = other, one, now, True
                    else:
                        levels.update(before)

    def _wishes(self, names: list[str], levels: dict[str, float]) -> dict[str, float]:
        heights: dict[str, list[float]] = defaultdict(list)
        for link in self.links:
            if link.source in levels and link.taker in levels:
                heights[link.taker].append(levels[link.source] - link.source_drop + link.taker_drop)
                heights[link.source].append(levels[link.taker] - link.taker_drop + link.source_drop)
        return {name: sum(heights[name]) / len(heights[name]) for name in names if heights[name]}

    def _pack(self, names: list[str], start: float, levels: dict[str, float], *, wish: dict[str, float]) -> None:
        """From top to bottom, each as high as it wishes and those before it let it."""
        names = sorted(names, key=lambda name: -wish.get(name, start))
        below = start
        for name in names:
            levels[name] = min(wish.get(name, below), below)
            below = levels[name] - self.size_of[name]

    def _crossings(self, levels: dict[str, float]) -> int:
        """Between two columns next to each other; a longer link counts in each gap that it spans."""
        gaps: dict[int, list[tuple[float, float]]] = defaultdict(list)
        for link in self.links:
            if link.source not in levels or link.taker not in levels:
                continue
            first, last = self.place[link.source], self.place[link.taker]
            left, right = levels[link.source] - link.source_drop, levels[link.taker] - link.taker_drop
            steps = max(last - first, 1)
            for step in range(steps):
                ends = [left + (right - left) * share / steps for share in (step, step + 1)]
                gaps[first + step].append((ends[0], ends[1]))
        return sum((a - c) * (b - d) < 0 for lines in gaps.values() for index, (a, b) in enumerate(lines) for c, d in lines[:index])


def _split_inputs(tree: bpy.types.NodeTree, columns: dict[str, int]) -> None:
    """A Group Input of its own for every node that takes some, so that no link runs under other nodes."""
    found: dict[str, dict[str, list[tuple[str, bpy.types.NodeSocket]]]] = defaultdict(lambda: defaultdict(list))
    for link in tree.links:
        (source, taker), (given, taken) = typed.nodes_of(link), typed.ends_of(link)
        if source.bl_idname == "NodeGroupInput" and taker.name in columns:
            found[source.name][taker.name].append((given.identifier, taken))
    for group_input, takers in found.items():
        node = tree.nodes[group_input]
        for number, (name, sockets) in enumerate(takers.items()):
            own = tree.nodes.new("NodeGroupInput") if number else node
            own.parent, columns[own.name] = node.parent, columns[name] - 1
            for identifier, end in sockets if number else ():
                tree.links.new(next(socket for socket in own.outputs if socket.identifier == identifier), end)


def drop(socket: bpy.types.NodeSocket) -> float:
    """Return how far below its node's top a socket is drawn: outputs come first, then menus, then inputs."""
    node = typed.node_of(socket)
    if node.bl_idname == "NodeReroute":
        return 0.0
    given = [each for each in node.outputs if each.enabled and not each.hide]
    if socket.is_output:
        return 35.0 + 22.0 * given.index(socket)
    taken = [each for each in node.inputs if each.enabled and not each.hide]
    return 35.0 + 22.0 * len(given) + _menus(node) + sum(_row(each) for each in taken[: taken.index(socket)])


def height(node: bpy.types.Node) -> float:
    """About how high a node is drawn."""
    given = sum(1 for socket in node.outputs if socket.enabled and not socket.hide)
    return 45.0 + 22.0 * given + _menus(node) + sum(_row(socket) for socket in node.inputs if socket.enabled and not socket.hide)


def _menus(node: bpy.types.Node) -> float:
    return 24.0 * sum(hasattr(node, name) for name in ("operation", "blend_type", "use_clamp", "node_tree"))


def _row(socket: bpy.types.NodeSocket) -> float:
    """Return a vector without a link shows its three numbers."""
    return 88.0 if socket.type == "VECTOR" and not socket.is_linked and not socket.hide_value else 22.0


def _feeds(tree: bpy.types.NodeTree) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return what feeds each node, and what each feeds; frames and the group's output left out."""
    names = [node.name for node in tree.nodes if node.bl_idname not in ("NodeFrame", "NodeGroupOutput")]
    feeds: dict[str, list[str]] = {name: [] for name in names}
    fed: dict[str, list[str]] = {name: [] for name in names}
    for link in tree.links:
        source, taker = typed.nodes_of(link)
        if taker.name in feeds:
            feeds[taker.name].append(source.name)
            fed[source.name].append(taker.name)
    return feeds, fed


def _columns(tree: bpy.types.NodeTree, feeds: dict[str, list[str]], fed: dict[str, list[str]]) -> dict[str, int]:
    """Return how many nodes lie before each on the longest way; then each goes right until it stands before the first that it
    feeds.

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
