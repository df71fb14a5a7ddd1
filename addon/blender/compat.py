"""What differs between Blender 4.5 and 5.3, asked for by feature. The only place that knows of versions."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import bpy

from .. import tags
from . import typed

# Sequencer ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class StripTimes:
    """Where a strip lies, in scene frames.

    `content_start`: the frame that shows its first picture, a fraction when it was aligned to sound. `length`: pictures it has,
    those skipped left out; of a movie that Blender resamples, scene frames since 4.5. `content_frames`: scene frames that these
    take. `skipped`, `left_out`: pictures of the file left out at the front, and at both ends together. `first`, `last`: the
    frames where it is seen.
    """

    content_start: float
    length: int
    content_frames: int
    skipped: int
    left_out: int
    first: int
    last: int


def sequencer_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """Return the scene that the Sequencer shows: since 5.0 the workspace has its own, before it was the window's."""
    return getattr(context, "sequencer_scene", None) or cast(bpy.types.Scene, context.scene)


def shown_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """Return the scene that the editor shows: in the Sequencer its own, in all others the window's."""
    in_sequencer = context.area is not None and context.area.type == "SEQUENCE_EDITOR"
    return sequencer_scene(context) if in_sequencer else cast(bpy.types.Scene, context.scene)


def strips(container: Any) -> Iterable[Any]:
    """Return the strips right inside an editor or a meta strip."""
    return container.strips


def picture_strips(scene: bpy.types.Scene) -> list[Any]:
    """Return every strip that shows something when the scene's edit is rendered, those inside meta strips included."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    return [strip for strip in editor.strips_all if not strip.mute and strip.type not in ("SOUND", "META")]


def selected_strips(context: bpy.types.Context) -> list[Any]:
    """Return the selected strips of the level that the Sequencer shows."""
    for name in ("selected_strips", "selected_sequences"):
        if found := getattr(context, name, None):
            return list(found)
    editor = sequencer_scene(context).sequence_editor
    return [strip for strip in strips(editor) if strip.select] if editor else []


def strip_times(strip: Any) -> StripTimes:
    """5.2 renamed all of these; the old names warn there and are to go."""
    if hasattr(strip, "left_handle"):
        skipped, at_end = getattr(strip, "content_trim_start", 0), getattr(strip, "content_trim_end", 0)
        return StripTimes(
            content_start=strip.content_start,
            length=strip.content_duration,
            content_frames=round(strip.duration + strip.left_handle_offset + strip.right_handle_offset),
            skipped=skipped,
            left_out=skipped + at_end,
            first=strip.left_handle,
            last=strip.right_handle - 1,
        )
    skipped, at_end = getattr(strip, "animation_offset_start", 0), getattr(strip, "animation_offset_end", 0)
    return StripTimes(
        content_start=strip.frame_start,
        length=strip.frame_duration,
        content_frames=round(strip.frame_final_duration + strip.frame_offset_start + strip.frame_offset_end),
        skipped=skipped,
        left_out=skipped + at_end,
        first=strip.frame_final_start,
        last=strip.frame_final_end - 1,
    )


def is_retimed(strip: Any) -> bool:
    """Return whether it has speed keys; image strips can have them since 4.5."""
    return len(getattr(strip, "retiming_keys", ())) > 0


def reshaped(strip: Any, *, scene: bpy.types.Scene) -> tuple[str, ...]:
    """Return how a strip changes its picture's place or shape: crop, flip, position, rotation, scale.

    A scale of 1 is one that nobody has set, and one that fits the picture into the render is what the compositor does too.
    """
    crop, place = strip.crop, strip.transform
    sides = scene.render.resolution_x, scene.render.resolution_y
    picture = picture_size(strip)
    fit = min(side / own for side, own in zip(sides, picture, strict=True)) if picture else 1.0
    scales = place.scale_x, place.scale_y
    is_set = {
        "crop": bool(crop.min_x or crop.max_x or crop.min_y or crop.max_y),
        "flip": strip.use_flip_x or strip.use_flip_y,
        "position": bool(place.offset_x or place.offset_y),
        "rotation": bool(place.rotation),
        "scale": not any(all(math.isclose(scale, wanted, rel_tol=0.01) for scale in scales) for wanted in (1.0, fit)),
    }
    return tuple(name for name, changed in is_set.items() if changed)


def picture_size(strip: Any) -> tuple[int, int] | None:
    """Width and height in pixels, None where Blender has not read them yet, and holds nothing or noise."""
    clip = strip_clip(strip) if strip.type == "MOVIECLIP" else None
    element = strip.elements[0] if getattr(strip, "elements", None) else None
    width, height = clip.size if clip else (element.orig_width, element.orig_height) if element else (0, 0)
    return (width, height) if all(0 < side < 65536 for side in (width, height)) else None


def strip_clip(strip: Any) -> bpy.types.MovieClip | None:
    """Return the clip of a movie-clip strip."""
    return strip.clip


# Compositor tree ------------------------------------------------------------------------------------------------------


_IS_GROUP = "compositing_node_group" in bpy.types.Scene.bl_rna.properties
_HAS_EFFECTS = "compositor_effects" in bpy.types.Scene.bl_rna.properties


def compositor_tree(scene: bpy.types.Scene) -> bpy.types.NodeTree | None:
    """Return the scene's compositor, or None where it has none or doesn't use it.

    5.0 made it a node group like any other. 5.3 has a list of such groups: the one with our nodes counts, else the active one.
    """
    if _HAS_EFFECTS:
        effect = _effect(scene)
        return effect.node_group if effect else None
    if _IS_GROUP:
        return cast(Any, scene).compositing_node_group
    return scene.node_tree if scene.use_nodes else None


def _effect(scene: bpy.types.Scene) -> Any:
    """Return the compositor effect that plates are in, 5.3 and later."""
    effects = cast(Any, scene).compositor_effects
    if len(effects) > 1:
        for effect in effects:
            if effect.node_group and any(tags.ROLE in node for node in effect.node_group.nodes):
                return effect
    return effects.active


def _set_compositor(scene: bpy.types.Scene, tree: bpy.types.NodeTree) -> None:
    """Let a scene have this node group as its compositor, 5.0 and later."""
    if _HAS_EFFECTS:
        effect = _effect(scene) or cast(Any, scene).compositor_effects.new("Compositing")
        effect.node_group = tree
    else:
        cast(Any, scene).compositing_node_group = tree


def ensure_compositor_tree(scene: bpy.types.Scene) -> tuple[bpy.types.NodeTree, bool]:
    """Return the scene's compositor and whether it is new, that is, empty."""
    tree = compositor_tree(scene)
    if tree is not None:
        return tree, False
    if _IS_GROUP:
        tree = bpy.data.node_groups.new("Compositing", "CompositorNodeTree")
        _set_compositor(scene, tree)
        return tree, True
    had_nodes = scene.node_tree is not None
    scene.use_nodes = True
    own = cast(bpy.types.NodeTree, scene.node_tree)
    if not had_nodes:
        own.nodes.clear()  # the Render Layers that Blender puts there would ask for a camera and a 3D render
    return own, not had_nodes


