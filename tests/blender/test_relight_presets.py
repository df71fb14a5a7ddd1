"""Presets and ways to look at the light; files of older versions."""

from __future__ import annotations

import re

import bpy
import numpy as np
import pytest
import relit_shot
from footage import render
from platelight.addon.blender import compat
from platelight.addon.compositor import space
from platelight.addon.node_groups.relight import GREY, LIGHTS
from platelight.addon.relight import control, handlers, outputs, presets, viewing
from platelight.addon.relight.lights import rig, scene_lights
from platelight.addon.relight.match import wiring
from platelight.addon.relight.viewing import View
from relit import TOLERANCE, light, stored
from relit_shot import facing, handle, see, shot_of, soft


@pytest.fixture
def shot(scene, tmp_path):
    return relit_shot.make(scene, tmp_path)


def lit(preset, normal):
    """A preset's light on unit normals, from its numbers alone: (H, W, 3)."""
    total = np.broadcast_to(np.array(preset.ambient_color) * preset.ambient_strength, normal.shape)
    for beam in preset.beams.values():
        if beam.strength:
            cosine = normal @ (np.array(beam.direction) / np.linalg.norm(beam.direction))
            total = total + beam.strength * np.array(beam.color) * soft(cosine, max(beam.softness, 1e-4))[..., None]
    return total * 2.0**preset.exposure


def test_presets_light_the_studio_or_the_scene_alike(scene, shot, tmp_path, registered):
    """As suns in the scene they give the same picture, seen through a camera that looks elsewhere; the first ones make room."""
    scene.camera.rotation_euler, scene.camera.location = (1.2, 0.3, -0.8), (3.0, -2.0, 1.0)
    for name, preset in presets.PRESETS.items():
        assert bpy.ops.platelight.light_preset(shot="plate", preset=name) == {"FINISHED"}
        studio = see(scene, shot.outputs["Light"], tmp_path)
        np.testing.assert_allclose(studio, lit(preset, stored(1)), atol=TOLERANCE, err_msg=name)
    for name in ("RIM", "PORTRAIT"):
        assert bpy.ops.platelight.light_preset(shot="plate", preset=name, lights="SCENE") == {"FINISHED"}
    suns = [light.source for light in control.handles(shot_of(scene)) if light.source]
    assert len(suns) == 3 and {each.data.type for each in suns} == {"SUN"} and len(bpy.data.lights) == 3
    np.testing.assert_allclose(see(scene, shot.outputs["Light"], tmp_path), studio, atol=5e-4)
    scene.camera.rotation_euler.z += 1.0
    assert np.abs(see(scene, shot.outputs["Light"], tmp_path) - studio).max() > 0.1, "suns stay where they are in the scene"


def test_presets_need_a_camera_for_the_scene_only(scene, shot, registered):
    scene.camera = None
    assert bpy.ops.platelight.light_preset(shot="plate", preset="KEY") == {"FINISHED"}
    with pytest.raises(RuntimeError, match="no camera"):
        bpy.ops.platelight.light_preset(shot="plate", preset="KEY", lights="SCENE")
    assert not bpy.data.lights


def test_day_for_night_is_darker_and_bluer_than_a_key(scene, shot, tmp_path):
    means = {}
    for name in ("KEY", "NIGHT"):
        presets.light_studio(shot_of(scene), presets.PRESETS[name], scene=scene)
        means[name] = see(scene, shot.outputs["Image"], tmp_path).mean((0, 1))
    assert means["NIGHT"].sum() < 0.4 * means["KEY"].sum()
    assert means["NIGHT"][2] / means["NIGHT"][0] > 1.5 * means["KEY"][2] / means["KEY"][0]


def test_what_one_looks_at(scene, shot, tmp_path):
    """Each output against its formula."""
    relit_shot.light(scene, "Sun", energy=0.5 * np.pi)
    scene_lights.wire(scene, "plate", collection=None)
    shot.inputs["Studio Lights"].default_value = 1.0
    shot_of(scene).lights.inputs["Reflectance"].default_value = 0.0
    total = light(stored(1)) + 0.5 * facing(1)
    specular = see(scene, shot.outputs["Specular"], tmp_path)
    np.testing.assert_allclose(see(scene, shot.outputs["Grey"], tmp_path), GREY * total + specular, atol=TOLERANCE)
    np.testing.assert_allclose(see(scene, shot.outputs["Normal Preview"], tmp_path), stored(1) * 0.5 + 0.5, atol=TOLERANCE)
    ambient = light(np.zeros((1, 1, 3)))
    want = np.clip((total - ambient).mean(-1), 0, 1)
    np.testing.assert_allclose(see(scene, shot.outputs["Light Mask"], tmp_path)[..., 0], want, atol=TOLERANCE)
    for one in LIGHTS[:2]:
        cosine = np.maximum(0, stored(1) @ (np.array(one.direction) / np.linalg.norm(one.direction)))
        want = one.strength * np.array(one.colour) * cosine[..., None]
        np.testing.assert_allclose(see(scene, shot.outputs[one.name], tmp_path), want, atol=TOLERANCE)


