"""What people do to a relit shot that nobody had in mind: nothing is lost, and the words are clear."""

from __future__ import annotations

import bpy
import match_plates as plates
import numpy as np
import OpenEXR
import pytest
import relit_shot
from footage import render, write_exr
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import bring_in, passes
from platelight.addon.contract import PlatelightError
from platelight.addon.nodes.block import Block
from platelight.addon.relight import control, outputs
from platelight.addon.relight.lights import scene_lights
from strips import editor_strips, image_strip


@pytest.fixture
def shot(scene, registered, tmp_path):
    """A plate under a sun."""
    relit_shot.make(scene, tmp_path)
    relit_shot.light(scene, "Sun")
    bpy.ops.platelight.wire_lights()
    return scene


def told(operator, **arguments):
    with pytest.raises(RuntimeError) as error:
        operator(**arguments)
    assert "Traceback" not in str(error.value)
    return str(error.value)


def test_a_scene_of_a_library_is_refused_instead_of_changed_for_nothing(shot, tmp_path):
    bpy.ops.platelight.match_light()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.context.scene.name = "Mine"
    with bpy.data.libraries.load(str(tmp_path / "shot.blend"), link=True) as (there, here):
        here.scenes = there.scenes
    [scene] = here.scenes
    bpy.context.window.scene = scene
    ops, plate = bpy.ops.platelight, {"shot": "plate"}
    before = len(compat.compositor_tree(scene).nodes)
    for operator, arguments in (
        (ops.light_preset, {"preset": "RIM", "lights": "STUDIO"}),
        (ops.light_preset, {"preset": "RIM", "lights": "SCENE"}),
        (ops.solo_light, {"light": "Sun"}),
        (ops.match_light, {}),
        (ops.normal_detail, {}),
        (ops.light_outputs, {}),
        (ops.view_light, {"view": "GREY"}),
        (ops.add_space, {}),
        (ops.hold_studio_lights, {}),
        (ops.import_normals, {"filepath": str(tmp_path / "passes" / "normal" / "plate.0001.exr")}),
        (ops.remove_space, {}),
        (ops.match_mode, {"mode": "OFF"}),
        (ops.match_sun, {}),
        (ops.match_remove, {}),
        (ops.add_card, {}),
        (ops.wire_lights, {}),
        (ops.depth_at_point, {}),
        (ops.forget_normals, {}),
    ):
        assert "is linked from shot.blend. Change it in that file" in told(operator, **plate, **arguments), operator
    for operator in (ops.unwire_lights, ops.use_cpu_compositor):
        assert "is linked from shot.blend. Change it in that file" in told(operator), operator
    [target] = clips.targets_by_pattern("plate", scene_names=(scene.name,))
    with pytest.raises(PlatelightError, match=r"is linked from shot\.blend"):
        passes.attach(scene, target=target, out=str(tmp_path / "passes"), passes=("normal",), first=1, last=3)
    assert len(compat.compositor_tree(scene).nodes) == before


def test_presets_put_no_lights_into_a_collection_of_a_library(shot, tmp_path):
    lights = bpy.data.collections.new("Lights")
    bpy.data.libraries.write(str(tmp_path / "lights.blend"), {lights})
    bpy.data.collections.remove(lights)
    with bpy.data.libraries.load(str(tmp_path / "lights.blend"), link=True) as (_, here):
        here.collections = ["Lights"]
    shot.platelight_relight.collection = here.collections[0]
    before = set(bpy.data.lights)
    assert "Lights is linked from a library" in told(bpy.ops.platelight.light_preset, shot="plate", preset="RIM", lights="SCENE")
    assert set(bpy.data.lights) == before


@pytest.mark.parametrize("kind", ["ORTHO", "none"])
def test_presets_leave_no_lights_where_they_can_be_of_no_use(shot, kind):
    if kind == "none":
        shot.camera = bpy.data.objects["Sun"]
    else:
        shot.camera.data.type = kind
    before = set(bpy.data.objects)
    assert "camera" in told(bpy.ops.platelight.light_preset, shot="plate", preset="RIM", lights="SCENE")
    assert set(bpy.data.objects) == before


def test_normals_that_the_user_linked_stay_and_that_is_said(shot, tmp_path):
    tree, relight = compat.compositor_tree(shot), relit_shot.shot_of(shot).relight
    own = tree.nodes.new("CompositorNodeRGB")
    tree.links.new(own.outputs[0], relight.inputs["Normal"])
    [target] = clips.targets_by_pattern("plate")
    out = str(tmp_path / "passes")
    notices = passes.attach(shot, target=target, out=out, passes=("normal",), first=1, last=3)
    assert any("link Normal to where you want it" in notice for notice in notices)
    _, notices = bring_in.bring_in(shot, target, file=tmp_path / "passes" / "normal" / "plate.0001.exr")
    assert any("link Normals In to where you want it" in notice for notice in notices)
    assert relight.inputs["Normal"].links[0].from_node == own
    tree.links.remove(relight.inputs["Normal"].links[0])
    _, notices = bring_in.bring_in(shot, target, file=tmp_path / "passes" / "normal" / "plate.0001.exr")
    assert not any("of your own" in notice for notice in notices)


