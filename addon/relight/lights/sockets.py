"""The sockets that each light has on a rig, and which lights are muted or solo.

They are found by identifier, so that links and settings outlast a light's renaming; their identifiers are written on the light's
node in the rig.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import bpy

from ... import tags


@dataclass(frozen=True, kw_only=True)
class Row:
    """A light's own sockets, by identifier; ``""`` where it has none."""

    gain: str = ""
    exposure: str = ""
    softness: str = ""
    lift: str = ""
    matte: str = ""
    output: str = ""
    mask: str = ""

    def controls(self) -> dict[str, str]:
        """Return the inputs by the name that the light's group gives them."""
        named = {name.title(): getattr(self, name) for name in CONTROLS}
        return {name: identifier for name, identifier in named.items() if identifier}

    def all(self) -> set[str]:
        return {getattr(self, field.name) for field in fields(self)} - {""}


@dataclass(frozen=True, kw_only=True)
class Control:
    """An input of a light. `named`: what follows the light's name in the socket's."""

    named: str
    value: float
    least: float
    most: float
    note: str
    subtype: str = "NONE"


CONTROLS = {
    "gain": Control(named="", value=1.0, least=0.0, most=1000.0, note="How much of this light; 0 is off"),
    "exposure": Control(named=" Exposure", value=0.0, least=-32.0, most=32.0, note="More of this light, in stops"),
    "softness": Control(
        named=" Softness", value=0.0, least=0.0, most=1.0, subtype="FACTOR", note="Wraps this light around, as if it were larger"
    ),
    "lift": Control(
        named=" Lift", value=0.0, least=0.0, most=1.0, subtype="FACTOR", note="Lifts the side that faces away from this light"
    ),
    "matte": Control(
        named=" Matte",
        value=1.0,
        least=0.0,
        most=1.0,
        subtype="FACTOR",
        note="Where this light may fall: an image, a mask, a cryptomatte or an alpha",
    ),
}
LIGHT = tuple(CONTROLS)
WORLD = ("gain", "exposure", "matte")
_RESULTS = {
    "output": ("Color", "", "This light alone on a white matte surface"),
    "mask": ("Float", " Mask", "Where this light falls: 0 to 1, whatever its power"),
}


def nodes(tree: bpy.types.NodeTree) -> list[bpy.types.Node]:
    """Return the nodes in a rig that stand for a light or the world."""
    return [node for node in tree.nodes if node.get(tags.GAIN)]


def row_of(node: bpy.types.Node) -> Row:
    return Row(**{field.name: node.get(tags.socket(field.name), "") for field in fields(Row)})


def sign(node: bpy.types.Node, row: Row) -> None:
    """Write on a light's node which sockets are its."""
    for field in fields(Row):
        node[tags.socket(field.name)] = getattr(row, field.name)


def new_row(tree: bpy.types.NodeTree, *, controls: tuple[str, ...]) -> Row:
    """Return sockets for a light, in a panel of its own."""
    panel = tree.interface.new_panel("Light", default_closed=True)
    made = {name: _new_control(tree, name, panel) for name in controls}
    return Row(**made, **{name: _new_result(tree, name) for name in _RESULTS})


def completed(tree: bpy.types.NodeTree, row: Row) -> Row:
    """Return the row of a rig of an older version with what came since."""
    missing = [name for name in _RESULTS if not getattr(row, name)]
    if not missing:
        return row
    [gain] = [item for item in _sockets(tree) if item.identifier == row.gain]
    panel = tree.interface.new_panel("Light", default_closed=True)
    tree.interface.move_to_parent(gain, panel, 0)
    kind = next(node[tags.KIND] for node in nodes(tree) if node[tags.GAIN] == row.gain)
    names = [name for name in (WORLD if kind == "WORLD" else LIGHT) if not getattr(row, name)]
    made = {name: _new_control(tree, name, panel) for name in names}
    return replace(row, **made, **{name: _new_result(tree, name) for name in missing})


def rename(tree: bpy.types.NodeTree, row: Row, name: str) -> None:
    suffixes = {getattr(row, field): control.named for field, control in CONTROLS.items()}
    suffixes |= {getattr(row, field): named for field, (_, named, _) in _RESULTS.items()}
    for item in _sockets(tree):
        if item.identifier in row.all():
            item.name = name + suffixes[item.identifier]
            if item.identifier == row.gain:
                item.parent.name = name


