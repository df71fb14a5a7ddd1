"""What is there already is used again, and told apart from what would be made now."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.job.estimate import run
from engine.models import registry
from engine.models.normalcrafter import estimator
from engine.models.revision import revision
from engine.protocol import ErrorCode, FramesReady, PlatelightError
from tests.support.jobs import exr_bytes, finish, request
from tests.support.places import GOLDEN
from tests.support.plates import write_images

VAE = Path("vae/diffusion_pytorch_model.safetensors")


def record(out: Path, clip: str = "plate_v2") -> dict:
    return json.loads((out / "normal" / f"{clip}.json").read_text())


def train_a_little(checkpoint: Path) -> None:
    """The last number of the decoder's weights changes."""
    content = bytearray((checkpoint / VAE).read_bytes())
    content[-2] ^= 1
    (checkpoint / VAE).write_bytes(content)


def test_other_weights_are_told_before_they_are_loaded(movie, tmp_path, monkeypatch):
    checkpoint, out = Path(shutil.copytree(GOLDEN, tmp_path / "checkpoint")), tmp_path / "o"
    asked = {"model": str(checkpoint), "last": 5, "window": 5, "decode_chunk_size": 5}
    assert finish(request(movie, out, **asked)).result.frames_written == 5
    before = exr_bytes(out)
    registry.release()
    assert finish(request(movie, out, **asked)).result.frames_reused == 5
    train_a_little(checkpoint)
    with monkeypatch.context() as patch, pytest.raises(PlatelightError) as caught:
        patch.setattr(estimator, "load", lambda *_, **__: pytest.fail("the answer is known without loading a model"))
        finish(request(movie, out, **asked))
    assert caught.value.code is ErrorCode.PASSES_DIFFER and "weights of the model" in caught.value.detail
    assert exr_bytes(out) == before

    assert finish(request(movie, out, overwrite=True, **asked)).result.frames_written == 5
    assert record(out)["revision"] == revision(checkpoint)
    train_a_little(checkpoint)  # while the engine holds the model that it has just used
    finish(request(movie, out, overwrite=True, **asked))
    assert record(out)["revision"] == revision(checkpoint)

    shutil.rmtree(checkpoint / "unet")
    assert finish(request(movie, out, **asked)).result.frames_reused == 5, "what is finished needs no weights"


def numbers(out: Path) -> list[int]:
    return [int(name.split(".")[1]) for name in exr_bytes(out)]


def times(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in out.glob("normal/*.exr")}


def test_two_strips_of_a_clip_share_a_folder_and_keep_what_each_has_made(movie, preview, tmp_path):
    first, second = request(movie, tmp_path, first=3, last=10), request(movie, tmp_path, first=21, last=30)
    assert finish(first, preview).result.frames_written == 8
    assert finish(second, preview).result.frames_written == 10
    before = times(tmp_path)
    for strip, count in ((first, 8), (second, 10)):
        outcome = finish(strip, preview)
        assert (outcome.result.frames_written, outcome.result.frames_reused) == (0, count)
    both = finish(request(movie, tmp_path, first=1, last=32), preview)
    assert (both.result.frames_written, both.result.frames_reused) == (2 + 10 + 2, 18)
    assert numbers(tmp_path) == list(range(1, 33))
    assert {name: time for name, time in times(tmp_path).items() if name in before} == before
    told = record(tmp_path)
    assert (told["first"], told["last"], told["complete"]) == (31, 32, True)
    assert [(other["first"], other["last"]) for other in told["others"]] == [(1, 2), (3, 10), (11, 20), (21, 30)]
    assert finish(request(movie, tmp_path, first=2, last=31), preview).result.frames_reused == 30


def test_what_is_announced_grows_without_gaps(movie, preview, tmp_path):
    finish(request(movie, tmp_path, first=11, last=20), preview)
    outcome = finish(request(movie, tmp_path, first=1, last=30), preview)
    for name in ("normal", "depth"):
        ready = [event for event in outcome.ready if event.pass_name == name]
        assert [frame for event in ready for frame in range(event.first, event.last + 1)] == list(range(1, 31))
    windows = [told.window for told in outcome.progress if told.window]
    assert windows == sorted(windows) and outcome.progress[-1].window == outcome.progress[-1].windows == 6
    done = [told.done for told in outcome.progress if told.total]
    assert done == sorted(done) and done[-1] == 30 and outcome.progress[-1].fraction == 1.0
    assert any("were estimated separately from the frames next to them" in notice for notice in outcome.notices)


