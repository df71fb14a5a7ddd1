"""What the compositor holds of a plate, for use elsewhere: its pictures, and which of their files is seen when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...blender import compat, graph, images
from .. import space

_NUMBER = re.compile(r"\d+(?=\D*$)")
_UNIT, _RELATIVE = b"platelight/unit", b"relative"
_HEADER = 8192
"""Bytes at the front of an EXR in which its attributes stand."""
_LONG_AGO = -100_000
"""A count that began before this frame has come to its end: the node shows one file for good."""


class CardError(Exception):
    """What stands in the way, in a sentence that ends with what to do."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image, and its node's frame mapping: `start` is the scene frame at which the count begins, `offset` the number added to
    it, `length` its upper end."""

    image: bpy.types.Image
    start: int
    offset: int
    length: int

    @property
    def numbers(self) -> range:
        """The file numbers that can be asked for; see `images.map_frames`."""
        first = self.offset if self.start > _LONG_AGO else self.offset + 1
        return range(first, self.offset + self.length + 1)


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """`passes`: by name. `normals_in_world`: the normals are in world space, not the camera's. `distance`: of the plate where it
    has no depth, metres, 0 where nobody said."""

    plate: Picture
    passes: dict[str, Picture]
    normals_in_world: bool
    distance: float


def of_shot(scene: bpy.types.Scene, shot: str) -> Pictures:
    """Raises:
    CardError: no such plate in the compositor, or files are missing.
    """
    tree = compat.compositor_tree(scene)
    block = graph.Block(tree, strip_name=shot) if tree else None
    plate = _picture(block.find("plate")) if block else None
    if block is None or plate is None:
        raise CardError(f"{shot} has no passes in the compositor of {scene.name}: estimate or load them first.")
    passes = {name: _picture(block.find(f"pass {name}")) for name in ("normal", "depth", "roughness")}
    lights, turned = block.find("lights"), block.find(space.PASS)
    found = Pictures(
        plate=plate,
        passes={name: each for name, each in passes.items() if each},
        normals_in_world=turned is not None and turned.inputs["In World"].default_value > 0.5,
        distance=lights.inputs["Depth"].default_value if lights and not lights.inputs["Depth"].is_linked else 0.0,
    )
    for picture in (found.plate, *found.passes.values()):
        if gone := missing(picture):
            more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
            raise CardError(f"{gone[0].name}{more} of {shot} cannot be found: bring the files back or estimate them again.")
    return found


def missing(picture: Picture) -> list[Path]:
    """The files that a picture will ask for and that are not there."""
    path = images.absolute(picture.image)
    if picture.image.source != "SEQUENCE":
        return [] if path.is_file() else [path]
    digits = _NUMBER.search(path.name)
    if digits is None:
        return [] if path.is_file() else [path]
    before, after = path.name[: digits.start()], path.name[digits.end() :]
    files = (path.with_name(f"{before}{number:0{len(digits[0])}d}{after}") for number in picture.numbers)
    return [file for file in files if not file.is_file()]


def is_relative(depth: Picture) -> bool:
    """Whether a depth pass says of itself that it is in a unit of the shot's own: the EXR attribute ``platelight/unit``, which
    has the layout of the format's headers: name, 0, type, 0, length (4 bytes), value."""
    with open(images.absolute(depth.image), "rb") as file:
        header = file.read(_HEADER)
    _, found, after = header.partition(_UNIT + b"\0string\0")
    return bool(found) and after[4:].startswith(_RELATIVE)


def shape(picture: Picture) -> float:
    """Width over height; 0 where Blender has not read it."""
    width, height = picture.image.size
    return width / height if height else 0.0


def _picture(node: bpy.types.Node | None) -> Picture | None:
    if node is None or node.image is None:
        return None
    return Picture(image=node.image, start=node.frame_start, offset=node.frame_offset, length=node.frame_duration)
