"""How a node group is drawn: where its links run, and which of them cross."""

from __future__ import annotations

from itertools import combinations

import bpy

Point = tuple[float, float]


def ends(link: bpy.types.NodeLink) -> tuple[Point, Point]:
    """Where a link begins and ends, as Blender draws nodes, within a few pixels: outputs come first, then menus, then inputs."""
    return _place(link.from_socket, link.from_node), _place(link.to_socket, link.to_node)


def crossings(tree: bpy.types.NodeTree) -> list[tuple[bpy.types.NodeLink, bpy.types.NodeLink]]:
    """The pairs of links that cross. Those of one socket run together, however they lie."""
    drawn = [(link, *ends(link)) for link in tree.links]
    return [
        (one, other)
        for (one, a, b), (other, c, d) in combinations(drawn, 2)
        if one.from_socket != other.from_socket and one.to_socket != other.to_socket and _cross(a, b, c, d)
    ]


def _place(socket: bpy.types.NodeSocket, node: bpy.types.Node) -> Point:
    x, y = node.location
    if node.bl_idname == "NodeReroute":
        return x, y
    outputs = [each for each in node.outputs if each.enabled and not each.hide]
    if socket.is_output:
        return x + node.width, y - 35.0 - 22.0 * outputs.index(socket)
    inputs = [each for each in node.inputs if each.enabled and not each.hide]
    menus = 24.0 * sum(hasattr(node, name) for name in ("operation", "blend_type", "use_clamp", "node_tree"))
    above = 0.0
    for each in inputs[: inputs.index(socket)]:
        above += 22.0 + (66.0 if each.type == "VECTOR" and not each.is_linked and not each.hide_value else 0.0)
    return x, y - 35.0 - 22.0 * len(outputs) - menus - above


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
