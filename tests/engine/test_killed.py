"""A real engine, killed without warning: what was final stays valid, and the next run ends with the very same bytes."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from engine import exr
from engine.protocol import ErrorCode, PlatelightError
from tests.support.jobs import exr_bytes, finish, leftovers, request
from tests.support.places import ENGINE, GOLDEN, ROOT

MODELS = {
    "preview": ["--model", "preview", "--max-resolution", "96"],
    "normalcrafter": [
        "--model",
        str(GOLDEN),
        "--max-resolution",
        "64",
        "--window",
        "8",
        "--overlap",
        "3",
        "--decode-chunk-size",
        "4",
    ],
}


def start(movie: Path, out: Path, *flags: str, **popen: object) -> subprocess.Popen:
    command = [*ENGINE, "estimate", str(movie), "--out", str(out), "--precision", "fp32", "--device", "cpu", *flags]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **popen)


def wait_for_files(out: Path, count: int, engine: subprocess.Popen) -> None:
    until = time.monotonic() + 60
    while len(list(out.glob("normal/*.exr"))) < count and engine.poll() is None and time.monotonic() < until:
        time.sleep(0.002)


@pytest.mark.parametrize("model", MODELS)
def test_killed_at_random_points_it_ends_with_the_same_bytes(movie, tmp_path, model):
    flags = [*MODELS[model], "--first", "2", "--last", "40"]
    whole = start(movie, tmp_path / "whole", *flags)
    assert whole.wait(120) == 0, whole.stdout.read()
    expected = exr_bytes(tmp_path / "whole")
    assert len(expected) == 39

    chance = random.Random(model)
    kills = 0
    for share in (0.05, 0.35, 0.65):
        engine = start(movie, tmp_path / "out", *flags)
        wait_for_files(tmp_path / "out", round((share + chance.random() * 0.25) * 39), engine)
        time.sleep(chance.random() * 0.05)
        engine.send_signal(signal.SIGKILL)
        kills += engine.wait(30) == -signal.SIGKILL
        written = exr_bytes(tmp_path / "out")
        assert all(expected[name] == data for name, data in written.items()), "a file that is there is whole and right"
        for name in written:
            exr.read(tmp_path / "out" / "normal" / name, pass_name="normal")
    assert kills, "no run was caught in the middle"

    last = start(movie, tmp_path / "out", *flags)
    assert last.wait(120) == 0, last.stdout.read()
    assert int(last.stdout.read().rpartition(" frames written, ")[2].split()[0]) > 0, "nothing was reused"
    assert exr_bytes(tmp_path / "out") == expected and leftovers(tmp_path / "out") == []


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, ErrorCode.CANCELLED), (signal.SIGTERM, ErrorCode.CANCELLED)])
def test_asked_to_stop_it_stops_cleanly(long_movie, tmp_path, sent, code):
    engine = start(long_movie, tmp_path, "--model", "preview", "--max-resolution", "96")
    wait_for_files(tmp_path, 3, engine)
    engine.send_signal(sent)
    said = engine.communicate(timeout=30)[0]
    assert engine.returncode == PlatelightError(code).exit_code, said
    assert "Cancelled." in said and "Finished frames are kept" in said and "Traceback" not in said
    assert leftovers(tmp_path) == ["plate_v2.resume"]


def test_two_jobs_cannot_write_the_same_passes(movie, long_movie, preview, tmp_path):
    engine = start(long_movie, tmp_path, "--model", "preview", "--max-resolution", "0")
    wait_for_files(tmp_path, 1, engine)
    engine.send_signal(signal.SIGSTOP)  # it lives, and holds what it holds
    try:
        with pytest.raises(PlatelightError) as caught:
            finish(request(movie, tmp_path), preview)
        assert caught.value.code == ErrorCode.OUTPUT_IN_USE and str(engine.pid) in caught.value.detail
        assert finish(request(movie, tmp_path, clip="another", last=4), preview).result.frames_written == 4
    finally:
        engine.kill()
        engine.wait(30)
    assert finish(request(movie, tmp_path, overwrite=True), preview).result.frames_written == 48, "the dead hold nothing"
    assert leftovers(tmp_path) == []


def test_a_disk_that_fills_up_in_the_middle(movie, preview, tmp_path):
    """A file system of 450 kB where this machine lets us make one, else the system's limit on file size, set half-way."""
    whole = tmp_path / "whole"
    finish(request(movie, whole), preview)
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=450k", "none", str(small)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount; test_exr holds the limit on file size")
    try:
        with pytest.raises(PlatelightError) as caught:
            finish(request(movie, small / "out"), preview)
        assert caught.value.code == ErrorCode.DISK_FULL and str(small) in caught.value.detail
        kept = exr_bytes(small / "out")
        assert 0 < len(kept) < 48 and all(exr_bytes(whole)[name] == data for name, data in kept.items())
        assert not [name for name in leftovers(small / "out") if name.startswith(".")]
        subprocess.run(["mount", "-o", "remount,size=20m", str(small)], check=True)
        result = finish(request(movie, small / "out"), preview).result
        assert result.frames_reused > 0 and exr_bytes(small / "out") == exr_bytes(whole)
    finally:
        with contextlib.suppress(FileNotFoundError):
            subprocess.run(["umount", str(small)], check=True)


def test_no_room_at_all_is_said_before_any_work(preview, tmp_path, movie):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(small)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount")
    try:
        with pytest.raises(PlatelightError) as caught:
            finish(request(movie, small), preview)
        assert caught.value.code == ErrorCode.DISK_FULL and "need at least" in caught.value.detail
        subprocess.run(["mount", "-o", "remount,size=500k", str(small)], check=True)
        finish(request(movie, small, last=12), preview)
        subprocess.run(["dd", "if=/dev/zero", f"of={small}/filler", "bs=4k"], capture_output=True, check=False)
        with open(small / "filler", "r+b") as file:
            file.truncate(file.seek(0, 2) - (24 << 10))
        again = finish(request(movie, small, last=12, max_resolution=60, overwrite=True), preview)
        assert again.result.frames_written == 12, "what it takes the place of makes room"
    finally:
        subprocess.run(["umount", str(small)], check=True)
