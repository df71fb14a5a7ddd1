"""All that relighting makes of a shot, in a File Output node: one multilayer EXR a frame, ready for grading."""

from __future__ import annotations

import re

import bpy

from ..blender import compat
from . import control
from .control import Shot

ROLE = "file output"
Socket = bpy.types.NodeSocket


def layers(shot: Shot) -> dict[str, Socket]:
    """Return what there is to write, by layer name: the result, the light, diffuse, highlights and mask, and each light alone; of a
    matched plate what the match makes of it, too."""
    relight, match = shot.relight.outputs, control.match_of(shot)
    found = {"Relit": control.result(shot)} | {name: relight[name] for name in ("Light", "Specular", "Light Mask")}
    if match:
        found |= {"Albedo": match.outputs["Albedo"], "Original Light": match.outputs["Original Light"]}
        found["Plate Highlights"] = match.outputs["Highlights"]
    if shot.lights:
        found["Scene Diffuse"] = shot.lights.outputs["Diffuse"]
    for light in control.handles(shot):
        for socket, after in ((light.result, ""), (light.mask, " Mask")):
            if socket is not None:
                name = re.sub(r"[^\w -]", "_", light.name) + after  # a dot would divide a layer's name from its channels
                found[f"{name} 2" if name in found else name] = socket
    return found


def add(shot: Shot, *, path: str = "") -> bpy.types.Node:
    """Return a File Output node of all layers; again to bring its layers up to date. `path`: of its files, blank to keep what is
    there."""
    known = shot.block.find(ROLE)
    node = shot.block.node(ROLE, "CompositorNodeOutputFile", at=(1240, 420), label="For Grading")
    if path or known is None:
        name = re.sub(r"[^\w-]", "_", shot.block.strip_name)
        compat.set_output_file(node, path or f"//platelight/{name}/relight/{name}_")
    sources = layers(shot)
    takers = compat.set_output_layers(node, {name: socket.type for name, socket in sources.items()})
    for name, socket in sources.items():
        shot.block.tree.links.new(socket, takers[name])
    return node
