"""What would make a render of a relit scene wrong, or stop it: for people before they send it to a farm."""

from __future__ import annotations

import bpy

from ..blender import compat, image_files, linked
from ..blender.image_files import Listing
from ..nodes.block import attached_strips
from . import missing_files, render_size


def troubles(scene: bpy.types.Scene, *, listing: Listing = image_files.names_with_content) -> list[str]:
    """Return a sentence each, with what to do, none where all is well. Looks at the disk."""
    lacking = missing_files.look(missing_files.asked(scene), listing=listing)
    found = [f"{each.plate}: {each.sentence} in {each.folder}." for each in lacking]
    if (relit(scene) or compat.picture_strips(scene)) and (reason := linked.refusal(scene)):
        found.append(reason)
    if relit(scene):
        found += _of_render(scene)
    return found


def notices(scene: bpy.types.Scene) -> list[str]:
    """Return what may be meant so, a sentence each."""
    return [f"{each.sentence}." for each in render_size.others(scene)]


def relit(scene: bpy.types.Scene) -> list[str]:
    """Return the scene's relit plates."""
    tree = compat.compositor_tree(scene)
    return sorted(attached_strips(tree)) if tree else []


def _of_render(scene: bpy.types.Scene) -> list[str]:
    found = []
    if not scene.render.use_compositing:
        found.append("Renders leave the compositor out: turn on Output > Post Processing > Compositing.")
    if scene.render.use_sequencer and compat.picture_strips(scene):
        found.append("Renders show the Sequencer, not the relit plates: turn off Output > Post Processing > Sequencer.")
    if compat.composites_on_gpu(scene):
        found.append("Renders composite on the GPU and stop on machines without a graphics driver: press Use CPU Compositor.")
    return found
