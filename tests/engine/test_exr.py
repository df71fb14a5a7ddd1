"""Passes as EXR: right channels, the same bytes each time, whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from engine import exr, files
from engine.protocol import PASSES, ErrorCode, PlatelightError

ORIGIN = exr.Origin(
    clip="plate",
    model="preview",
    revision="r1",
    settings='{"window": 14}',
    source="plate.mov",
    frame=1001,
    plate_size=(1920, 1080),
    color_space="ACEScg",
)
NORMALS = np.random.default_rng(0).normal(size=(17, 23, 3)).astype(np.float32)


def test_normals_come_back_as_written(tmp_path):
    path = tmp_path / "plate.1001.exr"
    exr.write(path, NORMALS, pass_name="normal", origin=ORIGIN)
    assert np.array_equal(exr.read(path, pass_name="normal"), NORMALS.astype(np.float16))
    file = OpenEXR.File(str(path), separate_channels=True)
    assert {name: channel.pixels.dtype for name, channel in file.channels().items()} == dict.fromkeys(
        ("Normal.X", "Normal.Y", "Normal.Z"), np.float16
    )
    header = file.header()
    assert header["compression"] == OpenEXR.ZIP_COMPRESSION
    said = {name.removeprefix("platelight/"): value for name, value in header.items() if name.startswith("platelight/")}
    assert said == {
        "clip": "plate",
        "licence": "not known",
        "paidWork": "ask",
        "colorSpace": "ACEScg",
        "model": "preview",
        "revision": "r1",
        "settings": '{"window": 14}',
        "space": "camera",
        "source": "plate.mov",
        "frame": 1001,
        "axes": "+X right, +Y up, +Z toward the camera",
        "plateSize": "1920x1080",
    }


def test_depth_keeps_its_precision(tmp_path):
    depth = np.linspace(0.1, 4000, 17 * 23, dtype=np.float32).reshape(17, 23, 1)
    exr.write(tmp_path / "a.exr", depth, pass_name="depth", origin=ORIGIN)
    assert np.array_equal(exr.read(tmp_path / "a.exr", pass_name="depth"), depth)
    with pytest.raises(PlatelightError):
        exr.read(tmp_path / "a.exr", pass_name="normal")


def test_the_same_input_gives_the_same_bytes(tmp_path):
    for name in ("a.exr", "b.exr"):
        exr.write(tmp_path / name, NORMALS, pass_name="normal", origin=ORIGIN)
    assert (tmp_path / "a.exr").read_bytes() == (tmp_path / "b.exr").read_bytes()


def test_nothing_but_the_file_is_left(tmp_path):
    exr.write(tmp_path / "a.exr", NORMALS, pass_name="normal", origin=ORIGIN)
    exr.write(tmp_path / "a.exr", NORMALS * 2, pass_name="normal", origin=ORIGIN)
    assert os.listdir(tmp_path) == ["a.exr"]


def test_folders_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/platelight")):
        with pytest.raises(PlatelightError) as caught:
            files.make_folder(folder)
        assert caught.value.code == ErrorCode.OUTPUT_NOT_WRITABLE
        with pytest.raises(PlatelightError) as caught:
            exr.write(folder / "a.exr", NORMALS, pass_name="normal", origin=ORIGIN)
        assert caught.value.code == ErrorCode.OUTPUT_NOT_WRITABLE


def test_a_full_disk_leaves_no_half_file(tmp_path):
    """The system's own limit on file size fails writes in the middle, as a full disk does."""
    script = textwrap.dedent(f"""
        import resource, signal, sys
        import numpy as np
        from pathlib import Path
        from engine import exr
        from engine.protocol import PlatelightError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
        origin = exr.Origin(clip="c", model="m", revision="r", settings="", source="s", frame=1, plate_size=(1, 1))
        noise = np.random.default_rng(0).normal(size=(200, 200, 3))
        try:
            exr.write(Path({str(tmp_path)!r}) / "a.exr", noise, pass_name="normal", origin=origin)
        except PlatelightError as error:
            sys.exit(error.exit_code)
    """)
    done = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], timeout=60, capture_output=True, text=True)
    assert done.returncode == PlatelightError(ErrorCode.DISK_FULL).exit_code, done.stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("kind", PASSES.values(), ids=PASSES.keys())
def test_every_pass_of_the_table_is_written_and_read_by_its_row(tmp_path, kind):
    values = np.random.default_rng(1).random((5, 7, len(kind.channels)), np.float32)
    exr.write(tmp_path / "a.exr", values, pass_name=kind.name, origin=ORIGIN)
    stored = np.float16 if kind.is_half else np.float32
    assert np.array_equal(exr.read(tmp_path / "a.exr", pass_name=kind.name), values.astype(stored))
    file = OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True)
    assert sorted(file.channels()) == sorted(kind.channels)
    assert (
        dict(kind.attributes).items() <= {name.removeprefix("platelight/"): value for name, value in file.header().items()}.items()
    )
    assert ("platelight/unit" in file.header()) == kind.is_distance
