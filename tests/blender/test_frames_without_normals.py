"""A frame whose passes are missing is the plate as it was shot, whatever lights it; a hole in a frame keeps its meaning."""

from __future__ import annotations

import bpy
import match_plates
import numpy as np
import pytest
import relit_shot
from footage import (
    HEIGHT,
    WIDTH,
    linear,
    normals,
    plate_bytes,
    render,
    render_elsewhere,
    write_exr,
    write_normal,
    write_plate,
)
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import passes
from platelight.addon.node_groups import light_types
from platelight.addon.node_groups import relight as relight_group
from platelight.addon.nodes.block import attached_strips
from platelight.addon.relight import control
from platelight.addon.relight.lights import scene_lights
from platelight.addon.relight.match import run, wiring
from platelight.addon.relight.match.fit import Assumptions
from relit import TOLERANCE, light
from strips import image_strip

GONE = 2


@pytest.fixture
def shot(scene, tmp_path):
    """A relit plate of three frames; the second has no normals."""
    group = relit_shot.make(scene, tmp_path)
    (tmp_path / f"passes/normal/plate.{GONE:04d}.exr").unlink()
    return group


def assert_as_shot(scene, folder, frame=GONE):
    image = render(scene, [frame], folder)[frame]
    np.testing.assert_allclose(image[..., :3], linear(plate_bytes(frame)), atol=TOLERANCE)
    assert np.all(image[..., 3] == 1)


def all_lights(scene):
    """A light of each kind, soft and lifted, and a world."""
    for index, kind in enumerate(light_types.KINDS):
        relit_shot.light(scene, f"L{index}", kind, energy=3.0 if kind == "SUN" else 200.0).location.z = 2.0
    scene.world = bpy.data.worlds.new("World")
    scene_lights.wire(scene, "plate", collection=None)
    for handle in control.handles(relit_shot.shot_of(scene)):
        for socket, value in ((handle.softness, 0.5), (handle.lift, 0.3)):
            if socket is not None:
                socket.default_value = value


def test_under_studio_lights(scene, shot, tmp_path):
    shot.inputs["Exposure"].default_value, shot.inputs["Key Softness"].default_value = 1.5, 0.8
    assert_as_shot(scene, tmp_path)
    shot.inputs["Amount"].default_value = 0.4
    assert_as_shot(scene, tmp_path)


def test_under_all_kinds_of_scene_lights_with_highlights(scene, shot, tmp_path):
    all_lights(scene)
    assert_as_shot(scene, tmp_path)
    shot.inputs["Studio Lights"].default_value, shot.inputs["Exposure"].default_value = 1.0, -2.0
    assert_as_shot(scene, tmp_path)
    assert np.abs(render(scene, [1], tmp_path)[1][..., :3] - linear(plate_bytes(1))).max() > 0.1, "the others are relit"


def test_what_is_written_for_grading_adds_up_to_the_plate(scene, shot, tmp_path):
    """Light is 1, and no light has a share of it: plate x light + highlights is the plate."""
    all_lights(scene)
    shot.inputs["Studio Lights"].default_value = 1.0
    outputs = {name: shot.outputs[name] for name in ("Light", "Specular", "Light Mask", "Key", "Fill", "Grey")}
    outputs |= {f"{light.name} alone": light.result for light in control.handles(relit_shot.shot_of(scene)) if light.source}
    outputs["Mask"] = relit_shot.lights_node(scene).outputs["Mask"]
    for name, socket in outputs.items():
        seen = relit_shot.see(scene, socket, tmp_path, frame=GONE)
        np.testing.assert_allclose(seen, {"Light": 1.0, "Grey": 0.18}.get(name, 0.0), atol=1e-6, err_msg=name)


