"""The card in 3D beside the plate and the true surface, pixel by pixel, rendered by Cycles."""

from __future__ import annotations

import math

import bpy
import ground_truth
import known_normals
import numpy as np
import pytest
from carded import attach, hide_surfaces, matte, shoot_card, stand
from footage import linear, normals, plate_bytes, render, render_elsewhere, write_exr, write_normals, write_plate
from known_normals import CONVENTIONS
from mathutils import Vector
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import passes
from platelight.addon.errors import UserError
from platelight.addon.node_groups.depth_in import Scale
from platelight.addon.nodes.block import Block
from platelight.addon.relight import card
from platelight.addon.relight.card import controls, paint
from solved import solve_camera
from strips import image_strip

FRAMES = [1, 3]
SIZE = {"width": ground_truth.WIDTH, "height": ground_truth.HEIGHT}


@pytest.mark.parametrize(
    ("width", "height", "fit", "shift"),
    [
        (64, 36, "AUTO", (0.0, 0.0)),
        (64, 36, "VERTICAL", (0.13, -0.08)),
        (36, 48, "AUTO", (-0.1, 0.05)),
        (64, 24, "HORIZONTAL", (0.0, 0.2)),
    ],
)
def test_the_card_lies_on_the_plate(scene, tmp_path, width, height, fit, shift):
    """At any shape, sensor fit and lens shift, at every frame of a moving camera, each pixel shows itself."""
    camera = stand(scene, width=width, height=height)
    camera.data.sensor_fit, (camera.data.shift_x, camera.data.shift_y), camera.data.lens = fit, shift, 31.0
    attach(scene, tmp_path, width=width, height=height)
    made, _ = card.add(scene, "plate")
    paint.sockets(controls.material(made))["Original Light"].default_value = 1.0
    for frame in FRAMES:
        got = shoot_card(scene, frame, tmp_path / "card.exr")
        assert np.abs(got - linear(plate_bytes(frame, width=width, height=height))).max() < 2e-3
    camera.data.lens, scene.render.pixel_aspect_x = 55.0, 1.5
    assert np.abs(shoot_card(scene, 1, tmp_path / "card.exr") - linear(plate_bytes(1, width=width, height=height))).max() < 2e-3


def test_a_plate_of_another_shape_lies_where_the_compositor_puts_it(scene, tmp_path):
    stand(scene, width=64, height=36)
    attach(scene, tmp_path, width=48, height=36)
    block = Block(compat.compositor_tree(scene), strip_name="plate")
    block.find("relight").inputs["Amount"].default_value = 0.0
    want = render(scene, [1], tmp_path)[1]
    made, _ = card.add(scene, "plate")
    paint.sockets(controls.material(made))["Original Light"].default_value = 1.0
    got = shoot_card(scene, 1, tmp_path / "card.exr")
    assert np.all(got[:, :7] == 0) and np.all(got[:, -7:] == 0) and np.all(want[:, :7] == 0)
    assert np.abs(got - want[..., :3])[:, 9:-9].max() < 2e-3


@pytest.mark.parametrize("bent", [False, True])
def test_the_cards_light_is_the_surfaces(scene, tmp_path, bent):
    """Under a sun in front of the card, at every frame of a camera in flight."""
    ground_truth.stage(scene)
    ground_truth.paint()
    ground_truth.moving_light(scene, "SUN", energy=3.0, angle=0.0)
    seen = ground_truth.write_passes(scene, range(1, 4), tmp_path)
    want = {frame: ground_truth.cycles(scene, "Diffuse Direct", frame, tmp_path) for frame in FRAMES}
    hide_surfaces(scene)
    attach(scene, tmp_path, white=True, passes_=("normal", "depth"), own=True, **SIZE)
    made, _ = card.add(scene, "plate")
    matte(made)
    controls.change(made, {"Use Depth": bent})
    worst, mean = 0.0, 0.0
    for frame in FRAMES:
        off = np.abs(shoot_card(scene, frame, tmp_path / "card.exr") - want[frame])[seen[frame]] / want[frame].max()
        worst, mean = max(worst, np.percentile(off, 99)), max(mean, off.mean())
    print(f"\nBlender {bpy.app.version_string}: {'bent' if bent else 'flat'} card, sun: 99 % within {worst:.2%}, mean {mean:.2%}")
    assert worst < 0.01 and mean < 0.01


