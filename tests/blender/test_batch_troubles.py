"""What is wrong with one plate costs the others nothing, and what could not last is refused before it is made."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from footage import write_plate
from platelight.addon.blender import compat
from platelight.addon.contract import ERRORS, ErrorCode
from platelight.addon.link.command import COMMAND_VARIABLE
from platelight.addon.nodes.block import Block, attached_strips
from strips import editor_strips, image_strip
from test_batch import engine, estimate, lines, needs_engine  # noqa: F401 (a fixture)


@pytest.fixture
def shot(scene, registered, tmp_path, monkeypatch) -> Path:
    """A saved project with the strips ``plate a`` and ``plate b`` of three small frames each; gives its folder."""
    monkeypatch.delenv(COMMAND_VARIABLE, raising=False)
    scene.render.resolution_x, scene.render.resolution_y = 64, 36
    for channel, name in enumerate("ab", 1):
        files = write_plate(tmp_path / name, range(1, 4), name=name + ".{:04d}.png", width=64, height=36)
        image_strip(scene, files, name=f"plate {name}", channel=channel)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    return tmp_path


def reopened(file: Path) -> bpy.types.Scene:
    bpy.ops.wm.open_mainfile(filepath=str(file))
    return bpy.context.scene


def link_scene(library: Path, project: Path) -> None:
    """A saved project whose only scene of its own is empty, with the library's scene linked as ``Shot``."""
    bpy.context.scene.name = "Shot"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.context.scene.name = "Mine"
    with bpy.data.libraries.load(str(library), link=True) as (_, here):
        here.scenes = ["Shot"]
    bpy.context.window.scene = here.scenes[0]
    bpy.ops.wm.save_as_mainfile(filepath=str(project))


@needs_engine
def test_a_strip_that_cannot_be_estimated_is_told_and_the_other_is_made(shot, capsys):
    editor_strips(bpy.context.scene)["plate a"].use_reverse_frames = True
    bpy.ops.wm.save_mainfile()
    assert estimate() == ERRORS[ErrorCode.STRIP_UNSUPPORTED].exit_code
    said = capsys.readouterr()
    assert "plate a plays in reverse" in said.err
    assert any(line.startswith("plate b: done") for line in lines(said)) and "saved" in said.out
    assert attached_strips(compat.compositor_tree(reopened(shot / "shot.blend"))) == {"plate b"}


@needs_engine
def test_a_range_that_one_strip_lacks_does_not_stop_the_other(shot, capsys):
    files = write_plate(shot / "c", range(5, 9), name="c.{:04d}.png", width=64, height=36)
    image_strip(bpy.context.scene, files, name="plate c", channel=3)
    assert estimate("--frames", "5-6") == ERRORS[ErrorCode.RANGE_OUTSIDE_CLIP].exit_code
    said = capsys.readouterr()
    assert "plate a has 1-3, not 5-6" in said.err and any(line.startswith("plate c: done") for line in lines(said))


@needs_engine
def test_passes_that_cannot_be_placed_are_kept_and_the_others_are_placed_and_saved(shot, capsys):
    """Somebody put another group into the relight node of one plate."""
    assert estimate(strips="plate a") == 0
    node = Block(compat.compositor_tree(bpy.context.scene), strip_name="plate a").find("relight")
    node.node_tree = bpy.data.node_groups.new("Mine", "CompositorNodeTree")
    bpy.ops.wm.save_mainfile()
    capsys.readouterr()
    assert estimate() == ERRORS[ErrorCode.NOT_PLACED].exit_code
    said = capsys.readouterr()
    assert "plate a: The passes are on disk but not in the compositor" in said.err
    assert any(line.startswith("plate b: done") for line in lines(said)) and "saved" in said.out
    assert len(list((shot / "platelight/a/normal").glob("*.exr"))) == 3
    assert attached_strips(compat.compositor_tree(reopened(shot / "shot.blend"))) == {"plate a", "plate b"}


@needs_engine
def test_a_scene_of_a_library_is_refused_before_anything_is_estimated(shot, capsys):
    link_scene(shot / "lib.blend", shot / "shot.blend")
    assert estimate("--scene", "Shot") == ERRORS[ErrorCode.SCENE_LINKED].exit_code
    said = capsys.readouterr()
    assert "the compositor of Shot is linked from lib.blend. Change it in that file, or make it local." in said.err
    assert not (shot / "platelight").exists() and "saved" not in said.out
    assert estimate("--scene", "Shot", "--no-save") == 0, "the passes alone can be made"
    assert len(list((shot / "platelight/a/normal").glob("*.exr"))) == 3
    assert compat.compositor_tree(bpy.data.scenes["Shot"]) is None
