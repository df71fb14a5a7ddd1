"""The buttons, pressed through `bpy.ops` as the panel does."""

from __future__ import annotations

import dataclasses
import shutil
import time

import bpy
import pytest


@pytest.fixture
def press():
    """Runs an operator where the Sequencer is open; returns what it returned."""

    def run(operator, mode="INVOKE_DEFAULT", **options):
        window = bpy.context.window_manager.windows[0]
        area = window.screen.areas[0]
        area.type = "SEQUENCE_EDITOR"
        if hasattr(window.workspace, "sequencer_scene"):
            window.workspace.sequencer_scene = window.scene
        region = next(r for r in area.regions if r.type == "WINDOW")
        with bpy.context.temp_override(window=window, area=area, region=region):
            return operator(mode, **options)

    return run


@pytest.fixture
def engine(monkeypatch, engine_python, part):
    monkeypatch.setenv("PLATELIGHT_ENGINE", f"{engine_python} -m engine serve")
    part("link.session").check_engine()


def finish(part):
    while part("link.pump").tick():
        time.sleep(0.02)


def learn(part, out):
    """Leave what tuning the preview to the sample clip leaves."""
    tuned = part("contract").tuned_file(out, model="preview", clip="bunny")
    tuned.parent.mkdir()
    shutil.copyfile(part("identity").extension_root() / "engine/models/preview/temporal.safetensors", tuned)


def test_estimate_is_grey_without_an_engine_and_says_why(part, shot, press):
    with pytest.raises(RuntimeError, match="not installed"):
        press(bpy.ops.platelight.estimate)


def test_estimate_is_grey_without_a_plate(part, addon, press, engine):
    with pytest.raises(RuntimeError, match="Select a movie"):
        press(bpy.ops.platelight.estimate)


def test_estimate_places_the_passes_beside_the_project_and_replaces_what_has_changed(part, shot, plate, press, engine):
    settings = bpy.context.scene.platelight
    settings.quality, settings.max_resolution = "CUSTOM", 64
    if hasattr(plate, "right_handle"):
        plate.right_handle = 6
    else:
        plate.frame_final_end = 6
    assert press(bpy.ops.platelight.estimate) == {"FINISHED"}
    job = part("link.session").jobs()[0]
    finish(part)
    assert job.state == "done", job.error
    assert job.out == str(shot / "platelight" / "bunny")
    assert len(list((shot / "platelight/bunny/normal").glob("*.exr"))) == 5

    assert press(bpy.ops.platelight.estimate) == {"FINISHED"}
    finish(part)
    assert part("link.session").jobs()[1].result.frames_reused == 5

    planning = part("planning")
    settings.max_resolution = 96
    plans = planning.plans(bpy.context)
    assert planning.changes(plans) == [("plate", ("max_resolution 64 -> 96",))]
    assert press(bpy.ops.platelight.estimate, "EXEC_DEFAULT", overwrite=True) == {"FINISHED"}
    assert part("link.session").jobs()[2].overwrite
    finish(part)
    assert part("link.session").jobs()[2].result.frames_written == 5

    learn(part, planning.plans(bpy.context)[0].out)
    [(label, [change])] = planning.changes(planning.plans(bpy.context))
    assert (label, part("messages").change_in_words(change)) == ("plate", "The model was tuned to this shot since")
    assert press(bpy.ops.platelight.estimate, "EXEC_DEFAULT", overwrite=True) == {"FINISHED"}
    finish(part)
    assert part("link.session").jobs()[3].result.frames_written == 5
    assert planning.changes(planning.plans(bpy.context)) == []

    assert bpy.ops.platelight.attach(job=job.id) == {"FINISHED"}
    assert bpy.ops.platelight.remove(job=job.id) == {"FINISHED"}
    assert bpy.ops.platelight.clear() == {"FINISHED"}
    assert not part("link.session").jobs()


@pytest.mark.skipif(bpy.app.version < (5, 0), reason="before, the Sequencer has no scene of its own")
def test_in_the_sequencer_its_own_scenes_settings_count(part, shot, engine):
    window, edit = bpy.context.window, bpy.context.scene
    edit.platelight.output_folder = str(shot / "edit")
    window.workspace.sequencer_scene = edit
    window.scene = bpy.data.scenes.new("Layout")
    for kind, scene in (("SEQUENCE_EDITOR", edit), ("VIEW_3D", window.scene)):
        window.screen.areas[0].type = kind
        with bpy.context.temp_override(window=window, area=window.screen.areas[0]):
            assert part("blender.compat").shown_scene(bpy.context) == scene
            [plan] = part("planning").plans(bpy.context)
        assert (plan.target.scene_name, plan.out == str(shot / "edit")) == ("Scene", scene == edit)


