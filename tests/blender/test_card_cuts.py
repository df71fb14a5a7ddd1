"""The card before the cameras that timeline markers cut to, and in files that change between versions of Blender."""

from __future__ import annotations

import bpy
import ground_truth
import numpy as np
import pytest
from carded import attach, stand
from footage import linear, plate_bytes, read_exr, write_exr
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import depth, passes
from platelight.addon.errors import UserError
from platelight.addon.nodes.block import Block
from platelight.addon.relight import card
from platelight.addon.relight.card import controls, paint

SIZE = {"width": 64, "height": 36}


@pytest.fixture
def cameras(scene):
    """The moving camera of the stage, and one elsewhere with another lens, sensor fit and shift."""
    first = stand(scene, **SIZE)
    other = ground_truth.add(scene, "Other", bpy.data.cameras.new("Other"))
    other.location, other.rotation_euler = (4.0, 3.0, 2.0), (0.7, 0.4, 2.0)
    other.data.lens, other.data.sensor_fit, other.data.shift_x, other.data.clip_end = 24.0, "VERTICAL", 0.1, 50.0
    return first, other


def cut(scene, *cameras: bpy.types.Object, frames: tuple[int, ...]) -> None:
    for frame, camera in zip(frames, cameras, strict=True):
        scene.timeline_markers.new(f"M{frame}", frame=frame).camera = camera


def animated(scene, folder) -> dict[int, np.ndarray]:
    """All frames of the 3D scene, as an animation renders them."""
    scene.render.use_compositing = scene.render.use_sequencer = False
    settings = scene.render.image_settings
    settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGBA"
    scene.render.filepath = str(folder / "card.####.exr")
    bpy.ops.render.render(animation=True, scene=scene.name)
    numbers = range(scene.frame_start, scene.frame_end + 1)
    return {frame: read_exr(folder / f"card.{frame:04d}.exr")[..., :3] for frame in numbers}


def test_every_pixel_shows_itself_through_every_camera(scene, cameras, tmp_path):
    first, other = cameras
    attach(scene, tmp_path, **SIZE, last=4)
    made, _ = card.add(scene, "plate")
    cut(scene, first, other, first, frames=(1, 2, 4))
    assert card.is_stale(scene, made)
    card.add(scene, "plate")
    assert not card.is_stale(scene, made) and len(made.constraints) == 4
    paint.sockets(controls.material(made))["Original Light"].default_value = 1.0
    scene.frame_start, scene.frame_end = 1, 4
    for frame, got in animated(scene, tmp_path).items():
        assert np.abs(got - linear(plate_bytes(frame, **SIZE))).max() < 2e-3, frame
    scene.frame_set(3)
    assert card.camera_of(made) == other
    scene.timeline_markers["M2"].frame = 3
    assert card.is_stale(scene, made)
    scene.timeline_markers.clear()
    card.add(scene, "plate")
    assert len(made.constraints) == 2 and not made.animation_data.drivers and not card.is_stale(scene, made)


def test_a_plate_stands_before_the_camera_of_its_own_frames(scene, cameras, tmp_path):
    """Whatever frame is shown, and though other plates have other cameras; two frames have one cut between them."""
    first, other = cameras
    attach(scene, tmp_path, **SIZE, last=2)
    cut(scene, other, first, other, frames=(-20, 0, 3))
    scene.camera = other
    made, _ = card.add(scene, "plate")
    assert [each.target for each in made.constraints] == [first, first] and not card.is_stale(scene, made)
    scene.timeline_markers["M3"].frame = 2
    assert card.is_stale(scene, made)


def test_a_camera_that_is_no_perspective_one_is_told_wherever_it_comes(scene, cameras, tmp_path):
    attach(scene, tmp_path, **SIZE)
    cameras[1].data.type = "ORTHO"
    cut(scene, *cameras, frames=(1, 3))
    with pytest.raises(UserError, match="Other is not a perspective camera"):
        card.add(scene, "plate")
    assert not card.cards(scene)


def test_metres_outlive_a_change_of_blender(scene, cameras, tmp_path):
    """Files of Blender 4 are opened in 5, where the compositor is found on another path; this one asks on both."""
    write_exr(tmp_path / "depth" / "plate.0001.exr", {"Depth.Z": np.full((SIZE["height"], SIZE["width"]), 3.0, np.float32)})
    attach(scene, tmp_path, **SIZE, last=1)
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(tmp_path), passes=("depth",), first=1, last=1)
    made, _ = card.add(scene, "plate")
    Block(compat.compositor_tree(scene), strip_name="plate").find(depth.NODE).inputs["Scale"].default_value = 2.0
    controls.look_again(made)
    scene.frame_set(1)
    mesh = made.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    assert {round(-vertex.co.z, 4) for vertex in mesh.vertices} == {6.0}
    variables = controls.node(made, controls.CARD).id_data.animation_data.drivers[-1].driver.variables
    if bpy.app.version < (5, 0, 0):
        ways = [variable.targets[0].data_path.split(".")[0] for variable in variables]
        assert ways == ["node_tree", "compositing_node_group"] and all(each.targets[0].use_fallback_value for each in variables)
    else:
        assert variables[0].targets[0].id == scene.compositing_node_group
