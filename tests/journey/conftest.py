"""A real Blender (the bpy wheel) whose user files are in a temporary folder, and the extension's zip."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
if "BLENDER_USER_RESOURCES" not in os.environ:  # Blender reads it when bpy is imported
    os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="platelight-journey-")
    Path(os.environ["BLENDER_USER_RESOURCES"], "config").mkdir()


@pytest.fixture(scope="session")
def engine_python() -> Path:
    return Path(os.environ.get("PLATELIGHT_TEST_ENGINE_PYTHON", ROOT / ".venv/engine/bin/python"))


@pytest.fixture(scope="session")
def archive(tmp_path_factory) -> Path:
    import build

    return build.pack(tmp_path_factory.mktemp("zip"))


@pytest.fixture(scope="module")
def installed(archive, engine_python):
    """The extension, installed from its zip and enabled; disabled again afterwards."""
    import shot

    shot.install(archive, engine_python=engine_python)
    yield
    shot.remove()
