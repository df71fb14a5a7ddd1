"""A file whose working space is ACEScg or Rec.2020 gives the light of a Rec.709 file, converted."""

from __future__ import annotations

import bpy
import carded
import match_plates as plates
import numpy as np
import pytest
import relit_shot
from footage import linear, plate_bytes, render, write_exr
from ground_truth import add
from match_plates import unit
from platelight.addon.blender import compat, curves, working_space
from platelight.addon.imports import convention, files, pixels
from platelight.addon.node_groups import world_light
from platelight.addon.nodes.block import Block
from platelight.addon.relight import card, control, matched_sun, presets
from platelight.addon.relight.lights import scene_lights
from platelight.addon.relight.match import run, sample, wiring
from platelight.addon.relight.match.fit import Assumptions
from relit import light as studio_light
from relit import stored
from relit_shot import light, lights_node, see, shot_of

pytestmark = pytest.mark.skipif(not hasattr(bpy.data, "colorspace"), reason="Blender has working spaces from 5.0 on")

SUNS = {1: unit(-0.6, 0.65, 0.45), 2: unit(0.1, 0.8, 0.5)}
CLOSE = {"rtol": 1e-3, "atol": 1e-4}
FROM_REC709 = {
    "ACEScg": ((0.613097, 0.339523, 0.047379), (0.070194, 0.916354, 0.013452), (0.020616, 0.109570, 0.869815)),
    "Linear Rec.2020": ((0.627404, 0.329283, 0.043313), (0.069097, 0.919540, 0.011362), (0.016391, 0.088013, 0.895595)),
}
"""Of the primaries and white points, adapted with Bradford's matrix (ACES) or of one white point (BT.2087)."""


@pytest.fixture
def shot(scene, tmp_path):
    return relit_shot.make(scene, tmp_path)


def change(space):
    """As a user does it in the scene's properties."""
    assert bpy.ops.wm.set_working_color_space(convert_colors=True, working_space=space) == {"FINISHED"}


def in_acescg(rec709):
    return np.asarray(rec709) @ np.array(FROM_REC709["ACEScg"]).T


@pytest.mark.parametrize("space", FROM_REC709)
def test_colours_are_converted_there_and_back(scene, space):
    assert working_space.sign() == "" and working_space.named("scene_linear") == "Linear Rec.709"
    change(space)
    assert working_space.sign() and working_space.named("scene_linear") == space and working_space.named("sRGB") == "sRGB"
    np.testing.assert_allclose(working_space.to_working(), FROM_REC709[space], atol=2e-6)
    np.testing.assert_allclose(working_space.from_rec709((1.0, 1.0, 1.0)), 1.0, atol=2e-6)
    np.testing.assert_allclose(working_space.to_rec709(working_space.from_rec709((0.8, 0.3, 0.1))), (0.8, 0.3, 0.1), atol=1e-6)


@pytest.mark.parametrize("background", ["colour", "bytes", "floats"])
def test_the_scenes_lights_are_those_of_a_rec709_file(scene, shot, registered, tmp_path, background):
    """A coloured sun, a warm point light, and the world, changed under a rig that is there; and a rig made in ACEScg."""
    light(scene, "Sun").data.color = (0.9, 0.5, 0.2)
    warm = light(scene, "Warm", "POINT", energy=200.0)
    warm.location, warm.data.use_temperature, warm.data.temperature = (1.0, 1.0, 1.0), True, 2900.0
    _world(scene, background, tmp_path)
    scene_lights.wire(scene, "plate", collection=None, world=True)
    want = see(scene, shot.outputs["Light"], tmp_path)
    change("ACEScg")
    assert not scene_lights.is_stale(scene, lights_node(scene).node_tree), "the handler has built the rig anew"
    np.testing.assert_allclose(see(scene, shot.outputs["Light"], tmp_path), in_acescg(want), **CLOSE)
    scene_lights.unwire(scene, "plate")
    scene_lights.wire(scene, "plate", collection=None, world=True)
    shot.inputs["Studio Lights"].default_value = 0.0
    np.testing.assert_allclose(see(scene, shot.outputs["Light"], tmp_path), in_acescg(want), **CLOSE)


