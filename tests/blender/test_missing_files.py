"""Files that relit plates lack are counted and told, found in another folder, and stop a farm's first task."""

from __future__ import annotations

import shutil

import bpy
import pytest
import relit_shot
from footage import normals, write_normal, write_normals, write_plate
from platelight.addon.batch import command
from platelight.addon.batch.console import PREFIX
from platelight.addon.blender import clips, compat, images
from platelight.addon.compositor import check, missing_files, passes
from platelight.addon.link import file_watch
from platelight.addon.link.state import state
from platelight.addon.nodes.block import Block
from platelight.addon.relight import mattes
from strips import image_strip

FRAMES = range(1001, 1025)


@pytest.fixture
def shot(scene, registered, tmp_path):
    """A saved project with a relit plate of 24 frames, its passes beside it; gives its folder."""
    image_strip(scene, write_plate(tmp_path / "plates", FRAMES))
    write_normals(tmp_path / "platelight/plate", FRAMES)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    attach(bpy.context.scene, tmp_path)
    bpy.ops.wm.save_mainfile()
    state.missing.clear()
    return tmp_path


def attach(scene, folder):
    [target] = clips.targets_by_pattern("plate")
    out = str(folder / "platelight/plate")
    passes.attach(scene, target=target, out=out, passes=("normal",), first=FRAMES.start, last=FRAMES.stop - 1)


def told():
    """What the panel says of the scene that is shown."""
    return [each.sentence for each in file_watch.of_scene(bpy.context.scene)]


