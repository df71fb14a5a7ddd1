"""The shape of a render beside that of its plates. A plate of another shape is fitted inside the render, never stretched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import bpy

from ..blender import compat, typed
from ..nodes.block import Block, attached_strips
from . import build, windows

_MOST = 65536
"""Pixels of the longest side that Blender renders."""


@dataclass(frozen=True, kw_only=True)
class Other:
    """A relit plate that has another shape than its scene's renders. `size`: its width and height in pixels."""

    plate: str
    size: tuple[int, int]
    render: tuple[int, int]

    @property
    def sentence(self) -> str:
        plate, render = (f"{width} x {height}" for width, height in (self.size, self.render))
        return f"{self.plate} is {plate}, and the render is {render}: the plate is fitted inside and keeps its shape"


def others(scene: bpy.types.Scene) -> list[Other]:
    """Return the scene's relit plates whose shape its renders don't have, in the order of their names."""
    render = scene.render.resolution_x, scene.render.resolution_y
    plates = [(block.strip_name, size_of(block)) for block in _blocks(scene)]
    return [Other(plate=name, size=size, render=render) for name, size in plates if size and not build.has_shape(scene, size)]


def size_of(block: Block) -> tuple[int, int] | None:
    """Return width and height of a plate's picture in pixels, None where nobody knows it."""
    if window := windows.of_plate(block):
        return window.shown
    node = block.find("plate")
    image = typed.image_of(node) if node else None
    return (image.size[0], image.size[1]) if image and image.size[0] else None


def follow(scene: bpy.types.Scene) -> int:
    """Fit each relit plate into the present size of the scene's renders. Returns how many plates were not."""
    changed = 0
    for block in _blocks(scene):
        size = size_of(block)
        if size is None:
            continue
        whole = build.has_shape(scene, size)
        names = [role.removesuffix(" size") for role in block.roles() if role.endswith(" size")]
        stale = [name for name in names if _is_stale(block, name, whole=whole)]
        for name in stale:
            build.refit(block, scene, name, whole=whole)
        changed += bool(stale)
    return changed


def set_to(scene: bpy.types.Scene, plate: str) -> tuple[int, int] | None:
    """Give the scene's renders a plate's size in square pixels, and fit its plates.

    Returns:
        That size, None where nobody knows it.
    """
    block = next((block for block in _blocks(scene) if block.strip_name == plate), None)
    size = size_of(block) if block else None
    if size is None or max(size) > _MOST:
        return None
    render = scene.render
    render.resolution_x, render.resolution_y = size
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    follow(scene)
    return size


def _blocks(scene: bpy.types.Scene) -> Iterator[Block]:
    tree = compat.compositor_tree(scene)
    if tree is not None:
        for name in sorted(attached_strips(tree)):
            yield Block(tree, strip_name=name)


def _is_stale(block: Block, name: str, *, whole: bool) -> bool:
    node = block.own(f"{name} size")
    keeps_shape = windows.keeps_shape(node) if windows.of_plate(block) else compat.keeps_shape(node)
    return keeps_shape == whole