def _world(scene, background, folder):
    scene.world = bpy.data.worlds.new("World")
    node = scene.world.node_tree.nodes["Background"]
    node.inputs["Color"].default_value = (0.2, 0.4, 0.9, 1.0)
    if background == "colour":
        return
    image = bpy.data.images.new("sky", 8, 4, float_buffer=background == "floats")
    picture = np.ones((4, 8, 4), np.float32)
    picture[..., :3] = np.random.default_rng(2).random((4, 8, 3)) * (0.9, 0.5, 0.2)
    image.pixels.foreach_set(picture.ravel())
    image.filepath_raw, image.file_format = str(folder / "sky"), "OPEN_EXR" if background == "floats" else "PNG"
    image.save()
    texture = scene.world.node_tree.nodes.new("ShaderNodeTexEnvironment")
    texture.image = bpy.data.images.load(str(folder / "sky"))
    scene.world.node_tree.links.new(texture.outputs[0], node.inputs["Color"])


def test_studio_lights_and_presets_made_in_acescg_look_like_those_of_rec709(scene, registered, tmp_path):
    change("ACEScg")
    shot = relit_shot.make(scene, tmp_path)
    np.testing.assert_allclose(see(scene, shot.outputs["Light"], tmp_path), in_acescg(studio_light(stored(1))), **CLOSE)
    presets.light_studio(control.need(scene, "plate"), presets.PRESETS["NIGHT"], scene=scene)
    ours = see(scene, shot.outputs["Light"], tmp_path)
    presets.light_scene(shot_of(scene), presets.PRESETS["NIGHT"], scene=scene, collection=None, world=False)
    np.testing.assert_allclose(see(scene, shot.outputs["Light"], tmp_path), ours, atol=5e-4)
    change("Linear Rec.709")
    presets.light_studio(control.need(scene, "plate"), presets.PRESETS["NIGHT"], scene=scene)
    scene_lights.unwire(scene, "plate")
    np.testing.assert_allclose(in_acescg(see(scene, shot.outputs["Light"], tmp_path)), ours, **CLOSE)


def test_a_neutral_light_relights_a_coloured_plate_alike(scene, shot, tmp_path):
    light(scene, "Sun", energy=2.0)
    scene_lights.wire(scene, "plate", collection=None)
    want = render(scene, [1], tmp_path)[1]
    change("ACEScg")
    got = render(scene, [1], tmp_path)[1]
    np.testing.assert_allclose(got[..., :3], in_acescg(want[..., :3]), **CLOSE)


def test_a_coloured_light_on_a_coloured_plate_is_the_cards_in_cycles(scene, tmp_path):
    """Both multiply in the working space, so that the plate and CG objects beside it change alike."""
    size = {"width": 32, "height": 18}
    carded.stand(scene, **size)
    carded.attach(scene, tmp_path, **size)
    lamp = light(scene, "Sun", energy=3.0)
    lamp.data.color, lamp.data.angle = (0.9, 0.4, 0.2), 0.0
    lamp.rotation_euler = scene.camera.matrix_world.to_euler()
    scene_lights.wire(scene, "plate", collection=None)
    lights_node(scene).inputs["Reflectance"].default_value = 0.0
    tree = compat.compositor_tree(scene)
    shot = Block(tree, strip_name="plate").find("relight")
    for link in shot.inputs["Scene Specular"].links:
        tree.links.remove(link)
    made, _ = card.add(scene, "plate")
    carded.matte(made)
    change("ACEScg")
    got = see(scene, shot.outputs["Image"], tmp_path)
    want = in_acescg(linear(plate_bytes(1, **size))) * see(scene, shot.outputs["Light"], tmp_path)
    np.testing.assert_allclose(got, want, **CLOSE)
    cycles = carded.shoot_card(scene, 1, tmp_path / "card.exr")
    assert np.percentile(np.abs(cycles - got), 99) < 0.01 * got.max()


@pytest.fixture
def matched(scene, tmp_path):
    """Two frames of the room under a coloured sun that moves, matched; gives a function that matches again."""
    files = []
    for frame in (1, 2):
        normal, albedo = plates.room(shift=0.02 * frame)
        files.append(plates.write(tmp_path, frame, plate=albedo * plates.lit(normal, SUNS[frame]), normal=normal))
    plates.attach(scene, tmp_path, files)
    scene.camera = add(scene, "Camera", bpy.data.cameras.new("Camera"))

    def again():
        for _ in run.match(scene, "plate", frames=2, assume=Assumptions(smoothing=0.0, grey_world=True)):
            pass
        return wiring.node_of(scene, "plate")

    return again


