"""The add-on under test: installed as an extension in this Blender, once, from a copy of the tree, and enabled as a user does."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "bl_ext.user_default.platelight"
_HOME = Path(tempfile.mkdtemp(prefix="platelight-addon-test-"))
(_HOME / "config").mkdir()
os.environ["BLENDER_USER_RESOURCES"] = str(_HOME)  # before bpy is imported
os.environ.pop("PLATELIGHT_ENGINE", None)

import bpy  # noqa: E402

# isort: split
import addon_utils  # noqa: E402 - found once bpy is there

sys.path.insert(0, str(ROOT))
import build  # noqa: E402

sys.path.remove(str(ROOT))


@pytest.fixture(scope="session")
def installed() -> Iterator[Path]:
    """The extension's folder. Disabled at the end: a class still registered when Python ends makes some versions hang."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    folder = build.stage(Path(bpy.utils.user_resource("EXTENSIONS", path="user_default", create=True)))
    addon_utils.extensions_refresh()
    yield folder
    if PACKAGE in bpy.context.preferences.addons:
        addon_utils.disable(PACKAGE, default_set=True)
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture
def addon(installed: Path, request: pytest.FixtureRequest) -> ModuleType:
    """The add-on's package, enabled, with its settings as they come, no jobs, and a new file.

    An engine left over by the test before is ended, except in modules that set `SHARE_ENGINE`: starting one takes seconds.
    """
    if PACKAGE not in bpy.context.preferences.addons:
        assert addon_utils.enable(PACKAGE, default_set=True) is not None
    session, states = (importlib.import_module(f"{PACKAGE}.addon.link.{name}") for name in ("session", "state"))
    engine = states.state.client
    if engine and not engine.busy and not states.state.queue.current() and getattr(request.module, "SHARE_ENGINE", False):
        states.forget()
        states.state.client = engine
    else:
        session.shutdown()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    for setting in preferences.bl_rna.properties:
        if setting.is_runtime:
            preferences.property_unset(setting.identifier)
    session.check_engine()
    return importlib.import_module(f"{PACKAGE}.addon")


@pytest.fixture
def part(addon: ModuleType):
    """A module of the add-on by its name below `addon`."""
    return lambda name: importlib.import_module(f"{addon.__name__}.{name}")


@pytest.fixture(scope="session")
def engine_python() -> str:
    """A Python with the engine's packages; these tests mean nothing without one."""
    python = Path(os.environ.get("PLATELIGHT_TEST_ENGINE_PYTHON", ROOT / ".venv/engine/bin/python"))
    if not python.exists():
        pytest.fail(f"no engine environment: {python} is not there; run build.py setup or set PLATELIGHT_TEST_ENGINE_PYTHON")
    return str(python)


def strips_of(editor: bpy.types.SequenceEditor) -> Iterable[bpy.types.Strip]:
    """The strips at the top."""
    return editor.strips


@pytest.fixture
def shot(addon: ModuleType, tmp_path: Path) -> Path:
    """A saved project with a copy of the sample clip as the strip ``plate``; returns its folder."""
    shutil.copyfile(ROOT / "tests/samples/footage/big_buck_bunny.mp4", tmp_path / "bunny.mp4")
    editor = bpy.context.scene.sequence_editor_create()
    strips_of(editor).new_movie(name="plate", filepath=str(tmp_path / "bunny.mp4"), channel=1, frame_start=1)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    return tmp_path


@pytest.fixture
def plate(shot: Path) -> bpy.types.Strip:
    """The strip of `shot`."""
    return strips_of(bpy.context.scene.sequence_editor)["plate"]
