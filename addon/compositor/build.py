"""A plate's nodes in a scene's compositor: plate and passes, the relight group, and the way to the output."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import bpy

from .. import tags
from ..blender import compat, image_layers, images, typed
from ..blender.clips import ClipTarget
from ..contract import PASSES, Interpolation
from ..imports import image_header
from ..node_groups import relight
from ..nodes.block import Block, Layer
from . import materials, windows

Socket = bpy.types.NodeSocket
_RESULTS = ("relight", "match", "show")


def build(scene: bpy.types.Scene, target: ClipTarget, *, plate: Layer, passes: dict[str, Layer]) -> tuple[bool, list[str]]:
    """Make or update the nodes of a strip.

    Returns:
        Whether nodes were added, and what the user should know, a sentence each.
    """
    tree, is_new = compat.ensure_compositor_tree(scene)
    block = Block(tree, strip_name=target.strip_name, label=target.label)
    plate_out, whole = _plate(block, scene, plate)
    outputs = {name: _pass(block, name, layer, down=420.0 * (1 + row)) for row, (name, layer) in enumerate(passes.items())}
    connect = block.find("relight") is None
    group = block.node("relight", "CompositorNodeGroup", at=(640, 60), label="Relight")
    group.width = 220
    shown = typed.tree_of(group)
    if shown is None or shown.get(tags.RELIGHT_VERSION) is not None:
        relight.renew(group)
    _join(tree, plate_out, group.inputs["Image"])
    fitted = {
        name: fit(block, name, output, whole=whole, down=420.0 * (1 + row), interpolation=PASSES[name].interpolation)
        for row, (name, output) in enumerate(outputs.items())
    }
    if "normal" in fitted:
        _join(tree, fitted["normal"], group.inputs["Normal"])
    if "depth" in fitted and (lights := block.find("lights")):
        _join(tree, fitted["depth"], lights.inputs["Depth"])
    materials.link(block)
    show = block.find("show")
    if show:
        _show_within(show, target)
    notices = _connect(block, scene, target, group, add_viewer=is_new) if connect else []
    return block.grown, notices


def _plate(block: Block, scene: bpy.types.Scene, plate: Layer) -> tuple[Socket, bool]:
    """Return the plate at the render's size, and whether it fills it: a plate of another shape keeps its own."""
    node = block.node("plate", "CompositorNodeImage", at=(0, 0), label="Plate")
    _show(node, plate)
    file = images.absolute(plate.image)
    moving = windows.over_time(file, first=plate.frames.first, last=plate.frames.last)
    windows.follow(block, moving, start=plate.frames.start - plate.frames.first)
    window = moving.get(plate.frames.first) or windows.of_file(file)
    windows.keep(node, window)
    header = image_header.known(file)
    picture = image_layers.picture_socket(node, header.parts if header else (), views=header.views if header else ())
    if window:
        whole = has_shape(scene, window.shown)
        return windows.place(block, "plate", picture, window=window, scene=scene, keep_shape=not whole, down=0), whole
    whole = fills_render(scene, plate.image)
    size = block.node("plate size", "CompositorNodeScale", at=(320, 0), label="To the render's size")
    compat.scale_to_render_size(size, keep_shape=not whole)
    _join(block.tree, picture, size.inputs["Image"])
    return size.outputs["Image"], whole


def _pass(block: Block, name: str, layer: Layer, *, down: float) -> Socket:
    node = block.node(f"pass {name}", "CompositorNodeImage", at=(0, down), label=name.title())
    _show(node, layer)
    return node.outputs.get(PASSES[name].layer) or node.outputs[0]


def fills_render(scene: bpy.types.Scene, plate: bpy.types.Image) -> bool:
    """Return whether a plate has the render's shape; one whose size is not known is taken to have."""
    return not plate.size[0] or has_shape(scene, (plate.size[0], plate.size[1]))


def has_shape(scene: bpy.types.Scene, size: tuple[int, int]) -> bool:
    """Return whether a picture of `size` pixels fills the render: pixel for pixel, or as square pixels beside the render's own."""
    (width, height), render = size, scene.render
    aspect = render.pixel_aspect_x / render.pixel_aspect_y
    return any(abs(render.resolution_x * across * height / width - render.resolution_y) < 1.5 for across in {1.0, aspect})


def refit(block: Block, scene: bpy.types.Scene, name: str, *, whole: bool) -> None:
    """Fit the plate, a pass or a matte anew into the render. `whole`: the plate has the render's shape."""
    size = block.own(f"{name} size")
    taker = size.inputs["Image"]
    if window := windows.of_plate(block):
        windows.place(block, name, taker, window=window, scene=scene, keep_shape=not whole, down=0)
        return
    compat.scale_to_render_size(size, keep_shape=not whole)
    if whole or name == "plate" or block.find(f"{name} shape") or not taker.is_linked:
        return
    width, height = typed.shown_image(block.own("plate")).size
    shape = block.node(f"{name} shape", "CompositorNodeScale", at=(0, 0), label="To the plate's size")
    shape.location = size.location.x, size.location.y - 200
    compat.scale_to_pixels(shape, width=width, height=height)
    block.tree.links.new(typed.ends_of(typed.links_of(taker)[0])[0], shape.inputs["Image"])
    block.tree.links.new(shape.outputs["Image"], taker)


