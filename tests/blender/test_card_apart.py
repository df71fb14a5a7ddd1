"""Cards whose shadows are kept off themselves: what Cycles lights then, and what becomes of the lights."""

from __future__ import annotations

import bpy
import ground_truth
import numpy as np
import pytest
from carded import attach, hide_surfaces, matte, shoot_card, stand
from footage import write_exr
from mathutils import Vector
from platelight.addon.blender import compat
from platelight.addon.compositor import depth
from platelight.addon.nodes.block import Block
from platelight.addon.relight import card
from platelight.addon.relight.card import controls
from platelight.addon.relight.lights import scene_lights

SIZE = {"width": ground_truth.WIDTH, "height": ground_truth.HEIGHT}


def sun(scene, *, name: str = "Sun") -> bpy.types.Object:
    data = bpy.data.lights.new(name, "SUN")
    data.energy, data.angle = 3.0, 0.0
    light = ground_truth.add(scene, name, data)
    light.rotation_euler = Vector((0.8, -0.2, 0.5)).to_track_quat("Z", "Y").to_euler()
    return light


@pytest.fixture
def estimated(scene, tmp_path):
    """The card of a plate whose depth is relative and full of bumps: each casts a shadow."""
    stand(scene, **SIZE)
    noise = np.random.default_rng(0).normal(0, 0.15, (SIZE["height"], SIZE["width"]))
    write_exr(tmp_path / "depth" / "plate.0001.exr", {"Depth.Z": (4.0 + noise).astype(np.float32)})
    attach(scene, tmp_path, white=True, passes_=("normal", "depth"), last=1, **SIZE)
    Block(compat.compositor_tree(scene), strip_name="plate").find(depth.NODE).inputs["Relative"].default_value = 1.0
    sun(scene)
    made, _ = card.add(scene, "plate")
    controls.change(made, {"Detail": 97})
    matte(made)
    return made


def test_an_estimated_depth_throws_no_shadow_on_its_plate(scene, tmp_path, estimated):
    """By default; and all of it when it is asked for."""
    light = scene.objects["Sun"]
    assert card.shadows.is_apart(estimated) and not card.shadows.is_stale(scene)
    clean = shoot_card(scene, 1, tmp_path / "card.exr")
    card.shadows.set_apart(estimated, False)
    assert card.shadows.update(scene) == [] and [each.name for each in scene.objects if each.type == "LIGHT"] == ["Sun"]
    patchy = shoot_card(scene, 1, tmp_path / "card.exr")
    light.data.use_shadow = False
    free = shoot_card(scene, 1, tmp_path / "card.exr")
    assert np.abs(clean - free).max() < 1e-3 and (np.abs(patchy - free) > 0.1).mean() > 0.1


def test_plate_and_objects_still_throw_shadows_on_each_other(scene, tmp_path):
    """A ball and its floor as a card: a cube shadows them, and the ball a sheet beside it, as where nothing is kept apart."""
    ground_truth.stage(scene)
    ground_truth.paint()
    ground_truth.write_passes(scene, [1], tmp_path)
    light = sun(scene)
    hide_surfaces(scene)
    bpy.ops.mesh.primitive_cube_add(size=0.8, location=(1.2, -1.6, 1.2))
    bpy.context.object.visible_camera = False
    bpy.ops.mesh.primitive_plane_add(size=1.6, location=(-1.9, 0.0, 0.2))
    attach(scene, tmp_path, white=True, passes_=("normal", "depth"), own=True, last=1, **SIZE)
    made, _ = card.add(scene, "plate")
    controls.change(made, {"Detail": 97})
    matte(made)
    assert not card.shadows.is_apart(made), "a depth in metres is taken for exact"
    pictures = {}
    for apart in (False, True):
        card.shadows.set_apart(made, apart)
        card.shadows.update(scene)
        pictures[apart] = shoot_card(scene, 1, tmp_path / "card.exr")[..., 0]
    made.visible_shadow = False
    without = shoot_card(scene, 1, tmp_path / "card.exr")[..., 0]
    light.data.use_shadow = False
    free = shoot_card(scene, 1, tmp_path / "card.exr")[..., 0]
    cubes, balls = without < free - 1e-3, pictures[True] < without - 1e-3
    own = pictures[False] < pictures[True] - 0.1
    print(f"\nBlender {bpy.app.version_string}: shadows of {cubes.sum()}, {balls.sum()} and {own.sum()} pixels")
    assert cubes.sum() > 20 and np.abs(pictures[True] - free)[~cubes & ~balls].max() < 1e-3
    assert balls.sum() > 10 and np.abs(pictures[True] - pictures[False])[balls].max() < 1e-3
    assert own.sum() > 5, "shadows of the plate on itself that were kept off"


def test_copies_follow_their_lights_and_go_with_them(scene, estimated):
    light, counts = scene.objects["Sun"], len(bpy.data.collections)
    copy = scene.objects["Sun on Card"]
    light.location, light.hide_render = (1.0, 2.0, 3.0), True
    bpy.context.view_layer.update()
    assert copy.data == light.data and copy.hide_render and copy.matrix_world == light.matrix_world
    light.hide_render = False
    bpy.context.view_layer.update()
    assert not copy.hide_render
    assert scene_lights.lights_of(scene, None)[0] == [light], "the compositor counts each light once"
    other = sun(scene, name="Other")
    assert card.shadows.is_stale(scene)
    other.data.use_shadow = False
    assert not card.shadows.is_stale(scene), "no shadow, no copy"
    bpy.data.objects.remove(light)
    bpy.context.view_layer.update()
    assert copy.hide_render and copy.hide_viewport and card.shadows.is_stale(scene)
    other.data.use_shadow = True
    card.add(scene, "plate")
    assert [each.name for each in scene.objects if each.type == "LIGHT"] == ["Other", "Other on Card"]
    bpy.data.objects.remove(estimated)
    bpy.context.view_layer.update()
    assert scene.objects["Other on Card"].hide_render, "nor does one shine when its card was deleted"
    card.add(scene, "plate")
    assert len(bpy.data.collections) == counts
    assert card.remove(scene, "plate") and [each.name for each in scene.objects if each.type == "LIGHT"] == ["Other"]
    assert other.light_linking.receiver_collection is None and len(bpy.data.collections) == counts - 2


def test_links_of_the_users_stay(scene, estimated, registered):
    own = bpy.data.collections.new("Mine")
    light = sun(scene, name="Linked")
    light.light_linking.blocker_collection = own
    _, notices = card.add(scene, "plate")
    assert any("Linked" in notice for notice in notices) and not card.shadows.is_stale(scene)
    assert light.light_linking.blocker_collection == own and light.light_linking.receiver_collection is None
    assert bpy.ops.platelight.card_own_shadows() == {"FINISHED"} and not card.shadows.is_apart(estimated)
    assert bpy.ops.platelight.card_own_shadows() == {"FINISHED"} and card.shadows.is_apart(estimated)