def test_a_project_whose_passes_are_all_gone_renders_the_plate_elsewhere(scene, shot, tmp_path):
    all_lights(scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    (tmp_path / "passes").rename(tmp_path / "away")
    image = render_elsewhere(tmp_path / "shot.blend", 3, tmp_path / "farm.exr")
    np.testing.assert_allclose(image[..., :3], linear(plate_bytes(3)), atol=TOLERANCE)


def test_a_matched_plate(scene, tmp_path):
    files = []
    for frame in (1, 2, 3):
        normal, albedo = match_plates.room(shift=0.02 * frame)
        plate = albedo * match_plates.lit(normal, match_plates.unit(-0.6, 0.65, 0.45))
        files.append(match_plates.write(tmp_path, frame, plate=plate, normal=normal))
    match_plates.attach(scene, tmp_path, files)
    for _ in run.match(scene, "plate", frames=3, assume=Assumptions()):
        pass
    (tmp_path / f"normal/plate.{GONE:04d}.exr").unlink()
    for mode in (wiring.Mode.REPLACE, wiring.Mode.ADD, wiring.Mode.MIX):
        wiring.set_mode(scene, "plate", mode)
        image = render(scene, [GONE], tmp_path)[GONE][..., :3]
        np.testing.assert_allclose(image, read_exr_rgb(files[GONE - 1]), atol=TOLERANCE, err_msg=mode.name)


def read_exr_rgb(file):
    import OpenEXR

    channels = OpenEXR.File(str(file), separate_channels=True).channels()
    return np.stack([channels[c].pixels for c in "RGB"], -1)


def test_imported_normals_whose_holes_are_filled(scene, registered, tmp_path):
    image_strip(scene, write_plate(tmp_path, range(1, 4)))
    for frame in (1, 2, 3):
        write_normal(tmp_path / f"n/n.{frame:04d}.exr", normals(frame))
    bpy.ops.platelight.import_normals(filepath=str(tmp_path / "n/n.0001.exr"), shot="plate")
    (tmp_path / f"n/n.{GONE:04d}.exr").unlink()
    assert_as_shot(scene, tmp_path)
    with pytest.raises(AssertionError):
        assert_as_shot(scene, tmp_path, frame=3)


def test_depth_alone_is_missing(scene, tmp_path):
    """Point lights at a distance of nothing would be a picture that looks right and isn't."""
    image_strip(scene, write_plate(tmp_path, range(1, 4)))
    for frame in (1, 2, 3):
        write_normal(tmp_path / f"passes/normal/plate.{frame:04d}.exr", normals(frame))
        write_exr(tmp_path / f"passes/depth/plate.{frame:04d}.exr", {"Depth.Z": np.full((HEIGHT, WIDTH), 4.0, np.float32)})
    [target] = clips.targets_by_pattern("plate")
    out = str(tmp_path / "passes")
    passes.attach(scene, target=target, out=out, passes=("normal", "depth"), first=1, last=3)
    scene.camera = relit_shot.ground_truth.add(scene, "Camera", bpy.data.cameras.new("Camera"))
    (tmp_path / f"passes/depth/plate.{GONE:04d}.exr").unlink()
    image = render(scene, [GONE], tmp_path)[GONE]
    assert np.abs(image[..., :3] - linear(plate_bytes(GONE)) * light(half(GONE))).max() < TOLERANCE, "nothing needs depth yet"
    all_lights(scene)
    assert_as_shot(scene, tmp_path)


def half(frame):
    """The normals as their file holds them."""
    value = normals(frame).astype(np.float16).astype(np.float64)
    return value / np.linalg.norm(value, axis=-1, keepdims=True)


def test_a_hole_in_a_frame_gets_ambient_light_only(scene, tmp_path):
    """One pixel with a normal is enough: the others have none on purpose."""
    value = np.zeros((HEIGHT, WIDTH, 3))
    value[7, 9] = 0.6, 0.0, 0.8
    write_normal(tmp_path / "passes/normal/plate.0001.exr", value)
    image_strip(scene, write_plate(tmp_path, range(1, 2)))
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(tmp_path / "passes"), passes=("normal",), first=1, last=1)
    image = render(scene, [1], tmp_path)[1]
    stored = value.astype(np.float16).astype(np.float64)
    np.testing.assert_allclose(image[..., :3], linear(plate_bytes(1)) * light(stored), atol=1e-3)


def test_a_pixel_that_is_no_number_spoils_itself_only(scene, tmp_path):
    value = normals(1)
    value[7, 9] = np.nan
    write_normal(tmp_path / "passes/normal/plate.0001.exr", value)
    image_strip(scene, write_plate(tmp_path, range(1, 2)))
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(tmp_path / "passes"), passes=("normal",), first=1, last=1)
    image = render(scene, [1], tmp_path)[1][..., :3]
    want = linear(plate_bytes(1)) * light(half(1))
    good = np.ones((HEIGHT, WIDTH), bool)
    good[7, 9] = False
    assert np.abs(image - want)[good].max() < TOLERANCE


def test_a_damaged_file_counts_as_missing(scene, shot, tmp_path):
    (tmp_path / f"passes/normal/plate.{GONE:04d}.exr").write_bytes(b"")
    assert_as_shot(scene, tmp_path)
    (tmp_path / f"passes/normal/plate.{GONE:04d}.exr").write_bytes(b"no EXR")
    assert_as_shot(scene, tmp_path)


def test_nothing_is_linked_to_normal(scene, tmp_path):
    """The group alone, in a tree of somebody's own, faces the camera."""
    tree, _ = compat.ensure_compositor_tree(scene)
    node = tree.nodes.new("CompositorNodeGroup")
    node.node_tree = relight_group.node_group()
    tree.links.new(node.outputs["Light"], compat.output_socket(tree) or compat.new_output_socket(tree))
    want = light(np.array([[[0.0, 0.0, 1.0]]]))[0, 0]
    np.testing.assert_allclose(render(scene, [1], tmp_path)[1][5, 5, :3], want, atol=TOLERANCE)
    assert attached_strips(tree) == set()
