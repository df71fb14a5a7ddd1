"""What differs between Blender 4.2 and 5.2, asked for by feature. The only place that knows of versions."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import bpy

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
    """The scene that the Sequencer shows: since 5.0 the workspace has its own, before it was the window's."""
    return getattr(context, "sequencer_scene", None) or context.scene


def shown_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """The scene that the editor shows: in the Sequencer its own, in all others the window's."""
    in_sequencer = context.area is not None and context.area.type == "SEQUENCE_EDITOR"
    return sequencer_scene(context) if in_sequencer else context.scene


def strips(container: Any) -> Iterable[Any]:
    """The strips right inside an editor or a meta strip; `sequences` was their name in 4.2."""
    return container.strips if hasattr(container, "strips") else container.sequences


def picture_strips(scene: bpy.types.Scene) -> list[Any]:
    """Every strip that shows something when the scene's edit is rendered, those inside meta strips included."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    found = editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all
    return [strip for strip in found if not strip.mute and strip.type not in ("SOUND", "META")]


def selected_strips(context: bpy.types.Context) -> list[Any]:
    """The selected strips of the level that the Sequencer shows."""
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
            content_start=strip.content_start, length=strip.content_duration,
            content_frames=round(strip.duration + strip.left_handle_offset + strip.right_handle_offset),
            skipped=skipped, left_out=skipped + at_end, first=strip.left_handle, last=strip.right_handle - 1,
        )
    skipped, at_end = getattr(strip, "animation_offset_start", 0), getattr(strip, "animation_offset_end", 0)
    return StripTimes(
        content_start=strip.frame_start, length=strip.frame_duration,
        content_frames=round(strip.frame_final_duration + strip.frame_offset_start + strip.frame_offset_end),
        skipped=skipped, left_out=skipped + at_end, first=strip.frame_final_start, last=strip.frame_final_end - 1,
    )


def is_retimed(strip: Any) -> bool:
    """Whether it has speed keys; image strips can have them since 4.5."""
    return len(getattr(strip, "retiming_keys", ())) > 0


def reshaped(strip: Any, *, scene: bpy.types.Scene) -> tuple[str, ...]:
    """How a strip changes its picture's place or shape: crop, flip, position, rotation, scale.

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
    size = tuple(clip.size) if clip else (element.orig_width, element.orig_height) if element else (0, 0)
    return size if all(0 < side < 65536 for side in size) else None


def strip_clip(strip: Any) -> bpy.types.MovieClip | None:
    """The clip of a movie-clip strip. 4.2 doesn't tell, so there the strip's name must be the clip's (``.001`` aside)."""
    if hasattr(strip, "clip"):
        return strip.clip
    clips = bpy.data.movieclips
    return clips.get(strip.name) or clips.get(strip.name.rsplit(".", 1)[0])


# Compositor tree ------------------------------------------------------------------------------------------------------


def compositor_tree(scene: bpy.types.Scene) -> bpy.types.NodeTree | None:
    """The scene's compositor, or None where it has none or doesn't use it. 5.0 made it a node group like any other."""
    if hasattr(scene, "compositing_node_group"):
        return scene.compositing_node_group
    return scene.node_tree if scene.use_nodes else None


def ensure_compositor_tree(scene: bpy.types.Scene) -> tuple[bpy.types.NodeTree, bool]:
    """The scene's compositor and whether it is new, that is, empty."""
    tree = compositor_tree(scene)
    if tree is not None:
        return tree, False
    if hasattr(scene, "compositing_node_group"):
        tree = bpy.data.node_groups.new("Compositing", "CompositorNodeTree")
        scene.compositing_node_group = tree
        return tree, True
    had_nodes = scene.node_tree is not None
    scene.use_nodes = True
    if not had_nodes:
        scene.node_tree.nodes.clear()  # the Render Layers that Blender puts there would ask for a camera and a 3D render
    return scene.node_tree, not had_nodes


def output_socket(tree: bpy.types.NodeTree) -> bpy.types.NodeSocket | None:
    """The socket that takes the final image, or None: the Composite node's before 5.0, the group's first output since."""
    if hasattr(bpy.types, "CompositorNodeComposite"):
        outputs = [node for node in tree.nodes if node.bl_idname == "CompositorNodeComposite"]
    else:
        outputs = sorted((n for n in tree.nodes if n.bl_idname == "NodeGroupOutput"), key=lambda n: not n.is_active_output)
    return next((node.inputs[0] for node in outputs if node.inputs and node.inputs[0].type == "RGBA"), None)


def new_output_socket(tree: bpy.types.NodeTree) -> bpy.types.NodeSocket:
    """Make what `output_socket` finds."""
    if hasattr(bpy.types, "CompositorNodeComposite"):
        return tree.nodes.new("CompositorNodeComposite").inputs[0]
    sockets = [item for item in tree.interface.items_tree if item.item_type == "SOCKET" and item.in_out == "OUTPUT"]
    if not any(item.socket_type == "NodeSocketColor" for item in sockets[:1]):
        item = tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        tree.interface.move(item, 0)
    node = next((n for n in tree.nodes if n.bl_idname == "NodeGroupOutput"), None) or tree.nodes.new("NodeGroupOutput")
    return node.inputs[0]