def test_the_viewer_changes_and_comes_back_while_renders_stay(scene, shot, tmp_path, registered):
    tree = compat.compositor_tree(scene)
    viewer = viewing.viewer_of(tree)
    own = compat.new_mix(tree, "MULTIPLY")
    tree.links.new(own.result, viewer.inputs[0])
    before = render(scene, [1], tmp_path)[1]
    for view, name in viewing.OUTPUTS.items():
        assert bpy.ops.platelight.view_light(shot="plate", view=view.value) == {"FINISHED"}
        assert viewer.inputs[0].links[0].from_socket == shot.outputs[name] and viewing.view_of(shot_of(scene)) is view
    np.testing.assert_array_equal(render(scene, [1], tmp_path)[1], before)
    bpy.ops.platelight.view_light(shot="plate", view="RELIT")
    assert viewer.inputs[0].links[0].from_socket == own.result and viewing.view_of(shot_of(scene)) is View.RELIT
    tree.nodes.remove(viewer)
    bpy.ops.platelight.view_light(shot="plate", view="GREY")
    bpy.ops.platelight.view_light(shot="plate", view="RELIT")
    assert viewing.viewer_of(tree).inputs[0].links[0].from_socket == compat.output_socket(tree).links[0].from_socket


def test_presets_leave_what_is_held_or_decided_elsewhere(scene, shot, tmp_path):
    """Held in the world: it turns there; driven, linked or keyframed: it stays; the user is told of each."""
    scene.camera.rotation_euler = (1.2, 0.3, -0.8)
    bpy.context.view_layer.update()
    space.hold_studio(scene, "plate")
    tree, preset = compat.compositor_tree(scene), presets.PRESETS["PORTRAIT"]
    own = compat.new_math(tree, "ADD")
    tree.links.new(own.outputs[0], shot.inputs["Fill Strength"])
    shot.inputs["Rim Strength"].driver_add("default_value").driver.expression = "3.5"
    shot.inputs["Exposure"].default_value = 1.5
    shot.inputs["Exposure"].keyframe_insert("default_value", frame=1)
    told = presets.light_studio(shot_of(scene), preset, scene=scene)
    for wanted in ("Key Direction.*held in the world", "Fill Strength: a link", "Rim Strength: a driver", "Exposure: keyframes"):
        assert any(re.search(wanted, notice) for notice in told), (wanted, told)
    assert shot.inputs["Fill Strength"].links[0].from_node == own and shot.inputs["Exposure"].default_value == 1.5
    scene.frame_set(1)
    assert shot.inputs["Rim Strength"].default_value == 3.5
    assert shot.inputs["Key Direction"].links[0].from_node == shot_of(scene).block.find(space.STUDIO + "Key Direction")
    beam = preset.beams["Key"]
    want = soft(stored(1) @ (np.array(beam.direction) / np.linalg.norm(beam.direction)), beam.softness)[..., None]
    got = see(scene, shot.outputs["Key"], tmp_path) / 2**1.5
    np.testing.assert_allclose(got, beam.strength * np.array(beam.color) * want, atol=TOLERANCE)


