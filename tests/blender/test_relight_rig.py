"""Wiring: lights come and go, graphs follow, people's own work and old files stay."""

from __future__ import annotations

import bpy
import ground_truth
import numpy as np
import pytest
import relit_shot
from footage import linear, plate_bytes, read_exr, render, render_elsewhere
from platelight.addon.blender import compat
from platelight.addon.errors import UserError
from platelight.addon.node_groups import light_types, relight
from platelight.addon.relight import handlers
from platelight.addon.relight.lights import rig, scene_lights
from relit import TOLERANCE, stored
from relit_shot import facing, light, lights_node


@pytest.fixture
def shot(scene, tmp_path):
    return relit_shot.make(scene, tmp_path)


def test_a_sun_lights_the_plate_alone(scene, shot, tmp_path):
    light(scene, "Sun")
    notices = scene_lights.wire(scene, "plate", collection=None)
    assert any("Studio Lights" in notice for notice in notices)
    lights_node(scene).inputs["Reflectance"].default_value = 0.0
    lights_node(scene).inputs["Roughness"].default_value = 1.0
    tree = compat.compositor_tree(scene)
    want = linear(plate_bytes(2)) * facing(2)
    got = render(scene, [2], tmp_path)[2][..., :3]
    assert np.abs(got - want).max() < 0.06, "what Fresnel's law adds at grazing angles"
    tree.links.new(shot.outputs["Light"], compat.output_socket(tree))
    np.testing.assert_allclose(render(scene, [2], tmp_path)[2][..., :3], np.broadcast_to(facing(2), want.shape), atol=TOLERANCE)


def test_renders_elsewhere_without_the_add_on_and_without_python(scene, shot, tmp_path):
    """Every driver is simple; another Blender with auto-execution off renders the same animated light."""
    for index, kind in enumerate(light_types.KINDS):
        made = light(scene, f"L{index}", kind, energy=3.0 if kind == "SUN" else 200.0)
        made.location.z = 2.0
        made.data.keyframe_insert("energy", frame=1)
        made.data.energy *= 3
        made.data.keyframe_insert("energy", frame=3)
    scene_lights.wire(scene, "plate", collection=None)
    for curve in lights_node(scene).node_tree.animation_data.drivers:
        assert curve.driver.is_simple_expression and curve.driver.is_valid, curve.driver.expression
        assert len(curve.driver.expression) < 256
    here = render(scene, [1, 3], tmp_path)
    assert here[3][..., :3].mean() > 2 * here[1][..., :3].mean()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    np.testing.assert_allclose(render_elsewhere(tmp_path / "shot.blend", 3, tmp_path / "there.exr"), here[3], atol=1e-5)


def test_lights_come_and_go(scene, shot):
    scene_lights.wire(scene, "plate", collection=None)
    tree = lights_node(scene).node_tree
    assert handlers.refresh(scene) == 0 and rig.wired_lights(tree) == {}
    one, two = light(scene, "One"), light(scene, "Two", "AREA")
    assert handlers.refresh(scene) == 1 and rig.wired_lights(tree) == {one: "SUN", two: "AREA"}
    assert [lights_node(scene).inputs[name].default_value for name in ("One", "Two")] == [1.0, 1.0]
    bpy.data.objects.remove(one)
    assert handlers.refresh(scene) == 1 and rig.wired_lights(tree) == {two: "AREA"}
    assert "One" not in lights_node(scene).inputs and handlers.refresh(scene) == 0
    two.data.type = "SPOT"
    assert handlers.refresh(scene) == 1 and rig.wired_lights(tree) == {bpy.data.objects["Two"]: "SPOT"}


def test_blender_itself_calls_for_the_update(scene, shot, registered):
    scene_lights.wire(scene, "plate", collection=None)
    added = light(scene, "Added")
    bpy.context.view_layer.update()
    assert rig.wired_lights(lights_node(scene).node_tree) == {added: "SUN"}


def test_settings_and_links_outlast_other_lights_and_new_names(scene, shot):
    one = light(scene, "One")
    scene_lights.wire(scene, "plate", collection=None)
    node, tree = lights_node(scene), compat.compositor_tree(scene)
    node.inputs["One"].default_value = 0.25
    viewer = tree.nodes.new("CompositorNodeViewer")
    tree.links.new(node.outputs["One"], viewer.inputs[0])
    light(scene, "Another")
    one.name = "Renamed"
    assert handlers.refresh(scene) == 1
    assert node.inputs["Renamed"].default_value == 0.25 and node.inputs["Another"].default_value == 1.0
    assert viewer.inputs[0].links[0].from_socket.name == "Renamed"


