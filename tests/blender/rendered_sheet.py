"""A rendered scene in its own light, relit in the compositor, and what Cycles makes of the same lights: docs/images/rendered.jpg.

    python tests/blender/rendered_sheet.py OUT.jpg

Run it with a Blender's Python. From left to right, row by row: plate, Add, Replace; Cycles under the same new sun without shadows,
rim light, day for night. Normals and depth are the scene's own. How bright a plate's paint is nobody can tell from its light; the
slider Brightness is set so that Replace is as bright as Cycles.
"""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path

import bpy

import conftest  # noqa: F401 (makes the package platelight)

# isort: split
import ground_truth
import numpy as np
from footage import write_exr
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import passes
from platelight.addon.relight import control, presets
from platelight.addon.relight.lights import scene_lights
from platelight.addon.relight.match import run, wiring
from platelight.addon.relight.match.fit import Assumptions
from platelight.addon.relight.match.wiring import Mode
from strips import image_strip

WIDTH, HEIGHT, SAMPLES = 480, 270, 64
SKY, OLD, NEW = (0.35, 0.45, 0.6), (50.0, 10.0, 60.0), (60.0, 0.0, -60.0)


def new_scene() -> bpy.types.Scene:
    """Matte things on a checkered floor."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    camera = ground_truth.stage(scene)
    camera.animation_data_clear()
    camera.location, camera.rotation_euler = (0.0, -7.6, 2.6), [math.radians(angle) for angle in (76, 0, 0)]
    for each in [each for each in scene.objects if each.type == "MESH"]:
        bpy.data.objects.remove(each)
    scene.render.resolution_x, scene.render.resolution_y, scene.frame_end = WIDTH, HEIGHT, 1
    scene.view_settings.view_transform = "Standard"
    bpy.ops.mesh.primitive_plane_add(size=40)
    _paint(bpy.context.object, (0.55, 0.5, 0.42), checkered=True)
    bpy.ops.mesh.primitive_monkey_add(size=1.9, location=(-0.15, 0.2, 0.95), rotation=(-0.45, 0.0, -0.2))
    bpy.context.object.modifiers.new("Smooth", "SUBSURF").render_levels = 3
    _paint(bpy.context.object, (0.7, 0.42, 0.25))
    bpy.ops.mesh.primitive_uv_sphere_add(segments=128, ring_count=64, radius=0.7, location=(1.7, 1.0, 0.7))
    _paint(bpy.context.object, (0.25, 0.5, 0.7))
    bpy.ops.mesh.primitive_cylinder_add(vertices=128, radius=0.45, depth=2.2, location=(-1.9, 1.4, 1.1))
    _paint(bpy.context.object, (0.45, 0.6, 0.3))
    for each in [each for each in scene.objects if each.type == "MESH" and each.name != "Plane"]:
        for polygon in each.data.polygons:
            polygon.use_smooth = abs(polygon.normal.z) < 0.99 or len(polygon.vertices) < 5
    ground_truth.sky(scene, None, Path())
    background = next(node for node in scene.world.node_tree.nodes if node.bl_idname == "ShaderNodeBackground")
    scene.world.node_tree.animation_data_clear()
    background.inputs["Color"].default_value, background.inputs["Strength"].default_value = (*SKY, 1.0), 0.5
    return scene


def _paint(made: bpy.types.Object, color: tuple[float, float, float], *, checkered: bool = False) -> None:
    material = bpy.data.materials.new(made.name)
    if material.node_tree is None:
        material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    shader = nodes.new("ShaderNodeBsdfDiffuse")
    shader.inputs["Color"].default_value = (*color, 1.0)
    links.new(shader.outputs[0], nodes.new("ShaderNodeOutputMaterial").inputs[0])
    if checkered:
        checker, place = nodes.new("ShaderNodeTexChecker"), nodes.new("ShaderNodeTexCoord")
        checker.inputs["Scale"].default_value = 1.0
        for name, share in (("Color1", 1.0), ("Color2", 0.6)):
            checker.inputs[name].default_value = (*(share * part for part in color), 1.0)
        links.new(place.outputs["Object"], checker.inputs["Vector"])
        links.new(checker.outputs["Color"], shader.inputs["Color"])
    made.data.materials.append(material)


def sun(scene: bpy.types.Scene, name: str, turn: tuple[float, float, float], color: tuple[float, float, float]) -> bpy.types.Object:
    made = ground_truth.add(scene, name, bpy.data.lights.new(name, "SUN"))
    made.data.energy, made.data.angle, made.data.color = 4.0, math.radians(1), color
    made.rotation_euler = [math.radians(angle) for angle in turn]
    return made


def pictures(scene: bpy.types.Scene, folder: Path) -> list[np.ndarray]:
    """What the sheet shows, scene-linear (H, W, 3), row 0 at the top."""
    ground_truth.write_passes(scene, [1], folder)
    there = np.linalg.norm(ground_truth.cycles(scene, "Normal", 1, folder), axis=-1) > 0.5
    old = sun(scene, "Old", OLD, (1.0, 0.93, 0.8))
    plate = ground_truth.cycles(scene, "Image", 1, folder, samples=SAMPLES)
    file = write_exr(folder / "plate.0001.exr", {c: np.ascontiguousarray(plate[..., i]) for i, c in enumerate("RGB")})
    bpy.data.objects.remove(old)
    new = sun(scene, "New", NEW, (1.0, 0.6, 0.3))
    new.data.use_shadow = False
    want = ground_truth.cycles(scene, "Image", 1, folder, samples=SAMPLES)
    scene.render.use_sequencer = False
    image_strip(scene, [file])
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(folder), passes=("normal", "depth"), first=1, last=1)
    for _ in run.match(scene, "plate", frames=1, assume=Assumptions()):
        pass
    scene_lights.wire(scene, "plate", collection=None)
    shot = control.need(scene, "plate")
    shot.lights.inputs["Reflectance"].default_value, shot.lights.inputs["Roughness"].default_value = 0.0, 1.0

    def seen() -> np.ndarray:
        compat.compositor_tree(scene).links.new(control.result(shot), compat.output_socket(compat.compositor_tree(scene)))
        return ground_truth.shoot(scene, 1, folder / "seen.exr")

    wiring.set_mode(scene, "plate", Mode.REPLACE)
    brightness = wiring.node_of(scene, "plate").inputs["Brightness"]
    brightness.default_value *= float(np.median(seen()[there] / want[there]))
    print(f"Brightness {brightness.default_value:.2f}")
    found = [plate]
    for mode in (Mode.ADD, Mode.REPLACE):
        wiring.set_mode(scene, "plate", mode)
        found.append(seen())
    found.append(want)
    error = np.abs(found[2] - want)[there] / np.percentile(want, 99)
    print(f"Replace against Cycles: median {np.median(error):.2%}, 90th percentile {np.percentile(error, 90):.2%} of the maximum")
    wiring.set_mode(scene, "plate", Mode.OFF)
    scene_lights.unwire(scene, "plate")
    for name in ("RIM", "NIGHT"):
        presets.light_studio(control.need(scene, "plate"), presets.PRESETS[name], scene=scene)
        found.append(seen())
    return found


def main(arguments: list[str]) -> None:
    [out] = arguments
    with tempfile.TemporaryDirectory(prefix="platelight-sheet-") as name:
        found = pictures(new_scene(), Path(name))
    rows = [np.concatenate(found[start : start + 3], 1) for start in (0, 3)]
    sheet = np.concatenate(rows, 0).clip(0, 1)
    sheet = np.where(sheet <= 0.0031308, 12.92 * sheet, 1.055 * sheet ** (1 / 2.4) - 0.055)
    image = bpy.data.images.new("Sheet", sheet.shape[1], sheet.shape[0])
    image.pixels.foreach_set(np.concatenate((sheet, np.ones_like(sheet[..., :1])), -1)[::-1].astype(np.float32).ravel())
    image.file_format = "JPEG"
    image.save(filepath=str(Path(out).resolve()), quality=88)


if __name__ == "__main__":
    main(sys.argv[1:])
