"""The user's compositor is added to and never broken."""

from __future__ import annotations

import dataclasses
import json

import bpy
import numpy as np
import pytest
from footage import HEIGHT, WIDTH, linear, plate_bytes, render, write_exr, write_normals, write_plate
from platelight.addon import tags
from platelight.addon.blender import clips, compat, folders
from platelight.addon.compositor import build, passes
from platelight.addon.contract import ErrorCode, EstimateSettings, PassRecord, PlatelightError, record_file
from platelight.addon.nodes.block import Block, attached_strips
from relit import TOLERANCE, light, stored
from strips import editor_strips, image_strip


@pytest.fixture
def plate(scene, tmp_path):
    """A strip of three frames and its passes; gives the target and a function that attaches."""
    image_strip(scene, write_plate(tmp_path, range(1, 4)))
    write_normals(tmp_path / "passes", range(1, 4))
    [target] = clips.targets_by_pattern("plate")

    def attach(first=1, last=3):
        out = str(tmp_path / "passes")
        return passes.attach(bpy.context.scene, target=target, out=out, passes=("normal",), first=first, last=last)

    return target, attach


def feeder(scene):
    """The node that the output shows."""
    return build._origin(compat.output_socket(compat.compositor_tree(scene))).node


def user_tree(scene):
    """A compositor as a user has one: Blender's own default."""
    tree, _ = compat.ensure_compositor_tree(scene)
    output = compat.output_socket(tree) or compat.new_output_socket(tree)
    layers = tree.nodes.new("CompositorNodeRLayers")
    tree.links.new(layers.outputs["Image"], output)
    return tree, layers, output


def test_attaching_again_changes_nothing(scene, plate):
    _, attach = plate
    assert attach()
    tree = compat.compositor_tree(scene)
    group = feeder(scene)
    group.inputs["Key Strength"].default_value = 3.5
    group.label = "my light"
    before = (len(tree.nodes), len(tree.links), len(bpy.data.images), len(bpy.data.node_groups))
    assert attach() == ()
    assert (len(tree.nodes), len(tree.links), len(bpy.data.images), len(bpy.data.node_groups)) == before
    assert feeder(scene) == group and group.inputs["Key Strength"].default_value == 3.5 and group.label == "my light"


def test_a_group_of_an_earlier_version_is_renewed_with_its_settings(scene, plate):
    _, attach = plate
    attach()
    group = feeder(scene)
    group.inputs["Key Strength"].default_value = 3.5
    old = group.node_tree
    old[tags.RELIGHT_VERSION] -= 1
    attach()
    assert group.node_tree != old and group.inputs["Key Strength"].default_value == 3.5
    own = group.node_tree = old.copy()
    del own[tags.RELIGHT_VERSION]  # the user's own from here on
    attach()
    assert group.node_tree == own


def test_frames_that_arrive_later_are_seen(scene, plate, tmp_path):
    """A missing file that was looked for stays missing in Blender's cache until it is told to look again."""
    target, attach = plate
    late = sorted((tmp_path / "passes/normal").iterdir())[1:]
    kept = [(file, file.read_bytes()) for file in late]
    for file in late:
        file.unlink()
    attach(last=1)
    np.testing.assert_allclose(render(scene, [3], tmp_path)[3][..., :3], linear(plate_bytes(3)) * light(stored(1)), atol=TOLERANCE)
    for file, data in kept:
        file.write_bytes(data)
    attach()
    passes.reload(target)
    np.testing.assert_allclose(render(scene, [3], tmp_path)[3][..., :3], linear(plate_bytes(3)) * light(stored(3)), atol=TOLERANCE)


def test_passes_made_anew_are_read_anew(scene, plate, tmp_path):
    target, attach = plate
    attach()
    render(scene, [1], tmp_path)
    (tmp_path / "passes/normal/plate.0001.exr").write_bytes((tmp_path / "passes/normal/plate.0003.exr").read_bytes())
    passes.reload(target)
    image = render(scene, [1], tmp_path)[1]
    np.testing.assert_allclose(image[..., :3], linear(plate_bytes(1)) * light(stored(3)), atol=TOLERANCE)


def test_another_folder_of_passes_takes_the_place_of_the_first(scene, plate, tmp_path):
    target, attach = plate
    attach()
    write_normals(tmp_path / "other", range(7, 8))
    (tmp_path / "other/normal/plate.0007.exr").rename(tmp_path / "other/normal/plate.0001.exr")
    passes.attach(scene, target=target, out=str(tmp_path / "other"), passes=("normal",), first=1, last=1)
    image = render(scene, [1], tmp_path)[1]
    np.testing.assert_allclose(image[..., :3], linear(plate_bytes(1)) * light(stored(7)), atol=TOLERANCE)