def test_light_from_behind_reaches_the_card(scene, tmp_path):
    """How much of what such a light does to the true surface is on the card; on a flat one where its mesh has the normals."""
    ground_truth.stage(scene)
    ground_truth.paint()
    sun = bpy.data.lights.new("Sun", "SUN")
    sun.energy, sun.angle, sun.use_shadow = 3.0, 0.0, False
    ground_truth.add(scene, "Sun", sun).rotation_euler = (math.radians(-60), 0.0, math.radians(20))
    seen = ground_truth.write_passes(scene, [1], tmp_path)[1]
    want = ground_truth.cycles(scene, "Diffuse Direct", 1, tmp_path)
    seen &= want[..., 0] > 0.1 * want.max()
    assert seen.mean() > 0.2
    hide_surfaces(scene)
    attach(scene, tmp_path, white=True, passes_=("normal", "depth"), own=True, last=1, **SIZE)
    made, _ = card.add(scene, "plate")
    matte(made)
    reached = {}
    for bent in (False, True):
        controls.change(made, {"Use Depth": bent})
        got = shoot_card(scene, 1, tmp_path / "card.exr")
        reached[bent] = float((np.abs(got - want).max(-1) < 0.05 * want.max())[seen].mean())
    print(f"\nBlender {bpy.app.version_string}: lit from behind, right on {reached[False]:.0%} (flat), {reached[True]:.0%} (bent)")
    assert reached[False] > 0.97 and reached[True] > 0.9


def test_an_object_throws_its_shadow_on_the_plate_and_the_plate_on_an_object(scene, tmp_path):
    """The shadow on the card lies where Cycles has it on the true surface."""
    ground_truth.stage(scene)
    ground_truth.paint()
    sun = bpy.data.lights.new("Sun", "SUN")
    sun.energy, sun.angle = 3.0, 0.0
    ground_truth.add(scene, "Sun", sun).rotation_euler = (math.radians(35), math.radians(25), 0.0)
    ground_truth.write_passes(scene, [1], tmp_path)
    without = ground_truth.cycles(scene, "Diffuse Direct", 1, tmp_path)[..., 0]
    bpy.ops.mesh.primitive_cube_add(size=0.8, location=(1.2, -1.6, 1.2))
    cube = bpy.context.object
    cube.visible_camera = False
    thrown = without - ground_truth.cycles(scene, "Diffuse Direct", 1, tmp_path)[..., 0]
    hide_surfaces(scene, but=cube)
    attach(scene, tmp_path, white=True, passes_=("normal", "depth"), own=True, last=1, **SIZE)
    made, _ = card.add(scene, "plate")
    matte(made)
    lit = shoot_card(scene, 1, tmp_path / "card.exr")[..., 0]
    cube.hide_render = True
    plain = shoot_card(scene, 1, tmp_path / "card.exr")[..., 0]
    ours, true = plain - lit > 0.2, thrown > 0.2
    overlap = (ours & true).sum() / (ours | true).sum()
    own = (np.abs(plain - without) < 0.1).mean()
    print(f"\nBlender {bpy.app.version_string}: shadow overlap {overlap:.0%} of {true.sum()} pixels; own shadows {own:.0%}")
    assert true.sum() > 30 and overlap > 0.8 and own > 0.95


def test_it_stands_before_a_solved_camera(scene, tmp_path):
    """Where the Camera Solver puts the camera, the card is; rendered where the add-on is not."""
    camera = stand(scene, width=64, height=36)
    camera.animation_data_clear()
    constraint = camera.constraints.new("CAMERA_SOLVER")
    constraint.use_active_clip, constraint.clip = False, solve_camera(scene, tmp_path)
    attach(scene, tmp_path, width=64, height=36)
    made, _ = card.add(scene, "plate")
    paint.sockets(controls.material(made))["Original Light"].default_value = 1.0
    shoot_card(scene, 1, tmp_path / "card.exr")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    got = render_elsewhere(tmp_path / "shot.blend", 3, tmp_path / "there.exr")[..., :3]
    assert np.abs(got - linear(plate_bytes(3, width=64, height=36))).max() < 2e-3
    scene.frame_set(3)
    places = [np.array(each.matrix_world.translation) for each in (made, camera)]
    assert np.abs(places[0] - places[1]).max() < 1e-6 and np.abs(places[0]).max() > 0.1


