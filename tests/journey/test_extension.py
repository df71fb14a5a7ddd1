"""The zip: what is in it, whether Blender accepts it, and what it leaves behind."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import bpy
import pytest

import build
import shot


def test_the_same_tree_gives_the_same_zip(archive, tmp_path):
    assert build.pack(tmp_path).read_bytes() == archive.read_bytes()


def test_the_zip_holds_the_extension_and_nothing_else(archive):
    with zipfile.ZipFile(archive) as zipped:
        names = zipped.namelist()
        assert zipped.testzip() is None
    assert {"__init__.py", "blender_manifest.toml", "LICENSE", "addon/__init__.py", "engine/__main__.py"} <= set(names)
    assert {name.split("/")[0] for name in names} == {"__init__.py", "blender_manifest.toml", "LICENSE", "addon", "engine"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert not [name for name in names if name.startswith("engine/lab")], "it trains and evaluates; no artist runs it"
    assert archive.stat().st_size < 20_000_000


def test_the_staged_tree_is_what_the_zip_holds(archive, tmp_path):
    root = build.stage(tmp_path)
    with zipfile.ZipFile(archive) as zipped:
        assert {name: zipped.read(name) for name in zipped.namelist()} == dict(build.staged_files())
    assert sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()) == [n for n, _ in build.staged_files()]


def test_blender_validates_the_zip(archive):
    tool = Path(bpy.utils.system_resource("SCRIPTS"), "addons_core/bl_pkg/cli/blender_ext.py")
    done = subprocess.run([sys.executable, tool, "validate", archive], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _classes() -> set[str]:
    bases = (getattr(bpy.types, name) for name in ("Operator", "Panel", "PropertyGroup", "AddonPreferences", "UIList", "Menu"))
    return {cls.__name__ for base in bases for cls in base.__subclasses__() if "platelight" in cls.__module__ and cls.is_registered}


def _handlers() -> list[str]:
    lists = (getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers) if not name.startswith("_"))
    return [f.__module__ for handlers in lists if isinstance(handlers, list) for f in handlers if "platelight" in f.__module__]


def _content(folder: Path) -> dict[str, str]:
    """Files and their hashes, without the byte code that Blender's own Python writes."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_installs_enables_and_disables_without_a_trace(archive, engine_python, tmp_path):
    shot.install(archive, engine_python=engine_python)
    folder = Path(shot.part("addon.identity").extension_root())
    content = _content(folder)
    with zipfile.ZipFile(archive) as zipped:
        assert content == {name: hashlib.sha256(zipped.read(name)).hexdigest() for name in zipped.namelist()}
    assert _classes() and hasattr(bpy.types.Scene, "platelight") and hasattr(bpy.ops.platelight, "estimate")

    shot.new_shot(tmp_path / "shot.blend", size=(160, 90), first=1, last=2)
    job = shot.estimate(max_resolution=128)
    assert job.result.frames_written == 2
    engine = shot.part("addon.link.state").state.client.pid
    os.kill(engine, 0)  # it runs
    shot.remove()

    assert not _classes() and not _handlers() and not hasattr(bpy.types.Scene, "platelight")
    with pytest.raises(ProcessLookupError):
        os.kill(engine, 0)
    assert _content(folder) == content
    assert shot.PACKAGE not in bpy.context.preferences.addons
