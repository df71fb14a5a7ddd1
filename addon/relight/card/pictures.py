"""What the compositor holds of a plate, for use elsewhere: its pictures, and which of their files is seen when."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from pathlib import Path

import bpy

from ...blender import compat, image_files, images
from ...compositor import depth, imported_normals, space
from ...errors import UserError, no_passes
from ...imports import image_header
from ...node_groups import normals_in
from ...nodes import drivers
from ...nodes.block import Block


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
        return image_files.numbers(start=self.start, offset=self.offset, length=self.length)

    @property
    def frames(self) -> tuple[float, float]:
        """The first and the last scene frame that show a file of their own; all frames for a still."""
        if self.start <= image_files.LONG_AGO or self.image.source == "FILE":
            return -inf, inf
        return self.start - 1, self.start + self.length - 1


@dataclass(frozen=True, kw_only=True)
class Convention:
    """How the numbers of a file of normals are meant. `doubled`: they run from 0 to 1 for -1 to 1. `axes`: what of the file points
    right, up and toward the camera (or along the world's axes, `in_world`). `curve`: the colour space that was put on them and has
    to come off, or the other way round: ``sRGB``, ``linear``, or none."""

    doubled: bool = False
    axes: tuple[tuple[float, ...], ...] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    curve: str = ""
    in_world: bool = False


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """`passes`: by name. `distance`: of the plate where it has no depth, metres, 0 where nobody said. `depth_in`: the node that
    says what the depth is in metres."""

    plate: Picture
    passes: dict[str, Picture]
    convention: Convention
    distance: float
    depth_in: bpy.types.Node | None


def plate_of(scene: bpy.types.Scene, shot: str) -> Picture | None:
    """Return the plate alone, without a look at its files; None where it isn't in the compositor."""
    tree = compat.compositor_tree(scene)
    return _picture(Block(tree, strip_name=shot).find("plate")) if tree else None


def of_shot(scene: bpy.types.Scene, shot: str) -> Pictures:
    """Raises:
    UserError: no such plate in the compositor, or files are missing.
    """
    tree, plate = compat.compositor_tree(scene), plate_of(scene, shot)
    if tree is None or plate is None:
        raise no_passes(shot, scene)
    block = Block(tree, strip_name=shot)
    passes = {name: _picture(block.find(f"pass {name}")) for name in ("normal", "depth", "albedo", "roughness", "metallic")}
    lights = block.find("lights")
    found = Pictures(
        plate=plate,
        passes={name: each for name, each in passes.items() if each},
        convention=_convention(block),
        distance=lights.inputs["Depth"].default_value if lights and not lights.inputs["Depth"].is_linked else 0.0,
        depth_in=block.find(depth.NODE),
    )
    for picture in (found.plate, *found.passes.values()):
        if gone := missing(picture):
            more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
            raise UserError(f"{gone[0].name}{more} of {shot} cannot be found: bring the files back or estimate them again.")
    return found


def missing(picture: Picture) -> list[Path]:
    """Return the files that a picture will ask for and that are not there."""
    files = image_files.asked(picture.image, picture.numbers)
    return [files.folder / name for name in image_files.missing(files, listing=image_files.names_in)] if files else []


def size(picture: Picture) -> tuple[int, int]:
    """Width and height in pixels; (0, 0) where nobody knows. Blender does not tell of an EXR with layers before it has shown it."""
    width, height = picture.image.size
    if not width and (header := _header(picture)):
        return header.width, header.height
    return width, height


def has_other_layers(picture: Picture) -> bool:
    """Return whether an EXR holds more channels than one picture: the card's textures take the first ones, whatever they are."""
    header = _header(picture)
    return header is not None and len(header.channels) > 4


def shape(picture: Picture) -> float:
    """Width over height; 0 where nobody knows."""
    width, height = size(picture)
    return width / height if height else 0.0


def _header(picture: Picture) -> image_header.Header | None:
    file = images.absolute(picture.image)
    return image_header.known(file) if file.suffix.lower() == ".exr" else None


def _convention(block: Block) -> Convention:
    """Return what the compositor's nodes do to the normals of another tool, and to passes in world space."""
    turned, own, curve = block.find(space.PASS), block.find(imported_normals.NODE), block.find(imported_normals.CURVE)
    in_world = turned is not None and turned.inputs["In World"].default_value > 0.5
    if own is None:
        return Convention(in_world=in_world)
    return Convention(
        doubled=own.inputs["From 0..1"].default_value > 0.5,
        axes=tuple(tuple(own.inputs[name].default_value) for name in normals_in.AXES),
        curve="" if curve is None else "sRGB" if curve.from_color_space == "sRGB" else "linear",
        in_world=in_world or drivers.id_of(block.tree, own, "a") is not None,
    )


def _picture(node: bpy.types.Node | None) -> Picture | None:
    if node is None or node.image is None:
        return None
    return Picture(image=node.image, start=node.frame_start, offset=node.frame_offset, length=node.frame_duration)
