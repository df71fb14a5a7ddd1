"""Renders `preview_heldout/`: eight short Cycles clips with camera-space normals, from things the ray-caster doesn't make.

Runs in a Python that has `bpy` (4.2 to 4.5) and OpenEXR:

    python tests/samples/make_preview_heldout.py tests/samples/preview_heldout
"""

import math
import sys
import tempfile
from pathlib import Path

import bpy
import numpy as np
import OpenEXR
from mathutils import Vector

WIDTH, HEIGHT, FRAMES, SAMPLES = 192, 144, 3, 32
CLIPS = ("monkey", "letters", "room", "meadow", "cloth", "street", "rocks", "kitchenware")


def material(name: str, first, second=None, *, texture: str = "", scale=5.0, roughness=0.6, metallic=0.0):
    """A Principled material, plain or with a Cycles texture between two colours."""
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    shader = nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*first, 1)
    shader.inputs["Roughness"].default_value = roughness
    shader.inputs["Metallic"].default_value = metallic
    if texture:
        pattern = nodes.new(f"ShaderNodeTex{texture}")
        pattern.inputs["Scale"].default_value = scale
        place = nodes.new("ShaderNodeTexCoord")
        links.new(place.outputs["Object"], pattern.inputs["Vector"])
        mix = nodes.new("ShaderNodeMix")
        mix.data_type = "RGBA"
        links.new(pattern.outputs.get("Fac") or pattern.outputs[0], mix.inputs["Factor"])
        mix.inputs[6].default_value, mix.inputs[7].default_value = (*first, 1), (*second, 1)
        links.new(mix.outputs[2], shader.inputs["Base Color"])
    return made


def dressed(made, *, smooth: bool = False, subdivide: int = 0):
    """The active object with a material, shading and subdivision."""
    thing = bpy.context.object
    thing.data.materials.append(made)
    if subdivide:
        thing.modifiers.new("subdivision", "SUBSURF").render_levels = subdivide
        thing.modifiers["subdivision"].levels = subdivide
    if smooth:
        bpy.ops.object.shade_smooth()
    return thing


def displaced(thing, *, kind: str, size: float, strength: float):
    """Adds a displacement by one of Blender's procedural textures."""
    texture = bpy.data.textures.new(kind, kind)
    texture.noise_scale = size
    modifier = thing.modifiers.new("displace", "DISPLACE")
    modifier.texture, modifier.strength, modifier.texture_coords = texture, strength, "LOCAL"


def lamp(kind: str, location, *, energy: float, colour=(1, 1, 1), size: float = 1.0, toward=(0, 0, 0)):
    bpy.ops.object.light_add(type=kind, location=location)
    light = bpy.context.object
    light.rotation_euler = (Vector(toward) - Vector(location)).to_track_quat("-Z", "Y").to_euler()
    light.data.energy, light.data.color = energy, colour
    if kind == "AREA":
        light.data.size = size
    if kind == "SUN":
        light.data.angle = math.radians(size)


def world(colour, *, sky: bool = False, strength: float = 1.0):
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("world")
    scene.world.use_nodes = True
    nodes = scene.world.node_tree.nodes
    background = nodes["Background"]
    background.inputs["Color"].default_value, background.inputs["Strength"].default_value = (*colour, 1), strength
    if sky:
        air = nodes.new("ShaderNodeTexSky")
        air.sky_type, air.sun_elevation, air.sun_rotation = "NISHITA", math.radians(28), 2.2
        scene.world.node_tree.links.new(air.outputs["Color"], background.inputs["Color"])


def monkey():
    world((0.2, 0.25, 0.35), strength=0.4)
    bpy.ops.mesh.primitive_plane_add(size=30)
    dressed(material("table", (0.25, 0.12, 0.05), (0.08, 0.03, 0.01), texture="Wave", scale=1.2))
    bpy.ops.mesh.primitive_monkey_add(size=2, location=(0, 0, 1.05), rotation=(-0.4, 0, 0.35))
    dressed(material("skin", (0.7, 0.45, 0.35), (0.4, 0.6, 0.2), texture="Voronoi", scale=3), smooth=True, subdivide=2)
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.5, location=(1.9, 0.6, 0.5))
    dressed(material("ball", (0.02, 0.02, 0.03), roughness=0.15), smooth=True)
    lamp("AREA", (-4, -3, 3), energy=500, size=2)
    return (0, -6, 2.2), (0.3, 0, 0.9), 42


