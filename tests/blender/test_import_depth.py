"""A depth pass comes in beside the normals and reaches the scene's lights in metres."""

from __future__ import annotations

import bpy
import numpy as np
import OpenEXR
import pytest
from footage import HEIGHT, WIDTH, render, write_normals, write_plate
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import depth, passes
from platelight.addon.nodes.block import Block
from platelight.addon.relight.lights import scene_lights
from strips import image_strip


def relative(frame):
    """Relative depth as the engine writes it, (H, W): from 1 on the left to 100 on the right, evenly in 1 / depth."""
    across = np.linspace(1.0, 0.01, WIDTH) + 0.0 * frame
    return np.broadcast_to((1 / across).astype(np.float32), (HEIGHT, WIDTH))


def write_depth(out, numbers, values, *, unit):
    for n in numbers:
        file = out / "depth" / f"plate.{n:04d}.exr"
        file.parent.mkdir(parents=True, exist_ok=True)
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, "platelight/unit": unit}
        OpenEXR.File(header, {"Depth.Z": np.ascontiguousarray(values)}).write(str(file))


@pytest.fixture
def shot(scene, registered, tmp_path):
    """A strip of two frames with normals; a function that writes a depth and attaches the passes given."""
    image_strip(scene, write_plate(tmp_path / "plate", range(1, 3)))
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    out = tmp_path / "passes"
    write_normals(out, range(1, 3))
    [target] = clips.targets_by_pattern("plate")

    def attach(values, *, unit, asked=("normal",)):
        write_depth(out, range(1, 3), values, unit=unit)
        return passes.attach(scene, target=target, out=str(out), passes=asked, first=1, last=2)

    return attach


def shown_depth(scene, folder):
    """What arrives at the lights, frame 2."""
    scene_lights.wire(scene, "plate", collection=None)
    tree = compat.compositor_tree(scene)
    lights = Block(tree, strip_name="plate").find("lights")
    tree.links.new(lights.inputs["Depth"].links[0].from_socket, compat.output_socket(tree))
    return render(scene, [2], folder)[2][..., 0]


def node(scene):
    return Block(compat.compositor_tree(scene), strip_name="plate").find(depth.NODE)


def test_relative_depth_between_near_and_far(scene, shot, tmp_path):
    """1 in the file is Near, 100 is Far, and what lies between is even in 1 / metres; the sliders may be animated."""
    notices = shot(relative(1), unit="relative")
    assert any("relative" in notice for notice in notices)
    near, far = node(scene).inputs["Near"], node(scene).inputs["Far"]
    far.default_value = 20.0
    for frame, value in ((1, 9.0), (2, 4.0)):
        near.default_value = value
        near.keyframe_insert("default_value", frame=frame)
    want = 1 / np.linspace(1 / 4, 1 / 20, WIDTH)
    np.testing.assert_allclose(shown_depth(scene, tmp_path), np.broadcast_to(want, (HEIGHT, WIDTH)), rtol=1e-4)
    scene.frame_set(2)
    assert depth.scale_of(node(scene)).metres(1.0) == pytest.approx(4) and depth.scale_of(node(scene)).metres(100) == pytest.approx(
        20
    )


def test_a_point_of_known_distance_scales_the_rest(scene, shot, tmp_path):
    shot(relative(1), unit="relative")
    before = shown_depth(scene, tmp_path)
    scene.frame_set(2)
    bpy.ops.platelight.depth_at_point(shot="plate", x=0.25, y=0.5, metres=7.0)
    after = shown_depth(scene, tmp_path)
    assert after[HEIGHT // 2, WIDTH // 4] == pytest.approx(7.0, rel=0.1)
    np.testing.assert_allclose(after / before, after[0, 0] / before[0, 0], rtol=1e-3)


def test_metric_depth_stays_until_it_is_corrected(scene, shot, tmp_path):
    values = np.linspace(2, 6, WIDTH * HEIGHT, dtype=np.float32).reshape(HEIGHT, WIDTH)
    assert not any("relative" in notice for notice in shot(values, unit="metres"))
    np.testing.assert_allclose(shown_depth(scene, tmp_path), values, rtol=1e-6)
    scene.frame_set(2)
    bpy.ops.platelight.depth_at_point(shot="plate", x=0.5, y=0.5, metres=8.0)
    np.testing.assert_allclose(shown_depth(scene, tmp_path), values * 2, rtol=0.05)


def test_passes_lie_beside_each_other_whichever_came_first(scene, shot):
    shot(relative(1), unit="relative", asked=("depth",))
    block = Block(compat.compositor_tree(scene), strip_name="plate")
    assert block.find("pass normal") and block.find("relight").inputs["Normal"].is_linked
    node(scene).inputs["Near"].default_value = 1.5
    nodes = len(compat.compositor_tree(scene).nodes)
    shot(relative(1), unit="relative", asked=("normal", "depth"))
    assert node(scene).inputs["Near"].default_value == 1.5 and len(compat.compositor_tree(scene).nodes) == nodes


def test_half_a_depth_pass_is_left_out(scene, shot, tmp_path):
    write_depth(tmp_path / "passes", range(1, 2), relative(1), unit="relative")
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(tmp_path / "passes"), passes=("normal",), first=1, last=2)
    assert node(scene) is None


def test_a_point_without_depth_is_refused(scene, shot):
    shot(np.zeros((HEIGHT, WIDTH), np.float32), unit="metres")
    with pytest.raises(RuntimeError, match="no depth at that point"):
        bpy.ops.platelight.depth_at_point(shot="plate", x=0.5, y=0.5, metres=3.0)
    with pytest.raises(RuntimeError, match="no depth pass"):
        bpy.ops.platelight.depth_at_point(shot="another", x=0.5, y=0.5, metres=3.0)
