"""The light in a plate is found, taken out, put back and kept, in a compositor that people have worked in."""

from __future__ import annotations

import bpy
import match_plates as plates
import numpy as np
import pytest
from footage import read_exr, render, render_elsewhere, write_exr
from ground_truth import add
from match_plates import angle, unit
from platelight.addon.blender import clips, compat, curves
from platelight.addon.compositor import passes
from platelight.addon.errors import UserError
from platelight.addon.node_groups import world_light
from platelight.addon.nodes.block import Block
from platelight.addon.relight import control, matched_sun, viewing
from platelight.addon.relight.match import run, wiring
from platelight.addon.relight.match import shot as shots
from platelight.addon.relight.match.fit import Assumptions
from platelight.addon.relight.match.wiring import Mode
from platelight.addon.relight.viewing import View

SUN = unit(-0.6, 0.65, 0.45)


@pytest.fixture
def shot(scene, tmp_path):
    """Three frames of the room under one sun and a sky; gives their folder."""
    files = []
    for frame in (1, 2, 3):
        normal, albedo = plates.room(shift=0.02 * frame)
        files.append(plates.write(tmp_path, frame, plate=albedo * plates.lit(normal, SUN), normal=normal))
    plates.attach(scene, tmp_path, files)
    return tmp_path


def match(scene, *, frames=3, **settings):
    """Match the plate; gives the match node."""
    for _ in run.match(scene, "plate", frames=frames, assume=Assumptions(**settings)):
        pass
    return wiring.node_of(scene, "plate")


def test_an_albedo_pass_takes_the_place_of_the_fits_when_the_light_is_replaced(scene, tmp_path):
    """The plate has a cast shadow that no fit of normals can know; the albedo is known."""
    normal, albedo = plates.room()
    shadow = np.ones(normal.shape)
    shadow[20:, 10:40] = 0.35
    files = [plates.write(tmp_path, 1, plate=albedo * plates.lit(normal, SUN) * shadow, normal=normal)]
    plates.attach(scene, tmp_path, files)
    match(scene, frames=1)
    relight = relight_node(scene)
    image, light = through(scene, tmp_path, wiring.node_of(scene, "plate").outputs["Image"], relight.outputs["Light"], frame=1)
    without = np.abs(image - albedo * light).mean()
    planes = {f"Albedo.{name}": np.ascontiguousarray(albedo[..., index], np.float32) for index, name in enumerate("RGB")}
    metal = {"Metallic.V": np.full(albedo.shape[:2], 0.5, np.float32)}
    rough = {"Roughness.V": np.full(albedo.shape[:2], 0.3, np.float32)}
    for name, channels in (("albedo", planes), ("metallic", metal), ("roughness", rough)):
        write_exr(tmp_path / name / "plate.0001.exr", channels)
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(tmp_path), passes=("normal",), first=1, last=1)
    node = wiring.node_of(scene, "plate")
    seen, image, kept = through(scene, tmp_path, node.outputs["Albedo"], node.outputs["Image"], node.outputs["Highlights"], frame=1)
    assert np.allclose(seen, albedo, atol=2e-3)
    within = np.abs(image - albedo * light).mean()
    print(f"error of Replace: {without:.4f} with the fit's albedo, {within:.4f} with the pass")
    assert within < 0.5 * without and np.allclose(image - kept, albedo * light, atol=4e-3)
    node.inputs["Use Albedo Pass"].default_value = 0.0
    [image] = through(scene, tmp_path, node.outputs["Image"], frame=1)
    assert np.abs(image - albedo * light).mean() == pytest.approx(without, rel=0.02)


def relight_node(scene):
    return Block(compat.compositor_tree(scene), strip_name="plate").find("relight")


def through(scene, folder, *sockets, frame=2):
    """What some sockets give at a frame: an array (H, W, 3) for each."""
    tree, found = compat.compositor_tree(scene), []
    shown = compat.output_socket(tree).links[0].from_socket
    for socket in sockets:
        tree.links.new(socket, compat.output_socket(tree))
        found.append(render(scene, [frame], folder)[frame][..., :3])
    tree.links.new(shown, compat.output_socket(tree))
    return found


def drawn(tree):
    """All there is to a tree: nodes, links, values, animation."""
    nodes = {n.name: (n.bl_idname, tuple(n.location), n.mute, n.parent and n.parent.name) for n in tree.nodes}
    links = {(li.from_node.name, li.from_socket.identifier, li.to_node.name, li.to_socket.identifier) for li in tree.links}
    values = {
        (n.name, s.identifier): tuple(v) if hasattr(v := s.default_value, "__len__") and not isinstance(v, str) else v
        for n in tree.nodes
        for s in n.inputs
        if hasattr(s, "default_value")
    }
    data = tree.animation_data
    paths = sorted(curve.data_path for curve in (*data.drivers, *curves.all_of(tree))) if data else []
    return nodes, links, values, paths