def own_compositor(copy: bpy.types.Scene) -> bpy.types.NodeTree | None:
    """Give a copied scene a compositor of its own and nothing beside it.

    Returns:
        The tree to remove after the scene; None before 5.0, where the tree is a part of the scene.
    """
    tree = compositor_tree(copy)
    if tree is None or not _IS_GROUP:
        return None
    own = tree.copy()
    if _HAS_EFFECTS:
        ours = _effect(copy)
        for effect in cast(Any, copy).compositor_effects:
            effect.enable_for_render = effect == ours
    _set_compositor(copy, own)
    return own


def used_compositor(scene: bpy.types.Scene) -> bpy.types.NodeTree:
    """Return the compositor of a scene that is known to use one."""
    return cast(bpy.types.NodeTree, compositor_tree(scene))


def output_socket(tree: bpy.types.NodeTree) -> bpy.types.NodeSocket | None:
    """Return the socket that takes the final image, or None: the Composite node's before 5.0, the group's first output since."""
    if hasattr(bpy.types, "CompositorNodeComposite"):
        outputs = [node for node in tree.nodes if node.bl_idname == "CompositorNodeComposite"]
    else:
        found = [node for node in tree.nodes if node.bl_idname == "NodeGroupOutput"]
        outputs = sorted(found, key=lambda node: not cast(bpy.types.NodeGroupOutput, node).is_active_output)
    return next((node.inputs[0] for node in outputs if node.inputs and node.inputs[0].type == "RGBA"), None)


