"""Copies of a scene light their plate by their own lights and camera, and leave the original's alone."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
import relit_shot
from footage import render
from platelight.addon.blender import compat
from platelight.addon.compositor import space
from platelight.addon.relight import control, handlers
from platelight.addon.relight.lights import rig

SHARED = "compositing_node_group" in bpy.types.Scene.bl_rna.properties


@pytest.fixture
def lit(scene, registered, tmp_path):
    """A plate under one sun of a collection of its own, at half gain."""
    relit_shot.make(scene, tmp_path)
    suns = scene.platelight_relight.collection = bpy.data.collections.new("Suns")
    scene.collection.children.link(suns)
    sun = relit_shot.light(scene, "Sun")
    scene.collection.objects.unlink(sun)
    suns.objects.link(sun)
    bpy.ops.platelight.wire_lights()
    relit_shot.handle(scene, "Sun").gain.default_value = 0.5
    handlers.refresh(scene)
    return scene


def copied(kind):
    bpy.ops.scene.new(type=kind)
    copy = bpy.context.window.scene
    handlers.refresh(copy)
    return copy


def lights(scene):
    return [each.name for each in rig.wired_lights(control.find(scene, "plate").rig)]


def shown(scene, folder):
    return render(scene, [1], folder)[1]


def test_a_full_copy_has_lights_of_its_own_with_the_settings_they_had(lit, tmp_path):
    before = shown(lit, tmp_path)
    copy = copied("FULL_COPY")
    assert lights(copy) == ["Sun.001"] and lights(lit) == ["Sun"]
    [sun] = [each for each in control.handles(control.find(copy, "plate")) if each.source]
    assert sun.gain.default_value == 0.5
    np.testing.assert_allclose(shown(copy, tmp_path), before, atol=1e-5)
    bpy.data.objects["Sun.001"].data.color = (0.0, 0.0, 1.0)
    bpy.context.view_layer.update()
    assert np.abs(shown(copy, tmp_path) - before).max() > 0.1
    for each in (lit, copy, lit):
        assert handlers.refresh(each) == 0, "neither takes the other's lights away again"
    np.testing.assert_allclose(shown(lit, tmp_path), before, atol=1e-5)


def test_a_linked_copy_is_seen_through_its_own_camera(lit, tmp_path):
    bpy.ops.platelight.add_space(shot="plate")
    before = shown(lit, tmp_path)
    copy = copied("LINK_COPY")
    copy.camera = bpy.data.objects.new("Other", bpy.data.cameras.new("Other"))
    copy.collection.objects.link(copy.camera)
    copy.camera.rotation_euler = 0.0, 1.0, 0.0
    bpy.context.view_layer.update()
    assert np.abs(shown(copy, tmp_path) - before).max() > 0.1
    node = control.find(copy, "plate").block.find(space.PASS)
    asked = {variable.targets[0].id for curve in node.node_tree.animation_data.drivers for variable in curve.driver.variables}
    assert asked == {copy} and lights(copy) == ["Sun"]
    np.testing.assert_allclose(shown(lit, tmp_path), before, atol=1e-5)


def test_a_copy_waits_for_a_camera(lit):
    copy = lit.copy()
    if SHARED:
        copy.compositing_node_group = copy.compositing_node_group.copy()
    for kind in ("none", "ORTHO", "PERSP"):
        copy.camera = None if kind == "none" else bpy.data.objects.new(kind, bpy.data.cameras.new(kind))
        if copy.camera:
            copy.camera.data.type = kind
        handlers.refresh(copy)
        shared = control.find(copy, "plate").rig == control.find(lit, "plate").rig
        assert shared == (kind != "PERSP")


@pytest.mark.skipif(not SHARED, reason="each scene has a compositor of its own")
def test_a_compositor_that_scenes_share_follows_the_one_it_was_wired_in(lit):
    other = bpy.data.scenes.new("Other")
    other.compositing_node_group = lit.compositing_node_group
    other.camera = lit.camera
    relit_shot.light(other, "Lamp")
    for each in (other, lit, other):
        assert handlers.refresh(each) == 0 and lights(lit) == ["Sun"]
    bpy.context.window.scene = other
    bpy.ops.platelight.wire_lights()
    for each in (other, lit, other):
        assert handlers.refresh(each) == 0 and lights(lit) == ["Lamp"]


def test_a_scene_of_a_library_is_left_alone(lit, tmp_path, monkeypatch):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "shot.blend"), link=True) as (there, here):
        here.scenes = there.scenes
    [linked] = here.scenes
    assert compat.compositor_tree(linked).library or linked.library
    monkeypatch.setattr(rig, "VERSION", rig.VERSION + 1)
    assert handlers.refresh(linked) == 0 and not rig.is_current(control.find(linked, "plate").rig)
