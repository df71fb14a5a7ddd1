"""A plate that Cycles made under a known sun and sky, shadows and bounced light with it: the light is found and lights CG alike."""

from __future__ import annotations

import bpy
import ground_truth
import numpy as np
from footage import write_exr
from match_plates import angle, unit
from mathutils import Vector
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import passes
from platelight.addon.nodes.block import Block
from platelight.addon.relight import matched_sun
from platelight.addon.relight.match import run, wiring
from platelight.addon.relight.match.fit import Assumptions
from strips import image_strip

SUN = unit(-0.55, -0.6, 0.6)
FRAMES = (1, 2, 3)
SAMPLES = 16


def light(scene):
    """A warm sun and a blue sky."""
    data = bpy.data.lights.new("Truth", "SUN")
    data.energy, data.color, data.angle = 4.0, (1.0, 0.85, 0.65), np.radians(2)
    made = ground_truth.add(scene, "Truth", data)
    made.rotation_euler = Vector(SUN).to_track_quat("Z", "Y").to_euler()
    ground_truth.sky(scene, None, None).animation_data_clear()
    return made


def paint():
    """A checker of two paints on everything, in grain."""
    material = bpy.data.materials.new("paint")
    if material.node_tree is None:
        material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    place, checker, noise = (nodes.new(f"ShaderNode{kind}") for kind in ("TexCoord", "TexChecker", "TexNoise"))
    grain, shader = nodes.new("ShaderNodeVectorMath"), nodes.new("ShaderNodeBsdfDiffuse")
    checker.inputs["Scale"].default_value, noise.inputs["Scale"].default_value = 1.7, 9.0
    checker.inputs["Color1"].default_value, checker.inputs["Color2"].default_value = (0.8, 0.7, 0.6, 1), (0.35, 0.4, 0.5, 1)
    for texture in (checker, noise):
        links.new(place.outputs["Object"], texture.inputs["Vector"])
    grain.operation = "MULTIPLY"
    links.new(checker.outputs["Color"], grain.inputs[0])
    links.new(noise.outputs[0], grain.inputs[1])
    links.new(grain.outputs["Vector"], shader.inputs["Color"])
    links.new(shader.outputs[0], nodes.new("ShaderNodeOutputMaterial").inputs[0])
    for mesh in bpy.data.meshes:
        mesh.materials.clear()
        mesh.materials.append(material)


def test_the_light_of_a_rendered_plate_is_found_and_lights_cg_alike(scene, tmp_path):
    ground_truth.stage(scene)
    truth = light(scene)
    paint()
    scene.cycles.max_bounces = 2
    ground_truth.write_passes(scene, FRAMES, tmp_path)
    files, plates = [], {}
    for frame in FRAMES:
        plates[frame] = ground_truth.cycles(scene, "Image", frame, tmp_path, samples=SAMPLES)
        planes = {name: np.ascontiguousarray(plates[frame][..., index]) for index, name in enumerate("RGB")}
        files.append(write_exr(tmp_path / f"plate.{frame:04d}.exr", planes))
    image_strip(scene, files)
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(tmp_path), passes=("normal",), first=1, last=3)
    for _ in run.match(scene, "plate", frames=3, assume=Assumptions()):
        pass
    node = wiring.node_of(scene, "plate")
    assert wiring.in_world(node), "the camera turns"
    off = max(angle(row[1:4], SUN) for row in wiring.suns(node))

    tree = compat.compositor_tree(scene)
    parts = {}
    for name in ("Albedo", "Original Light", "Highlights"):
        tree.links.new(node.outputs[name], compat.output_socket(tree))
        parts[name] = ground_truth.shoot(scene, 2, tmp_path / "back.exr")
    back = parts["Albedo"] * parts["Original Light"] + parts["Highlights"]
    worst = np.abs(back - plates[2]).max() / plates[2].max()

    matched_sun.make(scene, "plate")
    assert Block(tree, strip_name="plate").find("match") == node
    bpy.data.objects.remove(truth)
    again = ground_truth.cycles(scene, "Image", 2, tmp_path, samples=SAMPLES)
    ratio = np.log(again / plates[2]).mean(-1)
    alike = float(np.median(np.abs(ratio - np.median(ratio))))
    print(f"\nBlender {bpy.app.version_string}: Cycles plate: sun {off:.1f} degrees off, plate back within {worst:.2%},")
    print(f"under the Sun and World made from it the scene differs by {alike:.1%} (median, exposure aside)")
    assert off < 10 and worst < 0.03 and alike < 0.15