def letters():
    world((0.5, 0.5, 0.5), strength=0.5)
    bpy.ops.mesh.primitive_plane_add(size=40)
    dressed(material("floor", (0.8, 0.8, 0.8), (0.03, 0.03, 0.03), texture="Checker", scale=0.8))
    bpy.ops.object.text_add(rotation=(math.pi / 2, 0, 0.2), location=(-2.3, 0, 0))
    text = bpy.context.object
    text.data.body, text.data.extrude, text.data.bevel_depth, text.data.size = "Plate", 0.25, 0.03, 1.9
    text.data.materials.append(material("paint", (0.75, 0.05, 0.04), roughness=0.3))
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=2, radius=0.6, location=(-1.4, -1.6, 0.55))
    dressed(material("facets", (0.1, 0.2, 0.7)))
    lamp("SUN", (6, -1, 1.5), energy=4, size=2, colour=(1, 0.8, 0.6))
    return (1.2, -6.5, 1.7), (-0.1, 0, 0.7), 38


def room():
    world((1, 1, 1), strength=0.15)
    bpy.ops.mesh.primitive_cube_add(size=1, location=(0, 0, 1.5))
    walls = dressed(material("wall", (0.6, 0.55, 0.4), (0.2, 0.35, 0.3), texture="Checker", scale=3))
    walls.scale = (6, 7, 3)
    bpy.ops.mesh.primitive_plane_add(size=8, location=(0, 0, 0.01))
    dressed(material("rug", (0.15, 0.02, 0.03), (0.5, 0.3, 0.1), texture="Magic", scale=2))
    wood = material("wood", (0.45, 0.25, 0.1), (0.3, 0.14, 0.05), texture="Noise", scale=4)
    for x, y, z, wide, deep, high in (
        (1.2, 1, 0.75, 1.6, 0.9, 0.08), (0.5, 0.65, 0.37, 0.08, 0.08, 0.74), (1.9, 0.65, 0.37, 0.08, 0.08, 0.74),
        (-1.6, 2.6, 1.0, 1.2, 0.5, 2.0), (-0.6, 0.4, 0.25, 0.5, 0.5, 0.5), (-0.6, 0.62, 0.7, 0.5, 0.08, 0.5),
    ):  # fmt: skip
        bpy.ops.mesh.primitive_cube_add(size=1, location=(x, y, z))
        dressed(wood).scale = (wide, deep, high)
    bpy.ops.mesh.primitive_monkey_add(size=0.7, location=(1.2, 0.9, 1.1), rotation=(-0.5, 0, -0.3))
    dressed(material("bust", (0.8, 0.8, 0.78)), smooth=True, subdivide=2)
    lamp("AREA", (2.6, -1.5, 2.2), energy=120, size=1.2, toward=(-1, 1, 0.5))
    lamp("POINT", (-2, 1, 2.6), energy=60, colour=(1, 0.7, 0.4))
    return (-0.3, -3, 1.5), (0.2, 2, 0.9), 24


def meadow():
    world((1, 1, 1), sky=True, strength=0.25)
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=160, y_subdivisions=160, size=60)
    ground = dressed(material("grass", (0.1, 0.2, 0.03), (0.2, 0.22, 0.06), texture="Noise", scale=3), smooth=True)
    displaced(ground, kind="CLOUDS", size=6, strength=2.2)
    for x, y, size in ((-2.5, 4, 1.5), (3, 8, 2.2), (0.5, 14, 2.6), (-7, 12, 2)):
        bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=5, radius=size, location=(x, y, size * 0.8 + 0.3))
        crown = dressed(material("leaves", (0.05, 0.12, 0.02), (0.12, 0.2, 0.04), texture="Noise", scale=9), smooth=True)
        displaced(crown, kind="CLOUDS", size=0.35, strength=0.9)
    bpy.ops.mesh.primitive_monkey_add(size=1.6, location=(1.1, 1.2, 1.2), rotation=(-0.2, 0, -0.4))
    dressed(material("fur", (0.35, 0.3, 0.3)), smooth=True, subdivide=2)
    return (0, -4.5, 2.6), (0.2, 2, 1.2), 32