def test_a_deleted_node_comes_back(scene, plate, tmp_path):
    _, attach = plate
    attach()
    tree = compat.compositor_tree(scene)
    tree.nodes.remove(Block(tree, strip_name="plate").find("pass normal"))
    attach()
    image = render(scene, [2], tmp_path)[2]
    np.testing.assert_allclose(image[..., :3], linear(plate_bytes(2)) * light(stored(2)), atol=TOLERANCE)


def test_a_link_the_user_cut_at_the_output_stays_cut(scene, plate):
    _, attach = plate
    attach()
    tree = compat.compositor_tree(scene)
    tree.links.remove(compat.output_socket(tree).links[0])
    attach()
    assert not compat.output_socket(tree).is_linked


def test_blenders_default_gives_way_and_is_muted(scene, plate):
    _, layers, _ = user_tree(scene)
    notices = plate[1]()
    assert feeder(scene).bl_idname == "CompositorNodeGroup"
    assert layers.mute and any("Render Layers" in notice for notice in notices)


def test_render_layers_in_use_elsewhere_stay_on(scene, plate):
    tree, layers, _ = user_tree(scene)
    blur = tree.nodes.new("CompositorNodeBlur")
    tree.links.new(layers.outputs["Image"], blur.inputs[0])
    plate[1]()
    assert not layers.mute and blur.inputs[0].is_linked


def test_a_viewer_shows_what_the_output_shows(scene, plate):
    tree, layers, output = user_tree(scene)
    reroute = tree.nodes.new("NodeReroute")
    viewer = tree.nodes.new("CompositorNodeViewer")
    tree.links.new(layers.outputs["Image"], reroute.inputs[0])
    tree.links.new(reroute.outputs[0], viewer.inputs[0])
    tree.links.new(reroute.outputs[0], output)
    plate[1]()
    assert build._origin(viewer.inputs[0]) == build._origin(output) and layers.mute


def test_the_users_own_nodes_keep_the_output(scene, plate):
    tree, layers, output = user_tree(scene)
    blur = tree.nodes.new("CompositorNodeBlur")
    blur.location = 300, -200
    tree.links.new(layers.outputs["Image"], blur.inputs[0])
    tree.links.new(blur.outputs[0], output)
    links = {(link.from_node.name, link.to_node.name) for link in tree.links}
    notices = plate[1]()
    assert feeder(scene) == blur and any("nodes of your own" in notice for notice in notices)
    assert links <= {(link.from_node.name, link.to_node.name) for link in tree.links}
    group = Block(tree, strip_name="plate").find("relight")
    assert group.inputs["Image"].is_linked and group.inputs["Normal"].is_linked
    ours = [node for node in tree.nodes if node.get("platelight_role") and node.bl_idname != "NodeFrame"]
    assert max(node.location.y for node in ours) < -200, "below what was there"


@pytest.mark.parametrize("kind", ["CompositorNodeImage", "CompositorNodeMovieClip"])
def test_the_bare_plate_gives_way(scene, plate, tmp_path, kind):
    tree, _, output = user_tree(scene)
    node = tree.nodes.new(kind)
    file = str(tmp_path / "plate.0002.png")
    if kind == "CompositorNodeImage":
        node.image = bpy.data.images.load(file)
        node.image.source = "SEQUENCE"
    else:
        node.clip = bpy.data.movieclips.load(file)
    tree.links.new(node.outputs[0], output)
    plate[1]()
    assert feeder(scene).bl_idname == "CompositorNodeGroup" and node.name in tree.nodes


def test_the_sequencer_gives_way_only_when_it_holds_plates_alone(scene, plate):
    _, attach = plate
    title = editor_strips(scene).new_image("title", plate[0].source.path, 2, 1)
    notices = attach()
    assert scene.render.use_sequencer and any("title" in notice for notice in notices)
    assert passes.render_compositor(scene) and not scene.render.use_sequencer
    scene.render.use_sequencer = True
    compat.compositor_tree(scene).nodes.clear()
    title.mute = True
    assert any("Sequencer" in notice for notice in attach()) and not scene.render.use_sequencer


