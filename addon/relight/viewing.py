"""What the Viewer shows of a shot: the result, or one of the ways to look at its light. Renders don't change."""

from __future__ import annotations

from enum import StrEnum

import bpy

from .. import tags
from ..blender import compat
from . import control
from .control import Shot
from .match import wiring


class View(StrEnum):
    RELIT = "RELIT"
    GREY = "GREY"
    NORMALS = "NORMALS"
    MASK = "MASK"


VIEWS = (
    (View.RELIT, "Result", "What the Viewer showed before"),
    (View.GREY, "Grey", "The light on mid-grey surfaces, highlights with it"),
    (View.NORMALS, "Normals", "The normals in false colours"),
    (View.MASK, "Mask", "Where the new light falls"),
)


OUTPUTS = {View.GREY: "Grey", View.NORMALS: "Normal Preview", View.MASK: "Light Mask"}
"""The outputs that are looked at: the match's where the plate has one and it has that, else the relight group's."""
_LOOKED_AT = ("relight", wiring.ROLE)


def view_of(shot: Shot) -> View:
    """Return what the Viewer's link says. Quick."""
    source = _source(viewer_of(shot.block.tree))
    if source and source.node in (shot.relight, control.match_of(shot)):
        return next((view for view, name in OUTPUTS.items() if name == source.name), View.RELIT)
    return View.RELIT


def show(shot: Shot, view: View) -> bpy.types.Node:
    """Link the Viewer, made where there is none, to that; RELIT links it to what it showed before. Returns the Viewer."""
    tree = shot.block.tree
    viewer = viewer_of(tree) or _new_viewer(tree)
    source = _source(viewer)
    looks = source is not None and source.node.get(tags.ROLE) in _LOOKED_AT and source.name in OUTPUTS.values()
    if source and not looks:
        viewer[tags.BEFORE_NODE], viewer[tags.BEFORE_SOCKET] = source.node.name, source.identifier
    wanted = _before(shot, viewer) if view is View.RELIT else _looked_at(shot, OUTPUTS[view])
    if view is not View.RELIT or looks or source is None:
        tree.links.new(wanted or control.result(shot), viewer.inputs[0])
    return viewer


def _looked_at(shot: Shot, name: str) -> bpy.types.NodeSocket:
    match = control.match_of(shot)
    return (match.outputs.get(name) if match else None) or shot.relight.outputs[name]


def viewer_of(tree: bpy.types.NodeTree) -> bpy.types.Node | None:
    return next((node for node in tree.nodes if node.bl_idname == "CompositorNodeViewer"), None)


def _new_viewer(tree: bpy.types.NodeTree) -> bpy.types.Node:
    viewer = tree.nodes.new("CompositorNodeViewer")
    if output := compat.output_socket(tree):
        viewer.location = output.node.location.x, output.node.location.y - 200
    return viewer


def _source(viewer: bpy.types.Node | None) -> bpy.types.NodeSocket | None:
    links = viewer.inputs[0].links if viewer else ()
    return links[0].from_socket if links else None


def _before(shot: Shot, viewer: bpy.types.Node) -> bpy.types.NodeSocket | None:
    """Return what the Viewer showed before one looked at the light, the picture at the output if that is gone. A result that was
    shown
    is the one that is composited now: the plate may have been matched since, or not be matched any more."""
    tree = shot.block.tree
    node = tree.nodes.get(viewer.get(tags.BEFORE_NODE, ""))
    found = [socket for socket in node.outputs if socket.identifier == viewer[tags.BEFORE_SOCKET]] if node else []
    if found and found[0].name == "Image" and node in (shot.relight, shot.block.find(wiring.ROLE)):
        return control.result(shot)
    output = compat.output_socket(tree)
    return found[0] if found else output.links[0].from_socket if output and output.links else None
