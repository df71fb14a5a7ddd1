"""Old passes go one by one, each as its new one arrives, and whoever stops in between loses nothing."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.job.estimate import run
from engine.models.interface import Output
from engine.protocol import ErrorCode, FramesReady, PlatelightError, read_pass_header, record_file
from tests.support.drawn import Drawn
from tests.support.jobs import Unwilling, finish, refused, request
from tests.support.plates import numbered, write_images

COUNT = 12


@pytest.fixture
def plates(tmp_path) -> Path:
    return write_images(tmp_path / "plates", range(1, COUNT + 1))[0]


class Stopped(Exception):
    """The test's own, for a model that gets no further."""


class StopsAt(Drawn):
    """A model that fails before the outputs of frame `index`."""

    def __init__(self, index: int, **options: object) -> None:
        super().__init__(**options)
        self._index = index

    def stream(self, *args, **kwargs):
        for event in super().stream(*args, **kwargs):
            if isinstance(event, Output) and event.start >= self._index:
                raise Stopped
            yield event


def passes(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.exr"))}


def sizes(out: Path) -> list[int]:
    """Long side in pixels that each normal was estimated at."""
    found = [read_pass_header(path) for path in sorted(out.glob("normal/*.exr"))]
    return [json.loads(header.settings)["max_resolution"] for header in found]


def record(out: Path, name: str = "normal") -> dict:
    return json.loads(record_file(out, pass_name=name, clip="plate").read_text())


def test_each_old_frame_goes_as_its_new_one_arrives(plates, tmp_path):
    out = tmp_path / "out"
    finish(request(plates, out), Drawn())
    before = passes(out)
    seen = []
    for event in run(request(plates, out, max_resolution=48, overwrite=True, remove_outside=True), estimator=Drawn()):
        if isinstance(event, FramesReady):
            seen.append(sizes(out))
            assert len(seen[-1]) == COUNT and passes(out).keys() == before.keys()
    assert seen[-1] == [48] * COUNT


def test_what_is_outside_goes_last(plates, tmp_path):
    out = tmp_path / "out"
    finish(request(plates, out), Drawn())
    job = request(plates, out, first=4, last=9, max_resolution=48, overwrite=True, remove_outside=True)
    refused(job, StopsAt(3))
    assert sizes(out) == [64] * 3 + [48] * 3 + [64] * 6, "it stopped before its end: nothing is removed"
    finish(job, Drawn())
    assert sizes(out) == [48] * 6


def test_a_replacement_that_was_stopped_goes_on_without_being_asked_again(plates, tmp_path):
    out, whole = tmp_path / "out", tmp_path / "whole"
    finish(request(plates, out), Drawn())
    finish(request(plates, whole, max_resolution=48), Drawn())
    refused(request(plates, out, max_resolution=48, overwrite=True), StopsAt(6))
    assert sizes(out) == [48] * 6 + [64] * 6
    result = finish(request(plates, out, max_resolution=48), Drawn()).result
    assert (result.frames_reused, result.frames_written) == (6, 6) and passes(out) == passes(whole)


def test_frames_that_were_not_replaced_yet_are_known_as_what_they_are(plates, tmp_path):
    out = tmp_path / "out"
    finish(request(plates, out), Drawn())
    refused(request(plates, out, max_resolution=48, overwrite=True), StopsAt(6))
    assert finish(request(plates, out, first=7), Unwilling(Drawn())).result.frames_reused == 6
    assert finish(request(plates, out, last=6, max_resolution=48), Unwilling(Drawn())).result.frames_reused == 6
    assert "max_resolution 48 -> 64" in refused(request(plates, out, first=6), Unwilling(Drawn())).detail
    finish(request(plates, out, overwrite=True), Drawn())
    assert sizes(out) == [64] * COUNT and "earlier" not in record(out)


def test_other_colours_are_told_apart_file_by_file(plates, tmp_path):
    out = tmp_path / "out"
    finish(request(plates, out), Drawn())
    refused(request(plates, out, color_space="ACEScg", overwrite=True), StopsAt(6))
    told = [read_pass_header(path).color_space for path in sorted(out.glob("normal/*.exr"))]
    assert told == ["ACEScg"] * 6 + [""] * 6
    assert refused(request(plates, out), Drawn()).code is ErrorCode.PASSES_DIFFER


def test_three_settings_side_by_side_are_each_found_again(plates, tmp_path):
    out = tmp_path / "out"
    finish(request(plates, out), Drawn())
    finish(request(plates, out, first=5, last=8, max_resolution=48, overwrite=True), Drawn())
    finish(request(plates, out, first=7, last=8, max_resolution=32, overwrite=True), Drawn())
    assert sizes(out) == [64] * 4 + [48] * 2 + [32] * 2 + [64] * 4
    for first, last, size in ((1, 4, 64), (5, 6, 48), (7, 8, 32), (9, 12, 64)):
        again = finish(request(plates, out, first=first, last=last, max_resolution=size), Unwilling(Drawn()))
        assert again.result.frames_reused == last - first + 1


def cut_plates(folder: Path) -> Path:
    """Frames of which a shot begins at 4 and a black one at 8."""
    folder.mkdir()
    for frame in range(1, COUNT + 1):
        picture = numbered(frame) // 4 if frame < 4 else 255 - numbered(frame) // 4
        cv2.imwrite(str(folder / f"plate.{frame:04d}.png"), picture if frame < 8 else np.zeros_like(picture))
    return folder / "plate.0001.png"


def test_cuts_survive_between_the_state_and_the_record(tmp_path):
    """A kill falls after the state and before the record: the record of the window before is still there."""
    plates, out = cut_plates(tmp_path / "cut"), tmp_path / "out"
    assert finish(request(plates, tmp_path / "whole"), Drawn()).result.cuts == (4, 8)
    refused(request(plates, out), StopsAt(3))
    before = {name: record_file(out, pass_name=name, clip="plate").read_bytes() for name in ("normal", "depth")}
    refused(request(plates, out), StopsAt(9))
    assert record(out)["cuts"] == [4, 8] and record(out)["black"] == [8]
    for name, data in before.items():
        record_file(out, pass_name=name, clip="plate").write_bytes(data)
    assert record(out)["cuts"] == []
    result = finish(request(plates, out), Drawn()).result
    assert result.frames_reused == 9 and result.cuts == (4, 8)
    assert record(out)["cuts"] == record(out, "depth")["cuts"] == [4, 8] and record(out)["black"] == [8]


def test_a_state_that_no_run_can_use_is_cleared_away(plates, tmp_path):
    """A kill falls between the last record and the removal of the state."""
    out = tmp_path / "out"
    refused(request(plates, out), StopsAt(6))
    state = (out / "normal" / "plate.resume").read_bytes()
    finish(request(plates, out), Drawn())
    (out / "normal" / "plate.resume").write_bytes(state)
    (out / "depth" / "plate.resume").write_bytes(state)
    (out / "normal" / ".probe.12.part").touch()
    assert finish(request(plates, out), Unwilling(Drawn())).result.frames_reused == COUNT
    assert not [path for path in out.rglob("*") if path.is_file() and path.suffix not in (".exr", ".json")]


HUGE = 10**8


@pytest.mark.parametrize(
    "claims",
    [
        {"first": 1, "last": HUGE, "done": HUGE},
        {"first": 1, "last": 2**40, "done": 2**40},
        {"first": -HUGE, "last": HUGE, "done": 1},
        {"others": [{"first": 1, "last": HUGE, "source_stamp": "x"}]},
        {"done": 10**8},
        {"done": -1},
        {"first": 9, "last": 3},
        {"first": 10**400},
        {"cuts": [10**30]},
        {"earlier": [{"color_space": "", "revision": "", "settings": {}, "sources": [], "frames": [{"first": 1, "last": HUGE}]}]},
    ],
)
def test_what_a_record_claims_costs_neither_memory_nor_time(plates, tmp_path, claims):
    out = tmp_path / "out"
    finish(request(plates, out), Drawn())
    before = passes(out)
    for name in ("normal", "depth"):
        record_file(out, pass_name=name, clip="plate").write_text(json.dumps({**record(out, name), **claims}))
    tracemalloc.start()
    try:
        finish(request(plates, out), Drawn())
    except PlatelightError as error:
        assert error.code is ErrorCode.PASSES_DIFFER
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6 and passes(out) == before
    assert finish(request(plates, out, overwrite=True), Drawn()).result.frames_written == COUNT


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"pass_name": "normal", "clip": ' + "[" * 100_000,
        '{"pass_name": "normal", "clip": "plate", "sour',
        '{"pass_name": "normal", "clip": "plate", "cuts": [' + "1, " * 4_000_000 + "1]}",
        "",
    ],
)
def test_a_record_that_is_none_is_no_crash(plates, tmp_path, text):
    out = tmp_path / "out"
    finish(request(plates, out), Drawn())
    for name in ("normal", "depth"):
        record_file(out, pass_name=name, clip="plate").write_text(text.replace("normal", name))
    error = refused(request(plates, out), Drawn())
    is_ours = not text.startswith("[")
    assert error.code is (ErrorCode.PASSES_DIFFER if is_ours else ErrorCode.FOREIGN_FILES)
    if is_ours:
        assert finish(request(plates, out, overwrite=True), Drawn()).result.frames_written == COUNT
