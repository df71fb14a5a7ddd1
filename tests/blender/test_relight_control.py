"""Control over each light: mattes, softness, lift, exposure, mute and solo, the normals' detail, what is written for grading."""

from __future__ import annotations

import bpy
import ground_truth
import numpy as np
import pytest
import relit_shot
from footage import HEIGHT, WIDTH, normals, render, render_elsewhere, write_normal, write_png
from platelight.addon.blender import compat
from platelight.addon.relight import control, control_normals, mattes, outputs
from platelight.addon.relight.lights import scene_lights
from relit import TOLERANCE, light, stored
from relit_shot import facing, handle, see, shot_of, soft


@pytest.fixture
def shot(scene, tmp_path):
    """A relit plate under one sun called Sun, wired; gives the node of the relight group."""
    node = relit_shot.make(scene, tmp_path)
    relit_shot.light(scene, "Sun")
    scene_lights.wire(scene, "plate", collection=None)
    return node


def half_matte(folder, *, width=WIDTH, height=HEIGHT):
    """A picture, white on its left half; as large as told."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2] = 255
    return bpy.data.images.load(str(write_png(folder / f"matte{width}.png", picture)))


def rewrite_normals(folder, value):
    """Another file for frame 1 than the one that Blender may have looked at."""
    write_normal(folder / "passes/normal/plate.0001.exr", value)
    for image in bpy.data.images:
        image.reload()


@pytest.mark.parametrize("width", [WIDTH, 2 * WIDTH])
def test_an_image_limits_one_light_whatever_its_size(scene, shot, tmp_path, width):
    relit_shot.light(scene, "Other")
    scene_lights.wire(scene, "plate", collection=None)
    matte = half_matte(tmp_path, width=width, height=width * 9 // 16)
    mattes.attach(shot_of(scene), handle(scene, "Sun"), scene=scene, image=matte)
    got, want = see(scene, shot.outputs["Light"], tmp_path), np.repeat(facing(1), 3, -1)
    edge = WIDTH // 2
    np.testing.assert_allclose(got[1:-1, 1 : edge - 1], 2 * want[1:-1, 1 : edge - 1], atol=TOLERANCE)
    np.testing.assert_allclose(got[1:-1, edge + 1 : -1], want[1:-1, edge + 1 : -1], atol=TOLERANCE)


def test_a_blender_mask_limits_a_light_and_goes_again(scene, shot, tmp_path):
    mask = bpy.data.masks.new("Box")
    spline = mask.layers.new().splines.new()
    spline.points.add(3)
    for point, place in zip(spline.points, ((0.0, -1.0), (0.5, -1.0), (0.5, 2.0), (0.0, 2.0)), strict=True):
        point.co, point.handle_type = place, "VECTOR"
    spline.use_cyclic = True
    nodes = set(compat.compositor_tree(scene).nodes.keys())
    mattes.attach(shot_of(scene), handle(scene, "Sun"), scene=scene, mask=mask)
    got = see(scene, shot.outputs["Light"], tmp_path)
    assert got[:, 2 : WIDTH // 2 - 2].min() > 0.3 and got[:, WIDTH // 2 + 2 :].max() < 1e-3
    assert mattes.remove(shot_of(scene), handle(scene, "Sun")) and not mattes.remove(shot_of(scene), handle(scene, "Sun"))
    np.testing.assert_allclose(see(scene, shot.outputs["Light"], tmp_path), np.repeat(facing(1), 3, -1), atol=TOLERANCE)
    assert set(compat.compositor_tree(scene).nodes.keys()) == nodes


def test_any_socket_can_be_a_matte_and_another_takes_its_place(scene, shot, tmp_path):
    """A number of the user's own (as a cryptomatte's is), on a light of the studio; its node outlasts the link."""
    tree = compat.compositor_tree(scene)
    own = compat.new_math(tree, "ADD")
    own.inputs[0].default_value, own.inputs[1].default_value = 0.25, 0.0
    for name in ("Studio Lights", "Key Strength"):
        shot.inputs[name].default_value = 1.0
    tree.links.new(own.outputs[0], handle(scene, "Key", studio=True).matte)
    quarter = see(scene, shot.outputs["Key"], tmp_path)
    mattes.attach(shot_of(scene), handle(scene, "Key", studio=True), scene=scene)
    np.testing.assert_allclose(see(scene, shot.outputs["Key"], tmp_path), 4 * quarter, atol=TOLERANCE)
    assert quarter.max() > 0.1 and own.name in tree.nodes


def test_softness_lift_exposure_and_gain(scene, shot, tmp_path):
    """Each against its formula, on a sun from the side, so that the terminator is in the picture."""
    bpy.data.objects["Sun"].rotation_euler = (0.0, np.radians(80), 0.0)
    cosine = stored(1) @ np.array([np.sin(np.radians(80)), 0.0, np.cos(np.radians(80))])
    assert (cosine < -0.3).any() and (cosine > 0.5).any()
    sun, size = handle(scene, "Sun"), 0.6 + np.sin(bpy.data.objects["Sun"].data.angle / 2)
    sun.softness.default_value = 0.6
    np.testing.assert_allclose(see(scene, sun.result, tmp_path)[..., 0], soft(cosine, size), atol=TOLERANCE)
    sun.lift.default_value, sun.exposure.default_value, sun.gain.default_value = 0.25, -1.0, 3.0
    want = 1.5 * (0.25 + 0.75 * soft(cosine, size))
    np.testing.assert_allclose(see(scene, sun.result, tmp_path)[..., 0], want, atol=TOLERANCE)
    np.testing.assert_allclose(see(scene, sun.mask, tmp_path)[..., 0], want / 1.5, atol=TOLERANCE)
    shot.inputs["Exposure"].default_value = 1.0
    np.testing.assert_allclose(see(scene, shot.outputs["Light"], tmp_path)[..., 0], 2 * want, atol=TOLERANCE)


def test_studio_lights_that_are_off_come_back(scene, shot, tmp_path):
    """By number, by a picture that leaves them out in places, and by keyframes."""
    tree, much = compat.compositor_tree(scene), shot.inputs["Studio Lights"]
    seen = {}
    for value in (0.0, 0.5, 1.0):
        much.default_value = value
        seen[value] = see(scene, shot.outputs["Light"], tmp_path)
    assert (seen[1.0] > seen[0.0] + 0.1).all()
    np.testing.assert_allclose(seen[0.5], (seen[0.0] + seen[1.0]) / 2, atol=TOLERANCE)
    mask = tree.nodes.new("CompositorNodeEllipseMask")
    link = tree.links.new(mask.outputs[0], much)
    inside = see(scene, mask.outputs[0], tmp_path) > 0.5
    assert inside.any() and not inside.all()
    wanted = np.where(inside, seen[1.0], seen[0.0])
    np.testing.assert_allclose(see(scene, shot.outputs["Light"], tmp_path), wanted, atol=TOLERANCE)
    tree.links.remove(link)
    for frame, value in ((1, 0.0), (3, 1.0)):
        much.default_value = value
        much.keyframe_insert("default_value", frame=frame)
    for frame, value in ((1, 0.0), (3, 1.0)):
        much.default_value = value
        mean = see(scene, shot.outputs["Light"], tmp_path, frame=frame).mean()
        assert mean == pytest.approx(seen[value].mean(), rel=0.2)


def test_softness_of_a_studio_light(scene, shot, tmp_path):
    shot.inputs["Studio Lights"].default_value = 1.0
    shot.inputs["Key Direction"].default_value, shot.inputs["Key Softness"].default_value = (1.0, 0.0, 0.0), 1.0
    want = shot.inputs["Key Strength"].default_value * soft(stored(1)[..., 0], 1.0)
    color = np.array(shot.inputs["Key Color"].default_value)[:3]
    np.testing.assert_allclose(see(scene, shot.outputs["Key"], tmp_path), want[..., None] * color, atol=TOLERANCE)


def test_mute_and_solo_reach_across_studio_and_scene(scene, shot, tmp_path):
    relit_shot.light(scene, "Other", energy=3 * np.pi)
    scene_lights.wire(scene, "plate", collection=None)
    shot.inputs["Studio Lights"].default_value = 1.0
    studio, sun, other = light(stored(1)), np.repeat(facing(1), 3, -1), 3 * np.repeat(facing(1), 3, -1)

    def total():
        return see(scene, shot.outputs["Light"], tmp_path)

    np.testing.assert_allclose(total(), studio + sun + other, atol=TOLERANCE)
    control.set_muted(shot_of(scene), handle(scene, "Other"), True)
    np.testing.assert_allclose(total(), studio + sun, atol=TOLERANCE)
    control.set_solo(shot_of(scene), handle(scene, "Other"), True)
    np.testing.assert_allclose(total(), other, atol=TOLERANCE, err_msg="solo wins over mute, and ambient light is off, too")
    control.set_solo(shot_of(scene), handle(scene, "Key", studio=True), True)
    np.testing.assert_allclose(total() - other, see(scene, shot.outputs["Key"], tmp_path), atol=TOLERANCE)
    control.set_solo(shot_of(scene), handle(scene, "Other"), False)
    relit_shot.light(scene, "New")
    scene_lights.wire(scene, "plate", collection=None)
    np.testing.assert_allclose(total(), see(scene, shot.outputs["Key"], tmp_path), atol=TOLERANCE)
    control.set_solo(shot_of(scene), handle(scene, "Key", studio=True), False)
    np.testing.assert_allclose(total(), studio + 2 * sun, atol=TOLERANCE, err_msg="Other is still muted")


def test_a_light_without_specular_gives_no_highlights(scene, shot, tmp_path):
    sun, lights = bpy.data.objects["Sun"], shot_of(scene).lights
    lights.inputs["Reflectance"].default_value = 1.0
    assert see(scene, lights.outputs["Specular"], tmp_path).max() > 0.5
    sun.data.specular_factor = 0.0
    scene_lights.wire(scene, "plate", collection=None)
    assert see(scene, lights.outputs["Specular"], tmp_path).max() == 0
    assert see(scene, lights.outputs["Diffuse"], tmp_path).max() > 0.5


def test_highlights_can_be_left_out_of_a_shot(scene, shot, registered, tmp_path):
    """And stay out when lights come and go."""
    lights = shot_of(scene).lights
    lights.inputs["Reflectance"].default_value = 1.0
    assert see(scene, shot.outputs["Specular"], tmp_path).max() > 0.5
    assert bpy.ops.platelight.highlights(shot="plate") == {"FINISHED"}
    relit_shot.light(scene, "Other")
    scene_lights.wire(scene, "plate", collection=None)
    assert see(scene, shot.outputs["Specular"], tmp_path).max() == 0
    assert bpy.ops.platelight.highlights(shot="plate") == {"FINISHED"}
    assert see(scene, shot.outputs["Specular"], tmp_path).max() > 0.5


def test_normal_detail_smooths_and_sharpens(scene, shot, tmp_path):
    """Bumps on a flat wall: gone at 0, there at 1, more at 2; taken away, the links are as they were."""
    wall = normals(0) * 0
    wall[..., 2] = 1
    wall[..., 0] = 0.3 * (-1.0) ** np.arange(WIDTH)
    rewrite_normals(tmp_path, wall / np.linalg.norm(wall, axis=-1, keepdims=True))
    before = shot.inputs["Normal"].links[0].from_socket
    node = control_normals.add(shot_of(scene))
    assert control_normals.add(shot_of(scene)) == node
    node.inputs["Smoothing"].default_value = 20.0
    spread = {}
    for detail in (0.0, 1.0, 2.0):
        node.inputs["Detail"].default_value = detail
        preview = see(scene, shot.outputs["Normal Preview"], tmp_path)[6:-6, 10:-10]
        spread[detail] = np.ptp(preview[..., 0])
    assert spread[0.0] < 0.05 * spread[1.0] and spread[2.0] > 1.6 * spread[1.0] > 0.2
    assert shot_of(scene).lights.inputs["Normal"].links[0].from_node == node
    assert control_normals.remove(shot_of(scene)) and not control_normals.remove(shot_of(scene))
    for taker in (shot.inputs["Normal"], shot_of(scene).lights.inputs["Normal"]):
        assert taker.links[0].from_socket == before


def test_outputs_for_grading(scene, shot, tmp_path):
    """One EXR with the result and each part of it, which add up; mattes are there, too."""
    relit_shot.light(scene, "Lamp.001", energy=2 * np.pi)
    scene_lights.wire(scene, "plate", collection=None)
    node = outputs.add(shot_of(scene), path=str(tmp_path / "grade" / "plate_"))
    written = node.file_name if hasattr(node, "file_name") else node.base_path
    assert outputs.add(shot_of(scene)) == node and written.rstrip("#").endswith("plate_")
    render(scene, [2], tmp_path)
    [file] = (tmp_path / "grade").iterdir()
    import OpenEXR

    found = {}
    for part in OpenEXR.File(str(file), separate_channels=True).parts:
        found |= {name: channel.pixels for name, channel in part.channels.items()}
    red = {name.rsplit(".", 1)[0]: value for name, value in found.items() if name.endswith((".R", ".V", ".X"))}
    wanted = {"Relit", "Light", "Specular", "Light Mask", "Scene Diffuse", "Sun", "Sun Mask", "Lamp_001", "Key"}
    assert wanted <= set(red), found.keys()
    np.testing.assert_allclose(red["Sun"] + red["Lamp_001"], red["Scene Diffuse"], atol=4e-3)
    np.testing.assert_allclose(red["Light"], 3 * facing(2)[..., 0], atol=4e-3)
    np.testing.assert_allclose(red["Sun Mask"], facing(2)[..., 0], atol=2e-3)


def test_controls_render_elsewhere_without_the_add_on(scene, shot, tmp_path):
    relit_shot.light(scene, "Other", "POINT", energy=50.0)
    scene_lights.wire(scene, "plate", collection=None)
    mattes.attach(shot_of(scene), handle(scene, "Sun"), scene=scene, image=half_matte(tmp_path))
    handle(scene, "Sun").softness.default_value = 0.5
    control.set_solo(shot_of(scene), handle(scene, "Sun"), True)
    control_normals.add(shot_of(scene)).inputs["Detail"].default_value = 1.5
    here = render(scene, [2], tmp_path)[2]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    np.testing.assert_allclose(render_elsewhere(tmp_path / "shot.blend", 2, tmp_path / "there.exr"), here, atol=1e-5)
    assert here[..., :3].max() > 0.1


def test_what_cannot_be_done_is_told(scene, shot, registered):
    on = {"shot": "plate", "light": "Sun"}
    with pytest.raises(RuntimeError, match="No image is chosen"):
        bpy.ops.platelight.matte_light(**on, kind="IMAGE")
    with pytest.raises(RuntimeError, match="no light called Moon"):
        bpy.ops.platelight.mute_light(shot="plate", light="Moon")
    with pytest.raises(RuntimeError, match="no passes"):
        bpy.ops.platelight.light_outputs(shot="other")
    shot.inputs["Normal"].links[0].from_node.mute = False
    compat.compositor_tree(scene).links.remove(shot.inputs["Normal"].links[0])
    with pytest.raises(RuntimeError, match="no normals"):
        bpy.ops.platelight.normal_detail(shot="plate")


def test_buttons(scene, shot, registered, tmp_path):
    on = {"shot": "plate", "light": "Sun"}
    image = half_matte(tmp_path)
    assert bpy.ops.platelight.matte_light(**on, kind="IMAGE", image=image.name) == {"FINISHED"}
    assert handle(scene, "Sun").matte.is_linked
    assert bpy.ops.platelight.unmatte_light(**on) == {"FINISHED"} and not handle(scene, "Sun").matte.is_linked
    assert bpy.ops.platelight.mute_light(**on) == {"FINISHED"} and handle(scene, "Sun").muted
    assert bpy.ops.platelight.solo_light(shot="plate", light="Key", studio=True) == {"FINISHED"}
    assert handle(scene, "Key", studio=True).solo and shot_of(scene).relight.inputs["Fill On"].default_value == 0
    assert bpy.ops.platelight.normal_detail(shot="plate") == {"FINISHED"} and control_normals.node_of(shot_of(scene))


def test_a_users_own_compositor_stays_as_it_is(scene, tmp_path):
    """Nodes, links, values and the picture at the output, whatever is added, and when it is taken away again."""
    tree, _ = compat.ensure_compositor_tree(scene)
    plain = tree.nodes.new("CompositorNodeRGB")
    plain.outputs[0].default_value = (0.2, 0.4, 0.6, 1.0)
    grade = compat.new_mix(tree, "MULTIPLY")
    tree.links.new(plain.outputs[0], grade.a)
    tree.links.new(grade.result, compat.new_output_socket(tree))
    viewer = tree.nodes.new("CompositorNodeViewer")
    tree.links.new(grade.result, viewer.inputs[0])
    own = set(tree.nodes.keys())

    def state():
        links = {(x.from_node.name, x.from_socket.name, x.to_node.name, x.to_socket.name) for x in tree.links}
        places = [tuple(tree.nodes[name].location) for name in sorted(own)]
        return {link for link in links if link[0] in own and link[2] in own}, places

    before, picture = state(), render(scene, [1], tmp_path)[1]
    relit_shot.make(scene, tmp_path)
    relit_shot.light(scene, "Sun")
    scene_lights.wire(scene, "plate", collection=None)
    mattes.attach(shot_of(scene), handle(scene, "Sun"), scene=scene, image=half_matte(tmp_path))
    control_normals.add(shot_of(scene))
    assert state() == before
    np.testing.assert_array_equal(render(scene, [1], tmp_path)[1], picture)
    scene_lights.unwire(scene, "plate")
    assert state() == before


def test_passes_of_another_size_and_a_deleted_light_data_block(scene, shot, tmp_path):
    rewrite_normals(tmp_path, normals(1, width=2 * WIDTH, height=2 * HEIGHT))
    got = see(scene, shot.outputs["Light"], tmp_path)[2:-2, 2:-2, 0]
    np.testing.assert_allclose(got, facing(1)[2:-2, 2:-2, 0], atol=0.02)
    lamp = ground_truth.add(scene, "Lamp", bpy.data.lights.new("Lamp", "POINT"))
    scene_lights.wire(scene, "plate", collection=None)
    bpy.data.lights.remove(lamp.data)
    assert np.isfinite(see(scene, shot.outputs["Light"], tmp_path)).all()
    scene_lights.wire(scene, "plate", collection=None)
    assert [light.name for light in control.handles(shot_of(scene)) if light.source] == ["Sun"]
