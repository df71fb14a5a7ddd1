"""The Relight panel's buttons and words, where lights and cameras come and go."""

from __future__ import annotations

import bpy
import pytest


@pytest.fixture
def relit(part, shot, plate):
    """The strip ``plate`` relit by normals of two walls, a camera, and a lamp in the scene; gives the relight node."""
    walls = bpy.data.images.new("walls", 32, 18)
    walls.pixels = ([0.2, 0.5, 0.9, 1.0] * 16 + [0.8, 0.5, 0.9, 1.0] * 16) * 18
    walls.filepath_raw, walls.file_format = str(shot / "n.0001.png"), "PNG"
    walls.save()
    scene = bpy.context.scene
    assert bpy.ops.platelight.import_normals(filepath=str(shot / "n.0001.png"), shot="plate") == {"FINISHED"}
    scene.camera = _add(bpy.data.cameras.new("Camera"))
    _add(bpy.data.lights.new("Lamp", "POINT"))
    return part("relight.control").find(scene, "plate").relight


def _add(data):
    made = bpy.data.objects.new(data.name, data)
    bpy.context.scene.collection.objects.link(made)
    return made


def test_studio_lights_come_back_when_a_solo_light_is_taken_off(relit):
    def on():
        return relit.inputs["Key On"].default_value

    assert bpy.ops.platelight.wire_lights() == {"FINISHED"}
    bpy.ops.platelight.solo_light(shot="plate", light="Lamp")
    assert on() == 0.0
    bpy.data.objects.remove(bpy.data.objects["Lamp"])
    assert bpy.ops.platelight.wire_lights() == {"FINISHED"} and on() == 1.0
    _add(bpy.data.lights.new("Sun", "SUN"))
    bpy.ops.platelight.wire_lights()
    bpy.ops.platelight.solo_light(shot="plate", light="Sun")
    assert bpy.ops.platelight.unwire_lights() == {"FINISHED"} and on() == 1.0


def test_new_scene_lights_are_off_while_a_studio_light_is_solo(part, relit):
    bpy.ops.platelight.solo_light(shot="plate", light="Key", studio=True)
    assert bpy.ops.platelight.wire_lights() == {"FINISHED"}
    rows = part("relight.lights.sockets")
    rig = part("relight.control").find(bpy.context.scene, "plate").rig
    assert {node.inputs["On"].default_value for node in rows.nodes(rig)} == {0.0}


def test_the_panel_says_why_lights_rest(part, relit):
    trouble = part("panels.relight_lights").trouble_with_camera
    scene = bpy.context.scene
    assert trouble(scene) == ""
    scene.camera.data.type = "ORTHO"
    assert trouble(scene) == "Camera is not a perspective camera. Make it one to see how the lights fall."
    scene.camera = bpy.data.objects["Lamp"]
    assert trouble(scene).startswith("No active camera")
    scene.camera = None
    assert trouble(scene).startswith("No active camera")