def test_gain_and_render_visibility_of_each_light(scene, shot, tmp_path):
    one, two = light(scene, "One"), light(scene, "Two")
    scene_lights.wire(scene, "plate", collection=None)
    node, tree = lights_node(scene), compat.compositor_tree(scene)
    tree.links.new(node.outputs["Diffuse"], compat.output_socket(tree))
    cases = (((False, False), (1.0, 1.0), 2.0), ((False, True), (0.5, 1.0), 0.5), ((True, False), (1.0, 0.0), 0.0))
    for hidden, gains, total in cases:
        one.hide_render, two.hide_render = hidden
        node.inputs["One"].default_value, node.inputs["Two"].default_value = gains
        got = render(scene, [1], tmp_path)[1][..., :3]
        np.testing.assert_allclose(got, np.broadcast_to(total * facing(1), got.shape), atol=TOLERANCE)


def test_only_the_chosen_collection_counts(scene, shot):
    chosen = bpy.data.collections.new("Relight")
    scene.collection.children.link(chosen)
    inside = bpy.data.objects.new("Inside", bpy.data.lights.new("Inside", "POINT"))
    chosen.objects.link(inside)
    light(scene, "Outside")
    scene_lights.wire(scene, "plate", collection=chosen)
    assert rig.wired_lights(lights_node(scene).node_tree) == {inside: "POINT"} and handlers.refresh(scene) == 0
    scene_lights.wire(scene, "plate", collection=None)
    assert len(rig.wired_lights(lights_node(scene).node_tree)) == 2


def test_sixteen_lights_and_not_more(scene, shot, tmp_path):
    for index in range(17):
        light(scene, f"L{index:02d}", energy=np.pi / 16)
    notices = scene_lights.wire(scene, "plate", collection=None)
    assert any("16 lights" in notice and "L16" in notice for notice in notices)
    tree = compat.compositor_tree(scene)
    tree.links.new(lights_node(scene).outputs["Diffuse"], compat.output_socket(tree))
    got = render(scene, [1], tmp_path)[1][..., :3]
    np.testing.assert_allclose(got, np.broadcast_to(facing(1), got.shape), atol=TOLERANCE)


def test_a_light_too_many_throws_out_none_that_is_wired(scene, shot):
    kept = [light(scene, f"L{index:02d}") for index in range(16)]
    scene_lights.wire(scene, "plate", collection=None)
    light(scene, "A, before all others")
    assert handlers.refresh(scene) == 0
    assert set(rig.wired_lights(lights_node(scene).node_tree)) == set(kept)
    notices = scene_lights.wire(scene, "plate", collection=None)
    told = "A plate takes 16 lights; left out: A, before all others"
    assert told in notices and told in scene_lights.wanted(scene, lights_node(scene).node_tree)[1]


def test_collections_that_are_not_rendered_light_nothing(scene, shot):
    made, inside, child = light(scene, "Sun"), light(scene, "Inside"), light(scene, "Deep")
    outer, deep = (bpy.data.collections.new(name) for name in ("Outer", "Deep"))
    scene.collection.children.link(outer)
    outer.children.link(deep)
    for each, home in ((inside, outer), (child, deep)):
        scene.collection.objects.unlink(each)
        home.objects.link(each)
    scene_lights.wire(scene, "plate", collection=None)
    tree, layer = lights_node(scene).node_tree, scene.view_layers[0].layer_collection.children["Outer"]
    assert set(rig.wired_lights(tree)) == {made, inside, child}
    layer.exclude = True
    layer.children["Deep"].exclude = False
    assert handlers.refresh(scene) == 1 and set(rig.wired_lights(tree)) == {made, child}
    layer.exclude, outer.hide_render = False, True
    assert handlers.refresh(scene) == 1 and set(rig.wired_lights(tree)) == {made}
    scene_lights.wire(scene, "plate", collection=outer)
    assert set(rig.wired_lights(tree)) == {inside, child}


