"""What a shot's graph says of the light in its plate: which pictures are seen when, and what is missing for a fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...blender import image_files
from ...errors import UserError, no_passes
from ...nodes.block import block_of, upstream

_IMAGE_NODE = "CompositorNodeImage"


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A relit plate: the compositor `tree`, the node of its relight group, and what feeds that."""

    tree: bpy.types.NodeTree
    name: str
    relight: bpy.types.Node
    plate: bpy.types.NodeSocket
    normal: bpy.types.NodeSocket


def find(scene: bpy.types.Scene, name: str) -> Shot:
    """Raises:
    UserError: the plate is not relit in the scene, or has no normals.
    """
    block = block_of(scene, name)
    relight = block.find("relight") if block else None
    if block is None or relight is None:
        raise no_passes(name, scene)
    for socket, remedy in (("Image", "link the plate to it"), ("Normal", "estimate normals, or link a normal pass to it")):
        taker = relight.inputs.get(socket)
        if taker is None or not taker.is_linked:
            raise UserError(f"{socket} of Relight ({name}) has nothing to look at: {remedy}.")
    plate, normal = (relight.inputs[socket].links[0].from_socket for socket in ("Image", "Normal"))
    return Shot(tree=block.tree, name=name, relight=relight, plate=plate, normal=normal)


def frames_of(shot: Shot, *, count: int, current: int) -> list[int]:
    """At most `count` scene frames, evenly over those where plate and normals are both seen; the current one where all are stills.

    Raises:
        UserError: plate and normals are never seen together, have not the same shape, or lack files.
    """
    plates, normals = (_pictures(socket) for socket in (shot.plate, shot.normal))
    _need_same_shape(shot, plates, normals)
    spans = [span for node in plates + normals if (span := _span(node))]
    first, last = max((span[0] for span in spans), default=current), min((span[1] for span in spans), default=current)
    if first > last:
        raise UserError(f"The plate and the normals of {shot.name} are never seen at the same time: load the passes again.")
    steps = min(count, last - first + 1) - 1
    frames = [first + round(index * (last - first) / steps) for index in range(steps + 1)] if steps else [(first + last) // 2]
    gone = [file for frame in frames for node in plates + normals if (file := _missing(node, frame))]
    if gone:
        others = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        raise UserError(f"{gone[0]}{others} is not there: estimate the missing frames, or copy the files back.")
    return frames


def _pictures(socket: bpy.types.NodeSocket) -> list[bpy.types.Node]:
    return [node for node in upstream(socket) if node.bl_idname == _IMAGE_NODE and node.image is not None]


def _span(node: bpy.types.Node) -> tuple[int, int] | None:
    """Return the scene frames that show different files, first to last; None for a still. See `images.map_frames`."""
    if node.image.source not in ("SEQUENCE", "MOVIE"):
        return None
    before = _file(node.image, node.frame_offset)
    early = node.frame_offset > 0 if node.image.source == "MOVIE" else before is not None and before.is_file()
    first, last = node.frame_start - int(early), node.frame_start + node.frame_duration - 1
    return (first, last) if first < last and first > image_files.LONG_AGO else None


def _file(image: bpy.types.Image, number: int) -> Path | None:
    """Return the file that is asked for by that number; None where the image has none of its own."""
    files = image_files.asked(image, range(number, number + 1))
    return files.folder / files.names[0] if files else None


def _missing(node: bpy.types.Node, frame: int) -> Path | None:
    """Return the file that a node lacks at a scene frame; Blender itself shows black there."""
    number = min(max(frame - node.frame_start + 1, 0), node.frame_duration) + node.frame_offset
    file = _file(node.image, number)
    return file if file and not file.is_file() else None


def _need_same_shape(shot: Shot, plates: list[bpy.types.Node], normals: list[bpy.types.Node]) -> None:
    for plate in plates[:1]:
        for normal in normals[:1]:
            sizes = tuple(plate.image.size), tuple(normal.image.size)
            if all(map(all, sizes)) and not math.isclose(sizes[0][0] / sizes[0][1], sizes[1][0] / sizes[1][1], rel_tol=0.02):
                told = " and ".join(f"{width} x {height}" for width, height in sizes)
                raise UserError(f"The plate and the normals of {shot.name} differ in shape ({told}): estimate them of this plate.")