def interrupt(job, estimator) -> int:
    """Cancel after the first frames are there; returns how many are finished then."""
    events = run(job, estimator=estimator)
    next(event for event in events if isinstance(event, FramesReady))
    events.close()
    return record(Path(job.out))["done"]


def test_an_interrupted_strip_keeps_its_frames_when_another_comes_between(long_movie, preview, tmp_path):
    long = request(long_movie, tmp_path, first=1, last=400)
    done = interrupt(long, preview)
    assert 0 < done < 400
    before = times(tmp_path)
    finish(request(long_movie, tmp_path, first=800, last=805), preview)
    result = finish(request(long_movie, tmp_path, first=1, last=done + 6), preview).result
    assert (result.frames_written, result.frames_reused) == (6, done)
    after = times(tmp_path)
    assert all(after[name] == before[name] for name in before if int(name.split(".")[1]) <= done)


def test_an_interrupted_run_goes_on_where_it_stopped_though_more_is_wanted(movie, long_movie, preview, tmp_path):
    finish(request(long_movie, tmp_path, first=1, last=4), preview)
    done = interrupt(request(long_movie, tmp_path, first=5, last=300), preview)
    (tmp_path / "normal" / "plate_v2.resume").stat()
    result = finish(request(long_movie, tmp_path, first=1, last=304), preview).result
    assert (result.frames_reused, result.frames_written) == (4 + done, 300 - done)
    assert [(other["first"], other["last"]) for other in record(tmp_path)["others"]] == [(1, 4), (5, 300)]


def test_making_a_part_anew_leaves_the_rest_known(movie, preview, tmp_path):
    finish(request(movie, tmp_path, first=1, last=30), preview)
    assert finish(request(movie, tmp_path, first=11, last=20, overwrite=True), preview).result.frames_written == 10
    assert [(other["first"], other["last"]) for other in record(tmp_path)["others"]] == [(1, 10), (21, 30)]
    assert finish(request(movie, tmp_path, first=1, last=30), preview).result.frames_reused == 30


def test_frames_outside_with_other_settings_are_kept_and_told(movie, preview, tmp_path):
    finish(request(movie, tmp_path, first=1, last=8), preview)
    smaller = finish(request(movie, tmp_path, first=1, last=8, max_resolution=48, overwrite=True), preview)
    assert not any("frames outside" in notice for notice in smaller.notices)
    small = exr_bytes(tmp_path)
    outcome = finish(request(movie, tmp_path, first=5, last=12, overwrite=True), preview)
    assert "Kept 4 frames outside 5-12. They were made with other settings" in outcome.notices
    assert numbers(tmp_path) == list(range(1, 13))
    after = exr_bytes(tmp_path)
    assert [after[name] for name in sorted(after)[:4]] == [small[name] for name in sorted(small)[:4]]
    assert all(after[name] != small[name] for name in sorted(small)[4:])
    assert finish(request(movie, tmp_path, first=1, last=4, max_resolution=48), preview).result.frames_reused == 4
    assert finish(request(movie, tmp_path, first=5, last=12), preview).result.frames_reused == 8
    with pytest.raises(PlatelightError, match="max_resolution 64 -> 48"):
        finish(request(movie, tmp_path, first=1, last=6, max_resolution=48), preview)


