"""Names of files and what is compared of two runs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from engine.protocol import (
    PASSES,
    DoneRange,
    EstimateSettings,
    PassRecord,
    PlatelightError,
    clip_name,
    done_frames,
    pass_file,
    record_file,
    settings_differences,
    tuned_file,
    weights_difference,
    with_temporal,
)


@pytest.mark.parametrize(
    ("path", "is_sequence", "name"),
    [
        ("/a/plate_v2.mov", False, "plate_v2"),
        ("/a/plate.0101.exr", True, "plate"),
        ("/a/plate.####.exr", True, "plate"),
        ("/a/plate_0101.png", True, "plate"),
        ("/shots/sh010/0001.png", True, "sh010"),
        ("C:\\shots\\plate 7.mov", False, "plate_7"),
        ("/a/\u00e9t\u00e9.mov", False, "\u00e9t\u00e9"),
        ("/a/...mov", False, "clip"),
        ("/a/take2.mov", False, "take2"),
        ("/a/take2.png", True, "take"),
        ("/a/shot_0101_graded.png", True, "shot_graded"),
        ("/a/0101_graded.png", True, "graded"),
        ("/a/sh010_####_graded.exr", True, "sh010_graded"),
        ("/a/plate.%04d.exr", True, "plate"),
        ("/a/plate.@@@@_4k.exr", True, "plate_4k"),
        ("/a/plate.$F4.exr", True, "plate"),
    ],
)
def test_clip_names(path, is_sequence, name):
    assert clip_name(path, is_sequence=is_sequence) == name


def test_files():
    assert pass_file("/out", pass_name="normal", clip="plate", frame=7) == Path("/out/normal/plate.0007.exr")
    assert pass_file("/out", pass_name="depth", clip="plate", frame=123456) == Path("/out/depth/plate.123456.exr")
    assert record_file("/out", pass_name="normal", clip="plate") == Path("/out/normal/plate.json")


def test_what_is_done_is_every_runs():
    record = PassRecord(
        pass_name="normal",
        clip="plate",
        source_path="/a",
        source_stamp="x",
        color_space="",
        revision="1",
        first=21,
        last=40,
        settings=EstimateSettings(),
        done=0,
        complete=False,
        others=(DoneRange(first=1, last=8, source_stamp="y"),),
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
        other = dataclasses.replace(then, **{field.name: value + 1 if isinstance(value, int | float) else value + "x"})
        assert len(settings_differences(then, other)) == 1, f"{field.name} changes pixels"


RECORD = PassRecord(
    pass_name="normal",
    clip="plate",
    source_path="/a",
    source_stamp="x",
    color_space="",
    revision="c0ffee",
    first=1,
    last=2,
    settings=EstimateSettings(model="preview"),
    done=2,
    complete=True,
)


def test_a_shot_that_was_tuned_since_is_told_from_files_alone(tmp_path):
    tuned = tuned_file(tmp_path, model="/models/preview", clip="plate")

    def told(record: PassRecord, temporal: str = "auto") -> str:
        own = record.revision.split()[0]
        return weights_difference(record, revision=with_temporal(own, temporal=temporal, tuned=tuned), temporal=temporal)

    assert told(RECORD) == ""
    tuned.parent.mkdir()
    tuned.write_bytes(b"blocks")
    assert told(RECORD) == "the model was tuned to this shot since"
    used = dataclasses.replace(RECORD, revision=with_temporal("c0ffee", temporal="auto", tuned=tuned))
    assert told(used) == ""
    tuned.write_bytes(b"better")
    assert told(used) == "the model was tuned to this shot since"
    tuned.unlink()
    assert told(used) == "what the model had learned of this shot is gone"
    assert "deadbeef -> c0ffee" in weights_difference(
        dataclasses.replace(RECORD, revision="deadbeef"), revision="c0ffee", temporal="auto"
    )


def test_other_temporal_blocks_are_told_once(tmp_path):
    """Where the settings say so already, the weights say no more; where they match anything, the weights say it."""
    file = tmp_path / "blocks.safetensors"
    file.write_bytes(b"blocks")
    with_file = with_temporal("c0ffee", temporal=str(file), tuned=None)
    assert weights_difference(RECORD, revision=with_file, temporal=str(file)) == ""
    single = dataclasses.replace(
        RECORD, revision=with_temporal("c0ffee", temporal="none", tuned=None), settings=EstimateSettings(temporal="none")
    )
    assert weights_difference(single, revision="c0ffee", temporal="auto") == "temporal none -> auto"
    made = dataclasses.replace(RECORD, revision=with_file, settings=EstimateSettings(temporal=str(file)))
    file.write_bytes(b"other")
    now = with_temporal("c0ffee", temporal=str(file), tuned=None)
    assert weights_difference(made, revision=now, temporal=str(file)) == "the file of temporal blocks has changed"
    with pytest.raises(PlatelightError, match="gone"):
        with_temporal("c0ffee", temporal=str(tmp_path / "gone"), tuned=None)


def test_each_pass_of_the_table_has_channels_of_its_own():
    assert {name: each.channels for name, each in PASSES.items()} == {
        "normal": ("Normal.X", "Normal.Y", "Normal.Z"),
        "depth": ("Depth.Z",),
        "mask": ("Mask.V",),
        "albedo": ("Albedo.R", "Albedo.G", "Albedo.B"),
        "roughness": ("Roughness.V",),
        "metallic": ("Metallic.V",),
        "shading": ("Shading.R", "Shading.G", "Shading.B"),
    }
    assert all(name == each.name for name, each in PASSES.items())
    assert not any(each.is_color and (each.is_direction or each.is_distance) for each in PASSES.values())
