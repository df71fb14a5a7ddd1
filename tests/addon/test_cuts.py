"""Where shots begin, in the panel and on the timeline, from the record beside the passes."""

from __future__ import annotations

import dataclasses
import json

import bpy
import pytest


@pytest.fixture
def strip(part, plate, engine_python, monkeypatch):
    """The plate, whose first source frame stands at scene frame 101."""
    monkeypatch.setenv("PLATELIGHT_ENGINE", f"{engine_python} -m engine serve")
    part("link.session").check_engine()
    bpy.context.scene.platelight.model = "preview"
    if hasattr(plate, "content_start"):
        plate.content_start = 101
    else:
        plate.frame_start = 101
    return plate


def write_record(part, cuts):
    """As the engine leaves it."""
    plan, contract = part("planning").plans(bpy.context)[0], part("contract")
    record = contract.PassRecord(
        pass_name="normal",
        clip=plan.target.source.clip,
        source_path=plan.target.source.path,
        source_stamp="s",
        color_space="sRGB",
        revision="r",
        settings=plan.settings,
        first=1,
        last=132,
        done=132,
        complete=True,
        cuts=cuts,
    )
    file = contract.record_file(plan.out, pass_name="normal", clip=record.clip)
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(dataclasses.asdict(record)), encoding="utf-8")


def test_cuts_are_read_marked_once_and_remembered_in_the_file(part, shot, strip):
    cuts = part("panels.cuts")
    assert cuts.known(bpy.context, "plate") is None
    with pytest.raises(RuntimeError, match="has no passes yet"):
        bpy.ops.platelight.cuts()
    write_record(part, (31, 77, 122))
    assert bpy.ops.platelight.cuts() == {"FINISHED"}
    assert cuts.sentence(cuts.known(bpy.context, "plate")) == "3 cuts: 31, 77, 122"
    assert len(bpy.context.scene.timeline_markers) == 0
    for _ in range(2):
        bpy.ops.platelight.cuts(markers=True)
    assert {marker.name: marker.frame for marker in bpy.context.scene.timeline_markers} == {
        "plate cut 31": 131,
        "plate cut 77": 177,
        "plate cut 122": 222,
    }
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    assert cuts.known(bpy.context, "plate") == (31, 77, 122)


def test_what_a_job_found_comes_first_and_no_cut_is_said_too(part, shot, strip):
    cuts, jobs, contract = part("panels.cuts"), part("link.jobs"), part("contract")
    plan = part("planning").plans(bpy.context)[0]
    part("blender.shot_cuts").keep(bpy.context.scene, plate="plate", cuts=(5,))
    assert cuts.sentence(cuts.known(bpy.context, "plate")) == "1 cut: 5"
    job = jobs.Job(id="cuts", label="plate", target=plan.target, out=plan.out, settings=plan.settings)
    job.result = contract.EstimateResult(
        job="cuts",
        passes=("normal",),
        clip="plate",
        first=1,
        last=9,
        frames_written=9,
        frames_reused=0,
        seconds=1.0,
        cuts=(),
    )
    part("link.state").state.queue.tasks.append(job)
    assert cuts.sentence(cuts.known(bpy.context, "plate")) == "No cuts: one shot"


def test_a_window_of_zero_is_the_models_own_and_set_ones_stay(part, addon):
    settings, properties = bpy.context.scene.platelight, part("properties")
    settings.model = "depth-anything-small"
    assert (settings.window, settings.overlap) == (0, -1)
    assert (properties.estimate_settings(settings).window, properties.estimate_settings(settings).overlap) == (110, 10)
    settings.window, settings.overlap = 14, 4
    assert (properties.estimate_settings(settings).window, properties.estimate_settings(settings).overlap) == (14, 4)
