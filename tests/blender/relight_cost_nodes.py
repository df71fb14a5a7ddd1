"""Which nodes are computed for every pixel: those between a picture's file and a socket; what no picture feeds is one number.

So is what a Levels node gives, though it looks at every pixel itself.
"""

from __future__ import annotations

from collections import Counter

import bpy

_PICTURES = ("CompositorNodeImage", "CompositorNodeMovieClip", "CompositorNodeTexture", "CompositorNodeImageCoordinates")
_THROUGH = ("NodeReroute", "NodeGroupInput", "CompositorNodeGroup")
_Path = tuple[bpy.types.Node, ...]


def computed(socket: bpy.types.NodeSocket) -> Counter[tuple[str, str]]:
    """How many nodes of each kind are computed in each group to get an output of a scene's compositor: (group, kind) -> count."""
    found: Counter[tuple[str, str]] = Counter()
    known: dict[tuple[object, ...], bool] = {}
    _from_output(socket, (), found, known)
    return found


def _from_input(taker: bpy.types.NodeSocket, path: _Path, found: Counter, known: dict) -> bool:
    return taker.is_linked and _from_output(taker.links[0].from_socket, path, found, known)


def _from_output(source: bpy.types.NodeSocket, path: _Path, found: Counter, known: dict) -> bool:
    """Whether it differs from pixel to pixel. `path`: the group nodes around it."""
    node = source.node
    key = (*(each.as_pointer() for each in path), node.as_pointer(), source.identifier if node.bl_idname in _THROUGH else "")
    if key not in known:
        if node.bl_idname == "NodeReroute":
            known[key] = _from_input(node.inputs[0], path, found, known)
        elif node.bl_idname == "NodeGroupInput":
            outside = next(socket for socket in path[-1].inputs if socket.identifier == source.identifier)
            known[key] = _from_input(outside, path[:-1], found, known)
        elif node.bl_idname == "CompositorNodeGroup":
            end = next(each for each in node.node_tree.nodes if each.bl_idname == "NodeGroupOutput")
            inside = next(socket for socket in end.inputs if socket.identifier == source.identifier)
            known[key] = _from_input(inside, (*path, node), found, known)
        else:
            fed = [_from_input(taker, path, found, known) for taker in node.inputs]
            known[key] = node.bl_idname in _PICTURES or any(fed)
            if known[key]:
                kind = node.bl_idname.removeprefix("CompositorNode").removeprefix("ShaderNode")
                operation = getattr(node, "operation", "") or getattr(node, "blend_type", "")
                found[path[-1].node_tree.name if path else "", f"{kind} {operation}".strip()] += 1
            known[key] = known[key] and node.bl_idname != "CompositorNodeLevels"
    return known[key]
