"""The commands as a person or a farm runs them."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.protocol import ERRORS, ErrorCode
from tests.support.jobs import exr_bytes
from tests.support.places import ENGINE, GOLDEN, ROOT
from tests.support.plates import write_images


def engine(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ENGINE, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        env={**os.environ, **environment},
    )


def test_estimate_prints_a_line_a_window_and_where_the_passes_are(movie, tmp_path):
    done = engine("estimate", movie, "--out", tmp_path, "--model", "preview", "--max-resolution", 64, "--first", 3, "--last", 12)
    assert done.returncode == 0, done.stderr
    assert len(exr_bytes(tmp_path)) == 10
    windows = [line for line in done.stderr.splitlines() if "window" in line]
    assert len(windows) == 3 and "window 3/3" in windows[-1]
    assert "10 frames written, 0 reused" in done.stdout and "plate_v2.0003-0012.exr" in done.stdout
    assert done.stdout.isascii() and done.stderr.isascii(), "consoles of farms are not all UTF-8"


def test_a_log_holds_our_lines_only(movie, tmp_path):
    flags = ("--model", GOLDEN, "--max-resolution", 64, "--last", 3, "--precision", "fp32")
    done = engine("estimate", movie, "--out", tmp_path, *flags)
    assert done.returncode == 0, done.stderr
    told = [line.split(":")[0] for line in done.stderr.splitlines()]
    assert told == ["Paid work", "loading the model", "reading", "looking"] and "\r" not in done.stderr


def test_a_bench_can_be_read_in_a_log():
    done = engine("bench", "--size", "64x48", "--frames", 4, "--precision", "fp32", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii() and "\x1b" not in done.stdout and done.stderr == ""
    printed = done.stdout.splitlines()
    assert printed[0] == "preview, 64x48: 4 frames, fp32 on cpu"
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in printed if line.startswith("| ")]
    assert [row[0] for row in rows] == ["stage", "reading", "encode", "unet", "decode", "writing", "whole job"]
    assert all(float(row[1]) >= 0 for row in rows[1:])
    assert "outside the networks" in done.stdout and "a plain matrix product reaches" in done.stdout


def test_a_sequence_by_hashes_with_handles_and_the_models_own_resolution(tmp_path):
    write_images(tmp_path / "p", range(1001, 1011))
    done = engine(
        "estimate",
        tmp_path / "p" / "plate.####.png",
        "--out",
        tmp_path,
        "--first",
        1004,
        "--last",
        1005,
        "--handles",
        2,
        PLATELIGHT_MODELS=str(tmp_path / "no models"),
    )
    assert done.returncode == 0, done.stderr
    assert "preview model is used" in done.stderr
    assert list(exr_bytes(tmp_path)) == [f"plate.{number}.exr" for number in range(1002, 1008)]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("estimate", "no.mov", "--out", "{out}", "--model", "preview"), ErrorCode.SOURCE_MISSING),
        (("estimate", "{movie}", "--out", "/proc/x", "--model", "preview"), ErrorCode.OUTPUT_NOT_WRITABLE),
        (("estimate", "{movie}", "--out", "{out}", "--model", "nonesuch"), ErrorCode.MODEL_UNKNOWN),
        (("estimate", "{movie}", "--out", "{out}", "--model", "preview", "--last", "99"), ErrorCode.RANGE_OUTSIDE_CLIP),
        (("estimate", "{movie}", "--out", "{out}", "--model", "preview", "--device", "abacus"), ErrorCode.SETTING_INVALID),
        (("estimate", "{movie}", "--out", "{out}", "--model", "preview", "--color-space", "Sepia"), ErrorCode.COLOR_SPACE_UNKNOWN),
        (("models", "download", "nonesuch"), ErrorCode.MODEL_UNKNOWN),
    ],
)
def test_errors_are_a_sentence_a_remedy_and_their_own_exit_code(movie, tmp_path, arguments, code):
    done = engine(*(argument.format(movie=movie, out=tmp_path) for argument in arguments))
    assert done.returncode == ERRORS[code].exit_code
    assert ERRORS[code].remedy in done.stderr and "Traceback" not in done.stderr and done.stdout == ""


def test_a_download_without_a_network_says_what_to_copy_where(tmp_path):
    done = engine("models", "download", "normalcrafter", HF_HUB_OFFLINE="1", PLATELIGHT_MODELS=str(tmp_path))
    assert done.returncode == ERRORS[ErrorCode.OFFLINE].exit_code
    assert "4.5 GB" in done.stderr and str(tmp_path / "normalcrafter") in done.stderr and "Apache-2.0" in done.stderr
    done = engine("estimate", "a.mov", "--out", tmp_path, "--model", "normalcrafter", PLATELIGHT_MODELS=str(tmp_path))
    assert done.returncode == ERRORS[ErrorCode.SOURCE_MISSING].exit_code, "the plate is looked at before the model"


def test_the_model_that_is_not_here_is_named(movie, tmp_path):
    done = engine("estimate", movie, "--out", tmp_path, "--model", "Yanrui95/NormalCrafter", PLATELIGHT_MODELS=str(tmp_path / "m"))
    assert done.returncode == ERRORS[ErrorCode.MODEL_NOT_INSTALLED].exit_code and str(tmp_path / "m") in done.stderr
    assert exr_bytes(tmp_path) == {}


def test_training_makes_clips_and_learns_from_them(tmp_path):
    """Seconds of the real thing: one scene, one step."""
    pytest.importorskip("embreex")
    done = engine("train", "make-clips", "--out", tmp_path / "clips", "--scenes", 1, "--views", 1, "--looks", 1, "--workers", 1)
    assert done.returncode == 0 and "1/1 scenes" in done.stderr, done.stderr
    done = engine("train", "preview", "--clips", tmp_path / "clips", "--out", tmp_path / "run", "--steps", 2, "--workers", 0)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "preview.safetensors").stat().st_size > 1000


def test_debug_shows_the_traceback_too(tmp_path):
    done = engine("--debug", "estimate", "no.mov", "--out", tmp_path, "--model", "preview")
    assert "Traceback" in done.stderr and done.returncode == ERRORS[ErrorCode.SOURCE_MISSING].exit_code


def test_wrong_usage_is_told_apart():
    for arguments in (("estimate",), ("estimate", "a.mov"), ("dance",), ("estimate", "a.mov", "--out", "b", "--first", "x"), ()):
        done = engine(*arguments)
        assert done.returncode == 2 and "Traceback" not in done.stderr


def test_on_a_terminal_there_is_a_bar(movie, tmp_path):
    ours, theirs = pty.openpty()
    command = [*ENGINE, "estimate", str(movie), "--out", str(tmp_path), "--model", "preview", "--max-resolution", "64"]
    terminal = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, env=terminal)
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the terminal closes with the process
            break
        if not part:
            break
        seen += part
    os.close(ours)
    assert process.wait(240) == 0
    assert re.search(rb"window (\d+)/\1, 48/48 frames", seen) and b"\r" in seen, "the last state is always drawn"


def test_models_and_doctor_say_what_is_there(tmp_path):
    done = engine("models", PLATELIGHT_MODELS=str(tmp_path))
    assert done.returncode == 0 and "NormalCrafter" in done.stdout and str(tmp_path) in done.stdout and "Apache-2.0" in done.stdout
    done = engine("doctor")
    assert "Memory" in done.stdout and "Packages" in done.stdout and "Torch" in done.stdout
    assert done.returncode == (1 if "!!" in done.stdout else 0)


def test_an_environment_without_the_packages_says_so(tmp_path):
    done = subprocess.run(
        [sys.executable, "-S", "-m", "engine", "doctor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )
    assert done.returncode == ERRORS[ErrorCode.ENGINE_INCOMPLETE].exit_code
    assert "Press Install Engine again" in done.stderr and "Traceback" not in done.stderr


def test_it_runs_from_anywhere_its_folder_is_on_the_path(tmp_path):
    done = subprocess.run(
        [*ENGINE, "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0 and "estimate" in done.stdout
    assert list(Path(tmp_path).iterdir()) == []
