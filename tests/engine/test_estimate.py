"""A job from frames to files, with real frames, the real embedded model and real files."""

from __future__ import annotations

import dataclasses
import itertools
import json
import shutil
import time
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from engine import exr
from engine.job.estimate import run
from engine.models.interface import ResumePoint
from engine.protocol import ErrorCode, FramesReady, Stage
from tests.support.jobs import Unwilling, exr_bytes, finish, leftovers, refused, request
from tests.support.plates import write_images, write_movie


def test_a_movie_becomes_passes(movie, preview, tmp_path):
    outcome = finish(request(movie, tmp_path / "a" / "b"), preview)
    result = outcome.result
    assert (result.clip, result.passes, result.first, result.last) == ("plate_v2", ("normal", "depth"), 1, 48)
    assert (result.frames_written, result.frames_reused) == (48, 0) and result.seconds > 0
    files = sorted((tmp_path / "a" / "b" / "normal").glob("*.exr"))
    assert [file.name for file in files] == [f"plate_v2.{number:04d}.exr" for number in range(1, 49)]
    for file in (files[0], files[-1]):
        normals = exr.read(file, pass_name="normal")
        assert normals.shape == (43, 64, 3) and normals.dtype == np.float16
        assert np.linalg.norm(normals.astype(np.float32), axis=-1) == pytest.approx(1, abs=2e-3)
    depth = exr.read(tmp_path / "a" / "b" / "depth" / "plate_v2.0048.exr", pass_name="depth")
    assert depth.shape == (43, 64, 1) and (depth > 0).all()
    header = OpenEXR.File(str(files[6]), header_only=True).header()
    assert header["platelight/frame"] == 7 and header["platelight/plateSize"] == "96x64"
    assert header["platelight/source"] == "plate_v2.mp4"
    assert json.loads(header["platelight/settings"])["max_resolution"] == 64
    assert leftovers(tmp_path / "a" / "b") == []


def test_progress_is_honest(movie, preview, tmp_path):
    outcome = finish(request(movie, tmp_path), preview)
    told = [progress for progress in outcome.progress if progress.total]
    assert [p.done for p in told] == sorted(p.done for p in told) and told[-1].done == told[-1].total == 48
    fractions = [p.fraction for p in told]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    windows = [p.window for p in told if p.stage == Stage.UNET]
    assert windows == list(range(1, told[-1].windows + 1)) and len(windows) >= 5
    assert told[-1].seconds_left == pytest.approx(0) and told[-1].rate > 0
    for name in ("normal", "depth"):
        ready = sorted((event.first, event.last) for event in outcome.ready if event.pass_name == name)
        assert ready[0][0] == 1 and ready[-1][1] == 48
        assert all(before[1] + 1 == after[0] for before, after in itertools.pairwise(ready)), "every frame once"


def test_files_are_there_when_they_are_said_to_be(movie, preview, tmp_path):
    for event in run(request(movie, tmp_path), estimator=preview):
        if isinstance(event, FramesReady):
            for frame in range(event.first, event.last + 1):
                exr.read(tmp_path / "normal" / f"plate_v2.{frame:04d}.exr", pass_name="normal")


def test_a_sequence_keeps_its_numbers_and_handles_stop_at_its_ends(preview, tmp_path):
    write_images(tmp_path / "plates", range(1001, 1013))
    result = finish(request(tmp_path / "plates" / "plate.1005.png", tmp_path, first=1003, last=1010, handles=5), preview).result
    assert (result.clip, result.first, result.last, result.frames_written) == ("plate", 1001, 1012, 12)
    assert sorted(exr_bytes(tmp_path)) == [f"plate.{number}.exr" for number in range(1001, 1013)]


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (0, 10, ErrorCode.RANGE_OUTSIDE_CLIP),
        (40, 49, ErrorCode.RANGE_OUTSIDE_CLIP),
        (100, None, ErrorCode.SETTING_INVALID),
        (9, 3, ErrorCode.SETTING_INVALID),
    ],
)
def test_ranges_that_the_clip_lacks(movie, preview, tmp_path, first, last, code):
    assert refused(request(movie, tmp_path, first=first, last=last), preview).code == code
    assert exr_bytes(tmp_path) == {}


def test_more_frames_than_any_estimate_takes(preview, tmp_path):
    """The last time of a damaged movie may say ten days."""
    movie = write_movie(tmp_path / "long.mkv", 3, times=[0, 1, 24 * 86400 * 10], options={"bf": "0"})
    error = refused(request(movie, tmp_path / "out"), preview)
    assert error.code == ErrorCode.RANGE_OUTSIDE_CLIP and "10000000 frames" in error.detail
    assert finish(request(movie, tmp_path / "out", last=2), preview).result.frames_written == 2


@pytest.mark.parametrize(
    "bad",
    [
        {"window": -1},
        {"overlap": 14},
        {"overlap": -2},
        {"decode_chunk_size": 0},
        {"max_resolution": -1},
        {"precision": "fp8"},
        {"device": "tpu"},
        {"handles": -1},
        {"clip": "../up"},
        {"clip": "a/b"},
        {"clip": ".hidden"},
    ],
)
def test_settings_that_cannot_be(movie, preview, tmp_path, bad):
    error = refused(request(movie, tmp_path, **bad), preview)
    assert error.code == ErrorCode.SETTING_INVALID and next(iter(bad)) in error.detail