def cloth():
    world((0.1, 0.1, 0.12), strength=1)
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=200, y_subdivisions=200, size=9, location=(0, 1.5, 1), rotation=(1.35, 0, 0))
    sheet = dressed(material("cloth", (0.5, 0.5, 0.6), (0.55, 0.1, 0.12), texture="Brick", scale=0.8), smooth=True)
    displaced(sheet, kind="CLOUDS", size=1.6, strength=1.3)
    bpy.ops.mesh.primitive_torus_add(location=(0.9, -1, 0.8), rotation=(1.1, 0.4, 0), major_radius=0.8, minor_radius=0.3)
    dressed(material("ring", (0.9, 0.7, 0.3), roughness=0.35, metallic=0.8), smooth=True, subdivide=2)
    bpy.ops.mesh.primitive_cone_add(location=(-1.4, -0.8, 0.5), radius1=0.7, depth=1.6)
    dressed(material("cone", (0.9, 0.9, 0.9), (0.1, 0.3, 0.1), texture="Wave", scale=2))
    lamp("AREA", (-3, -4, -2), energy=350, size=2, toward=(0, 0, 1))
    return (0, -6, 1), (0, 0, 0.9), 40


def street():
    world((1, 1, 1), sky=True, strength=0.2)
    bpy.ops.mesh.primitive_plane_add(size=300)
    dressed(material("asphalt", (0.03, 0.03, 0.03), (0.06, 0.06, 0.06), texture="Noise", scale=2))
    brick = material("brick", (0.5, 0.2, 0.12), (0.8, 0.75, 0.7), texture="Brick", scale=1.5)
    plaster = material("plaster", (0.8, 0.7, 0.5))
    for k in range(5):
        for side in (-1, 1):
            bpy.ops.mesh.primitive_cube_add(size=1, location=(side * (6 + k % 2), 3 + k * 7, 3 + k % 3))
            dressed(brick if (k + side) % 3 else plaster).scale = (5, 5.5, 6 + 2 * (k % 3))
    for x, y in ((-1.2, 4), (0.9, 6.5)):
        bpy.ops.mesh.primitive_cylinder_add(radius=0.28, depth=1.2, location=(x, y, 0.6))
        dressed(material("coat", (0.1 + x * 0.05 + 0.1, 0.15, 0.4)), smooth=True, subdivide=2)
        bpy.ops.mesh.primitive_uv_sphere_add(radius=0.24, location=(x, y, 1.45))
        dressed(material("head", (0.6, 0.4, 0.3)), smooth=True)
    return (0.3, -3, 1.7), (0, 8, 1.7), 28


def rocks():
    world((0.3, 0.35, 0.45), strength=0.5)
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=120, y_subdivisions=120, size=30)
    sand = dressed(material("sand", (0.5, 0.4, 0.25), (0.7, 0.6, 0.4), texture="Noise", scale=6), smooth=True)
    displaced(sand, kind="CLOUDS", size=2.5, strength=0.5)
    stone = material("stone", (0.12, 0.11, 0.1), (0.4, 0.38, 0.35), texture="Voronoi", scale=2)
    for x, y, size in ((-1.5, 0.5, 1.1), (1, 0.2, 0.8), (0.3, 2.6, 1.6), (-3, 3, 1.3), (2.7, 2, 0.9)):
        bpy.ops.mesh.primitive_cube_add(size=size * 1.6, location=(x, y, size * 0.5), rotation=(x, y, size))
        rock = dressed(stone, smooth=True, subdivide=5)
        displaced(rock, kind="VORONOI", size=0.8, strength=size * 0.6)
    lamp("SUN", (-4, 3, 2), energy=3, size=1, colour=(1, 0.9, 0.8))
    return (0, -5.5, 2), (0, 1, 0.6), 36