def new_output_socket(tree: bpy.types.NodeTree) -> bpy.types.NodeSocket:
    """Make what `output_socket` finds."""
    if hasattr(bpy.types, "CompositorNodeComposite"):
        return tree.nodes.new("CompositorNodeComposite").inputs[0]
    if not any(item.socket_type == "NodeSocketColor" for item in typed.sockets(tree, "OUTPUT")[:1]):
        item = typed.interface(tree).new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        typed.interface(tree).move(item, 0)
    node = next((n for n in tree.nodes if n.bl_idname == "NodeGroupOutput"), None) or tree.nodes.new("NodeGroupOutput")
    return node.inputs[0]


def composites_on_gpu(scene: bpy.types.Scene) -> bool:
    """Return whether the scene's renders use the GPU in the compositor, as those of a new scene do since 5.2."""
    return scene.render.compositor_device != "CPU"


def use_cpu_compositor(scene: bpy.types.Scene) -> bool:
    """Composite renders on the CPU, and say if that is a change.

    Since 5.2 a new scene's renders use the GPU, and a background Blender on a machine without a GL library then aborts.
    """
    if not composites_on_gpu(scene):
        return False
    scene.render.compositor_device = "CPU"
    return True


# Nodes ----------------------------------------------------------------------------------------------------------------

_MATH_FAMILY = "CompositorNode" if hasattr(bpy.types, "CompositorNodeMath") else "ShaderNode"
MATH_NODE = f"{_MATH_FAMILY}Math"


@dataclass(frozen=True, kw_only=True)
class MixNode:
    """The sockets of a Mix Color node."""

    node: bpy.types.Node
    factor: bpy.types.NodeSocket
    a: bpy.types.NodeSocket
    b: bpy.types.NodeSocket
    result: bpy.types.NodeSocket


def new_math(tree: bpy.types.NodeTree, operation: str) -> bpy.types.Node:
    """Return a Math node: the compositor's own before 5.0, the shaders' since."""
    node = tree.nodes.new(MATH_NODE)
    typed.set_up(node, operation=operation)
    return node


def new_separate_xyz(tree: bpy.types.NodeTree) -> bpy.types.Node:
    return tree.nodes.new(f"{_MATH_FAMILY}SeparateXYZ")


def new_combine_xyz(tree: bpy.types.NodeTree) -> bpy.types.Node:
    return tree.nodes.new(f"{_MATH_FAMILY}CombineXYZ")


def new_mix(tree: bpy.types.NodeTree, blend: str) -> MixNode:
    """Return a Mix Color node, unclamped, factor 1; the alpha of `a` passes through. A number linked to `a` or `b` becomes a
    grey."""
    if hasattr(bpy.types, "CompositorNodeMixRGB"):
        node = tree.nodes.new("CompositorNodeMixRGB")
        typed.set_up(node, use_clamp=False, use_alpha=False)
    else:
        node = tree.nodes.new("ShaderNodeMix")
        typed.set_up(node, data_type="RGBA", clamp_result=False)
    typed.set_up(node, blend_type=blend)
    mix = mix_sockets(node)
    typed.set_value(mix.factor, 1.0)
    return mix


def mix_sockets(node: bpy.types.Node) -> MixNode:
    """Return the sockets of a node made by `new_mix`, in this version or an older one."""
    if len(node.inputs) == 3:
        return MixNode(node=node, factor=node.inputs[0], a=node.inputs[1], b=node.inputs[2], result=node.outputs[0])
    return MixNode(node=node, factor=node.inputs[0], a=node.inputs[6], b=node.inputs[7], result=node.outputs[2])  # names repeat


def scale_to_render_size(node: bpy.types.Node, *, keep_shape: bool) -> None:
    """Let a Scale node fill the render: stretched, or fitted inside with its own shape. Menus became sockets in 5.0."""
    method = "FIT" if keep_shape else "STRETCH"
    if "Type" in node.inputs:
        typed.set_value(node.inputs["Type"], "Render Size")
        typed.set_value(node.inputs["Frame Type"], method.title())
        for name in ("Extension X", "Extension Y"):  # or the outermost pixels turn half transparent
            if name in node.inputs:
                typed.set_value(node.inputs[name], "Clip" if keep_shape else "Extend")
    else:
        typed.set_up(node, space="RENDER_SIZE", frame_method=method)