def test_two_clips_of_one_name_get_a_folder_each_and_it_is_said(part, shot, engine):
    (shot / "sh020").mkdir()
    (shot / "sh020/bunny.mp4").write_bytes((shot / "bunny.mp4").read_bytes() + b"another")
    editor = bpy.context.scene.sequence_editor
    strips = editor.strips
    strips.new_movie(name="other", filepath=str(shot / "sh020/bunny.mp4"), channel=2, frame_start=1)
    for strip in strips:
        strip.select = True
    plans = part("planning").plans(bpy.context)
    assert sorted(plan.out for plan in plans) == [str(shot / "platelight/bunny"), str(shot / "platelight/bunny_2")]
    jobs = [part("link.session").submit(plan.target, **plan.options(False)) for plan in plans]
    assert [job.notices for job in jobs] == [[], ["bunny holds the passes of another clip of this name, so these go to bunny_2"]]
    assert [plan.out for plan in part("planning").plans(bpy.context)] == [job.out for job in jobs]


def test_settings_that_cannot_be_used_are_reported(part, shot, press, engine):
    bpy.context.scene.platelight.model = "FOLDER"
    with pytest.raises(RuntimeError, match="no model folder is chosen"):
        press(bpy.ops.platelight.estimate)
    assert not part("link.session").jobs()


@pytest.mark.parametrize(
    ("operator", "options", "said"),
    [
        ("cancel", {"job": "job-9"}, "No job is called job-9"),
        ("retry", {"job": "job-9"}, "No job is called job-9"),
        ("remove", {"job": "job-9"}, "No job is called job-9"),
        ("attach", {"job": "job-9"}, "No job is called job-9"),
        ("show_error", {"job": "job-9"}, "No job is called job-9"),
        ("open_folder", {"folder": "/nowhere"}, "/nowhere does not exist yet"),
        ("check_engine", {}, "The engine cannot start"),
        ("download_model", {"model": "normalcrafter", "title": "NormalCrafter"}, "NormalCrafter cannot be downloaded"),
        ("install", {}, "the engine cannot be downloaded"),
    ],
)
def test_what_cannot_be_done_is_reported_with_its_remedy(addon, part, operator, options, said):
    assert not bpy.app.online_access, "a factory Blender is offline"
    with pytest.raises(RuntimeError, match=said):
        getattr(bpy.ops.platelight, operator)(**options)
    assert not part("link.session").jobs() and part("link.state").state.install is None


def test_offline_reaches_the_engine(part, addon):
    assert part("link.command").engine_environment()["HF_HUB_OFFLINE"] == "1"