def fit(
    block: Block, name: str, output: Socket, *, whole: bool, down: float, interpolation: Interpolation = Interpolation.BILINEAR
) -> Socket:
    """Return a pass or a matte over the plate pixel for pixel, whatever size it has; `whole`: the plate fills the render."""
    window = windows.of_plate(block)
    has_plates_size = windows.is_moving(block) and name in PASSES
    if (not whole or window) and not has_plates_size:
        width, height = (window.width, window.height) if window else typed.shown_image(block.own("plate")).size
        shape = block.node(f"{name} shape", "CompositorNodeScale", at=(320, down + 200), label="To the plate's size")
        compat.scale_to_pixels(shape, width=width, height=height)
        _join(block.tree, output, shape.inputs["Image"])
        output = shape.outputs["Image"]
    if window:
        scene = next(scene for scene in bpy.data.scenes if compat.compositor_tree(scene) == block.tree)
        return windows.place(block, name, output, window=window, scene=scene, keep_shape=not whole, down=down)
    size = block.node(f"{name} size", "CompositorNodeScale", at=(320, down), label="To the render's size")
    compat.scale_to_render_size(size, keep_shape=not whole)
    compat.interpolate(size, interpolation)
    _join(block.tree, output, size.inputs["Image"])
    return size.outputs["Image"]


def _show(node: bpy.types.Node, layer: Layer) -> None:
    if typed.image_of(node) != layer.image:
        typed.show_image(node, layer.image)
    images.map_frames(node, layer.frames)


def _join(tree: bpy.types.NodeTree, output: Socket, taker: Socket) -> None:
    if not taker.is_linked:
        tree.links.new(output, taker)


def _connect(block: Block, scene: bpy.types.Scene, target: ClipTarget, group: bpy.types.Node, *, add_viewer: bool) -> list[str]:
    """Bring a new block's result to the output, unless the user's own work is there."""
    tree, result = block.tree, group.outputs["Image"]
    output = compat.output_socket(tree)
    if output is None:
        output = compat.new_output_socket(tree)
        typed.node_of(output).location = block.corner[0] + 1240, block.corner[1]
    feeding = _origin(output)
    feeder = typed.node_of(feeding) if feeding else None
    viewers = [node.inputs[0] for node in tree.nodes if node.bl_idname == "CompositorNodeViewer"]
    viewers = [taker for taker in viewers if feeding and _origin(taker) == feeding]
    notices = []
    if feeding and feeder and feeder.get(tags.ROLE) in _RESULTS:
        result = _after(block, feeding, result, target)
    elif feeder and not _replaceable(feeder, Path(target.source.path)):
        return [f"The output of {tree.name} shows nodes of your own: link Image of Relight ({block.label}) to where you want it"]
    for taker in (output, *viewers):
        tree.links.new(result, taker)
    if add_viewer:
        viewer = tree.nodes.new("CompositorNodeViewer")
        end = typed.node_of(output)
        viewer.location = end.location.x, end.location.y - 200
        tree.links.new(result, viewer.inputs[0])
    if feeder and feeder.bl_idname == "CompositorNodeRLayers" and not _is_used(feeder):
        feeder.mute = True
        notices.append("The Render Layers node is muted, so that no 3D scene is rendered that nobody sees")
    return notices


def _after(block: Block, before: Socket, result: Socket, target: ClipTarget) -> Socket:
    """Another plate has the output: this one takes it over for the frames where its strip is seen."""
    mix = compat.new_mix(block.tree, "MIX")
    block.adopt(mix.node, "show")
    mix.node.label = "Only while the strip is seen"
    mix.node.location = block.corner[0] + 940, block.corner[1] - 60
    mix.node.parent = block.find("frame")
    block.tree.links.new(before, mix.a)
    block.tree.links.new(result, mix.b)
    _show_within(mix.node, target)
    return mix.result


def _show_within(node: bpy.types.Node, target: ClipTarget) -> None:
    factor = compat.mix_sockets(node).factor
    factor.driver_remove("default_value")
    driver = typed.new_driver(factor, "default_value")
    driver.type = "SCRIPTED"
    first, last = target.shown
    driver.expression = f"1 if frame >= {first} and frame <= {last} else 0"


def _replaceable(node: bpy.types.Node, plate: Path) -> bool:
    """Return what may give way at the output: Blender's default, and the bare plate that is being relit."""
    if node.bl_idname == "CompositorNodeImage":
        return images.shows(typed.image_of(node), plate)
    if node.bl_idname == "CompositorNodeMovieClip":
        return images.shows(cast(bpy.types.CompositorNodeMovieClip, node).clip, plate)
    return node.bl_idname == "CompositorNodeRLayers"


def _origin(taker: Socket) -> Socket | None:
    """Return the socket that feeds another, looking through reroutes."""
    while links := typed.links_of(taker):
        source, _ = typed.ends_of(links[0])
        node = typed.node_of(source)
        if node.bl_idname != "NodeReroute":
            return source
        taker = node.inputs[0]
    return None


def _is_used(node: bpy.types.Node) -> bool:
    """Return whether anything but loose reroutes takes its outputs."""
    takers = [typed.nodes_of(link)[1] for output in node.outputs for link in typed.links_of(output)]
    return any(taker.bl_idname != "NodeReroute" or _is_used(taker) for taker in takers)
