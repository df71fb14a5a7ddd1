"""The nodes of a plate in a compositor, found by what is written on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import bpy

from .. import tags
from ..blender import compat, typed
from ..blender.images import FrameMap


@dataclass(frozen=True, kw_only=True)
class Layer:
    """An image and which of its files is seen when."""

    image: bpy.types.Image
    frames: FrameMap


class Block:
    """The nodes that belong to one strip, found again by what is written on them; whatever the user changed in them stays."""

    def __init__(self, tree: bpy.types.NodeTree, *, strip_name: str, label: str = "") -> None:
        self.tree, self.strip_name, self.label = tree, strip_name, label
        self.grown = False

    def find(self, role: str) -> bpy.types.Node | None:
        nodes = self.tree.nodes
        return next((node for node in nodes if node.get(tags.PLATE) == self.strip_name and node.get(tags.ROLE) == role), None)

    def own(self, role: str) -> bpy.types.Node:
        """Return the node of a role that is known to be there."""
        return cast(bpy.types.Node, self.find(role))

    def roles(self) -> list[str]:
        """Return what its nodes are for."""
        return [node.get(tags.ROLE, "") for node in self.tree.nodes if node.get(tags.PLATE) == self.strip_name]

    def images(self) -> list[tuple[str, bpy.types.Node]]:
        """Return the Image nodes of the plate, its passes and its mattes, each with its role."""
        own = [(node.get(tags.ROLE, ""), node) for node in self.tree.nodes if node.get(tags.PLATE) == self.strip_name]
        return [(role, node) for role, node in own if node.bl_idname == "CompositorNodeImage"]

    def node(self, role: str, idname: str, *, at: tuple[float, float], label: str = "") -> bpy.types.Node:
        """Return the node of that role; made inside the block's frame where it isn't there. `at`: right and down of its corner."""
        if found := self.find(role):
            return found
        frame = self._frame()
        node = self.tree.nodes.new(idname)
        self.adopt(node, role)
        node.label = label
        node.location = self.corner[0] + at[0], self.corner[1] - at[1]
        node.parent = frame
        return node

    def adopt(self, node: bpy.types.Node, role: str) -> None:
        node[tags.PLATE], node[tags.ROLE] = self.strip_name, role
        self.grown = True

    @property
    def corner(self) -> tuple[float, float]:
        """Where its frame began, in the tree."""
        frame = self._frame()
        return frame[tags.CORNER_X], frame[tags.CORNER_Y]

    def _frame(self) -> bpy.types.Node:
        if found := self.find("frame"):
            return found
        below = min((n.location.y - 300 for n in self.tree.nodes if n.bl_idname != "NodeFrame"), default=300)
        left = min((n.location.x for n in self.tree.nodes if n.bl_idname != "NodeFrame"), default=0)
        frame = self.tree.nodes.new("NodeFrame")
        self.adopt(frame, "frame")
        frame[tags.CORNER_X], frame[tags.CORNER_Y] = float(left), float(below - 200)
        frame.label = f"Platelight: {self.label}"
        return frame


def block_of(scene: bpy.types.Scene, plate: str) -> Block | None:
    """Return the nodes of a plate in a scene's compositor, None where it has none or the plate is not in it."""
    tree = compat.compositor_tree(scene)
    if tree is None or all(node.get(tags.PLATE) != plate for node in tree.nodes):
        return None
    return Block(tree, strip_name=plate)


def attached_strips(tree: bpy.types.NodeTree) -> set[str]:
    """Return the strips whose relight group is in the tree."""
    return {node[tags.PLATE] for node in tree.nodes if node.get(tags.ROLE) == "relight"}


def block_images(tree: bpy.types.NodeTree, strip_name: str) -> list[bpy.types.Image]:
    """Return the images of a strip's passes, the plate left out."""
    return [
        image
        for node in tree.nodes
        if node.get(tags.PLATE) == strip_name and node.get(tags.ROLE, "").startswith("pass ") and (image := typed.image_of(node))
    ]


def upstream(socket: bpy.types.NodeSocket) -> set[bpy.types.Node]:
    """Return the nodes that a socket's value comes from."""
    return _feeding([socket.node] if socket.node else [])


def shown_nodes(tree: bpy.types.NodeTree) -> set[bpy.types.Node]:
    """Return the nodes that something is made of: the output, a Viewer, or files."""
    ends = ("CompositorNodeComposite", "NodeGroupOutput", "CompositorNodeViewer", "CompositorNodeOutputFile")
    return _feeding([node for node in tree.nodes if node.bl_idname in ends])


def _feeding(nodes: list[bpy.types.Node]) -> set[bpy.types.Node]:
    """Return the nodes, and all that feed them."""
    found: set[bpy.types.Node] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += [typed.nodes_of(link)[0] for taker in node.inputs for link in typed.links_of(taker)]
    return found