def composites_on_gpu(scene: bpy.types.Scene) -> bool:
    """Whether the scene's renders use the GPU in the compositor; a choice since 4.2, and the way a new scene is since 5.2."""
    return getattr(scene.render, "compositor_device", "CPU") != "CPU"


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


@dataclass(frozen=True, kw_only=True)
class MixNode:
    """The sockets of a Mix Color node."""

    node: bpy.types.Node
    factor: bpy.types.NodeSocket
    a: bpy.types.NodeSocket
    b: bpy.types.NodeSocket
    result: bpy.types.NodeSocket


def new_math(tree: bpy.types.NodeTree, operation: str) -> bpy.types.Node:
    """A Math node: the compositor's own before 5.0, the shaders' since."""
    node = tree.nodes.new(f"{_MATH_FAMILY}Math")
    node.operation = operation
    return node


def new_separate_xyz(tree: bpy.types.NodeTree) -> bpy.types.Node:
    return tree.nodes.new(f"{_MATH_FAMILY}SeparateXYZ")


def new_combine_xyz(tree: bpy.types.NodeTree) -> bpy.types.Node:
    return tree.nodes.new(f"{_MATH_FAMILY}CombineXYZ")


def new_mix(tree: bpy.types.NodeTree, blend: str) -> MixNode:
    """A Mix Color node, unclamped, factor 1; the alpha of `a` passes through. A number linked to `a` or `b` becomes a grey."""
    if hasattr(bpy.types, "CompositorNodeMixRGB"):
        node = tree.nodes.new("CompositorNodeMixRGB")
        node.use_clamp, node.use_alpha = False, False
    else:
        node = tree.nodes.new("ShaderNodeMix")
        node.data_type, node.clamp_result = "RGBA", False
    node.blend_type = blend
    mix = mix_sockets(node)
    mix.factor.default_value = 1.0
    return mix


def mix_sockets(node: bpy.types.Node) -> MixNode:
    """The sockets of a node made by `new_mix`, in this version or an older one."""
    if len(node.inputs) == 3:
        return MixNode(node=node, factor=node.inputs[0], a=node.inputs[1], b=node.inputs[2], result=node.outputs[0])
    return MixNode(node=node, factor=node.inputs[0], a=node.inputs[6], b=node.inputs[7], result=node.outputs[2])  # names repeat


def scale_to_render_size(node: bpy.types.Node, *, keep_shape: bool) -> None:
    """Let a Scale node fill the render: stretched, or fitted inside with its own shape. Menus became sockets in 5.0."""
    method = "FIT" if keep_shape else "STRETCH"
    if "Type" in node.inputs:
        node.inputs["Type"].default_value = "Render Size"
        node.inputs["Frame Type"].default_value = method.title()
        for name in ("Extension X", "Extension Y"):  # or the outermost pixels turn half transparent
            if not keep_shape and name in node.inputs:
                node.inputs[name].default_value = "Extend"
    else:
        node.space, node.frame_method = "RENDER_SIZE", method


def scale_relative(node: bpy.types.Node) -> None:
    """Let a Scale node multiply the size by its inputs X and Y."""
    if "Type" in node.inputs:
        node.inputs["Type"].default_value = "Relative"
    else:
        node.space = "RELATIVE"


def interpolate(node: bpy.types.Node, how: str) -> None:
    """Say how a Scale node reads between pixels, `how` as the menu has it; 4.2 has no choice."""
    if "Interpolation" in node.inputs:
        node.inputs["Interpolation"].default_value = how
    elif hasattr(node, "interpolation"):
        node.interpolation = how.upper()


def scale_to_pixels(node: bpy.types.Node, *, width: int, height: int) -> None:
    """Let a Scale node give an image of this size."""
    if "Type" in node.inputs:
        node.inputs["Type"].default_value = "Absolute"
    else:
        node.space = "ABSOLUTE"
    node.inputs["X"].default_value, node.inputs["Y"].default_value = width, height


# Colour ---------------------------------------------------------------------------------------------------------------


def ocio_config() -> str:
    """The OpenColorIO configuration Blender uses: ``$OCIO``, or the one it brings; ``""`` where neither is a file, and where
    ``$OCIO`` names one that OpenColorIO itself brings, as ``ocio://cg-config-latest`` does: the engine inherits the variable.
    """
    wanted = os.environ.get("OCIO", "")
    if wanted.startswith("ocio://"):
        return ""
    own = os.path.join(bpy.utils.system_resource("DATAFILES", path="colormanagement") or "", "config.ocio")
    return next((path for path in (wanted, own) if path and os.path.isfile(path)), "")