def test_the_sun_is_found_and_its_light_reproduces_the_plate(scene, shot):
    node = match(scene)
    off = max(angle(row[1:4], SUN) for row in wiring.suns(node))
    albedo, original = through(scene, shot, node.outputs["Albedo"], node.outputs["Original Light"])
    normal, paint = plates.room(shift=0.04)
    plate = paint * plates.lit(normal, SUN)
    worst = np.abs(albedo * original - plate).max() / plate.max()
    painted = np.median(np.abs(albedo / np.median(albedo / paint, axis=(0, 1)) - paint) / paint)
    figures = f"sun {off:.1f} degrees off, plate back within {worst:.2%}, paint within {painted:.1%}"
    print(f"\nBlender {bpy.app.version_string}: {figures}")
    assert off < 10 and worst < 0.03 and painted < 0.06


def test_modes_are_what_they_say_and_turn_into_each_other(scene, shot):
    """Downstream work of the user's follows; the slider and keyframes stay."""
    tree, relight = compat.compositor_tree(scene), relight_node(scene)
    grade = compat.new_mix(tree, "MULTIPLY")
    tree.links.new(relight.outputs["Image"], grade.a)
    grade.b.default_value = (1.0, 1.0, 1.0, 1.0)
    tree.links.new(grade.result, compat.output_socket(tree))
    before = drawn(tree)
    node = match(scene, smoothing=0.1)
    assert wiring.mode_of(node) is Mode.REPLACE and grade.a.links[0].from_node == node
    keys = drawn(tree)[3]
    assert any("inputs" in path for path in keys)
    plate = relight.inputs["Image"].links[0].from_socket
    parts = (plate, node.outputs["Albedo"], relight.outputs["Light"], relight.outputs["Specular"])
    plate, albedo, light, specular = through(scene, shot, *parts)
    for mode, keep in ((Mode.ADD, 1.0), (Mode.MIX, 0.25), (Mode.REPLACE, 0.0), (Mode.MIX, 0.25)):
        wiring.set_mode(scene, "plate", mode)
        if mode is Mode.MIX and keep != node.inputs["Keep Original"].default_value:
            assert node.inputs["Keep Original"].default_value == 0.5
            node.inputs["Keep Original"].default_value = keep
        got = render(scene, [2], shot)[2][..., :3]
        np.testing.assert_allclose(got, albedo * light + specular + keep * plate, rtol=1e-4, atol=1e-5)
    wiring.set_mode(scene, "plate", Mode.OFF)
    assert grade.a.links[0].from_node == relight and drawn(tree)[3] == keys
    np.testing.assert_allclose(render(scene, [2], shot)[2][..., :3], plate * light + specular, rtol=1e-4, atol=1e-5)
    wiring.set_mode(scene, "plate", Mode.ADD)
    assert wiring.remove(scene, "plate") and drawn(tree) == before
    assert not wiring.remove(scene, "plate")


def test_grey_shows_the_original_light_that_stays(scene, shot):
    node, relight = match(scene), relight_node(scene)
    wiring.set_mode(scene, "plate", Mode.MIX)
    seen = control.need(scene, "plate")
    viewer = viewing.show(seen, View.GREY)
    assert viewer.inputs[0].links[0].from_node == node and viewing.view_of(seen) is View.GREY
    parts = (node.outputs["Grey"], node.outputs["Original Light"], relight.outputs["Light"], relight.outputs["Specular"])
    grey, original, light, specular = through(scene, shot, *parts)
    np.testing.assert_allclose(grey, 0.18 * (light + 0.5 * original) + specular, rtol=1e-4, atol=1e-5)
    viewing.show(seen, View.RELIT)
    assert viewer.inputs[0].links[0].from_socket == node.outputs["Image"]


def test_shadows_have_a_limit(scene, shot):
    """Light that falls to nothing divides by no less than the limit."""
    node = match(scene)
    for term in world_light.TERMS:
        node.inputs[term].default_value = (0.0, 0.0, 0.0)
    node.inputs["Constant"].default_value = (1.0, 1.0, 1.0)
    node.inputs["X"].default_value = (-1.5, -1.5, -1.5)
    node.inputs["Shadow Limit"].default_value = 0.2
    [original] = through(scene, shot, node.outputs["Original Light"])
    assert original.min() >= 0.2 - 1e-5 and original.max() > 1.0


