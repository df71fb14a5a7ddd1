"""Directions in the world: pixels beside numpy while the camera moves, however it is moved."""

from __future__ import annotations

import bpy
import ground_truth
import numpy as np
import pytest
from footage import linear, normals, plate_bytes, render, render_elsewhere, write_normals, write_plate
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import passes, space
from platelight.addon.errors import UserError
from platelight.addon.node_groups.relight import AMBIENT_COLOUR, AMBIENT_STRENGTH, LIGHTS
from platelight.addon.nodes.block import Block
from platelight.addon.relight.lights import scene_lights
from relit import TOLERANCE, stored
from solved import solve_camera
from strips import image_strip

FRAMES = [1, 3]


@pytest.fixture
def shot(scene, tmp_path):
    """A relit plate of three frames and a camera at rest; gives the plate's block."""
    image_strip(scene, write_plate(tmp_path, range(1, 4)))
    write_normals(tmp_path / "passes", range(1, 4))
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(tmp_path / "passes"), passes=("normal",), first=1, last=3)
    scene.camera = ground_truth.add(scene, "Camera", bpy.data.cameras.new("Camera"))
    return Block(compat.compositor_tree(scene), strip_name="plate")


def keyframes(scene, folder):
    """A camera of odd scale that turns about all axes."""
    scene.camera.scale = (1.7, 1.7, 1.7)
    for frame, turn in ((1, (1.2, 0.3, -0.4)), (3, (1.7, -0.5, 1.9))):
        scene.camera.rotation_euler = turn
        scene.camera.keyframe_insert("rotation_euler", frame=frame)


def parent(scene, folder):
    """A camera on an arm that looks at something."""
    keyframes(scene, folder)
    arm, goal = (ground_truth.add(scene, name, None) for name in ("Arm", "Goal"))
    goal.location = (1.0, 2.0, -1.0)
    for frame, turn in ((1, 0.4), (3, 2.6)):
        arm.rotation_euler.z = turn
        arm.keyframe_insert("rotation_euler", frame=frame)
    scene.camera.parent, scene.camera.location = arm, (3.0, 0.5, 1.0)
    track = scene.camera.constraints.new("TRACK_TO")
    track.target = goal


def solved(scene, folder):
    """A camera that a Camera Solver moves, after tracks of a clip."""
    clip = solve_camera(scene, folder)
    constraint = scene.camera.constraints.new("CAMERA_SOLVER")
    constraint.use_active_clip, constraint.clip = False, clip


def turns(scene):
    """The camera's rotation at each frame: camera space to world."""
    found = {}
    for frame in FRAMES:
        scene.frame_set(frame)
        found[frame] = np.array(scene.camera.matrix_world.to_3x3().normalized())
    assert np.abs(found[1] - found[3]).max() > 0.1, "the camera turns"
    return found


def show(block, socket):
    block.tree.links.new(socket, compat.output_socket(block.tree))


@pytest.mark.parametrize("moved", [keyframes, parent, solved])
def test_normals_in_the_world_follow_the_camera(scene, shot, tmp_path, moved):
    moved(scene, tmp_path)
    turn = turns(scene)
    node = space.add(scene, "plate")
    show(shot, node.outputs["World"])
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    images = render(scene, FRAMES, tmp_path) | {"elsewhere": render_elsewhere(tmp_path / "shot.blend", 3, tmp_path / "there.exr")}
    worst = 0.0
    for frame, image in images.items():
        number = 3 if frame == "elsewhere" else frame
        worst = max(worst, np.abs(image[..., :3] - held(number) @ turn[number].T).max())
    print(f"\nBlender {bpy.app.version_string}: {moved.__name__}: largest difference {worst:.1e}")
    assert worst < 1e-5
    for curve in node.node_tree.animation_data.drivers:
        assert curve.driver.is_simple_expression and curve.driver.is_valid


def test_the_lights_see_no_difference_and_world_passes_come_right(scene, shot, tmp_path):
    keyframes(scene, tmp_path)
    turn = turns(scene)
    before = render(scene, [3], tmp_path)[3]
    node = space.add(scene, "plate")
    np.testing.assert_allclose(render(scene, [3], tmp_path)[3], before, atol=1e-6)
    node.inputs["In World"].default_value = 1.0
    show(shot, node.outputs["Camera"])
    np.testing.assert_allclose(render(scene, [3], tmp_path)[3][..., :3], held(3) @ turn[3], atol=1e-5)
    show(shot, node.outputs["World"])
    np.testing.assert_allclose(render(scene, [3], tmp_path)[3][..., :3], held(3), atol=1e-6)
    show(shot, shot.find("relight").outputs["Image"])
    assert space.remove(scene, "plate") and not space.remove(scene, "plate")
    np.testing.assert_allclose(render(scene, [3], tmp_path)[3], before, atol=1e-6)


def test_scene_lights_get_camera_normals_whenever_they_are_wired(scene, shot, tmp_path):
    node = space.add(scene, "plate")
    space.hold_studio(scene, "plate")
    scene_lights.wire(scene, "plate", collection=None)
    assert shot.find("lights").inputs["Normal"].links[0].from_socket == node.outputs["Camera"]