def test_unknown_models_and_colour_spaces(movie, tmp_path):
    assert refused(request(movie, tmp_path, model="marigold")).code == ErrorCode.MODEL_UNKNOWN
    assert refused(request(movie, tmp_path, color_space="LogC9")).code == ErrorCode.COLOR_SPACE_UNKNOWN


def test_the_same_again_reuses_what_is_there(uninterrupted, movie, preview):
    before = exr_bytes(uninterrupted)
    for first, last, changes in ((5, 30, {}), (10, 20, {}), (5, 30, {"precision": "auto"})):
        outcome = finish(request(movie, uninterrupted, first=first, last=last, **changes), Unwilling(preview))
        assert (outcome.result.frames_written, outcome.result.frames_reused) == (0, last - first + 1)
        told = [(event.pass_name, event.first, event.last) for event in outcome.ready]
        assert told == [("normal", first, last), ("depth", first, last)]
        assert outcome.progress[-1].fraction == 1.0
    assert exr_bytes(uninterrupted) == before


def test_a_lost_file_is_made_again(uninterrupted, movie, preview, tmp_path):
    shutil.copytree(uninterrupted, tmp_path / "o")
    before = exr_bytes(tmp_path / "o")
    (tmp_path / "o" / "normal" / "plate_v2.0012.exr").unlink()
    (tmp_path / "o" / "normal" / "plate_v2.0013.exr").write_bytes(b"")
    assert finish(request(movie, tmp_path / "o", first=5, last=30), preview).result.frames_written == 26
    assert exr_bytes(tmp_path / "o") == before


@pytest.mark.parametrize("share", [0.4, 0.999])
def test_a_file_that_was_copied_half_is_made_again(uninterrupted, movie, preview, tmp_path, share):
    shutil.copytree(uninterrupted, tmp_path / "o")
    before = exr_bytes(tmp_path / "o")
    file = tmp_path / "o" / "normal" / "plate_v2.0012.exr"
    file.write_bytes(before[file.name][: int(share * len(before[file.name]))])
    assert finish(request(movie, tmp_path / "o", first=5, last=30), preview).result.frames_written == 26
    assert exr_bytes(tmp_path / "o") == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_resolution": 48}, "max_resolution 64 -> 48"),
        ({"precision": "bf16"}, "precision fp32 -> bf16"),
        ({"color_space": "ACEScg"}, "colour space default -> ACEScg"),
    ],
)
def test_other_settings_are_told_before_anything_is_overwritten(uninterrupted, movie, tmp_path, changes, said):
    shutil.copytree(uninterrupted, tmp_path / "o")
    before = exr_bytes(tmp_path / "o")
    error = refused(request(movie, tmp_path / "o", first=1, last=8, **changes))
    assert error.code == ErrorCode.PASSES_DIFFER and said in error.detail
    assert exr_bytes(tmp_path / "o") == before
    result = finish(request(movie, tmp_path / "o", first=1, last=8, overwrite=True, **changes)).result
    assert result.frames_written == 8
    after = exr_bytes(tmp_path / "o")
    assert sorted(after) == [f"plate_v2.{number:04d}.exr" for number in range(1, 31)]
    changed = [name for name in after if after[name] != before.get(name)]
    assert changed == [f"plate_v2.{number:04d}.exr" for number in range(1, 9)], "nothing outside the range is touched"


def test_another_clip_of_the_same_name_is_told(uninterrupted, preview, tmp_path):
    shutil.copytree(uninterrupted, tmp_path / "o")
    other = write_movie(tmp_path / "plate_v2.mp4", 48, options={"crf": "30"})
    error = refused(request(other, tmp_path / "o", first=5, last=30), preview)
    assert error.code == ErrorCode.PASSES_DIFFER and "the clip's own frames" in error.detail


def test_other_weights_are_told(uninterrupted, movie, preview, tmp_path):
    shutil.copytree(uninterrupted, tmp_path / "o")
    newer = Unwilling(preview)
    newer.revision = "0123456789abcdef"
    error = refused(request(movie, tmp_path / "o", first=5, last=30), newer)
    assert error.code == ErrorCode.PASSES_DIFFER and "weights" in error.detail


def test_another_range_keeps_what_lies_outside_of_it(uninterrupted, movie, preview, tmp_path):
    shutil.copytree(uninterrupted, tmp_path / "o")
    before = exr_bytes(tmp_path / "o")
    result = finish(request(movie, tmp_path / "o", first=25, last=40), preview).result
    assert (result.frames_written, result.frames_reused) == (10, 6)
    after = exr_bytes(tmp_path / "o")
    assert sorted(after) == [f"plate_v2.{number:04d}.exr" for number in range(5, 41)]
    assert all(after[name] == before[name] for name in before)