def test_a_camera_that_comes_back_is_followed_again(scene, shot):
    """Blender never evaluates a driver again whose target was once not there."""
    light(scene, "Sun")
    scene_lights.wire(scene, "plate", collection=None)
    tree, camera = lights_node(scene).node_tree, scene.camera
    camera.data.lens = 35.0
    scene.camera = None
    scene.view_layers[0].update()
    scene.camera = camera
    scene.view_layers[0].update()
    assert all(curve.driver.is_valid for curve in tree.animation_data.drivers)
    assert [node.inputs["Lens"].default_value for node in tree.nodes if "Lens" in node.inputs] == [35.0]


def test_another_camera_takes_over(scene, shot, tmp_path):
    light(scene, "Sun")
    scene_lights.wire(scene, "plate", collection=None)
    scene.camera = ground_truth.add(scene, "Other", bpy.data.cameras.new("Other"))
    scene.camera.rotation_euler = (0.0, np.pi / 2, 0.0)  # looks along -X: the sun is on its left
    assert handlers.refresh(scene) == 0, "nothing has to be built anew"
    tree = compat.compositor_tree(scene)
    tree.links.new(lights_node(scene).outputs["Diffuse"], compat.output_socket(tree))
    got = render(scene, [1], tmp_path)[1][..., :3]
    np.testing.assert_allclose(got, np.broadcast_to(np.maximum(0, -stored(1)[..., :1]), got.shape), atol=TOLERANCE)


def test_cameras_that_timeline_markers_bring_in(scene, shot, tmp_path):
    """The second camera takes over at frame 3, through its marker alone, in a render of the animation."""
    light(scene, "Sun")
    scene_lights.wire(scene, "plate", collection=None)
    other = ground_truth.add(scene, "Other", bpy.data.cameras.new("Other"))
    other.rotation_euler = (0.0, np.pi / 2, 0.0)
    for frame, camera in ((1, scene.camera), (3, other)):
        scene.timeline_markers.new(f"M{frame}", frame=frame).camera = camera
    assert handlers.refresh(scene) == 1 and handlers.refresh(scene) == 0
    tree = compat.compositor_tree(scene)
    tree.links.new(lights_node(scene).outputs["Diffuse"], compat.output_socket(tree))
    settings = scene.render.image_settings
    settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGBA"
    scene.frame_start, scene.frame_end, scene.render.filepath = 1, 3, str(tmp_path / "out.")
    bpy.ops.render.render(animation=True, scene=scene.name)
    for frame, axis, sign in ((1, 2, 1.0), (2, 2, 1.0), (3, 0, -1.0)):
        got = read_exr(tmp_path / f"out.{frame:04d}.exr")[..., :3]
        want = np.maximum(0, sign * stored(frame)[..., axis, None])
        np.testing.assert_allclose(got, np.broadcast_to(want, got.shape), atol=TOLERANCE)


def test_worlds_come_and_go(scene, shot, tmp_path):
    light(scene, "Sun")
    scene.world = None
    scene_lights.wire(scene, "plate", collection=None)
    tree = lights_node(scene).node_tree
    world = ground_truth.sky(scene, None, tmp_path)
    assert handlers.refresh(scene) == 1 and rig.WORLD in rig.wired_lights(tree).values() and handlers.refresh(scene) == 0
    nodes, links = world.node_tree.nodes, world.node_tree.links
    background = next(node for node in nodes if node.bl_idname == "ShaderNodeBackground")
    links.new(nodes.new("ShaderNodeTexSky").outputs[0], background.inputs["Color"])
    assert handlers.refresh(scene) == 1 and rig.WORLD not in rig.wired_lights(tree).values() and handlers.refresh(scene) == 0
    assert any("Sky is left out" in notice for notice in scene_lights.wire(scene, "plate", collection=None))
    scene.world = None
    assert handlers.refresh(scene) == 0
    scene.world = bpy.data.worlds.new("Plain")
    assert handlers.refresh(scene) == 1 and "Plain" in lights_node(scene).inputs
    scene_lights.wire(scene, "plate", collection=None, world=False)
    assert list(rig.wired_lights(tree).values()) == ["SUN"] and handlers.refresh(scene) == 0