def test_lamps_and_sky_stay_what_they_are(scene, shot):
    """What is brighter than a white surface keeps the excess in new light, and is not multiplied."""
    normal, albedo = plates.room(shift=0.04)
    plate = albedo * plates.lit(normal, SUN)
    plate[:6, :10] = 9.0
    plates.write(shot, 2, plate=plate, normal=normal)
    node = match(scene)
    outputs = ("Image", "Albedo", "Original Light", "Highlights")
    image, paint, original, excess = through(scene, shot, *(node.outputs[name] for name in outputs))
    assert paint.max() <= 1.0 + 1e-5 and excess[:6, :10].min() > 5 and np.abs(excess[20:]).max() < 1e-5
    np.testing.assert_allclose(paint * original + excess, plate, rtol=1e-3, atol=1e-4)
    [light] = through(scene, shot, relight_node(scene).outputs["Light"])
    np.testing.assert_allclose(image[:6, :10], (light + excess)[:6, :10], rtol=1e-3)


def test_a_light_that_moves_is_keyframes_that_render_without_the_add_on(scene, tmp_path):
    files, suns = [], [unit(x, 0.6, 0.7) for x in (-0.8, 0.0, 0.8)]
    for frame, direction in zip((1, 2, 3), suns, strict=True):
        normal, albedo = plates.room()
        files.append(plates.write(tmp_path, frame, plate=albedo * plates.lit(normal, direction), normal=normal))
    plates.attach(scene, tmp_path, files)
    node = match(scene, smoothing=0.1)
    for row, direction in zip(wiring.suns(node), suns, strict=True):
        assert angle(row[1:4], direction) < 10
    here = render(scene, [1, 3], tmp_path)
    assert np.abs(here[1] - here[3])[..., :3].max() > 0.05
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    np.testing.assert_allclose(render_elsewhere(tmp_path / "shot.blend", 3, tmp_path / "there.exr"), here[3], atol=1e-5)


def test_keyframes_of_other_nodes_stay(scene, shot):
    """The copies that are looked at lose their nodes, not the scene its keyframes."""
    tree = compat.compositor_tree(scene)
    other = tree.nodes.new("CompositorNodeBlur")
    for node, socket in ((other, other.inputs[0]), (relight_node(scene), relight_node(scene).inputs["Amount"])):
        before = len(curves.all_of(tree))
        socket.keyframe_insert("default_value", frame=1)
        assert len(curves.all_of(tree)) > before, node.name
    kept, actions = sorted(curve.data_path for curve in curves.all_of(tree)), len(bpy.data.actions)
    match(scene)
    assert sorted(curve.data_path for curve in curves.all_of(tree)) == kept and len(bpy.data.actions) == actions


def test_with_a_camera_that_turns_the_light_stays_in_the_world(scene, tmp_path):
    """The sun stays while the camera pans by 50 degrees; it is found in the world, and so is its Sun."""
    sunlight = unit(-0.6, -0.65, 0.45)
    camera = scene.camera = add(scene, "Camera", bpy.data.cameras.new("Camera"))
    files = []
    for frame, pan in ((1, 0.0), (2, 25.0), (3, 50.0)):
        camera.rotation_euler = np.radians((90.0, 0.0, pan))
        camera.keyframe_insert("rotation_euler", frame=frame)
        bpy.context.view_layer.update()
        axes = np.array(camera.matrix_world.to_3x3())
        normal, albedo = plates.room(shift=0.02 * frame)
        plate = albedo * plates.lit(normal, axes.T @ sunlight)
        files.append(plates.write(tmp_path, frame, plate=plate, normal=normal))
    plates.attach(scene, tmp_path, files)
    scene.frame_set(1)
    mine = scene.world = bpy.data.worlds.new("Mine")
    node = match(scene)
    assert wiring.in_world(node) and scene.frame_current == 1
    off = max(angle(row[1:4], sunlight) for row in wiring.suns(node))
    assert matched_sun.make(scene, "plate") and mine.use_fake_user
    [lamp] = [found for found in scene.objects if found.type == "LIGHT"]
    bpy.context.view_layer.update()
    aimed = angle(np.array(lamp.matrix_world.col[2][:3]), sunlight)
    print(f"\nBlender {bpy.app.version_string}: turning camera: {off:.1f} degrees off, the Sun {aimed:.1f}")
    assert off < 10 and aimed < 10
    albedo, original = through(scene, tmp_path, node.outputs["Albedo"], node.outputs["Original Light"], frame=3)
    np.testing.assert_allclose(albedo * original, plate, rtol=1e-3, atol=1e-4)
    painted = plates.room(shift=0.06)[1]
    assert np.median(np.abs(albedo / np.median(albedo / painted, axis=(0, 1)) - painted) / painted) < 0.12