def test_a_sequence_that_grew_still_matches(preview, tmp_path):
    write_images(tmp_path / "plates", range(1, 9))
    plate = tmp_path / "plates" / "plate.0001.png"
    finish(request(plate, tmp_path), preview)
    write_images(tmp_path / "plates", range(9, 13))
    assert finish(request(plate, tmp_path, last=8), Unwilling(preview)).result.frames_reused == 8
    outcome = finish(request(plate, tmp_path), preview)
    assert (outcome.result.frames_written, outcome.result.frames_reused) == (4, 8)


def test_files_of_others_are_not_overwritten(movie, preview, tmp_path):
    (tmp_path / "normal").mkdir()
    (tmp_path / "normal" / "plate_v2.0007.exr").write_bytes(b"someone's work")
    for overwrite in (False, True):
        error = refused(request(movie, tmp_path, overwrite=overwrite), preview)
        assert error.code == ErrorCode.FOREIGN_FILES and "plate_v2.0007.exr" in error.detail
        assert exr_bytes(tmp_path) == {"plate_v2.0007.exr": b"someone's work"}


class Patient(Unwilling):
    """Goes on only when the writer, which works in a thread of its own, has caught up."""

    def __init__(self, estimator, record):
        super().__init__(estimator)
        self._estimator, self._record = estimator, record

    def stream(self, *args, **kwargs):
        for event in self._estimator.stream(*args, **kwargs):
            yield event
            while isinstance(event, ResumePoint) and self._done() < event.emitted:
                time.sleep(0.001)

    def _done(self) -> int:
        return json.loads(self._record.read_text())["done"] if self._record.exists() else 0


def stop_after(job, estimator, frames: int) -> None:
    """Cancel a job once it has announced so many frames."""
    events = run(job, estimator=Patient(estimator, Path(job.out, "normal", "plate_v2.json")))
    for event in events:
        if isinstance(event, FramesReady) and event.last - job.first + 1 >= frames:
            break
    events.close()


def test_a_cancelled_job_continues_and_gives_the_same_bytes(uninterrupted, movie, preview, tmp_path):
    job = request(movie, tmp_path, first=5, last=30)
    for frames in (4, 12):
        stop_after(job, preview, frames)
        record = json.loads((tmp_path / "normal" / "plate_v2.json").read_text())
        assert not record["complete"] and record["done"] >= frames and (record["first"], record["last"]) == (5, 30)
        whole = exr_bytes(uninterrupted)
        assert all(whole[name] == data for name, data in exr_bytes(tmp_path).items())
    result = finish(job, preview).result
    assert result.frames_reused >= 12 and result.frames_written + result.frames_reused == 26
    assert exr_bytes(tmp_path) == exr_bytes(uninterrupted) and leftovers(tmp_path) == []


def test_a_resumed_job_whose_files_are_gone_starts_again(uninterrupted, movie, preview, tmp_path):
    job = request(movie, tmp_path, first=5, last=30)
    stop_after(job, preview, 8)
    (tmp_path / "normal" / "plate_v2.0006.exr").unlink()
    assert finish(job, preview).result.frames_written == 26
    assert exr_bytes(tmp_path) == exr_bytes(uninterrupted)


def test_an_interrupted_overwrite_continues_and_a_finished_one_starts_again(uninterrupted, movie, preview, tmp_path):
    shutil.copytree(uninterrupted, tmp_path / "o")
    job = request(movie, tmp_path / "o", first=5, last=30, overwrite=True)
    stop_after(job, preview, 8)
    result = finish(job, preview).result
    assert result.frames_reused >= 8 and exr_bytes(tmp_path / "o") == exr_bytes(uninterrupted)
    assert finish(job, preview).result.frames_written == 26


def test_overwriting_in_another_precision_replaces_what_is_asked_for(uninterrupted, movie, preview, tmp_path):
    shutil.copytree(uninterrupted, tmp_path / "o")
    record = tmp_path / "o" / "normal" / "plate_v2.json"
    record.write_text(record.read_text().replace('"fp32"', '"fp16"'))
    outcome = finish(request(movie, tmp_path / "o", first=5, last=10, precision="auto", overwrite=True), preview)
    told = "Kept 20 frames outside 5-10. They were made with other settings"
    assert told in outcome.notices, "auto was resolved to something else only once the model was loaded"
    assert len(exr_bytes(tmp_path / "o")) == 26


def test_a_damaged_state_starts_again(uninterrupted, movie, preview, tmp_path):
    job = request(movie, tmp_path, first=5, last=30)
    stop_after(job, preview, 8)
    state = tmp_path / "normal" / "plate_v2.resume"
    state.write_bytes(state.read_bytes()[:100])
    assert finish(job, preview).result.frames_written == 26
    assert exr_bytes(tmp_path) == exr_bytes(uninterrupted)


def test_passes_begun_in_another_precision_are_continued_in_it(movie, preview, tmp_path):
    job = request(movie, tmp_path, first=1, last=16)
    stop_after(job, preview, 4)
    finish(dataclasses.replace(job, settings=dataclasses.replace(job.settings, precision="auto", device="auto")))
    assert json.loads((tmp_path / "normal" / "plate_v2.json").read_text())["settings"]["precision"] == "fp32"