@pytest.mark.parametrize("case", ["no camera", "orthographic", "no plate"])
def test_what_stands_in_the_way_is_told_before_anything_changes(scene, shot, case):
    light(scene, "Sun")
    if case == "no camera":
        scene.camera = None
    elif case == "orthographic":
        scene.camera.data.type = "ORTHO"
    nodes = len(compat.compositor_tree(scene).nodes)
    with pytest.raises(UserError, match="camera" if case != "no plate" else "no passes"):
        scene_lights.wire(scene, "plate" if case != "no plate" else "other", collection=None)
    assert len(compat.compositor_tree(scene).nodes) == nodes and shot.inputs["Studio Lights"].default_value == 1.0


def test_unwiring_brings_the_first_look_back(scene, shot, tmp_path):
    before = render(scene, [1], tmp_path)[1]
    groups = {group.name for group in bpy.data.node_groups if rig.is_rig(group)}
    light(scene, "Sun")
    scene_lights.wire(scene, "plate", collection=None)
    assert np.abs(render(scene, [1], tmp_path)[1] - before).max() > 0.1
    assert scene_lights.unwire(scene, "plate") and not scene_lights.unwire(scene, "plate")
    np.testing.assert_allclose(render(scene, [1], tmp_path)[1], before, atol=1e-6)
    assert {group.name for group in bpy.data.node_groups if rig.is_rig(group)} == groups


def test_a_group_from_before_scene_lights_is_renewed_and_keeps_its_settings(scene, shot, tmp_path):
    old = shot.node_tree
    for item in [item for item in old.interface.items_tree if item.name in ("Specular", "Scene Lights", "Studio Lights")]:
        old.interface.remove(item)
    for item in [item for item in old.interface.items_tree if item.name.startswith("Scene ")]:
        old.interface.remove(item)
    old["platelight_version"] = 1
    tree = compat.compositor_tree(scene)
    viewer = next((node for node in tree.nodes if node.bl_idname == "CompositorNodeViewer"), None)
    viewer = viewer or tree.nodes.new("CompositorNodeViewer")
    tree.links.new(shot.outputs["Normal Preview"], viewer.inputs[0])
    shot.inputs["Key Direction"].default_value = (0.1, 0.2, 0.3)
    for frame, value in ((1, 0.5), (3, 2.5)):
        shot.inputs["Key Strength"].default_value = value
        shot.inputs["Key Strength"].keyframe_insert("default_value", frame=frame)
    scene_lights.wire(scene, "plate", collection=None)
    assert shot.node_tree != old and shot.node_tree == relight.node_group()
    assert tuple(shot.inputs["Key Direction"].default_value) == pytest.approx((0.1, 0.2, 0.3))
    assert shot.inputs["Image"].is_linked and shot.inputs["Normal"].is_linked
    assert viewer.inputs[0].links[0].from_socket.name == "Normal Preview"
    shot.inputs["Studio Lights"].default_value = 1.0
    first, last = (render(scene, [frame], tmp_path)[frame] for frame in (1, 3))
    assert last[..., :3].mean() > 1.5 * first[..., :3].mean(), "its keyframes still animate it"


def test_distance_moves_a_point_light_nearer(scene, shot, tmp_path):
    """Without depth the plate is a card at the distance that the user sets: light falls off with its square."""
    light(scene, "Point", "POINT", energy=100.0)
    scene_lights.wire(scene, "plate", collection=None)
    node, tree = lights_node(scene), compat.compositor_tree(scene)
    tree.links.new(node.outputs["Diffuse"], compat.output_socket(tree))
    means = []
    for distance in (2.0, 4.0):
        node.inputs["Depth"].default_value = distance
        means.append(render(scene, [1], tmp_path)[1][..., :3].mean())
    assert means[0] == pytest.approx(4 * means[1], rel=1e-3)


def test_buttons_and_panel(scene, shot, registered):
    light(scene, "Sun")
    assert bpy.ops.platelight.wire_lights() == {"FINISHED"}
    assert rig.gains(lights_node(scene).node_tree, lights_node(scene))[bpy.data.objects["Sun"]].default_value == 1.0
    assert bpy.ops.platelight.unwire_lights() == {"FINISHED"} and not bpy.ops.platelight.unwire_lights.poll()
    scene.camera = None
    with pytest.raises(RuntimeError, match="no camera"):
        bpy.ops.platelight.wire_lights()
