"""Tests that need Blender as a module: real strips, real images, real renders, compared with numpy.

They run under each bpy wheel. The extension is imported as the package `platelight`, as if it were installed.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import types
from pathlib import Path

if "bpy" not in sys.modules:  # nobody's own preferences
    _home = Path(tempfile.mkdtemp(prefix="platelight-blender-test-"))
    (_home / "config").mkdir()
    os.environ["BLENDER_USER_RESOURCES"] = str(_home)
    atexit.register(shutil.rmtree, _home, ignore_errors=True)
import bpy
import pytest

ROOT = Path(__file__).resolve().parents[2]

if "platelight" not in sys.modules:
    package = types.ModuleType("platelight")
    package.__path__ = [str(ROOT)]
    sys.modules["platelight"] = package
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def scene():
    """An empty project with one scene of the samples' size."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 32, 18
    scene.render.resolution_percentage = 100
    yield scene
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)


@pytest.fixture(scope="session")
def registered():
    """The add-on with its properties and commands; taken away at the end, for what is still there then hangs some versions."""
    from platelight import addon

    addon.register()
    yield addon
    addon.unregister()