def test_the_match_is_that_of_a_rec709_file(scene, matched, registered):
    """The light that was found follows the file with its keyframes; found anew it is the same; its sun and world are, too."""
    node = matched()
    seen = sample.look(scene, "plate", 2).plate
    want = {frame: _terms(scene, node, frame) for frame in (1, 2)}
    assert np.abs(want[1] - want[2]).max() > 0.05, "keyframes"
    matched_sun.make(scene, "plate")
    made = _sun(scene)
    change("ACEScg")
    np.testing.assert_allclose(sample.look(scene, "plate", 2).plate, seen, **CLOSE)
    for frame, terms in want.items():
        np.testing.assert_allclose(_terms(scene, node, frame), in_acescg(terms), rtol=1e-4, atol=1e-5)
    node = matched()
    for frame, terms in want.items():
        np.testing.assert_allclose(_terms(scene, node, frame), in_acescg(terms), **CLOSE)
    matched_sun.make(scene, "plate")
    for ours, theirs in zip(_sun(scene), made, strict=True):
        np.testing.assert_allclose(ours, in_acescg(theirs), **CLOSE)
    change("Linear Rec.709")
    np.testing.assert_allclose(_terms(scene, node, 2), want[2], **CLOSE)


def test_a_plate_under_its_own_light_stays_itself(scene, matched, tmp_path):
    change("ACEScg")
    matched()
    wiring.set_mode(scene, "plate", wiring.Mode.ADD)
    normal, albedo = plates.room(shift=0.02)
    relight = Block(compat.compositor_tree(scene), strip_name="plate").find("relight")
    relight.inputs["Studio Lights"].default_value = 0.0
    got = render(scene, [1], tmp_path)[1][..., :3]
    np.testing.assert_allclose(got, in_acescg(albedo * plates.lit(normal, SUNS[1])), **CLOSE)


def _terms(scene, node, frame):
    """The fitted light's terms (9, 3) at a frame, by their keyframes."""
    tree = compat.compositor_tree(scene)
    found = [curves.of(tree, node.inputs[term].path_from_id("default_value")) for term in world_light.TERMS]
    assert all(len(each) == 3 and len(each[0].keyframe_points) == 2 for each in found)
    return np.array([[curve.evaluate(frame) for curve in each] for each in found])


def _sun(scene):
    """Colour times power of the made sun and of the made world, at frame 2."""
    scene.frame_set(2)
    lamp = next(each.data for each in scene.objects if each.type == "LIGHT")
    background = scene.world.node_tree.nodes["Background"]
    strength = background.inputs["Strength"].default_value
    return np.array(lamp.color) * lamp.energy, np.array(background.inputs["Color"].default_value[:3]) * strength


@pytest.mark.parametrize("space", ["Linear Rec.2020", "ACEScg"])
def test_imported_normals_are_numbers_not_colours(scene, tmp_path, space):
    """Whatever the working space: as they are read, and through the node that takes a curve off."""
    change(space)
    value = np.random.default_rng(1).random((4, 6, 3)).astype(np.float32)
    planes = {f"Normal.{axis}": np.ascontiguousarray(value[..., index]) for index, axis in enumerate("XYZ")}
    color = {name: np.zeros((4, 6), np.float32) for name in "RGB"}
    file = write_exr(tmp_path / "layers.exr", planes | color)
    np.testing.assert_allclose(pixels.read(file, layer="Normal", header=files.header(file)), value, atol=1e-6)
    tree, _ = compat.ensure_compositor_tree(scene)
    curve = tree.nodes.new("CompositorNodeConvertColorSpace")
    curve.from_color_space, curve.to_color_space = "sRGB", "Linear Rec.709"
    curve.inputs[0].default_value = (0.5, 0.3, 0.2, 1.0)
    tree.links.new(curve.outputs[0], compat.output_socket(tree) or compat.new_output_socket(tree))
    scene.render.resolution_x, scene.render.resolution_y = 6, 4
    node = tree.nodes.new("CompositorNodeImage")
    node.image = bpy.data.images.load(
        str(write_exr(tmp_path / "flat.exr", {name: value[..., i].copy() for i, name in enumerate("RGB")}))
    )
    node.image.colorspace_settings.name = "Non-Color"
    tree.links.new(node.outputs["Image"], curve.inputs[0])
    got = render(scene, [1], tmp_path)[1][..., :3]
    np.testing.assert_allclose(got, convention.srgb_to_linear(value), atol=2e-5)
