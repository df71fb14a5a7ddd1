"""Mattes that limit where a light falls: an image, a Blender mask or the plate's alpha, linked to the light's own socket."""

from __future__ import annotations

import bpy

from .. import tags
from ..compositor import build
from ..errors import UserError
from .control import Handle, Shot


def attach(
    shot: Shot, light: Handle, *, scene: bpy.types.Scene, image: bpy.types.Image | None = None, mask: bpy.types.Mask | None = None
) -> None:
    """Let a light fall only where an image is bright or a mask is; with neither, where the plate isn't transparent.

    An image lies over the plate whatever its size; of a sequence, the same files are shown as of the plate's. Anything else, like a
    cryptomatte, can be linked to the light's Matte socket by hand. A light has one matte: another takes its place.

    Raises:
        UserError: the light takes none, or the plate's nodes are gone.
    """
    if light.matte is None:
        raise UserError(f"{light.name} takes no matte: update its lights.")
    block, role = shot.block, _role(light)
    plate, size = block.find("plate"), block.find("plate size")
    if mask is None and (plate is None or size is None):
        raise UserError(f"The nodes of the plate {block.strip_name} were deleted: estimate or import again, and they come back.")
    remove(shot, light)
    down = 1700.0 + 320.0 * sum(1 for node in block.tree.nodes if node.get(tags.ROLE, "").startswith("matte "))
    label = f"Matte of {light.name}"
    if mask:
        node = block.node(role, "CompositorNodeMask", at=(0, down), label=label)
        node.mask, output = mask, node.outputs["Mask"]
    elif image:
        node = block.node(role, "CompositorNodeImage", at=(0, down), label=label)
        node.image = image
        _same_frames(node, plate)
        output = build.fit(block, role, node.outputs[0], whole=build.fills_render(scene, plate.image), down=down)
    else:
        node = block.node(role, "CompositorNodeSeparateColor", at=(0, down), label=label)
        block.tree.links.new(size.outputs["Image"], node.inputs[0])
        output = node.outputs["Alpha"]
    block.tree.links.new(output, light.matte)


def remove(shot: Shot, light: Handle) -> bool:
    """Let a light fall everywhere again; nodes that the user linked stay. Returns whether there was a matte."""
    if light.matte is None or not light.matte.is_linked:
        return False
    for link in light.matte.links:
        shot.block.tree.links.remove(link)
    for role in (_role(light), f"{_role(light)} shape", f"{_role(light)} size"):
        if node := shot.block.find(role):
            shot.block.tree.nodes.remove(node)
    light.matte.default_value = 1.0
    return True


def _role(light: Handle) -> str:
    """Return what the nodes of its matte are called; sockets of studio and scene may share an identifier."""
    return f"matte {'studio' if light.source is None else 'scene'} {light.matte.identifier}"


def _same_frames(node: bpy.types.Node, plate: bpy.types.Node) -> None:
    if node.image.source in ("SEQUENCE", "MOVIE"):
        for name in ("frame_start", "frame_duration", "frame_offset", "use_cyclic", "use_auto_refresh"):
            setattr(node, name, getattr(plate, name))
