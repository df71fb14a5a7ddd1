"""Jobs that make depth, or several passes: files, records, cuts, what is used again, and temporal blocks trained on the shot."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest

from engine import exr
from engine.job.estimate import run
from engine.models import registry
from engine.models.depth_anything.model import load_depth_model
from engine.models.interface import Output, ResumePoint, Step
from engine.models.temporal.block import TemporalSettings
from engine.protocol import ErrorCode, FramesReady, PassRecord, Stage, tuned_file
from engine.protocol.codec import from_fields
from engine.protocol.licences import NONE_KNOWN
from engine.protocol.models import DEPTH_ANYTHING, MARIGOLD, MODELS, ModelInfo
from tests.support.buffer_checkpoints import depth_anything, marigold, stir
from tests.support.buffer_plates import pan
from tests.support.jobs import Unwilling, finish, leftovers, refused, request
from tests.support.places import GOLDEN

ASKED = {"max_resolution": 0, "window": 5, "overlap": 2, "decode_chunk_size": 2}


@pytest.fixture(scope="module")
def plates(tmp_path_factory) -> Path:
    """Two shots, of frames 1-9 and 10-13: one of the files."""
    folder = tmp_path_factory.mktemp("plates")
    for number, frame in enumerate(np.concatenate([pan(9, seed=1), pan(4, seed=2)]), start=1):
        assert cv2.imwrite(str(folder / f"shot.{number:04d}.png"), np.rint(frame[..., ::-1] * 255).astype(np.uint8))
    return folder / "shot.0001.png"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return depth_anything(tmp_path_factory.mktemp("depth") / "tiny")


@pytest.fixture(scope="module")
def blocks(folder, tmp_path_factory) -> Path:
    """Trained temporal blocks for it."""
    model, file = load_depth_model(folder, fresh=TemporalSettings(layers=1)), tmp_path_factory.mktemp("blocks") / "t.safetensors"
    stir(model)
    model.save_temporal(file)
    return file


def record(out: Path, pass_name: str = "depth") -> PassRecord:
    return from_fields(PassRecord, json.loads((out / pass_name / "shot.json").read_text()))


def files(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.glob("*/*.exr"))}


def test_depth_files_say_what_they_are(plates, folder, tmp_path):
    outcome = finish(request(plates, tmp_path, model=str(folder), **ASKED))
    assert (outcome.result.passes, outcome.result.frames_written, outcome.result.cuts) == (("depth",), 13, (10,))
    assert [name for name in files(tmp_path)] == [f"depth/shot.{number:04d}.exr" for number in range(1, 14)]
    opened = OpenEXR.File(str(tmp_path / "depth/shot.0007.exr"), separate_channels=True)
    assert list(opened.channels()) == ["Depth.Z"] and opened.channels()["Depth.Z"].pixels.dtype == np.float32
    header = opened.header()
    assert header["platelight/unit"] == "relative" and header["platelight/axes"] == "distance along the camera's axis"
    depth = exr.read(tmp_path / "depth/shot.0007.exr", pass_name="depth")
    assert depth.shape == (42, 56, 1) and 0 < depth.min() < depth.max() <= 100
    kept = record(tmp_path)
    assert kept.relative and kept.complete and (kept.cuts, kept.black) == ((10,), ())
    assert sum("Cut at frame 10" in notice for notice in outcome.notices) == 1
    assert leftovers(tmp_path) == []


def test_what_is_there_is_used_again_and_its_cuts_are_known(plates, folder, tmp_path):
    job = request(plates, tmp_path, model=str(folder), **ASKED)
    finish(job)
    again = finish(job, Unwilling(registry.load(job.settings)))
    assert (again.result.frames_reused, again.result.cuts) == (13, (10,))
    part = finish(dataclasses.replace(job, first=2, last=9))
    assert part.result.frames_reused == 8 and part.result.cuts == ()


def stop_after(job, frames: int) -> None:
    events = run(job)
    for event in events:
        if isinstance(event, FramesReady) and event.last >= frames:
            break
    events.close()


def test_a_cancelled_job_continues_and_gives_the_same_bytes(plates, folder, blocks, tmp_path):
    asked = {"model": str(folder), "temporal": str(blocks), **ASKED}
    finish(request(plates, tmp_path / "whole", **asked))
    job = request(plates, tmp_path / "parts", **asked)
    for frames in (3, 10):
        stop_after(job, frames)
    assert finish(job).result.cuts == (10,)
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    assert record(tmp_path / "parts").cuts == (10,) and leftovers(tmp_path / "parts") == []


def test_metric_depth_is_in_metres(plates, tmp_path):
    folder = depth_anything(tmp_path / "metric", metric=True)
    finish(request(plates, tmp_path / "o", model=str(folder), last=2, **ASKED))
    header = OpenEXR.File(str(tmp_path / "o/depth/shot.0001.exr"), header_only=True).header()
    assert header["platelight/unit"] == "metres" and not record(tmp_path / "o").relative


def test_blocks_trained_on_the_shot_are_used_from_then_on(plates, folder, blocks, tmp_path):
    job = request(plates, tmp_path, model=str(folder), **ASKED)
    finish(job)
    before = files(tmp_path)
    tuned = tuned_file(tmp_path, model=str(folder), clip="shot")
    assert tuned == tmp_path / "tuned" / "shot.tiny.safetensors"
    tuned.parent.mkdir()
    shutil.copy(blocks, tuned)
    error = refused(job)
    assert error.code is ErrorCode.PASSES_DIFFER and error.detail == "the model was tuned to this shot since"
    finish(dataclasses.replace(job, overwrite=True))
    after = files(tmp_path)
    assert after.keys() == before.keys() and all(after[name] != before[name] for name in after)
    frame_by_frame = dataclasses.replace(job.settings, temporal="none")
    finish(dataclasses.replace(job, settings=frame_by_frame, out=str(tmp_path / "n")))
    plain = exr.read(tmp_path / "n/depth/shot.0005.exr", pass_name="depth")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/shot.0005.exr").write_bytes(before["depth/shot.0005.exr"])
    assert np.array_equal(plain, exr.read(tmp_path / "b/shot.0005.exr", pass_name="depth"))
    assert finish(job).result.frames_reused == 13
    missing = dataclasses.replace(job.settings, temporal=str(tmp_path / "gone.safetensors"))
    assert refused(dataclasses.replace(job, settings=missing)).code is ErrorCode.MODEL_INCOMPLETE
    without = dataclasses.replace(job.settings, model=str(GOLDEN), temporal=str(blocks))
    assert refused(dataclasses.replace(job, settings=without)).code is ErrorCode.SETTING_INVALID


def test_normals_are_turned_from_x_left_on_their_way_to_the_file(plates, tmp_path):
    folder = marigold(tmp_path / "mg")
    finish(request(plates, tmp_path / "o", model=str(folder), last=1, **ASKED))
    settings = request(plates, tmp_path, model=str(folder), **ASKED).settings
    frame = cv2.imread(str(plates)).astype(np.float32)[..., ::-1] / np.float32(255)
    events = registry.load(settings).stream(iter([frame]), count=1, settings=settings)
    raw = next(event.values[0] for event in events if isinstance(event, Output))
    raw /= np.linalg.norm(raw, axis=-1, keepdims=True)
    written = exr.read(tmp_path / "o/normal/shot.0001.exr", pass_name="normal").astype(np.float32)
    assert np.abs(raw[..., 0]).mean() > 0.05
    assert np.abs(written - raw * (-1, 1, 1)).max() < 2e-3


class Both:
    """A model of two passes: a normal and a depth that say which frame they are of."""

    info = ModelInfo(
        name="both",
        title="Both",
        purpose="",
        licence=NONE_KNOWN,
        family="preview",
        passes=("normal", "depth"),
        stages=(Stage.UNET,),
        temporal=False,
    )
    precision, device, revision = "fp32", "cpu", "1"

    def stream(self, frames, *, count, settings, resume=None):
        for index in range(resume.emitted if resume else 0, count):
            frame = next(frames)
            yield Step(stage=Stage.UNET, frames=1, seconds=0.001, window=index + 1, windows=count)
            yield Output(pass_name="normal", start=index, values=np.stack([frame - 0.5]))
            yield Output(pass_name="depth", start=index, values=np.stack([frame[..., :1] + index]))
            yield ResumePoint(emitted=index + 1, read_from=index + 1)


def both(plates: Path, out: Path, **changes):
    return request(plates, out, max_resolution=0, **changes)


def test_a_model_of_two_passes_writes_and_records_both(plates, tmp_path):
    outcome = finish(both(plates, tmp_path), Both())
    assert outcome.result.passes == ("normal", "depth") and outcome.result.frames_written == 13
    assert len(files(tmp_path)) == 26
    assert {event.pass_name for event in outcome.ready} == {"normal", "depth"}
    assert record(tmp_path).relative and not record(tmp_path, "normal").relative
    assert exr.read(tmp_path / "depth/shot.0013.exr", pass_name="depth").min() >= 12
    assert finish(both(plates, tmp_path), Unwilling(Both())).result.frames_reused == 13
    assert outcome.progress[-1].done == 13


def test_two_passes_continue_together(plates, tmp_path):
    finish(both(plates, tmp_path / "whole"), Both())
    events = run(both(plates, tmp_path / "parts"), estimator=Both())
    next(event for event in events if isinstance(event, FramesReady) and event.pass_name == "depth" and event.last >= 4)
    events.close()
    assert 4 <= record(tmp_path / "parts").done < 13
    finish(both(plates, tmp_path / "parts"), Both())
    assert files(tmp_path / "parts") == files(tmp_path / "whole")


def test_two_passes_of_which_one_is_gone_are_made_anew(plates, tmp_path):
    finish(both(plates, tmp_path), Both())
    shutil.rmtree(tmp_path / "depth")
    assert finish(both(plates, tmp_path), Both()).result.frames_written == 13
    (tmp_path / "normal/shot.0004.exr").unlink()
    assert finish(both(plates, tmp_path), Both()).result.frames_written == 13


def test_a_pass_of_another_model_is_not_replaced_unasked(plates, folder, tmp_path):
    finish(request(plates, tmp_path, model=str(folder), **ASKED))
    depth = files(tmp_path)
    error = refused(both(plates, tmp_path), Both())
    assert error.code is ErrorCode.PASSES_DIFFER and "model" in error.detail
    assert files(tmp_path) == depth
    result = finish(both(plates, tmp_path, passes=("normal",)), Both()).result
    assert result.passes == ("normal",) and result.frames_written == 13
    assert {name: data for name, data in files(tmp_path).items() if name.startswith("depth")} == depth
    (tmp_path / "depth/shot.json").unlink()
    assert "without a record" in refused(both(plates, tmp_path), Both()).detail
    assert finish(both(plates, tmp_path, overwrite=True), Both()).result.frames_written == 13


def test_a_pass_that_the_model_does_not_make_is_refused(plates, tmp_path):
    error = refused(both(plates, tmp_path, passes=("albedo",)), Both())
    assert error.code is ErrorCode.SETTING_INVALID and "normal or depth" in error.detail


def test_windows_are_the_models_own_unless_given(plates, folder, tmp_path):
    finish(request(plates, tmp_path, model=str(folder), max_resolution=0, window=0, overlap=-1, last=3))
    assert (record(tmp_path).settings.window, record(tmp_path).settings.overlap) == (110, 10)
    finish(request(plates, tmp_path / "b", model=str(folder), max_resolution=0, window=6, overlap=-1, last=3))
    assert (record(tmp_path / "b").settings.window, record(tmp_path / "b").settings.overlap) == (6, 5)
    assert refused(request(plates, tmp_path / "c", model=str(folder), window=6, overlap=6)).code is ErrorCode.SETTING_INVALID


def test_folders_are_known_by_what_is_in_them(folder, tmp_path):
    assert registry.info(str(folder)).family == "depth_anything"
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    found = registry.info(str(tmp_path))
    assert (found.family, found.axes, found.name) == ("marigold", (-1, 1, 1), str(tmp_path.resolve()))
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableVideoDiffusionPipeline"}')
    assert registry.info(str(tmp_path)).family == "normalcrafter"
    (tmp_path / "model_index.json").write_text("[")
    assert registry.info(str(tmp_path)).family == "normalcrafter"


def test_a_cut_short_checkpoint_is_refused_before_it_is_loaded(plates, folder, tmp_path):
    broken = Path(shutil.copytree(folder, tmp_path / "broken"))
    (broken / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-10])
    error = refused(request(plates, tmp_path / "o", model=str(broken), **ASKED))
    assert error.code is ErrorCode.MODEL_INVALID and "model.safetensors" in error.detail
    (broken / "preprocessor_config.json").unlink()
    assert refused(request(plates, tmp_path / "o", model=str(broken), **ASKED)).code is ErrorCode.MODEL_INCOMPLETE


def test_the_table_offers_them():
    for model in (*DEPTH_ANYTHING, MARIGOLD):
        assert MODELS[model.name] is model and registry.info(model.hub_id) is model
        assert model.licence and model.size_bytes > 9e7 and model.files and model.tunable
    assert [model.window for model in DEPTH_ANYTHING] == [110] * 3 and MARIGOLD.window == 32
    assert [model.passes for model in (*DEPTH_ANYTHING, MARIGOLD)] == [("depth",)] * 3 + [("normal",)]
    entries = {entry.name: entry for entry in registry.entries()}
    assert entries["depth-anything-small"].window == 110 and entries["marigold-e2e-ft"].default_resolution == 768