def test_a_light_in_the_world_is_seen_through_the_camera_that_a_marker_cuts_to(scene, tmp_path):
    """In a render of the animation: there the scene's own camera changes a frame after its marker."""
    sunlight, files = unit(-0.6, -0.65, 0.45), []
    for frame, pan in ((1, 0.0), (2, 50.0), (3, 50.0)):
        camera = add(scene, f"Camera {frame}", bpy.data.cameras.new("Camera"))
        camera.rotation_euler = np.radians((90.0, 0.0, pan))
        scene.timeline_markers.new(camera.name, frame=frame).camera = camera
        bpy.context.view_layer.update()
        normal, albedo = plates.room(shift=0.02 * frame)
        plate = albedo * plates.lit(normal, np.array(camera.matrix_world.to_3x3()).T @ sunlight)
        files.append(plates.write(tmp_path, frame, plate=plate, normal=normal))
    plates.attach(scene, tmp_path, files)
    scene.frame_set(1)
    node = match(scene)
    assert wiring.in_world(node)
    tree = compat.compositor_tree(scene)
    tree.links.new(node.outputs["Original Light"], compat.output_socket(tree))
    single = render(scene, [2], tmp_path)[2]
    scene.frame_set(1)
    scene.render.filepath = str(tmp_path / "animation.")
    bpy.ops.render.render(animation=True, scene=scene.name)
    np.testing.assert_allclose(read_exr(tmp_path / "animation.0002.exr"), single, atol=1e-4)


def test_what_is_wrong_is_said(scene, shot, registered):
    with pytest.raises(UserError, match="no passes"):
        list(run.match(scene, "other", frames=3, assume=Assumptions()))
    for act in (lambda: matched_sun.make(scene, "plate"), lambda: wiring.set_mode(scene, "plate", Mode.ADD)):
        with pytest.raises(UserError, match="press Match first"):
            act()
    assert not bpy.ops.platelight.match_sun.poll()
    tree, relight = compat.compositor_tree(scene), relight_node(scene)
    before = drawn(tree)
    (shot / "normal" / "plate.0002.exr").rename(shot / "away.exr")
    with pytest.raises(UserError, match=r"0002\.exr is not there"):
        match(scene)
    assert bpy.ops.platelight.match_light.poll()
    with pytest.raises(RuntimeError, match="not there"):
        bpy.ops.platelight.match_light()
    (shot / "away.exr").rename(shot / "normal" / "plate.0002.exr")
    assert drawn(tree) == before, "nothing was changed"
    [link] = relight.inputs["Normal"].links
    source = link.from_socket
    tree.links.remove(link)
    with pytest.raises(UserError, match=r"Normal of Relight .* estimate normals"):
        match(scene)
    tree.links.new(source, relight.inputs["Normal"])
    for frame in (1, 2, 3):
        plates.write(shot, frame, plate=np.zeros((plates.HEIGHT, plates.WIDTH, 3)), normal=plates.room()[0])
    for image in bpy.data.images:
        image.reload()
    with pytest.raises(UserError, match="black in all frames"):
        match(scene)
    assert drawn(tree) == before


def test_normals_of_another_shape_are_refused(scene, tmp_path):
    normal, albedo = plates.room()
    file = plates.write(tmp_path, 1, plate=albedo, normal=normal[:, :40])
    plates.attach(scene, tmp_path, [file])
    with pytest.raises(UserError, match="64 x 36 and 40 x 36"):
        match(scene)


def test_a_fade_to_black_is_left_out(scene, shot):
    black = {name: np.zeros((plates.HEIGHT, plates.WIDTH), np.float32) for name in "RGB"}
    write_exr(shot / "plate.0003.exr", black)
    assert angle(wiring.suns(match(scene))[-1, 1:4], SUN) < 10


def test_the_operator_runs_in_the_background_and_undo_takes_it_back(scene, shot, registered):
    tree = compat.compositor_tree(scene)
    before = drawn(tree)
    bpy.ops.ed.undo_push(message="before")
    scene.platelight.match.frames = 2
    assert bpy.ops.platelight.match_light() == {"FINISHED"}
    assert bpy.ops.platelight.match_mode(mode="MIX") == {"FINISHED"}
    bpy.ops.ed.undo_push(message="after")
    assert wiring.mode_of(wiring.node_of(bpy.context.scene, "plate")) is Mode.MIX
    bpy.ops.ed.undo()
    assert drawn(compat.compositor_tree(bpy.context.scene)) == before


def test_stopping_half_way_leaves_nothing_behind(scene, shot):
    tree = compat.compositor_tree(scene)
    before = drawn(tree), len(bpy.data.scenes), len(bpy.data.node_groups)
    steps = run.match(scene, "plate", frames=3, assume=Assumptions())
    assert [next(steps).done for _ in range(3)] == [0, 1, 2]
    steps.close()
    assert (drawn(tree), len(bpy.data.scenes), len(bpy.data.node_groups)) == before


@pytest.mark.parametrize(("count", "frames"), [(1, [2]), (2, [1, 3]), (9, [1, 2, 3])])
def test_frames_are_spread_over_the_shot(scene, shot, count, frames):
    assert shots.frames_of(shots.find(scene, "plate"), count=count, current=7) == frames
