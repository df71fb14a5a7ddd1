"""Which folder a plate's passes get: its own, never one that holds those of another clip of the same name."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import bpy
import pytest
from footage import write_plate
from platelight.addon.blender import clips, folders
from platelight.addon.contract import EstimateSettings, PassRecord, record_file
from strips import image_strip


@pytest.fixture
def saved(scene, tmp_path):
    """Two different sequences of the same name, a strip of each, in a saved project."""
    image_strip(scene, write_plate(tmp_path / "sh010", range(1, 5)), name="a")
    image_strip(scene, write_plate(tmp_path / "sh020", range(5, 9), name="plate.{:04d}.png"), name="b", channel=2)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    return {target.label: target for target in clips.targets_by_pattern("[ab]")}


def estimated(target: clips.ClipTarget, out: str, *, source: str = "", pass_name: str = "normal") -> None:
    """Leave the record of an estimate."""
    record = PassRecord(
        pass_name=pass_name,
        clip=target.source.clip,
        source_path=source or target.source.path,
        source_stamp="x",
        color_space="",
        revision="1",
        settings=EstimateSettings(),
        first=target.first,
        last=target.last,
        done=1,
        complete=False,
    )
    file = record_file(out, pass_name=pass_name, clip=target.source.clip)
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(dataclasses.asdict(record)))


def test_another_clip_of_the_same_name_gets_a_folder_of_its_own(saved, tmp_path):
    plain = str(tmp_path / "platelight/plate")
    assert folders.default_folder(saved["a"]) == folders.default_folder(saved["b"]) == plain
    estimated(saved["a"], plain)
    assert folders.default_folder(saved["a"]) == plain and folders.default_folder(saved["b"]) == f"{plain}_2"
    estimated(saved["b"], f"{plain}_2")
    assert folders.default_folder(saved["b"]) == f"{plain}_2"


def test_depth_alone_claims_its_folder_too(saved, tmp_path):
    plain = str(tmp_path / "platelight/plate")
    estimated(saved["a"], plain, pass_name="depth")
    assert folders.default_folder(saved["a"]) == plain and folders.default_folder(saved["b"]) == f"{plain}_2"


def test_another_part_of_the_same_clip_shares_its_folder(saved, tmp_path):
    out = str(tmp_path / "platelight/plate")
    estimated(saved["a"], out)
    path = Path(saved["a"].source.path).with_name("plate.0003.png")
    part = dataclasses.replace(saved["a"], first=3, source=dataclasses.replace(saved["a"].source, path=str(path)))
    assert folders.default_folder(part) == out


def test_what_is_only_asked_for_yet_counts_too(saved, tmp_path):
    plain = str(tmp_path / "platelight/plate")
    asked = [(plain, saved["a"].source)]
    assert folders.default_folder(saved["a"], claimed=asked) == plain
    assert folders.default_folder(saved["b"], claimed=asked) == f"{plain}_2"


def test_a_project_that_has_moved_finds_its_passes_again(saved, tmp_path):
    out = str(tmp_path / "platelight/plate")
    estimated(saved["a"], out, source="/another/machine/sh010/plate.0001.png")
    assert folders.default_folder(saved["a"]) == out


def test_so_does_a_copy_of_a_project(saved, tmp_path):
    shutil.copytree(tmp_path / "sh010", tmp_path / "before/sh010")
    out = str(tmp_path / "platelight/plate")
    estimated(saved["a"], out, source=str(tmp_path / "before/sh010/plate.0001.png"))
    assert folders.default_folder(saved["a"]) == out


def test_a_movie_and_a_sequence_of_one_name_are_two_clips(saved, tmp_path):
    (tmp_path / "sh010/plate.mov").write_bytes(b"a movie")
    out = str(tmp_path / "platelight/plate")
    estimated(saved["a"], out, source=str(tmp_path / "sh010/plate.mov"))
    assert folders.default_folder(saved["a"]) == f"{out}_2"
