"""The engine as the extension ships it: complete for an artist, and plain about what is in the source code only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import build
from engine.protocol import ERRORS, ErrorCode
from tests.support.places import ENGINE, ROOT


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build.stage(tmp_path_factory.mktemp("extension"))


def engine(shipped: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [*ENGINE, *arguments]
    return subprocess.run(command, cwd=shipped, env=alone, capture_output=True, text=True, timeout=240, check=False)


def test_training_and_evaluation_are_not_in_the_extension():
    names = [name for name, _ in build.staged_files()]
    assert "engine/tuning/tune.py" in names and "engine/cli/lab.py" in names
    assert not [name for name in names if name.startswith("engine/lab")]
    assert (ROOT / "engine" / "lab" / "commands.py").is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "pixel", "--config", "pixel.toml"),
        ("train", "--help"),
        ("evaluate", "--data", "x", "--out", "y"),
        ("bench", "--random-weights", "tiny"),
        ("bench", "--baseline"),
    ],
)
def test_its_command_line_says_where_the_rest_lives(shipped, arguments):
    done = engine(shipped, *arguments)
    assert done.returncode == ERRORS[ErrorCode.NOT_IN_EXTENSION].exit_code
    assert f"`{arguments[0]}" in done.stderr and "engine/lab" in done.stderr and "source code" in done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""


def test_all_of_it_that_an_artist_runs_can_be_imported(shipped):
    """Each module of the shipped engine, in one process without the repository."""
    script = (
        "import importlib, pathlib; files = sorted(pathlib.Path('engine').rglob('*.py')); "
        "names = ['.'.join(f.with_suffix('').parts).removesuffix('.__init__') for f in files if f.name != '__main__.py']; "
        "[importlib.import_module(name) for name in names]; print(len(names))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=shipped, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0 and int(done.stdout) > 80, done.stderr
    assert "Measure seconds" in engine(shipped, "--help").stdout