def test_studio_lights_stay_put_in_the_world(scene, shot, tmp_path):
    keyframes(scene, tmp_path)
    turn = turns(scene)
    scene.frame_set(1)
    before = render(scene, [1], tmp_path)[1]
    assert space.hold_studio(scene, "plate") == []
    images = render(scene, FRAMES, tmp_path)
    np.testing.assert_allclose(images[1], before, atol=TOLERANCE)
    np.testing.assert_allclose(images[3][..., :3], linear(plate_bytes(3)) * light(stored(3), turn[3].T @ turn[1]), atol=TOLERANCE)
    relight = shot.find("relight")
    space.studio(shot, relight)["Key Direction"].inputs["Direction"].default_value = turn[3] @ (0.0, 0.0, 1.0)
    scene.frame_set(3)
    assert space.release_studio(scene, "plate") and not space.release_studio(scene, "plate")
    assert tuple(relight.inputs["Key Direction"].default_value) == pytest.approx((0.0, 0.0, 1.0), abs=1e-5)
    assert not any(socket.is_linked for socket in relight.inputs if socket.name.endswith("Direction"))


def test_links_of_ones_own_stay(scene, shot):
    relight = shot.find("relight")
    own = compat.new_combine_xyz(shot.tree)
    shot.tree.links.new(own.outputs[0], relight.inputs["Key Direction"])
    [notice] = space.hold_studio(scene, "plate")
    assert "Key Direction" in notice and relight.inputs["Key Direction"].links[0].from_node == own
    assert set(space.studio(shot, relight)) == {"Fill Direction", "Rim Direction"}


def test_another_camera_takes_over(scene, shot, tmp_path):
    node = space.add(scene, "plate")
    scene.camera = ground_truth.add(scene, "Other", bpy.data.cameras.new("Other"))
    scene.camera.rotation_euler = (0.0, np.pi / 2, 0.0)  # its Z is the world's X
    show(shot, node.outputs["World"])
    x, y, z = np.moveaxis(held(1), -1, 0)
    np.testing.assert_allclose(render(scene, [1], tmp_path)[1][..., :3], np.stack([z, y, -x], -1), atol=1e-5)


def test_cameras_that_markers_cut_to_are_followed_once_it_is_asked_for(scene, shot, tmp_path):
    node = space.add(scene, "plate")
    space.hold_studio(scene, "plate")
    assert not space.is_stale(scene, shot)
    groups = len(bpy.data.node_groups)
    other = ground_truth.add(scene, "Other", bpy.data.cameras.new("Other"))
    other.rotation_euler = (0.0, np.pi / 2, 0.0)
    for frame, camera in ((1, scene.camera), (3, other)):
        scene.timeline_markers.new(camera.name, frame=frame).camera = camera
    assert space.is_stale(scene, shot)
    space.update(scene, "plate")
    assert not space.is_stale(scene, shot) and len(bpy.data.node_groups) == groups
    show(shot, node.outputs["World"])
    images = render(scene, FRAMES, tmp_path)
    np.testing.assert_allclose(images[1][..., :3], held(1), atol=1e-5)
    x, y, z = np.moveaxis(held(3), -1, 0)
    np.testing.assert_allclose(images[3][..., :3], np.stack([z, y, -x], -1), atol=1e-5)


@pytest.mark.parametrize("case", ["no camera", "no plate"])
def test_what_stands_in_the_way_is_told_before_anything_changes(scene, shot, case):
    if case == "no camera":
        scene.camera = None
    count = len(shot.tree.nodes)
    for build in (space.add, space.hold_studio):
        with pytest.raises(UserError, match=case.replace("no plate", "no passes")):
            build(scene, "plate" if case == "no camera" else "other")
    assert len(shot.tree.nodes) == count


def test_the_group_reads_from_left_to_right(scene, shot):
    tree = space.add(scene, "plate").node_tree
    for link in tree.links:
        assert link.from_node.location.x < link.to_node.location.x
    places = [tuple(round(value) for value in node.location) for node in tree.nodes if node.bl_idname != "NodeFrame"]
    assert len(places) == len(set(places)), "no node hides another"


def test_buttons(scene, shot, registered):
    assert bpy.ops.platelight.add_space() == {"FINISHED"} and shot.find(space.PASS)
    assert bpy.ops.platelight.hold_studio_lights() == {"FINISHED"}
    assert len(space.nodes(shot)) == 4
    assert bpy.ops.platelight.release_studio_lights() == bpy.ops.platelight.remove_space() == {"FINISHED"}
    assert space.nodes(shot) == []
    scene.camera = None
    with pytest.raises(RuntimeError, match="no camera"):
        bpy.ops.platelight.hold_studio_lights()


def held(frame):
    """The normals of a frame as the file holds them, not quite of unit length."""
    return normals(frame).astype(np.float16).astype(np.float64)


def light(normal, turn):
    """The group's default light (H, W, 3) with its directions turned by (3, 3)."""
    total = np.array(AMBIENT_COLOUR) * AMBIENT_STRENGTH
    for one in LIGHTS:
        direction = turn @ np.array(one.direction) / np.linalg.norm(one.direction)
        total = total + one.strength * np.array(one.colour) * np.maximum(0, normal @ direction)[..., None]
    return total
