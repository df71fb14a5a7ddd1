"""Putting a plate's passes into the scene's compositor."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

from ..blender import compat, images, linked
from ..blender.clips import ClipTarget
from ..blender.images import FrameMap
from ..contract import PASSES, ErrorCode, PlatelightError, pass_file
from ..nodes.block import Block, Layer, attached_strips, block_images
from . import build, depth, follow_rename, imported_normals

_log = logging.getLogger(__name__)


@contextmanager
def _placing() -> Iterator[None]:
    """Whatever goes wrong while nodes are made is an error with a remedy: the passes are there, and other plates go on.

    Raises:
        PlatelightError: `not_placed`.
    """
    try:
        yield
    except PlatelightError:
        raise
    except Exception as error:
        _log.exception("passes could not be placed")
        raise PlatelightError(ErrorCode.NOT_PLACED, " ".join(str(error).split()) or type(error).__name__) from error


def missing_frames(out: str, *, pass_name: str, clip: str, first: int, last: int) -> list[int]:
    """Return source frames without a file. Blender says nothing of them: it renders black."""
    return [frame for frame in range(first, last + 1) if not pass_file(out, pass_name=pass_name, clip=clip, frame=frame).is_file()]


def attach(
    scene: bpy.types.Scene, *, target: ClipTarget, out: str, passes: tuple[str, ...], first: int, last: int, undo_step: bool = True
) -> tuple[str, ...]:
    """Put passes into the scene's compositor, aligned to the plate's place on the timeline; again to update what is there.

    The first time, nodes for plate, passes and the relight group are made and linked to the output, unless the user's own nodes
    are there. Later only files and frames change; the settings of the group stay as the user left them.

    Args:
        out: folder of the passes, absolute.
        first, last: source frames whose files are there, handles included.
        undo_step: make one when nodes are made; not inside an operator, which makes its own.

    Returns:
        What the user should know, a sentence each.

    Raises:
        PlatelightError: `frame_missing` when a frame between `first` and `last` has no file, `source_missing` for the plate,
            `scene_linked`, `not_placed`.
    """
    linked.need_own(scene)
    with _placing():
        return _attach(scene, target=target, out=out, passes=passes, first=first, last=last, undo_step=undo_step)


def _attach(
    scene: bpy.types.Scene, *, target: ClipTarget, out: str, passes: tuple[str, ...], first: int, last: int, undo_step: bool
) -> tuple[str, ...]:
    layers = {}
    for name in (*passes, *_beside(scene, target, out=out, passes=passes, first=first, last=last)):
        gone = missing_frames(out, pass_name=name, clip=target.source.clip, first=first, last=last)
        if gone:
            file = pass_file(out, pass_name=name, clip=target.source.clip, frame=gone[0])
            raise PlatelightError(ErrorCode.FRAME_MISSING, f"{file}{f' and {len(gone) - 1} more' if len(gone) > 1 else ''}")
        file = pass_file(out, pass_name=name, clip=target.source.clip, frame=first)
        layers[name] = Layer(
            image=images.sequence(file, color_space=PASSES[name].color_space),
            frames=FrameMap(first=first, last=last, start=target.timeline_start + first - target.first),
        )
        layers[name].image.reload()  # Blender may remember that a file was missing, or an older picture
    followed = follow_rename.follow(scene, target)
    replaced = "normal" in layers and imported_normals.remove(scene, target.strip_name)
    grown, notices = build.build(scene, target, plate=plate_layer(target), passes=layers)
    notices = followed + notices
    if "normal" in layers:
        block = Block(compat.used_compositor(scene), strip_name=target.strip_name)
        notices += imported_normals.unused(block, block.own(imported_normals.IMAGE))
    if "depth" in layers:
        notices += depth.place(scene, target.strip_name, file=images.absolute(layers["depth"].image))
    if replaced:
        notices.append(f"The estimated normals of {target.label} take the place of the imported ones")
    if grown:
        notices += after_growing(scene, target)
        if undo_step and bpy.ops.ed.undo_push.poll():  # type: ignore[call-arg] # a command without a window has no undo
            bpy.ops.ed.undo_push(message=f"Attach Passes of {target.label}")
    return tuple(notices)


def _beside(
    scene: bpy.types.Scene, target: ClipTarget, *, out: str, passes: tuple[str, ...], first: int, last: int
) -> tuple[str, ...]:
    """Passes of the same frames that another model has made there before; imported normals don't give way to those."""
    others = set(PASSES) - ({"normal"} if target.strip_name in imported_normals.imported(scene) else set())
    clip = target.source.clip
    return tuple(
        name
        for name in sorted(others.difference(passes))
        if not missing_frames(out, pass_name=name, clip=clip, first=first, last=last)
    )