def test_blenders_python_settings_do_not_reach_the_engine(part, addon, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/blender/python")
    monkeypatch.setenv("PYTHONHOME", "/blender")
    environment = part("link.command").engine_environment()
    assert "PYTHONPATH" not in environment and "PYTHONHOME" not in environment
    assert str(part("identity").user_folder()) in environment["PYTHONPYCACHEPREFIX"]


@pytest.mark.parametrize(
    "name",
    [
        "PYTHONUSERBASE",
        "PYTHONINSPECT",
        "PYTHONWARNINGS",
        "PYTHONSTARTUP",
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONBREAKPOINT",
        "PYTHON_GIL",
        "PYTHONSOMETHINGNEW",
        "LD_PRELOAD",
        "LD_AUDIT",
        "DYLD_INSERT_LIBRARIES",
    ],
)
def test_what_changes_how_a_python_runs_does_not_reach_the_engine(part, monkeypatch, name):
    monkeypatch.setenv(name, "/x")
    monkeypatch.setenv("PYTHONUTF8", "1")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    environment = part("link.command").engine_environment()
    assert name not in environment
    assert (environment["PYTHONUTF8"], environment["HTTPS_PROXY"]) == ("1", "http://proxy:3128")


def test_the_preferences_choose_the_engine(part, addon, tmp_path, engine_python):
    contract, command = part("contract"), part("link.command")
    preferences = bpy.context.preferences.addons[part("identity").ROOT_PACKAGE].preferences

    def problem():
        with pytest.raises(contract.PlatelightError) as caught:
            command.engine_command()
        assert caught.value.code is contract.ErrorCode.ENGINE_MISSING
        return caught.value.detail

    assert problem() == "the engine is not installed"
    preferences.engine_kind = "EXISTING"
    assert problem() == "no environment is chosen in the preferences" == part("link.state").state.engine_problem
    preferences.engine_python = str(tmp_path)
    assert problem().startswith(str(tmp_path)) and problem().endswith("does not exist")
    preferences.engine_python = engine_python
    assert command.engine_command() == [engine_python, "-m", "engine", "serve"]
    assert part("link.state").state.engine_problem == ""
    preferences.engine_kind = "COMMAND"
    assert "is empty" in problem()
    preferences.engine_command = "ssh box 'cd /opt && python -m engine serve'"
    assert command.engine_command() == ["ssh", "box", "cd /opt && python -m engine serve"]
    preferences.engine_command = "ssh 'box"
    assert "the engine command cannot be read" in problem()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ssh box 'cd /opt && python -m engine serve'", ["ssh", "box", "cd /opt && python -m engine serve"]),
        (r'"C:\Program Files\Py\python.exe" -m engine serve', [r"C:\Program Files\Py\python.exe", "-m", "engine", "serve"]),
        (r"C:\py\python.exe -m engine serve", [r"C:\py\python.exe", "-m", "engine", "serve"]),
    ],
)
def test_a_command_is_split_on_windows_as_everywhere(part, addon, text, words):
    assert part("link.command").split(text, "the engine command", posix=False) == words


def test_the_engine_stays_while_it_tunes(part, shot, engine):
    """Installing would replace the environment that the tuning runs in."""
    pump, state, settings = part("link.pump"), part("link.state").state, bpy.context.scene.platelight
    settings.quality, settings.max_resolution = "CUSTOM", 64
    settings.model = "normalcrafter"
    with pytest.raises(RuntimeError, match="NormalCrafter cannot be tuned to a plate"):
        bpy.ops.platelight.tune(minutes=1.0)
    settings.model = "preview"
    assert bpy.ops.platelight.tune(minutes=1.0) == {"FINISHED"}
    pump.tick()
    with pytest.raises(RuntimeError, match="A job uses this engine"):
        bpy.ops.platelight.install()
    bpy.ops.platelight.cancel(job=state.queue.tasks[-1].id)
    while pump.tick() and not state.queue.tasks[-1].finished:
        time.sleep(0.02)
    assert bpy.ops.platelight.install.poll()


def test_no_file_can_store_that_passes_are_to_be_replaced(part, shot, press):
    """A .blend of 0.1 could hold it together with a folder; nothing of that is heard any more."""
    settings = bpy.context.scene.platelight
    assert "overwrite" not in settings.bl_rna.properties
    for name in ("estimate", "retry"):
        operator = getattr(bpy.ops.platelight, name).get_rna_type()
        for option in {"overwrite", "anew", "remove_outside"} & set(operator.properties.keys()):
            assert operator.properties[option].is_skip_save


def test_what_would_be_replaced_is_counted_by_the_files_own_words(part, shot, press, engine):
    settings = bpy.context.scene.platelight
    settings.quality, settings.max_resolution = "CUSTOM", 64
    replaced, planning, session = part("blender.replaced"), part("planning"), part("link.session")
    [plan] = planning.plans(bpy.context)
    target = dataclasses.replace(plan.target, first=1, last=5)
    session.submit(target, out=plan.out, settings=plan.settings)
    finish(part)
    (shot / "platelight/bunny/normal/bunny.0090.exr").write_bytes(b"someone's")
    found = replaced.count(dataclasses.replace(target, first=4, last=8), out=plan.out, handles=0)
    assert (found.inside, found.outside) == (2, 3)
    assert replaced.count(target, out=str(shot / "nowhere"), handles=0).inside == 0
    options = dataclasses.replace(plan, changes=("max_resolution 64 -> 96",)).options(True, remove_outside=True)
    assert options["overwrite"] and options["remove_outside"]
    assert not dataclasses.replace(plan, changes=()).options(True, remove_outside=True)["remove_outside"]
