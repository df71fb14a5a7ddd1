"""Scenes that Cycles and the relight group both light: what Cycles sees of them, and what it makes of their light."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import bpy
import numpy as np
from footage import read_exr, write_exr
from platelight.addon.blender import compat

WIDTH, HEIGHT = 48, 27


def stage(scene: bpy.types.Scene) -> bpy.types.Object:
    """A ball on a floor and a camera of odd scale and shift that flies past them, for Cycles; gives the camera."""
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    camera = add(scene, "Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens, camera.data.shift_x, camera.data.shift_y, camera.scale = 40.0, 0.06, -0.04, (1.7, 1.7, 1.7)
    for frame, place, turn in ((1, (-1.0, -6.0, 1.6), (80, 0, -8)), (3, (1.6, -5.0, 2.2), (72, 4, 16))):
        camera.location, camera.rotation_euler = place, [math.radians(angle) for angle in turn]
        camera.keyframe_insert("location", frame=frame)
        camera.keyframe_insert("rotation_euler", frame=frame)
    scene.camera = camera
    bpy.ops.mesh.primitive_uv_sphere_add(segments=96, ring_count=64, radius=1.1, location=(0, 0, 1.0))
    for polygon in bpy.context.object.data.polygons:
        polygon.use_smooth = True
    bpy.ops.mesh.primitive_plane_add(size=30)
    scene.render.engine = "CYCLES"
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.cycles.use_denoising, scene.cycles.max_bounces, scene.cycles.samples = False, 0, 1
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "GAUSSIAN", 0.01
    return camera


def sky(scene: bpy.types.Scene, picture: np.ndarray | None, folder: Path) -> bpy.types.World:
    """A world of that equirectangular radiance (H, W, 3), row 0 at the bottom, turned and brightened from frame 1 to 3; or of a
    colour."""
    world = scene.world = bpy.data.worlds.new("Sky")
    if world.node_tree is None:
        world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    background = next(node for node in nodes if node.bl_idname == "ShaderNodeBackground")
    background.inputs["Color"].default_value = (0.3, 0.5, 0.9, 1.0)
    for frame, strength in ((1, 0.7), (3, 1.4)):
        background.inputs["Strength"].default_value = strength
        background.inputs["Strength"].keyframe_insert("default_value", frame=frame)
    if picture is not None:
        file = write_exr(folder / "sky.exr", {c: np.ascontiguousarray(picture[::-1, :, i]) for i, c in enumerate("RGB")})
        texture, mapping, place = (nodes.new(f"ShaderNode{kind}") for kind in ("TexEnvironment", "Mapping", "TexCoord"))
        world.cycles.sampling_method, world.cycles.sample_map_resolution = "MANUAL", 64
        texture.image = bpy.data.images.load(str(file))
        links.new(place.outputs["Generated"], mapping.inputs["Vector"])
        links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
        links.new(texture.outputs["Color"], background.inputs["Color"])
        for frame, turn in ((1, (0.2, -0.3, 0.5)), (3, (0.5, 0.4, 2.5))):
            mapping.inputs["Rotation"].default_value = turn
            mapping.inputs["Rotation"].keyframe_insert("default_value", frame=frame)
    return world


def add(scene: bpy.types.Scene, name: str, data: bpy.types.ID) -> bpy.types.Object:
    made = bpy.data.objects.new(name, data)
    scene.collection.objects.link(made)
    return made


def paint(*, roughness: float | None = None) -> None:
    """All surfaces white: matte, or a mirror of that roughness (GGX, no Fresnel)."""
    material = bpy.data.materials.new("surface")
    if material.node_tree is None:
        material.use_nodes = True
    nodes = material.node_tree.nodes
    nodes.clear()
    shader = nodes.new("ShaderNodeBsdfDiffuse" if roughness is None else "ShaderNodeBsdfAnisotropic")
    shader.inputs["Color"].default_value = (1, 1, 1, 1)
    if roughness is not None:
        shader.distribution, shader.inputs["Roughness"].default_value = "GGX", roughness
    material.node_tree.links.new(shader.outputs[0], nodes.new("ShaderNodeOutputMaterial").inputs[0])
    for mesh in bpy.data.meshes:
        mesh.materials.clear()
        mesh.materials.append(material)


def moving_light(scene: bpy.types.Scene, kind: str, **settings: object) -> bpy.types.Object:
    """A coloured light that casts no shadow, moves, turns and brightens from frame 1 to 3."""
    data = bpy.data.lights.new(kind.title(), kind)
    data.color, data.use_shadow = (1.0, 0.6, 0.3), False
    for name, value in settings.items():
        setattr(data, name, value)
    data.exposure, data.use_temperature, data.temperature = 0.5, True, 4000
    light = add(scene, kind.title(), data)
    energy = data.energy
    for frame, place, turn, more in ((1, (2.0, -2.5, 3.2), (40, 20, 15), 1.0), (3, (-1.5, -2.0, 3.6), (30, -25, 40), 1.6)):
        light.location, light.rotation_euler, data.energy = place, [math.radians(angle) for angle in turn], energy * more
        for block, path in ((light, "location"), (light, "rotation_euler"), (data, "energy")):
            block.keyframe_insert(path, frame=frame)
    return light


def cycles(scene: bpy.types.Scene, name: str, frame: int, folder: Path, *, samples: int = 1) -> np.ndarray:
    """A pass of the scene as Cycles makes it, float32 (H, W, 3): `Depth`, `Normal` (world space), `Diffuse Direct`, …"""
    layer = scene.view_layers[0]
    layer.use_pass_z = layer.use_pass_normal = layer.use_pass_diffuse_direct = layer.use_pass_glossy_direct = True
    tree, _ = compat.ensure_compositor_tree(scene)
    tree.nodes.clear()
    compat.use_cpu_compositor(scene)
    layers = tree.nodes.new("CompositorNodeRLayers")
    names = {"Diffuse Direct": "DiffDir", "Glossy Direct": "GlossDir"}
    source = layers.outputs.get(name) or layers.outputs[names[name]]
    tree.links.new(source, compat.new_output_socket(tree))
    scene.cycles.samples = samples
    image = shoot(scene, frame, folder / "cycles.exr")
    tree.nodes.clear()
    return image


def shoot(scene: bpy.types.Scene, frame: int, file: Path) -> np.ndarray:
    settings = scene.render.image_settings
    settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGBA"
    scene.frame_set(frame)
    scene.render.filepath = str(file)
    bpy.ops.render.render(write_still=True, scene=scene.name)
    return read_exr(file)[..., :3]


def write_passes(scene: bpy.types.Scene, frames: Iterable[int], folder: Path, *, edges: bool = True) -> dict[int, np.ndarray]:
    """The exact normal (camera space) and depth passes of a scene as the engine would name them.

    Gives a mask (H, W) of the surfaces that face the camera by 6 degrees or more. Without `edges`, pixels at which the depth jumps
    are left out: several samples of them see several surfaces.
    """
    seen = {}
    for frame in frames:
        depth, normal = cycles(scene, "Depth", frame, folder)[..., 0], cycles(scene, "Normal", frame, folder)
        turn = np.array(scene.camera.matrix_world.normalized())[:3, :3]
        planes = np.moveaxis((normal @ turn).astype(np.float32), -1, 0)
        channels = {f"Normal.{axis}": np.ascontiguousarray(plane) for axis, plane in zip("XYZ", planes, strict=True)}
        write_exr(folder / "normal" / f"plate.{frame:04d}.exr", channels)
        write_exr(folder / "depth" / f"plate.{frame:04d}.exr", {"Depth.Z": np.ascontiguousarray(np.minimum(depth, 1e4))})
        facing = normal @ turn[:, 2]
        seen[frame] = (depth < 1e4) & (np.abs(facing) > 0.1)
        if not edges:
            wide = np.pad(depth, 1, mode="edge")
            around = [wide[1 + y : 1 + y + HEIGHT, 1 + x : 1 + x + WIDTH] for y in (-1, 0, 1) for x in (-1, 0, 1)]
            seen[frame] &= np.max(around, 0) < 1.2 * np.min(around, 0)
    return seen