def kitchenware():
    world((0.9, 0.9, 1), strength=0.6)
    bpy.ops.mesh.primitive_plane_add(size=20)
    dressed(material("cloth", (0.85, 0.85, 0.8), (0.6, 0.1, 0.1), texture="Checker", scale=1.5))
    glaze = material("glaze", (0.1, 0.35, 0.45), (0.85, 0.85, 0.75), texture="Noise", scale=2, roughness=0.1)
    steel = material("steel", (0.7, 0.7, 0.72), roughness=0.3, metallic=1)
    for x, y, wide, high, made in ((-1.1, 0, 0.5, 1.3, glaze), (0.2, 0.5, 0.7, 0.8, steel), (1.4, -0.2, 0.45, 1.0, glaze)):
        bpy.ops.mesh.primitive_cylinder_add(radius=wide, depth=high, location=(x, y, high / 2), vertices=48)
        bevelled = dressed(made, smooth=True)
        bevelled.modifiers.new("bevel", "BEVEL").width = 0.12
        bevelled.modifiers["bevel"].segments = 4
        handle = {"major_radius": 0.28, "minor_radius": 0.07, "rotation": (math.pi / 2, 0, 0)}
        bpy.ops.mesh.primitive_torus_add(location=(x + wide, y, high / 2), **handle)
        dressed(made, smooth=True)
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.35, location=(0.4, -1, 0.33))
    dressed(material("apple", (0.6, 0.05, 0.03), (0.5, 0.5, 0.1), texture="Noise", scale=1.5, roughness=0.3), smooth=True)
    lamp("AREA", (3, -2, 3), energy=200, size=0.6)
    return (0.2, -4.6, 2.4), (0.1, 0, 0.5), 45


def render(name: str, out: Path, scratch: Path) -> None:
    """Renders one clip: a camera that drifts to the side, PNG frames and one file of normals."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    eye, target, lens = globals()[name]()
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", SAMPLES, True
    scene.cycles.seed, scene.render.threads_mode, scene.render.threads = 1, "FIXED", 2
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = WIDTH, HEIGHT, 100
    scene.view_settings.view_transform = ("AgX", "Filmic", "Standard")[CLIPS.index(name) % 3]
    scene.render.image_settings.file_format, scene.render.image_settings.color_mode = "PNG", "RGB"
    scene.view_layers[0].use_pass_normal = True
    scene.use_nodes = True
    nodes, links = scene.node_tree.nodes, scene.node_tree.links
    nodes.clear()
    layers, composite, writer = (nodes.new(f"CompositorNode{kind}") for kind in ("RLayers", "Composite", "OutputFile"))
    links.new(layers.outputs["Image"], composite.inputs["Image"])
    writer.base_path, writer.format.file_format, writer.format.color_depth = str(scratch), "OPEN_EXR", "32"
    writer.file_slots[0].path = f"{name}_"
    links.new(layers.outputs["Normal"], writer.inputs[0])
    bpy.ops.object.camera_add()
    camera = scene.camera = bpy.context.object
    camera.data.lens = lens
    normals = []
    for frame in range(1, FRAMES + 1):
        scene.frame_set(frame)
        camera.location = Vector(eye) + Vector((0.05 * (frame - 2), 0.03 * (frame - 2), 0.01 * frame))
        camera.rotation_euler = (Vector(target) - camera.location).to_track_quat("-Z", "Y").to_euler()
        scene.render.filepath = str(out / f"{name}.{frame:04d}.png")
        bpy.ops.render.render(write_still=True)
        with OpenEXR.File(str(scratch / f"{name}_{frame:04d}.exr")) as file:
            channels = file.channels()
            world_normals = np.stack([channels[axis].pixels for axis in "XYZ"], axis=-1)
        seen = world_normals @ np.array(camera.matrix_world.to_3x3())
        length = np.linalg.norm(seen, axis=-1, keepdims=True)
        unit = np.where(length > 0.7, seen / np.maximum(length, 1e-6), 0)
        normals.append(np.rint(unit * 128) / 128)
    np.savez_compressed(out / f"{name}.npz", normals=np.stack(normals).astype(np.float16))


if __name__ == "__main__":
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        for clip in CLIPS:
            render(clip, folder, Path(temporary))