@pytest.fixture
def deep(scene, tmp_path):
    """A plate at frame 11 whose files begin at 101; at file 100 + n the depth goes from n on the left to 2 n on the right."""
    bpy.context.scene.camera = ground_truth.add(scene, "Camera", bpy.data.cameras.new("Camera"))
    scene.render.resolution_x, scene.render.resolution_y = 64, 36
    image_strip(scene, write_plate(tmp_path, range(101, 104), width=64, height=36), start=11)
    write_normals(tmp_path, range(101, 104), width=64, height=36)
    for number in range(101, 104):
        ramp = np.tile(np.linspace(1, 2, 64, dtype=np.float32) * (number - 100), (36, 1))
        write_exr(tmp_path / "depth" / f"plate.{number:04d}.exr", {"Depth.Z": ramp})
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(tmp_path), passes=("normal", "depth"), first=101, last=103)
    return card.add(scene, "plate")[0]


def test_depth_of_each_frame_and_what_it_is_in_metres(scene, deep, registered):
    controls.change(deep, {"Detail": 64})
    assert deep.visible_shadow
    for frame, number in ((1, 1), (11, 1), (12, 2), (13, 3), (20, 3)):
        scene.frame_set(frame)
        assert ends(deep) == pytest.approx((number, 2 * number), rel=0.01)
    told = Block(compat.compositor_tree(scene), strip_name="plate").find("depth in").inputs
    told["Scale"].default_value = 2.0
    controls.look_again(deep)
    assert ends(deep) == pytest.approx((6.0, 12.0), rel=0.01), "as the compositor says"
    told["Relative"].default_value, told["Near"].default_value, told["Far"].default_value = 1.0, 4.0, 20.0
    controls.look_again(deep)
    scale = Scale(relative=True, near=4.0, far=20.0, scale=2.0)
    assert ends(deep) == pytest.approx((scale.metres(3.0), scale.metres(6.0)), rel=0.01)
    told["Relative"].default_value = 0.0
    controls.look_again(deep)
    controls.change(deep, {"Farthest": 9.0})
    assert ends(deep)[1] == pytest.approx(9.0)
    scene.camera.location = (1.0, 2.0, 3.0)
    scene.cursor.location = (1.0, 2.0, 0.0)  # 3 m before the camera, in the middle, where the file says 4.5
    bpy.context.view_layer.update()
    assert bpy.ops.platelight.card_depth_cursor() == {"FINISHED"}
    assert told["Scale"].default_value == pytest.approx(3 / 4.5, rel=0.02)
    assert ends(deep) == pytest.approx((2.0, 4.0), rel=0.02)
    for place in ((1.0, 2.0, 9.0), (50.0, 2.0, 0.0)):
        scene.cursor.location = place
        with pytest.raises(RuntimeError, match="outside the plate"):
            bpy.ops.platelight.card_depth_cursor()


def ends(made):
    """The nearest and farthest point of a card, metres from its camera."""
    evaluated = made.evaluated_get(bpy.context.evaluated_depsgraph_get())
    places = [-vertex.co.z for vertex in evaluated.to_mesh().vertices]
    return min(places), max(places)


def test_building_anew_keeps_settings_and_leaves_nothing_behind(scene, deep, tmp_path, registered):
    counts = [len(blocks) for blocks in (bpy.data.node_groups, bpy.data.materials, bpy.data.textures, bpy.data.objects)]
    controls.change(deep, {"Detail": 77, "Farthest": 30.0})
    paint.sockets(controls.material(deep))["Roughness"].default_value = 0.25
    deep.visible_shadow = False
    scene.camera = ground_truth.add(scene, "Other", bpy.data.cameras.new("Other"))
    assert bpy.ops.platelight.add_card() == {"FINISHED"}
    assert card.camera_of(deep) == scene.camera and not deep.visible_shadow
    assert (controls.value(deep, "Detail"), controls.value(deep, "Farthest")) == (77, 30.0)
    assert paint.sockets(controls.material(deep))["Roughness"].default_value == 0.25
    counts[3] += 1  # the other camera
    assert counts == [len(blocks) for blocks in (bpy.data.node_groups, bpy.data.materials, bpy.data.textures, bpy.data.objects)]
    assert bpy.ops.platelight.remove_card() == {"FINISHED"} and not card.cards(scene)
    assert not bpy.data.textures and not bpy.data.materials