def test_frames_outside_with_other_settings_go_when_that_is_asked_for(movie, preview, tmp_path):
    finish(request(movie, tmp_path, first=1, last=8), preview)
    job = request(movie, tmp_path, first=5, last=12, max_resolution=48, overwrite=True, remove_outside=True)
    outcome = finish(job, preview)
    assert next(text for text in outcome.notices if "outside" in text).startswith("Deleted 4 frames outside 5-12")
    assert numbers(tmp_path) == list(range(5, 13)) and "earlier" not in record(tmp_path)
    again = finish(request(movie, tmp_path, first=1, last=4, max_resolution=48), preview)
    assert again.result.frames_written == 4
    same = finish(request(movie, tmp_path, first=9, last=10, max_resolution=48, overwrite=True, remove_outside=True), preview)
    assert not any("outside" in notice for notice in same.notices) and numbers(tmp_path) == list(range(1, 13))
    with pytest.raises(PlatelightError, match="remove_outside"):
        finish(request(movie, tmp_path, remove_outside=True), preview)


def test_a_change_in_any_part_of_the_clip_that_was_used_is_told(preview, tmp_path):
    files = write_images(tmp_path / "plates", range(1, 31))
    job = request(files[0], tmp_path)
    for first, last in ((1, 5), (21, 25), (11, 15)):
        finish(request(files[0], tmp_path, first=first, last=last), preview)
    shutil.copy(files[29], files[29].with_name("other.png"))
    shutil.copy(files[27], files[29])
    assert finish(request(files[0], tmp_path, first=16, last=17), preview).result.frames_written == 2, "frame 30 was not used"
    shutil.copy(files[27], files[21])
    with pytest.raises(PlatelightError) as caught:
        finish(job, preview)
    assert caught.value.code is ErrorCode.PASSES_DIFFER and "the clip's own frames" in caught.value.detail


def test_frames_beside_others_of_a_model_that_sees_time_are_told(movie, tmp_path):
    asked = {"model": str(GOLDEN), "window": 5, "overlap": 2, "decode_chunk_size": 5}
    finish(request(movie, tmp_path, first=1, last=4, **asked))
    outcome = finish(request(movie, tmp_path, first=1, last=7, **asked))
    assert outcome.result.frames_written == 3
    assert len(outcome.notices) == 1 and "Frames 5-7 were estimated separately" in outcome.notices[0]
    assert not finish(request(movie, tmp_path, first=20, last=22, **asked)).notices


def test_records_of_before_are_understood(movie, preview, tmp_path):
    finish(request(movie, tmp_path, first=1, last=8), preview)
    path = tmp_path / "normal" / "plate_v2.json"
    path.write_text(json.dumps({name: value for name, value in record(tmp_path).items() if name != "others"}))
    assert finish(request(movie, tmp_path, first=1, last=8), preview).result.frames_reused == 8


def test_files_that_no_run_has_made_are_never_replaced(movie, preview, tmp_path):
    """They were there before; frames elsewhere in the clip then got a record."""
    (tmp_path / "normal").mkdir()
    for frame in (3, 4):
        (tmp_path / "normal" / f"plate_v2.{frame:04d}.exr").write_bytes(b"someone's work")
    assert finish(request(movie, tmp_path, first=10, last=14), preview).result.frames_written == 5
    with pytest.raises(PlatelightError) as caught:
        finish(request(movie, tmp_path, first=1, last=14), preview)
    assert caught.value.code is ErrorCode.FOREIGN_FILES and "plate_v2.0003.exr, plate_v2.0004.exr in" in caught.value.detail
    assert exr_bytes(tmp_path)["plate_v2.0003.exr"] == b"someone's work"
    assert finish(request(movie, tmp_path, first=5, last=14), preview).result.frames_reused == 5
    with pytest.raises(PlatelightError, match=r"plate_v2\.0003\.exr"):
        finish(request(movie, tmp_path, first=1, last=14, overwrite=True), preview)
    assert exr_bytes(tmp_path)["plate_v2.0003.exr"] == b"someone's work"


def test_what_a_killed_run_left_beyond_its_record_is_its_own(movie, preview, tmp_path):
    finish(request(movie, tmp_path, first=1, last=9), preview)
    for name in ("normal", "depth"):
        path = tmp_path / name / "plate_v2.json"
        path.write_text(path.read_text().replace('"done": 9', '"done": 6').replace('"complete": true', '"complete": false'))
    finish(request(movie, tmp_path, first=20, last=22), preview)
    assert finish(request(movie, tmp_path, first=1, last=9), preview).result.frames_written == 3