def check_scene(capsys, *arguments):
    code = command.main(["check-scene", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_all_there_is_all_well(shot, capsys):
    file_watch.look_now()
    assert told() == []
    code, out, err = check_scene(capsys)
    assert code == 0 and not err and f"{PREFIX}all is well, 1 relit plate" in out


def test_each_missing_frame_is_counted(shot, capsys):
    for number in (1003, 1004):
        (shot / f"platelight/plate/normal/plate.{number}.exr").unlink()
    file_watch.look_now()
    assert told() == ["2 of 24 frames of the normal pass are missing"]
    [missing] = file_watch.of_scene(bpy.context.scene)
    assert (missing.plate, missing.first, missing.folder) == ("plate", "plate.1003.exr", shot / "platelight/plate/normal")
    code, _, err = check_scene(capsys)
    assert code == 1 and "Scene: plate: 2 of 24 frames of the normal pass are missing" in err


def test_a_folder_that_is_gone(shot, capsys):
    shutil.move(shot / "platelight", shot / "away")
    bpy.ops.wm.open_mainfile(filepath=str(shot / "shot.blend"))
    file_watch.look_now()
    assert told() == ["24 of 24 frames of the normal pass are missing"]
    assert check_scene(capsys)[0] == 1


def test_a_plate_and_a_matte_that_are_gone(shot, capsys):
    relit = relit_shot.shot_of(bpy.context.scene)
    [key] = [light for light in relit_shot.control.handles(relit) if light.name == "Key"]
    matte = bpy.data.images.load(str(write_plate(shot / "mattes", range(1, 2), name="m.{:04d}.png")[0]))
    mattes.attach(relit, key, scene=bpy.context.scene, image=matte)
    shutil.rmtree(shot / "mattes")
    (shot / "plates/plate.1024.png").unlink()
    file_watch.look_now()
    assert sorted(told()) == ["1 of 24 frames of the plate is missing", "The file of the matte is missing: m.0001.png"]
    code, _, err = check_scene(capsys)
    assert code == 1 and "2 things are wrong" in err


def test_an_empty_file_is_found_by_the_command(shot, capsys):
    (shot / "platelight/plate/normal/plate.1010.exr").write_bytes(b"")
    code, _, err = check_scene(capsys)
    assert code == 1 and "1 of 24 frames of the normal pass is missing" in err


def test_what_nothing_shows_is_not_asked_for(shot):
    tree = compat.compositor_tree(bpy.context.scene)
    for link in list(tree.links):
        if link.to_node.bl_idname in ("NodeGroupOutput", "CompositorNodeComposite", "CompositorNodeViewer"):
            tree.links.remove(link)
    assert missing_files.asked(bpy.context.scene) == []


def test_a_look_asks_for_each_folder_once(shot):
    asked, folders = missing_files.asked(bpy.context.scene), []

    def listing(folder):
        folders.append(folder)
        return frozenset()

    missing_files.look([*asked, *asked], listing=listing)
    assert sorted(folders) == sorted({each.files.folder for each in asked})


def test_a_render_says_what_is_missing_once(shot, capsys):
    shutil.rmtree(shot / "platelight")
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end, scene.render.filepath = 1, 3, str(shot / "out.")
    capsys.readouterr()
    bpy.ops.render.render(animation=True)
    said = capsys.readouterr().err
    assert said.count("24 of 24 frames of the normal pass are missing") == 1
    assert told() == ["24 of 24 frames of the normal pass are missing"], "the panel has it, too"


def test_opening_a_file_forgets_what_was_missing_in_the_one_before(shot):
    state.missing = {"Scene": [object()]}
    bpy.ops.wm.open_mainfile(filepath=str(shot / "shot.blend"))
    assert told() == []


@pytest.mark.parametrize("chosen", ["normal", ".", "..", "depth"])
def test_passes_are_found_wherever_one_points_to(shot, tmp_path, chosen):
    """At the pass, at what holds it, at what holds all plates' passes, at its neighbour."""
    away = tmp_path / "away/other name"
    away.parent.mkdir()
    shutil.move(shot / "platelight/plate", away)
    (away / "depth").mkdir()
    (tmp_path / "away/another plate/normal").mkdir(parents=True)
    file_watch.look_now()
    assert bpy.ops.platelight.find_passes(directory=str(away / chosen), shot="plate") == {"FINISHED"}
    assert told() == []
    node = Block(compat.compositor_tree(bpy.context.scene), strip_name="plate").find("pass normal")
    assert images.absolute(node.image) == away / "normal/plate.1001.exr" and node.image.filepath.startswith("//")
    assert check.troubles(bpy.context.scene) == []


def test_a_folder_without_them_changes_nothing(shot, tmp_path):
    shutil.move(shot / "platelight", tmp_path / "away")
    node = Block(compat.compositor_tree(bpy.context.scene), strip_name="plate").find("pass normal")
    before = node.image.filepath
    with pytest.raises(RuntimeError, match="has none of the missing frames of plate"):
        bpy.ops.platelight.find_passes(directory=str(shot / "plates"), shot="plate")
    assert node.image.filepath == before


def test_imported_normals_are_found_again_and_stay_known(scene, registered, tmp_path):
    image_strip(scene, write_plate(tmp_path / "plates", range(1, 4)))
    for frame in (1, 2, 3):
        write_normal(tmp_path / f"n/n.{frame:04d}.exr", normals(frame))
    bpy.ops.platelight.import_normals(filepath=str(tmp_path / "n/n.0001.exr"), shot="plate")
    (tmp_path / "n").rename(tmp_path / "elsewhere")
    assert bpy.ops.platelight.find_passes(directory=str(tmp_path / "elsewhere"), shot="plate") == {"FINISHED"}
    assert bpy.ops.platelight.check_normals(shot="plate") == {"FINISHED"}


def test_renders_that_leave_the_relight_out_are_told(shot, capsys):
    scene = bpy.context.scene
    scene.render.use_compositing, scene.render.use_sequencer = False, True
    if hasattr(scene.render, "compositor_device"):
        scene.render.compositor_device = "GPU"
    code, _, err = check_scene(capsys, "--scene", "Scene")
    assert code == 1 and "Compositing" in err and "Sequencer" in err and "CPU" in err


def test_a_scene_of_a_library_is_told(shot, capsys):
    bpy.context.scene.name = "Shot"
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(str(shot / "shot.blend"), link=True) as (_, here):
        here.scenes = ["Shot"]
    bpy.ops.wm.save_as_mainfile(filepath=str(shot / "other.blend"))
    code, out, err = check_scene(capsys)
    assert code == 1 and "The compositor of Shot is linked from shot.blend. Change it in that file, or make it local." in err
    assert "Shot: plate" in out and "frames" not in err, "its files are there"


def test_a_project_without_relit_plates_is_well(scene, registered, capsys):
    assert check_scene(capsys)[:2] == (0, f"{PREFIX}all is well, 0 relit plates\n")
    assert check_scene(capsys, "--scene", "nope")[0] not in (0, 1)
