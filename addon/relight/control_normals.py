"""More or less detail in a shot's normals, before any light falls on them."""

from __future__ import annotations

import bpy

from ..errors import UserError
from ..nodes.blur_nodes import new_blur
from ..nodes.builder import Sheet, Socket, shared_group
from .control import Shot

ROLE = "normal detail"


def group() -> bpy.types.NodeTree:
    """Return normals and a blurred copy: Detail 0 is the copy, 1 the normals as they were, 2 twice as much of what the blur took
    away."""
    return shared_group("Platelight Normal Detail", version=2, build=_build)


def _build(sheet: Sheet) -> None:
    sheet.gives("Normal", "Unit length", kind="Vector")
    sheet.takes_vector("Normal", "Normals in camera space", value=(0.0, 0.0, 1.0))
    sheet.takes_number("Smoothing", "What counts as detail, in percent of the picture's width", value=0.5, least=0.0, most=20.0)
    sheet.takes_number("Detail", "0 smooths it away, 1 leaves it, 2 doubles it", value=1.0, least=0.0, most=10.0)
    sheet.section("Smooth")
    normal = sheet.input("Normal")
    blur = new_blur(sheet.tree, normal)
    for node in blur.nodes:
        sheet.place(node)
    sheet.tree.links.new(normal, blur.image)
    sheet.tree.links.new(sheet.math("MULTIPLY", sheet.input("Smoothing"), 0.01, label="Share of the width"), blur.size)
    smooth = blur.result
    sheet.section("Detail")
    fine = sheet.subtract(sheet.input("Normal"), smooth, label="Detail")
    sheet.output(Normal=sheet.unit(sheet.add_scaled(smooth, fine, sheet.input("Detail"))))


def node_of(shot: Shot) -> bpy.types.Node | None:
    return shot.block.find(ROLE)


def add(shot: Shot) -> bpy.types.Node:
    """Return the node between the normals and what is lit by them; made where there is none.

    Raises:
        UserError: the shot has no normals.
    """
    if node := node_of(shot):
        return node
    links = shot.relight.inputs["Normal"].links
    if not links:
        raise UserError(f"{shot.block.strip_name} has no normals: link them to its relight group first.")
    normals = links[0].from_socket
    node = shot.block.node(ROLE, "CompositorNodeGroup", at=(340, 640), label="Normal Detail")
    node.node_tree, node.width = group(), 220
    _hand_over(shot, normals, node.outputs["Normal"])
    shot.block.tree.links.new(normals, node.inputs["Normal"])
    return node


def remove(shot: Shot) -> bool:
    """Link the normals as they were. Returns whether there was a node."""
    node = node_of(shot)
    if node is None:
        return False
    if links := node.inputs["Normal"].links:
        _hand_over(shot, links[0].from_socket, links[0].from_socket, only=node)
    shot.block.tree.nodes.remove(node)
    return True


def _hand_over(shot: Shot, before: Socket, after: Socket, *, only: bpy.types.Node | None = None) -> None:
    """Let the shot's groups take `after` where they take `before`, or anything from the node `only`."""
    for node in filter(None, (shot.relight, shot.lights)):
        taker = node.inputs["Normal"]
        for link in taker.links:
            if link.from_node == only or (only is None and link.from_socket == before):
                shot.block.tree.links.new(after, taker)