def after_growing(scene: bpy.types.Scene, target: ClipTarget) -> list[str]:
    """Return what new nodes of a plate ask of the scene's renders. Returns what the user should know, a sentence each."""
    notices = _render_shows_compositor(scene)
    if bpy.app.background:
        notices += render_without_display(scene)
    if target.not_applied:
        told = " and ".join(target.not_applied)
        notices.append(f"{target.label}: its {told} count in the Sequencer only; the compositor shows the plate as it was shot")
    return notices


def reload(target: ClipTarget) -> None:
    """Read the passes' files again, as more of them arrive.

    Raises:
        PlatelightError: `not_placed`.
    """
    scene = bpy.data.scenes.get(target.scene_name)
    tree = compat.compositor_tree(scene) if scene else None
    with _placing():
        if tree is not None:
            for image in block_images(tree, target.strip_name):
                image.reload()


def render_compositor(scene: bpy.types.Scene) -> tuple[str, ...]:
    """Let renders of the scene be what the compositor makes, whatever strips it has. Returns what changed, a sentence each."""
    notices = []
    if scene.render.use_sequencer and compat.picture_strips(scene):
        scene.render.use_sequencer = False
        notices.append(f"Renders of {scene.name} now show the compositor, not the Sequencer (Output > Post Processing)")
    if not scene.render.use_compositing:
        scene.render.use_compositing = True
        notices.append(f"Compositing is on again for renders of {scene.name} (Output > Post Processing)")
    return tuple(notices)


def render_without_display(scene: bpy.types.Scene) -> tuple[str, ...]:
    """Let background renders of the scene work on machines without a graphics driver, where they would abort since 5.2.

    Not for a project that is open in a window: there the graphics card is quicker. Returns what changed, a sentence each.
    """
    if not compat.use_cpu_compositor(scene):
        return ()
    return (f"Renders of {scene.name} composite on the CPU, so that machines without a display can make them",)


def _render_shows_compositor(scene: bpy.types.Scene) -> list[str]:
    """Strips win over the compositor in renders; they may only give way when each of them is a plate that is being relit."""
    tree = compat.compositor_tree(scene)
    attached = attached_strips(tree) if tree else set()
    others = [strip.name for strip in compat.picture_strips(scene) if strip.name not in attached]
    if not others:
        return list(render_compositor(scene))
    if scene.render.use_sequencer:
        return [f"While {others[0]} has no passes, renders of {scene.name} show its Sequencer (Output > Post Processing)"]
    return []


def plate_layer(target: ClipTarget) -> Layer:
    """Return the plate itself, as a picture for the compositor.

    Raises:
        PlatelightError: `source_missing`.
    """
    file, color_space = Path(target.source.path), target.source.color_space
    frames = FrameMap(first=target.first, last=target.last, start=target.timeline_start)
    if not target.is_sequence:
        image = images.movie(file, color_space=color_space)
    elif target.first == target.last:
        image = images.still(file, color_space=color_space, alpha_mode=target.alpha_mode)
    else:
        image = images.sequence(file, color_space=color_space, alpha_mode=target.alpha_mode)
    return Layer(image=image, frames=frames)