def keeps_shape(node: bpy.types.Node) -> bool:
    """Return whether a Scale node of `scale_to_render_size` fits the picture inside the render."""
    if "Frame Type" in node.inputs:
        return typed.value_of(node.inputs["Frame Type"]) == "Fit"
    return cast(Any, node).frame_method == "FIT"


def left_to_move(right: float, up: float) -> tuple[float, float]:
    """Return how far an EXR's pixels still have to move, where their middle lies so far off that of their picture.

    Since 5.2 an Image node moves them by itself: to a whole pixel, and vertically the wrong way.
    """
    if bpy.app.version < (5, 2, 0):
        return right, up
    return right - math.floor(right), up - math.floor(-up)


def scale_relative(node: bpy.types.Node) -> None:
    """Let a Scale node multiply the size by its inputs X and Y."""
    if "Type" in node.inputs:
        typed.set_value(node.inputs["Type"], "Relative")
    else:
        typed.set_up(node, space="RELATIVE")


def interpolate(node: bpy.types.Node, how: str) -> None:
    """Say how a Scale node reads between pixels, `how` as the menu has it."""
    if "Interpolation" in node.inputs:
        typed.set_value(node.inputs["Interpolation"], how)
    else:
        typed.set_up(node, interpolation=how.upper())


def scale_to_pixels(node: bpy.types.Node, *, width: int, height: int) -> None:
    """Let a Scale node give an image of this size."""
    if "Type" in node.inputs:
        typed.set_value(node.inputs["Type"], "Absolute")
    else:
        typed.set_up(node, space="ABSOLUTE")
    typed.set_value(node.inputs["X"], width)
    typed.set_value(node.inputs["Y"], height)


def blur_evenly(node: bpy.types.Node) -> None:
    """Let a Blur node be a Gaussian, as it is by itself since 5.0, where its kinds became a socket."""
    if hasattr(node, "filter_type"):
        node.filter_type = "GAUSS"


def uses_nodes(block: bpy.types.Light | bpy.types.World) -> bool:
    """Return whether the nodes of a light or a World count; since 5.0 they always do."""
    return _IS_GROUP or block.use_nodes


# Files ----------------------------------------------------------------------------------------------------------------


def write_images(settings: bpy.types.ImageFormatSettings) -> None:
    """Let a scene's renders be images; since 5.0 only then an image format may be chosen."""
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"


def set_output_file(node: bpy.types.Node, path: str) -> None:
    """Let a File Output node write multilayer EXR in one part, half floats; a frame number is added to the name.

    Args:
        path: may begin with ``//``.
    """
    settings = cast(Any, node).format
    if hasattr(node, "file_output_items"):
        settings.media_type = "MULTI_LAYER_IMAGE"
        folder, _, name = path.rpartition("/")
        typed.set_up(node, directory=f"{folder}/", file_name=f"{name}####")  # else the stills of all frames are one file
        settings.use_exr_interleave = True
    else:
        settings.file_format = "OPEN_EXR_MULTILAYER"
        typed.set_up(node, base_path=path)
    settings.color_depth = "16"


def set_output_layers(node: bpy.types.Node, layers: dict[str, str]) -> dict[str, bpy.types.NodeSocket]:
    """Give a File Output node a layer for each name; the socket type (``RGBA`` or ``VALUE``) tells colours from mattes."""
    if hasattr(node, "file_output_items"):
        node.file_output_items.clear()
        for name, kind in layers.items():
            node.file_output_items.new("FLOAT" if kind == "VALUE" else kind, name)
    else:
        slots = cast(Any, node).layer_slots
        slots.clear()
        for name in layers:
            slots.new(name)
    return dict(zip(layers, node.inputs, strict=False))


# Colour ---------------------------------------------------------------------------------------------------------------


def ocio_config() -> str:
    """Return the OpenColorIO configuration Blender uses: ``$OCIO``, or the one it brings; ``""`` where neither is a file, and where
    ``$OCIO`` names one that OpenColorIO itself brings, as ``ocio://cg-config-latest`` does: the engine inherits the variable.
    """
    wanted = os.environ.get("OCIO", "")
    if wanted.startswith("ocio://"):
        return ""
    own = os.path.join(cast(Any, bpy.utils).system_resource("DATAFILES", path="colormanagement") or "", "config.ocio")
    return next((path for path in (wanted, own) if path and os.path.isfile(path)), "")
