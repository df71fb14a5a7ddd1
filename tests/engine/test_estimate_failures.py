"""Jobs that fail: each failure has its code, and what was finished stays."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import cv2
import numpy as np
import pytest

from engine.failures import explain
from engine.models.interface import Output
from engine.protocol import ErrorCode, PlatelightError
from tests.support.jobs import Unwilling, exr_bytes, finish, leftovers, refused, request
from tests.support.places import ROOT
from tests.support.plates import numbered, write_exr, write_images


def test_a_frame_that_cannot_be_read_ends_the_job_and_keeps_the_rest(preview, tmp_path):
    files = write_images(tmp_path / "plates", range(1, 41))
    whole = tmp_path / "whole"
    finish(request(files[0], whole), preview)
    cv2.imwrite(str(files[29]), numbered(30, size=(48, 48)))
    out = tmp_path / "out"
    error = refused(request(files[0], out), preview)
    assert error.code == ErrorCode.FRAME_SIZE_CHANGED and files[29].name in error.detail
    kept = exr_bytes(out)
    assert 1 <= len(kept) < 30 and all(exr_bytes(whole)[name] == data for name, data in kept.items())
    assert leftovers(out) == ["plate.resume"]


def test_bad_numbers_are_reported_once(preview, tmp_path):
    for number in range(1, 6):
        red = np.full((24, 32), 0.2, np.float32)
        red[:2, 0] = np.inf if number > 3 else 0.2
        write_exr(tmp_path / f"p.{number:04d}.exr", {"R": red, "G": np.full_like(red, 0.1), "B": np.full_like(red, 0.1)})
    outcome = finish(request(tmp_path / "p.0001.exr", tmp_path / "o"), preview)
    assert len(outcome.notices) == 1 and "4 pixels" in outcome.notices[0] and "2 frames, the first is 4" in outcome.notices[0]


def test_an_alpha_of_zero_is_told(preview, tmp_path):
    for number in range(1, 4):
        hidden = np.dstack([numbered(number), np.full((64, 96), 255 * (number == 1), np.uint8)])
        cv2.imwrite(str(tmp_path / f"p.{number:04d}.png"), hidden)
    notices = finish(request(tmp_path / "p.0001.png", tmp_path / "o"), preview).notices
    assert len(notices) == 1 and notices[0].startswith("2 frames, the first is 2, have an alpha of 0 everywhere")


@pytest.mark.parametrize("where", ["file", "file/below", "/proc/platelight"])
def test_a_folder_that_cannot_be_written(movie, preview, tmp_path, where):
    (tmp_path / "file").write_text("in the way")
    assert refused(request(movie, tmp_path / where), preview).code == ErrorCode.OUTPUT_NOT_WRITABLE


class Failing(Unwilling):
    """A network that fails in the middle, as real ones do, or before its first frame."""

    def __init__(self, estimator, error, *, at=8):
        super().__init__(estimator)
        self._estimator, self._error, self._at = estimator, error, at

    def stream(self, *args, **kwargs):
        for event in self._estimator.stream(*args, **kwargs):
            if isinstance(event, Output) and event.start >= self._at:
                raise self._error
            yield event


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), ErrorCode.OUT_OF_MEMORY),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"), ErrorCode.OUT_OF_MEMORY),
        (OSError(12, "Cannot allocate memory"), ErrorCode.OUT_OF_MEMORY),
        (ZeroDivisionError("x"), ErrorCode.INTERNAL),
        (ImportError("no module named nothing"), ErrorCode.ENGINE_INCOMPLETE),
    ],
)
def test_failures_of_the_network_have_their_codes_and_keep_what_is_done(uninterrupted, movie, preview, tmp_path, error, code):
    job = request(movie, tmp_path, first=5, last=30)
    assert refused(job, Failing(preview, error)).code == code
    kept = exr_bytes(tmp_path)
    assert 0 < len(kept) < 26 and all(exr_bytes(uninterrupted)[name] == data for name, data in kept.items())
    assert 0 < finish(job, preview).result.frames_reused <= len(kept)


@pytest.mark.parametrize("changes", [{"max_resolution": 96}, {}])
def test_an_overwrite_that_fails_before_its_first_frame_costs_nothing(movie, preview, tmp_path, changes):
    before = request(movie, tmp_path, first=1, last=12)
    finish(before, preview)
    there = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    job = request(movie, tmp_path, first=3, last=6, overwrite=True, **changes)
    assert refused(job, Failing(preview, MemoryError(), at=0)).code == ErrorCode.OUT_OF_MEMORY
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == there
    assert finish(before, Unwilling(preview)).result.frames_reused == 12
    outcome = finish(job, preview)
    assert len(exr_bytes(tmp_path)) == 12
    assert sum("8 frames outside 3-6" in notice for notice in outcome.notices) == bool(changes)


def test_a_job_that_fails_before_its_first_frame_forbids_nothing(movie, preview, tmp_path):
    refused(request(movie, tmp_path, last=6), Failing(preview, MemoryError(), at=0))
    assert finish(request(movie, tmp_path, last=6, max_resolution=48), preview).result.frames_written == 6
    for file in tmp_path.rglob("*.exr"):
        file.unlink()
    assert finish(request(movie, tmp_path, last=6), preview).result.frames_written == 6, "its record speaks of nothing"


def test_a_folder_of_passes_that_cannot_be_listed_is_none_of_the_clip(tmp_path):
    denied = explain(PermissionError(13, "Permission denied", str(tmp_path / "o" / "normal")), out=tmp_path / "o")
    assert denied.code == ErrorCode.OUTPUT_NOT_WRITABLE
    assert explain(PermissionError(13, "Permission denied", str(tmp_path / "p.mov")), out=tmp_path / "o").code == (
        ErrorCode.SOURCE_UNREADABLE
    )


def test_real_memory_that_runs_out(tmp_path):
    """A plate larger than what the process may still allocate."""
    (tmp_path / "p").mkdir()
    plate = tmp_path / "p" / "plate.0001.png"
    cv2.imwrite(str(plate), np.zeros((2000, 3000, 3), np.uint8))
    script = textwrap.dedent(f"""
        import resource, sys, psutil
        from engine.models import registry
        from engine.__main__ import main
        from engine.protocol import EstimateSettings
        registry.load(EstimateSettings(model="preview", max_resolution=0, precision="fp32", device="cpu"))
        limit = psutil.Process().memory_info().vms + (400 << 20)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        sys.argv[1:] = "estimate {plate} --out {tmp_path} --model preview --max-resolution 0 --precision fp32 --device cpu".split()
        sys.exit(main())
    """)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == PlatelightError(ErrorCode.OUT_OF_MEMORY).exit_code, done.stderr[-2000:]
    assert "Traceback" not in done.stderr and exr_bytes(tmp_path) == {}