@pytest.mark.parametrize("name", CONVENTIONS)
def test_normals_of_other_tools_are_read_as_the_compositor_reads_them(scene, registered, tmp_path, name):
    """A flat card under a sun that stands aside, in any convention, beside Lambert's law."""
    height, width = known_normals.HEIGHT, known_normals.WIDTH
    stand(scene, width=width, height=height)
    known_normals.add_camera(scene, range(1, 4))
    image_strip(scene, write_plate(tmp_path, range(1, 4), width=width, height=height))
    file = known_normals.write(tmp_path / "n", range(1, 4), CONVENTIONS[name])
    assert bpy.ops.platelight.import_normals(filepath=str(file), shot="plate") == {"FINISHED"}
    made, _ = card.add(scene, "plate")
    matte(made)
    aside = np.array((0.5, 0.3, 0.81)) / np.linalg.norm((0.5, 0.3, 0.81))
    sun = bpy.data.lights.new("Sun", "SUN")
    sun.energy, sun.angle = math.pi, 0.0
    held = ground_truth.add(scene, "Sun", sun)
    held.rotation_euler = Vector(known_normals.turn(2) @ aside).to_track_quat("Z", "Y").to_euler()
    normal = known_normals.truth(2)
    there = np.linalg.norm(normal, axis=-1) > 0.5
    want = linear(plate_bytes(2, width=width, height=height)) * np.maximum(0, normal @ aside)[..., None]
    got = shoot_card(scene, 2, tmp_path / "card.exr")
    assert np.abs(got - want)[there].max() < 0.01 and got[~there].max() < 1e-3, "no light where there is no normal"


@pytest.mark.parametrize("case", ["no camera", "not a perspective camera", "panoramic", "cannot be found", "no passes"])
def test_what_stands_in_the_way_is_told_before_anything_changes(scene, tmp_path, case, registered):
    camera = stand(scene, width=64, height=36)
    attach(scene, tmp_path, width=64, height=36)
    if case == "no camera":
        scene.camera = None
    elif case in ("not a perspective camera", "panoramic"):
        camera.data.type = "ORTHO" if case.startswith("not") else "PANO"
    elif case == "cannot be found":
        (tmp_path / "normal" / "plate.0002.exr").unlink()
    before = len(bpy.data.objects), len(bpy.data.materials), len(bpy.data.node_groups)
    told = "not a perspective camera" if case == "panoramic" else case
    with pytest.raises(UserError, match=told):
        card.add(scene, "other" if case == "no passes" else "plate")
    if case != "no passes":
        with pytest.raises(RuntimeError, match=told):
            bpy.ops.platelight.add_card()
    assert before == (len(bpy.data.objects), len(bpy.data.materials), len(bpy.data.node_groups))


def test_a_pass_of_another_shape_is_told(scene, tmp_path):
    stand(scene, width=64, height=36)
    write_normals(tmp_path, range(1, 4), width=40, height=36)
    attach(scene, tmp_path, width=64, height=36, own=True)
    _, notices = card.add(scene, "plate")
    assert any("another shape" in notice for notice in notices)


def test_a_depth_that_disagrees_with_the_normals_leaves_no_black_patches(scene, tmp_path):
    """The depth is a steep ramp that turns its back on the light; the normals face it."""
    stand(scene, width=64, height=36)
    ramp = np.tile(np.linspace(3.0, 9.0, 64, dtype=np.float32), (36, 1))
    write_exr(tmp_path / "depth" / "plate.0001.exr", {"Depth.Z": ramp})
    attach(scene, tmp_path, width=64, height=36, white=True, passes_=("normal", "depth"), last=1)
    made, _ = card.add(scene, "plate")
    matte(made)
    sun = bpy.data.lights.new("Sun", "SUN")
    sun.energy, sun.angle, sun.use_shadow = math.pi, 0.0, False
    scene.frame_set(1)
    toward = np.array((0.98, 0.0, 0.2))
    held = ground_truth.add(scene, "Sun", sun)
    held.rotation_euler = (scene.camera.matrix_world.to_3x3().normalized() @ Vector(toward)).to_track_quat("Z", "Y").to_euler()
    got = shoot_card(scene, 1, tmp_path / "card.exr")[..., 0]
    want = np.maximum(normals(1, width=64, height=36) @ toward, 0) / np.linalg.norm(toward)
    assert (want > 0.1).mean() > 0.4 and np.percentile(np.abs(got - want), 99) < 0.03


def test_a_frame_whose_passes_are_missing_shows_the_plate_as_shot(scene, tmp_path):
    stand(scene, **SIZE)
    attach(scene, tmp_path, **SIZE)
    card.add(scene, "plate")
    for file in tmp_path.rglob("*.0001.exr"):
        file.unlink()
    for image in bpy.data.images:
        if image.source == "SEQUENCE":
            image.reload()
    got = shoot_card(scene, 1, tmp_path / "card.exr")
    assert np.abs(got - linear(plate_bytes(1, **SIZE))).max() < 2e-3
