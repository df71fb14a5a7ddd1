"""The settings of a card: sockets of the two group nodes that its modifiers are made of."""

from __future__ import annotations

import bpy

GRID, PASS, NORMALS, BEND, CARD = (f"Platelight {name}" for name in ("Grid", "Normal Pass", "Normals", "Depth", "Card"))
"""The card's modifiers in order; the second and third where the mesh has the pass's normals, the fourth where depth bends it."""
_NOT_FOR_PEOPLE = ("Geometry", "Size", "Middle", "Material", "Height", "Relative", "Near", "Far", "Scale")


def node(card: bpy.types.Object, name: str) -> bpy.types.Node | None:
    """Return the group node of the modifier `GRID` or `CARD`."""
    held = card.modifiers.get(name)
    tree = held.node_group if held and held.type == "NODES" else None
    return tree.nodes.get(name) if tree else None


def sockets(card: bpy.types.Object) -> dict[str, bpy.types.NodeSocket]:
    """By name: Detail, Distance, Use Depth, Farthest, … Empty for what is no card."""
    found = [node(card, name) for name in (GRID, CARD)]
    return {socket.name: socket for each in found if each for socket in each.inputs if socket.name not in _NOT_FOR_PEOPLE}


def value(card: bpy.types.Object, name: str) -> float | bool:
    return sockets(card)[name].default_value


def change(card: bpy.types.Object, values: dict[str, float | bool]) -> None:
    """Set some of them, by name."""
    for name, wanted in values.items():
        sockets(card)[name].default_value = wanted


def new_nodes(card: bpy.types.Object, name: str) -> bpy.types.NodeTree:
    """Return a modifier of nodes that takes and gives geometry, without any nodes yet."""
    tree = bpy.data.node_groups.new(f"{name} ({card.name})", "GeometryNodeTree")
    tree.is_modifier = True
    for side in ("OUTPUT", "INPUT"):
        tree.interface.new_socket("Geometry", in_out=side, socket_type="NodeSocketGeometry")
    card.modifiers.new(name, "NODES").node_group = tree
    return tree


def look_again(card: bpy.types.Object) -> None:
    """Let Blender 4 notice that a number of the compositor, which drives the card, has changed."""
    if found := node(card, CARD):
        found.id_data.update_tag()


def material(card: bpy.types.Object) -> bpy.types.Material | None:
    found = node(card, CARD)
    return found.inputs["Material"].default_value if found else None