def test_what_is_looked_at_and_written_is_what_is_composited(scene, shot, tmp_path, registered):
    """With the plate's own light taken out: the match node's picture, also when it was matched while one looked at the light."""
    viewer, relit = viewing.viewer_of(compat.compositor_tree(scene)), shot.outputs["Image"]
    assert viewer.inputs[0].links[0].from_socket == relit and "Albedo" not in outputs.layers(shot_of(scene))
    bpy.ops.platelight.view_light(shot="plate", view="GREY")
    matched = wiring.ensure(scene, "plate").outputs["Image"]
    wiring.set_mode(scene, "plate", wiring.Mode.REPLACE)
    bpy.ops.platelight.view_light(shot="plate", view="RELIT")
    assert viewer.inputs[0].links[0].from_socket == matched == outputs.layers(shot_of(scene))["Relit"]
    node = outputs.add(shot_of(scene), path=str(tmp_path / "plate_"))
    assert {"Relit", "Albedo", "Original Light", "Plate Highlights"} <= {socket.name for socket in node.inputs if socket.is_linked}
    bpy.ops.platelight.view_light(shot="plate", view="MASK")
    wiring.set_mode(scene, "plate", wiring.Mode.OFF)
    bpy.ops.platelight.view_light(shot="plate", view="RELIT")
    assert viewer.inputs[0].links[0].from_socket == relit == outputs.layers(shot_of(scene))["Relit"]
    assert next(socket for socket in node.inputs if socket.name == "Relit").links[0].from_socket == relit


def test_a_rig_of_the_first_version_is_built_anew_and_keeps_its_settings(scene, shot, tmp_path):
    """With the sockets that it had then: a gain and an output for each light, in no panel."""
    one = relit_shot.light(scene, "One")
    relit_shot.light(scene, "Two")
    scene_lights.wire(scene, "plate", collection=None)
    lights, tree = shot_of(scene).lights, compat.compositor_tree(scene)
    face = lights.node_tree.interface
    new = (" Exposure", " Softness", " Lift", " Matte", " Mask")
    for item in [item for item in face.items_tree if item.item_type == "SOCKET"]:
        if item.name.endswith(new) or item.name == "Mask":
            face.remove(item)
    for item in [item for item in face.items_tree if item.item_type == "PANEL"]:
        for inside in list(item.interface_items):
            face.move_to_parent(inside, None, 99)
        face.remove(item)
    for node in lights.node_tree.nodes:
        for name in ("exposure", "softness", "lift", "matte", "mask"):
            node.pop(f"platelight_{name}", None)
    lights.node_tree["platelight_rig"] = 1
    lights.inputs["One"].default_value = 0.25
    viewer = viewing.viewer_of(tree)
    tree.links.new(lights.outputs["One"], viewer.inputs[0])
    assert [light.matte for light in control.handles(shot_of(scene)) if light.source] == [None, None]
    assert handlers.refresh(scene) == 1 and handlers.refresh(scene) == 0 and rig.is_current(lights.node_tree)
    assert lights.inputs["One"].default_value == 0.25 and viewer.inputs[0].links[0].from_socket.name == "One"
    assert handle(scene, "One").matte.default_value == 1.0 and handle(scene, "One").exposure.default_value == 0.0
    panels = [item.name for item in face.items_tree if item.item_type == "PANEL"]
    assert panels == ["One", "Two"] and face.items_tree["One Matte"].parent.name == "One"
    np.testing.assert_allclose(see(scene, lights.outputs["Diffuse"], tmp_path), np.repeat(1.25 * facing(1), 3, -1), atol=TOLERANCE)
    bpy.data.objects.remove(one)
    assert handlers.refresh(scene) == 1 and [item.name for item in face.items_tree if item.item_type == "PANEL"] == ["Two"]


def test_a_worlds_picture_is_read_once(scene, shot, tmp_path, monkeypatch):
    """Lights come and go without another look at it; asking for it, and another file, do make one look."""
    import ground_truth
    from platelight.addon.node_groups import world_light as worlds

    looks = []
    real = worlds.pixels
    monkeypatch.setattr(worlds, "pixels", lambda image: looks.append(image.name) or real(image))
    ground_truth.sky(scene, np.ones((4, 8, 3), np.float32), tmp_path)
    scene_lights.wire(scene, "plate", collection=None)
    lights = shot_of(scene).lights
    first = see(scene, lights.outputs["Diffuse"], tmp_path)
    relit_shot.light(scene, "Sun", energy=0.0)
    assert handlers.refresh(scene) == 1 and len(looks) == 1
    np.testing.assert_allclose(see(scene, lights.outputs["Diffuse"], tmp_path), first, atol=TOLERANCE)
    scene_lights.wire(scene, "plate", collection=None)
    assert len(looks) == 2
    image = bpy.data.images["sky.exr"]
    image.filepath = str(ground_truth.write_exr(tmp_path / "other.exr", {c: 2 * np.ones((4, 8), np.float32) for c in "RGB"}))
    relit_shot.light(scene, "Sun 2", energy=0.0)
    assert handlers.refresh(scene) == 1 and len(looks) == 3