def drop_others(tree: bpy.types.NodeTree, kept: Iterable[Row]) -> None:
    """Take away the sockets and panels of all other lights."""
    own = set().union(*(row_of(node).all() for node in nodes(tree)))
    gone = own.difference(*(row.all() for row in kept))
    for item in [item for item in _sockets(tree) if item.identifier in gone]:
        tree.interface.remove(item)
    for panel in [item for item in tree.interface.items_tree if item.item_type == "PANEL" and not len(item.interface_items)]:
        tree.interface.remove(panel)


def set_defaults(compositor: bpy.types.NodeTree | None, tree: bpy.types.NodeTree, *, new: set[str]) -> None:
    """Give new sockets their defaults on the nodes that show the rig: there they begin with 0, whatever the rig says."""
    defaults = {item.identifier: item.default_value for item in _sockets(tree) if item.in_out == "INPUT" and item.identifier in new}
    for user in [node for node in compositor.nodes if getattr(node, "node_tree", None) == tree] if compositor else []:
        for socket in user.inputs:
            if socket.identifier in defaults:
                socket.default_value = defaults[socket.identifier]


def identifiers(tree: bpy.types.NodeTree) -> set[str]:
    """Of all of a rig's sockets."""
    return set(identifiers_in_order(tree))


def identifiers_in_order(tree: bpy.types.NodeTree) -> list[str]:
    """Return the same from top to bottom, as its node shows them."""
    return [item.identifier for item in _sockets(tree)]


# Mute and solo --------------------------------------------------------------------------------------------------------


def is_muted(tree: bpy.types.NodeTree, row: Row) -> bool:
    return row.gain in _listed(tree, tags.MUTED)


def is_solo(tree: bpy.types.NodeTree, row: Row) -> bool:
    return row.gain in _listed(tree, tags.SOLO)


def set_muted(tree: bpy.types.NodeTree, row: Row, muted: bool) -> None:
    _list(tree, tags.MUTED, row, muted)


def set_solo(tree: bpy.types.NodeTree, row: Row, solo: bool) -> None:
    """Several lights may be solo; while any is, the others are off."""
    _list(tree, tags.SOLO, row, solo)


def has_solo(tree: bpy.types.NodeTree) -> bool:
    return bool(_listed(tree, tags.SOLO) & {node[tags.GAIN] for node in nodes(tree)})


def apply_solo(tree: bpy.types.NodeTree, *, elsewhere: bool | None = None) -> None:
    """Turn the lights on and off as they are muted and solo; those that are gone count no more.

    Args:
        elsewhere: whether a light that is not in the rig is solo; None: as before.
    """
    if elsewhere is not None:
        tree[tags.SOLO_ELSEWHERE] = elsewhere
    found = nodes(tree)
    ids = {node[tags.GAIN] for node in found}
    muted, solo = _listed(tree, tags.MUTED) & ids, _listed(tree, tags.SOLO) & ids
    for node in found:
        on = node[tags.GAIN] in solo if solo or tree.get(tags.SOLO_ELSEWHERE) else node[tags.GAIN] not in muted
        node.inputs["On"].default_value = float(on)


def _listed(tree: bpy.types.NodeTree, key: str) -> set[str]:
    return set(tree.get(key, "").split(",")) - {""}


def _list(tree: bpy.types.NodeTree, key: str, row: Row, is_in: bool) -> None:
    found = _listed(tree, key)
    tree[key] = ",".join(sorted(found | {row.gain} if is_in else found - {row.gain}))


def _sockets(tree: bpy.types.NodeTree) -> list[bpy.types.NodeTreeInterfaceSocket]:
    return [item for item in tree.interface.items_tree if item.item_type == "SOCKET"]


def _new_control(tree: bpy.types.NodeTree, name: str, panel: bpy.types.NodeTreeInterfacePanel) -> str:
    control = CONTROLS[name]
    socket = tree.interface.new_socket("Light", in_out="INPUT", socket_type="NodeSocketFloat", parent=panel)
    socket.subtype, socket.description = control.subtype, control.note
    socket.min_value, socket.max_value, socket.default_value = control.least, control.most, control.value
    return socket.identifier


def _new_result(tree: bpy.types.NodeTree, name: str) -> str:
    kind, _, note = _RESULTS[name]
    socket = tree.interface.new_socket("Light", in_out="OUTPUT", socket_type=f"NodeSocket{kind}")
    socket.description = note
    return socket.identifier
