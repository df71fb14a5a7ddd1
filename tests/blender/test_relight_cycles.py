"""The relight group's light beside Cycles': the same scene, camera and lights, pixel by pixel."""

from __future__ import annotations

import math

import bpy
import ground_truth
import numpy as np
import pytest
from footage import write_plate
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import passes
from platelight.addon.nodes.block import Block
from platelight.addon.relight.lights import scene_lights
from strips import image_strip

FRAMES = [1, 2, 3]
LIGHTS = {
    "sun": {"kind": "SUN", "energy": 3.0, "angle": 0.0},
    "point": {"kind": "POINT", "energy": 300.0, "shadow_soft_size": 0.0},
    "large point": {"kind": "POINT", "energy": 300.0, "shadow_soft_size": 0.3},
    "spot": {"kind": "SPOT", "energy": 300.0, "shadow_soft_size": 0.0, "spot_size": math.radians(60), "spot_blend": 0.4},
    "hard spot": {"kind": "SPOT", "energy": 300.0, "shadow_soft_size": 0.0, "spot_size": math.radians(50), "spot_blend": 0.05},
    "area": {"kind": "AREA", "energy": 200.0, "shape": "RECTANGLE", "size": 1.2, "size_y": 0.6},
    "disk": {"kind": "AREA", "energy": 200.0, "shape": "DISK", "size": 0.8},
    "area, not normalized": {"kind": "AREA", "energy": 200.0, "shape": "SQUARE", "size": 0.7, "normalize": False},
    "area with spread": {
        "kind": "AREA",
        "energy": 200.0,
        "shape": "RECTANGLE",
        "size": 0.6,
        "size_y": 0.4,
        "spread": math.radians(100),
    },
    "tight large spot": {
        "kind": "SPOT",
        "energy": 300.0,
        "shadow_soft_size": 0.05,
        "spot_size": math.radians(55),
        "spot_blend": 0.02,
    },
    "large sun": {"kind": "SUN", "energy": 3.0, "angle": math.radians(10)},
    "sun, not normalized": {"kind": "SUN", "energy": 300.0, "angle": math.radians(5), "normalize": False},
    "spot, not normalized": {"kind": "SPOT", "energy": 30000.0, "shadow_soft_size": 0.02, "spot_size": 1.0, "normalize": False},
    "point, not normalized": {"kind": "POINT", "energy": 3000.0, "shadow_soft_size": 0.2, "normalize": False},
}
SHARP = ("sun", "point", "spot", "hard spot")
"""Lights without size; Cycles samples the others, so that its pixels are noisy."""
EDGES = ("tight large spot", "area with spread")
"""Lights whose edge is in the picture, where each sample counts."""


def relight(scene, folder, numbers=FRAMES):
    """Plate, passes and the scene's lights in the compositor; gives its tree and the node of the lights."""
    image_strip(scene, write_plate(folder, range(1, 4), width=ground_truth.WIDTH, height=ground_truth.HEIGHT))
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(folder), passes=("normal", "depth"), first=1, last=max(numbers))
    scene_lights.wire(scene, "plate", collection=None)
    tree = compat.compositor_tree(scene)
    return tree, Block(tree, strip_name="plate").find("lights")


def show(scene, socket):
    tree = compat.compositor_tree(scene)
    tree.links.new(socket, compat.output_socket(tree))


def difference(got, want, seen):
    """Largest difference of any surface pixel, as a share of the brightest."""
    return float(np.abs(got - want)[seen].max() / want[seen].max())


@pytest.mark.parametrize("name", LIGHTS)
def test_diffuse_light_is_cycles(scene, tmp_path, name):
    if "normalize" in LIGHTS[name] and "normalize" not in bpy.types.Light.bl_rna.properties:
        pytest.skip("this version always shares power out over the light's surface")
    ground_truth.stage(scene)
    ground_truth.paint()
    ground_truth.moving_light(scene, **LIGHTS[name])
    numbers = FRAMES if name in SHARP else [1, 3]
    seen = ground_truth.write_passes(scene, range(1, 4), tmp_path, edges=name in SHARP)
    samples = 1 if name in SHARP else 1024 if name in EDGES else 256
    want = {frame: ground_truth.cycles(scene, "Diffuse Direct", frame, tmp_path, samples=samples) for frame in numbers}
    _, node = relight(scene, tmp_path, numbers)
    show(scene, node.outputs["Diffuse"])
    worst = 0.0
    for frame in numbers:
        got = ground_truth.shoot(scene, frame, tmp_path / "ours.exr")
        assert (want[frame][seen[frame]] > 0.1 * want[frame].max()).mean() > 0.03, "the light is in the picture"
        worst = max(worst, difference(got, want[frame], seen[frame]))
    print(f"\nBlender {bpy.app.version_string}: {name}, diffuse: {worst:.2%} of the maximum")
    assert worst < 0.02


@pytest.mark.parametrize("name", ["sun", "point", "spot"])
def test_highlights_are_cycles(scene, tmp_path, name):
    ground_truth.stage(scene)
    ground_truth.paint()
    ground_truth.moving_light(scene, **LIGHTS[name])
    seen = ground_truth.write_passes(scene, [1], tmp_path)
    want = {}
    for roughness in (0.2, 0.5, 1.0):
        ground_truth.paint(roughness=roughness)
        want[roughness] = ground_truth.cycles(scene, "Glossy Direct", 1, tmp_path)
    _, node = relight(scene, tmp_path, [1])
    show(scene, node.outputs["Specular"])
    node.inputs["Reflectance"].default_value = 1.0
    for roughness, expected in want.items():
        node.inputs["Roughness"].default_value = roughness
        worst = difference(ground_truth.shoot(scene, 1, tmp_path / "ours.exr"), expected, seen[1])
        print(f"\nBlender {bpy.app.version_string}: {name}, roughness {roughness}: {worst:.2%} of the maximum")
        assert worst < 0.05


@pytest.mark.parametrize("kind", ["color", "gradient", "picture"])
def test_the_world_is_cycles(scene, tmp_path, kind):
    """A ball alone, so that nothing hides the sky from it; a picture is turned about all axes: one from ground to sky, and one with
    a soft sun as well."""
    ground_truth.stage(scene)
    bpy.data.objects.remove(bpy.data.objects["Plane"])
    ground_truth.paint()
    rise, turn = np.mgrid[-32:32, -64:64] * np.pi / 64 + np.pi / 128
    sun = np.exp(-((turn - 0.8) ** 2 + (rise - 0.6) ** 2) / 0.08) * (kind == "picture")
    picture = np.stack([0.5 + 0.3 * np.sin(rise) + 6 * sun, 0.6 + 0.2 * np.cos(turn) + 4 * sun, 0.8 + 0.5 * np.sin(rise)], -1)
    ground_truth.sky(scene, None if kind == "color" else picture.astype(np.float32), tmp_path)
    seen = ground_truth.write_passes(scene, FRAMES, tmp_path, edges=False)
    want = {frame: ground_truth.cycles(scene, "Diffuse Direct", frame, tmp_path, samples=1600) for frame in (1, 3)}
    _, node = relight(scene, tmp_path)
    show(scene, node.outputs["Diffuse"])
    got = {frame: ground_truth.shoot(scene, frame, tmp_path / "ours.exr") for frame in want}
    worst = max(difference(got[frame], want[frame], seen[frame]) for frame in want)
    print(f"\nBlender {bpy.app.version_string}: world, {kind}: {worst:.2%} of the maximum")
    assert worst < 0.05
