"""Names of files and what is compared of two runs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from engine.protocol import (
    DoneRange,
    EstimateSettings,
    PassRecord,
    clip_name,
    done_frames,
    pass_file,
    record_file,
    settings_differences,
)


@pytest.mark.parametrize(("path", "is_sequence", "name"), [
    ("/a/plate_v2.mov", False, "plate_v2"), ("/a/plate.0101.exr", True, "plate"), ("/a/plate.####.exr", True, "plate"),
    ("/a/plate_0101.png", True, "plate"), ("/shots/sh010/0001.png", True, "sh010"), ("C:\\shots\\plate 7.mov", False, "plate_7"),
    ("/a/\u00e9t\u00e9.mov", False, "\u00e9t\u00e9"), ("/a/...mov", False, "clip"),
    ("/a/take2.mov", False, "take2"), ("/a/take2.png", True, "take"),
])
def test_clip_names(path, is_sequence, name):
    assert clip_name(path, is_sequence=is_sequence) == name


def test_files():
    assert pass_file("/out", pass_name="normal", clip="plate", frame=7) == Path("/out/normal/plate.0007.exr")
    assert pass_file("/out", pass_name="depth", clip="plate", frame=123456) == Path("/out/depth/plate.123456.exr")
    assert record_file("/out", pass_name="normal", clip="plate") == Path("/out/normal/plate.json")


def test_what_is_done_is_every_runs():
    record = PassRecord(
        pass_name="normal", clip="plate", source_path="/a", source_stamp="x", color_space="", revision="1", first=21, last=40,
        settings=EstimateSettings(), done=0, complete=False, others=(DoneRange(first=1, last=8, source_stamp="y"),),
    )
    assert [list(run) for run in done_frames(record)] == [list(range(1, 9)), []]
    assert list(done_frames(dataclasses.replace(record, done=3))[1]) == [21, 22, 23]


def test_differences_in_words():
    then = EstimateSettings(model="normalcrafter", precision="bf16", device="cuda")
    assert settings_differences(then, dataclasses.replace(then, precision="auto", device="auto")) == ()
    now = dataclasses.replace(then, max_resolution=512, device="cpu")
    assert settings_differences(then, now) == ("max_resolution 1024 -> 512", "device cuda -> cpu")
    for field in dataclasses.fields(EstimateSettings):
        value = getattr(then, field.name)
        other = dataclasses.replace(then, **{field.name: value + 1 if isinstance(value, int) else value + "x"})
        assert len(settings_differences(then, other)) == 1, f"{field.name} changes pixels"
