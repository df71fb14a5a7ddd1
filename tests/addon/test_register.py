"""What the add-on leaves behind when it is switched off: nothing."""

import importlib
import time

import addon_utils
import bpy

from conftest import PACKAGE

_HANDLERS = tuple(name for name in dir(bpy.app.handlers) if isinstance(getattr(bpy.app.handlers, name), list))


def _traces() -> dict[str, object]:
    classes = {name for name in dir(bpy.types) if "PLATELIGHT" in name.upper()}
    handlers = {
        name: [h for h in getattr(bpy.app.handlers, name) if "platelight" in getattr(h, "__module__", "")] for name in _HANDLERS
    }
    scene_properties = {name for name in bpy.types.Scene.bl_rna.properties.keys() if "platelight" in name}  # noqa: SIM118 - RNA
    return {
        "classes": classes,
        "handlers": {n for n, h in handlers.items() if h},
        "properties": scene_properties,
        "operators": {name for name in dir(bpy.ops.platelight) if not name.startswith("_")},
        "has setting": hasattr(bpy.types.Scene, "platelight"),
    }


def test_nothing_is_left_behind_twice(installed):
    if PACKAGE in bpy.context.preferences.addons:
        addon_utils.disable(PACKAGE, default_set=True)
    before = _traces()
    for _ in range(2):
        assert addon_utils.enable(PACKAGE, default_set=True) is not None
        pump, file_watch = (importlib.import_module(f"{PACKAGE}.addon.link.{name}") for name in ("pump", "file_watch"))
        during = _traces()
        assert len(during["classes"]) >= 24
        assert during["handlers"] == {"load_post", "depsgraph_update_post", "save_pre", "render_init"} and during["operators"]
        assert during["properties"] == {"platelight", "platelight_imports", "platelight_relight"}
        addon_utils.disable(PACKAGE, default_set=True)
        assert _traces() == before
        timers = (pump._on_timer, file_watch._begin, file_watch._end)
        assert not any(bpy.app.timers.is_registered(timer) for timer in timers)


def test_each_editor_has_the_tab(addon):
    panels = [getattr(bpy.types, name) for name in dir(bpy.types) if name.startswith("PLATELIGHT_PT_")]
    tabs = {(panel.bl_space_type, panel.bl_region_type, panel.bl_category) for panel in panels}
    assert tabs == {(space, "UI", "Platelight") for space in ("SEQUENCE_EDITOR", "CLIP_EDITOR", "NODE_EDITOR", "VIEW_3D")}


def test_jobs_can_be_imported_where_there_is_no_bpy(installed, tmp_path):
    import subprocess
    import sys

    parts = ", ".join(f"platelight.addon.{name}" for name in ("link.jobs", "messages", "link.client", "link.installer"))
    code = f"import sys; sys.modules['bpy'] = None; import {parts}"
    subprocess.run([sys.executable, "-c", code], cwd=installed.parent, check=True)


def test_working_wrote_nothing_into_the_extensions_folder(part, installed, engine_python, monkeypatch):
    def files():
        return {path for path in installed.rglob("*") if path.is_file() and installed / "engine" in path.parents}

    before = files()
    monkeypatch.setenv("PLATELIGHT_ENGINE", f"{engine_python} -m engine serve")
    part("link.session").run_doctor()
    while part("link.pump").tick():
        time.sleep(0.02)
    assert part("link.state").state.doctor
    assert files() == before