def test_a_mask_is_placed_beside_the_normals_and_covers_the_plate(scene, plate, tmp_path):
    """At half the plate's size, as one float channel: every pass of the table is placed by its row."""
    _, attach = plate
    covered = np.zeros((HEIGHT // 2, WIDTH // 2), np.float16)
    covered[:, : WIDTH // 4] = 1
    for n in range(1, 4):
        write_exr(tmp_path / f"passes/mask/plate.{n:04d}.exr", {"Mask.V": covered})
    attach()
    tree = compat.compositor_tree(scene)
    block = Block(tree, strip_name="plate")
    assert block.find("pass mask").image.colorspace_settings.name == "Non-Color"
    tree.links.new(block.find("mask size").outputs["Image"], compat.output_socket(tree))
    shown = render(scene, [2], tmp_path)[2][..., 0]
    inside = shown[2:-2, 2:-2]  # up to 4.5 a scaled picture fades at its edge
    assert np.all(inside[:, : WIDTH // 2 - 4] == 1) and np.all(inside[:, WIDTH // 2 :] == 0)


def test_missing_frames_are_told_before_blender_renders_black(scene, plate, tmp_path):
    (tmp_path / "passes/normal/plate.0002.exr").unlink()
    with pytest.raises(PlatelightError) as caught:
        plate[1]()
    assert caught.value.code is ErrorCode.FRAME_MISSING and "plate.0002.exr" in caught.value.detail
    assert compat.compositor_tree(scene) is None, "nothing was touched"


def test_a_background_render_needs_no_graphics_driver(scene, plate):
    plate[1]()
    assert scene.render.compositor_device == "CPU"


def test_names_up_to_blenders_limit(scene, tmp_path):
    name = "p" * 63
    image_strip(scene, write_plate(tmp_path, range(1, 2)), name=name)
    write_normals(tmp_path / "passes", range(1, 2))
    [target] = clips.targets_by_pattern("p*")
    for _ in range(2):
        passes.attach(scene, target=target, out=str(tmp_path / "passes"), passes=("normal",), first=1, last=1)
    assert target.strip_name in attached_strips(compat.compositor_tree(scene))
    assert len([n for n in compat.compositor_tree(scene).nodes if n.bl_idname == "CompositorNodeGroup"]) == 1


def test_default_folder_before_and_after_saving(scene, plate, tmp_path):
    target, _ = plate
    assert folders.default_folder(target).endswith("plate") and not folders.default_folder(target).startswith("//")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert folders.default_folder(target) == str(tmp_path / "platelight" / "plate")


def test_one_undo_takes_it_away_and_redo_brings_it_back(scene, plate):
    target, attach = plate
    bpy.ops.ed.undo_push(message="before")
    attach()
    bpy.ops.ed.undo()
    scene = bpy.context.scene
    assert compat.compositor_tree(scene) is None and scene.render.use_sequencer
    bpy.ops.ed.redo()
    assert target.strip_name in attached_strips(compat.compositor_tree(bpy.context.scene))


def test_the_record_beside_the_passes(scene, plate, tmp_path):
    target, _ = plate
    out = str(tmp_path / "passes")
    assert folders.existing_record(out, target, pass_name="normal") is None
    record = PassRecord(
        pass_name="normal",
        clip="plate",
        source_path=target.source.path,
        source_stamp="x",
        color_space="sRGB",
        revision="1",
        settings=EstimateSettings(max_resolution=512),
        first=1,
        last=3,
        done=3,
        complete=True,
    )
    file = record_file(out, pass_name="normal", clip="plate")
    file.write_text(json.dumps(dataclasses.asdict(record)))
    assert folders.existing_record(out, target, pass_name="normal") == record
    file.write_text("{")
    assert folders.existing_record(out, target, pass_name="normal") is None


@pytest.mark.skipif(bpy.app.version < (5, 0), reason="before, the Sequencer has no scene of its own")
def test_the_side_bar_of_the_sequencer_is_about_the_sequencers_scene(scene, plate, registered):
    from platelight.addon.panels import relight_lights

    plate[1]()
    window = bpy.context.window
    window.workspace.sequencer_scene = scene
    window.scene = bpy.data.scenes.new("Layout")
    area = window.screen.areas[0]
    for kind, shots in (("SEQUENCE_EDITOR", ["plate"]), ("NODE_EDITOR", [])):
        area.type = kind
        with bpy.context.temp_override(window=window, area=area):
            assert relight_lights.shots(bpy.context) == shots
            assert bpy.ops.platelight.wire_lights.poll() == bpy.ops.platelight.match_light.poll() == bool(shots)