@pytest.mark.parametrize("role", ["plate", "plate size"])
def test_a_matte_over_nodes_that_somebody_deleted(shot, role):
    image = bpy.data.images.new("matte", 8, 8)
    block = control.find(shot, "plate").block
    block.tree.nodes.remove(block.find(role))
    before = len(block.tree.nodes)
    for kind in ({"kind": "ALPHA"}, {"kind": "IMAGE", "image": image.name}):
        assert "were deleted" in told(bpy.ops.platelight.matte_light, shot="plate", light="Sun", **kind)
    assert len(block.tree.nodes) == before


def test_each_still_is_a_file_of_its_own_in_one_part(shot, tmp_path):
    """Which every program can read; 5.2 would write several parts, and all stills over each other."""
    outputs.add(relit_shot.shot_of(shot), path=str(tmp_path / "grade" / "plate_"))
    render(shot, [1, 2], tmp_path)
    files = sorted((tmp_path / "grade").iterdir())
    assert [file.name for file in files] == ["plate_0001.exr", "plate_0002.exr"]
    for file in files:
        [part] = OpenEXR.File(str(file)).parts
        assert {"Relit", "Sun", "Sun Mask"} <= {name.partition(".")[0] for name in part.channels}


def test_a_plate_that_is_transparent_is_not_taken_for_empty_normals(scene, registered, tmp_path):
    normal, albedo = plates.room()
    plates.attach(scene, tmp_path, [plates.write(tmp_path, 1, plate=albedo, normal=normal)])
    planes = {name: np.ascontiguousarray(albedo[..., index], np.float32) for index, name in enumerate("RGB")}
    write_exr(tmp_path / "plate.0001.exr", {**planes, "A": np.full(albedo.shape[:2], 0.5, np.float32)})
    Block(compat.compositor_tree(scene), strip_name="plate").find("plate").image.reload()
    assert "empty where its plate is opaque" in told(bpy.ops.platelight.match_light)


def test_when_a_solo_light_is_deleted_the_studio_lights_are_back(shot):
    inputs = relit_shot.shot_of(shot).relight.inputs
    bpy.ops.platelight.solo_light(shot="plate", light="Sun")
    assert not inputs["Key On"].default_value
    bpy.data.objects.remove(bpy.data.objects["Sun"])
    bpy.context.view_layer.update()
    assert all(inputs[f"{name} On"].default_value for name in control.STUDIO)


@pytest.mark.parametrize("own", [True, False], ids=["another group", "no group"])
def test_a_relight_node_that_has_another_group_is_left_and_said(shot, own):
    node = relit_shot.shot_of(shot).relight
    node.node_tree = mine = bpy.data.node_groups.new("Mine", "CompositorNodeTree") if own else None
    assert control.find(shot, "plate") is None
    assert "has another node group" in told(bpy.ops.platelight.solo_light, shot="plate", light="Sun")
    assert "has nothing to look at" in told(bpy.ops.platelight.match_light) and node.node_tree == mine
    bpy.data.objects.remove(bpy.data.objects["Sun"])
    bpy.context.view_layer.update()


@pytest.mark.parametrize("by", ["estimate", "import"])
def test_a_strip_that_was_renamed_keeps_its_relight(shot, tmp_path, by):
    bpy.ops.platelight.match_light()
    bpy.ops.platelight.match_sun()
    relit_shot.shot_of(shot).relight.inputs["Amount"].default_value = 0.25
    editor_strips(shot)["plate"].name = "hero"
    [target] = clips.targets_by_pattern("hero")
    folder = tmp_path / "passes"
    if by == "import":
        _, notices = bring_in.bring_in(shot, target, file=folder / "normal" / "plate.0001.exr")
    else:
        notices = passes.attach(shot, target=target, out=str(folder), passes=("normal",), first=1, last=3)
    assert any("takes over the relight of plate" in notice for notice in notices)
    assert scene_lights.shots(shot) == ["hero"]
    assert control.find(shot, "hero").relight.inputs["Amount"].default_value == 0.25
    before = set(bpy.data.objects)
    bpy.ops.platelight.match_sun(shot="hero")
    assert set(bpy.data.objects) == before


def test_another_strip_of_the_same_file_gets_nodes_of_its_own(shot, tmp_path):
    image_strip(shot, sorted(tmp_path.glob("plate.*.png")), name="again", start=5, channel=2)
    [target] = clips.targets_by_pattern("again")
    passes.attach(shot, target=target, out=str(tmp_path / "passes"), passes=("normal",), first=1, last=3)
    assert scene_lights.shots(shot) == ["again", "plate"]
