"""Matching plates by the command, without a window."""

from __future__ import annotations

import os
import signal

import bpy
import match_plates as plates
import numpy as np
import pytest
from footage import render_elsewhere
from ground_truth import add
from match_plates import unit
from platelight.addon.batch import command
from platelight.addon.batch.console import PREFIX
from platelight.addon.blender import compat
from platelight.addon.contract import ERRORS, ErrorCode
from platelight.addon.nodes.block import Block
from platelight.addon.relight.match import run, summary, wiring
from platelight.addon.relight.match.wiring import Mode

SUN = unit(-0.6, 0.65, 0.45)


@pytest.fixture
def shot(scene, registered, tmp_path):
    """A saved project whose plate shows the room under one sun and a sky; gives its file."""
    normal, albedo = plates.room()
    files = [plates.write(tmp_path, frame, plate=albedo * plates.lit(normal, SUN), normal=normal) for frame in (1, 2)]
    plates.attach(scene, tmp_path, files)
    scene.platelight.match.frames = 2
    scene.camera = add(scene, "Camera", bpy.data.cameras.new("Camera"))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    return tmp_path / "shot.blend"


def match(*more: str, shot: str = "pl*") -> int:
    return command.main(["match", "--shot", shot, *more])


def test_matched_saved_and_rendered_without_the_add_on(shot, capsys):
    assert match("--mode", "mix", "--keep-original", "1", "--count", "1", "--sun") == 0
    said = [line.removeprefix(PREFIX) for line in capsys.readouterr().out.splitlines() if line.startswith(PREFIX)]
    assert said[:2] == ["plate: frame 1/1", "plate: fitting the light"]
    assert said[2].startswith("plate: main light from above left, in front; ") and said[2].endswith("; mode mix")
    assert "note: " not in said[3] and said[-1] == f"saved {shot}"
    assert len([each for each in bpy.context.scene.objects if each.type == "LIGHT"]) == 1
    node = wiring.node_of(bpy.context.scene, "plate")
    assert wiring.mode_of(node) is Mode.MIX and node.inputs["Keep Original"].default_value == 1.0
    relight = Block(compat.compositor_tree(bpy.context.scene), strip_name="plate").find("relight")
    for light in ("Ambient", "Key", "Fill", "Rim"):  # no new light: the plate is itself
        relight.inputs[f"{light} Strength"].default_value = 0.0
    bpy.ops.wm.save_mainfile()
    normal, albedo = plates.room()
    plate = albedo * plates.lit(normal, SUN)
    assert np.abs(render_elsewhere(shot, 2, shot.parent / "farm.exr")[..., :3] - plate).max() < 0.02 * plate.max()


def test_again_keeps_the_mode_and_leaves_the_file_when_asked(shot, capsys):
    assert match("--mode", "off") == 0
    before = shot.read_bytes()
    assert match("--albedo", "0.6", "--no-save") == 0
    assert wiring.mode_of(wiring.node_of(bpy.context.scene, "plate")) is Mode.OFF
    assert shot.read_bytes() == before and "saved" not in capsys.readouterr().out.splitlines()[-1]


def test_a_plate_that_cannot_be_matched_is_told_and_the_others_are_saved(shot, capsys):
    bpy.ops.scene.new(type="FULL_COPY")
    other = bpy.context.scene
    node = Block(compat.compositor_tree(other), strip_name="plate").find("pass normal")
    node.image = node.image.copy()
    node.image.filepath = "//gone/n.0001.exr"
    assert match() == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"{PREFIX}plate: ") and "is not there: estimate the missing frames" in captured.err
    assert captured.out.rstrip().endswith(f"saved {shot}")
    first = next(each for each in bpy.data.scenes if each != other)
    assert wiring.node_of(first, "plate") is not None and wiring.node_of(other, "plate") is None


def test_a_signal_leaves_the_project_as_it_was(shot, capsys, monkeypatch):
    steps, before = run.match, shot.read_bytes()

    def interrupted(*arguments, **settings):
        for step in steps(*arguments, **settings):
            os.kill(os.getpid(), signal.SIGTERM)
            yield step

    monkeypatch.setattr(run, "match", interrupted)
    assert match() == ERRORS[ErrorCode.CANCELLED].exit_code
    assert wiring.node_of(bpy.context.scene, "plate") is None and shot.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--shot", "nope*"], ErrorCode.NOTHING_SELECTED, "No relit plate is called nope*"),
        (["--shot", "*", "--scene", "nope"], ErrorCode.NOTHING_SELECTED, "there is no scene nope"),
        (["--shot", "*", "--keep-original", "0.5"], ErrorCode.SETTING_INVALID, "--keep-original is for --mode mix"),
        (["--shot", "*", "--save-as", "/nowhere/at/all.blend"], ErrorCode.OUTPUT_NOT_WRITABLE, "/nowhere/at/all.blend"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_own_code(shot, capsys, arguments, code, told):
    assert command.main(["match", *arguments]) == ERRORS[code].exit_code
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--shot"],
        ["--shot", "a", "--mode", "brighter"],
        ["--shot", "a", "--count", "0"],
        ["--shot", "a", "--count", "2.5"],
        ["--shot", "a", "--albedo", "2"],
        ["--shot", "a", "--smoothing", "much"],
        ["--shot", "a", "--no-save", "--save-as", "b.blend"],
    ],
)
def test_wrong_words_end_with_the_usage(registered, capsys, arguments):
    with pytest.raises(SystemExit) as leaving:
        command.main(["match", *arguments])
    assert leaving.value.code == 2 and "usage: blender -b FILE.blend --command platelight match" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("direction", "told"),
    [
        ((0, 0, 1), "the camera"),
        ((0, 0, -2), "behind"),
        ((1, 0, 0), "the right"),
        ((-1, -1, 0.1), "below left"),
        ((0, 1, -1), "above, behind"),
        ((0.1, 0.9, 0.1), "above"),
        ((0.8, 0, 0.6), "the right, in front"),
    ],
)
def test_sides_have_names(direction, told):
    assert summary.side(np.array(direction, float)) == told
