"""Tuning to a plate from Blender: the request it becomes, and a short one through the engine itself."""

from __future__ import annotations

import time

import bpy
import pytest


@pytest.fixture
def strip(part, plate, engine_python, monkeypatch):
    """Six frames of the sample clip, to be estimated small."""
    monkeypatch.setenv("PLATELIGHT_ENGINE", f"{engine_python} -m engine serve")
    part("link.session").check_engine()
    settings = bpy.context.scene.platelight
    settings.model, settings.quality, settings.max_resolution = "preview", "CUSTOM", 64
    if hasattr(plate, "right_handle"):
        plate.right_handle = 7
    else:
        plate.frame_final_end = 7
    return plate


def _finish(part, task, *, seconds=300.0):
    """Tick until the task has ended."""
    deadline = time.monotonic() + seconds
    while not task.finished:
        assert time.monotonic() < deadline, f"still {task.state}"
        part("link.pump").tick()
        time.sleep(0.02)


def test_the_engine_is_asked_to_tune_what_an_estimate_would_take(part, shot, strip):
    plan = part("planning").plans(bpy.context)[0]
    assert bpy.ops.platelight.tune(minutes=2.5) == {"FINISHED"}
    task = part("link.state").state.queue.tasks[-1]
    request = task.request()
    assert (request.source.path, request.out) == (str(shot / "bunny.mp4"), plan.out)
    assert (request.model, request.first, request.last, request.minutes) == ("preview", 1, 6, 2.5)
    assert request.max_resolution == 64 and request.source == plan.target.source
    bpy.ops.platelight.cancel(job=task.id)
    assert task.state == "cancelled"


def test_a_plate_is_tuned_in_the_queue_of_estimates_and_can_be_cancelled(part, shot, strip):
    texts, queue = part("panels.texts"), part("link.state").state.queue
    assert bpy.ops.platelight.tune(minutes=0.1) == {"FINISHED"}
    tuning = queue.tasks[-1]
    assert bpy.ops.platelight.estimate() == {"FINISHED"}
    estimate = queue.tasks[-1]
    _finish(part, tuning)
    assert tuning.state == "done" and not tuning.error and tuning.progress.stage == "tuning" and tuning.progress.fraction > 0.5
    told = texts.tuned(tuning)
    assert told.startswith("Nothing calmer") if not tuning.result.file else "% less flicker" in told
    assert tuning.result.away <= tuning.result.bound
    _finish(part, estimate)
    assert estimate.state == "done"
    record = part("blender.folders").existing_record(estimate.out, estimate.target, pass_name="normal")
    assert (len(record.revision.split()) == 2) == bool(tuning.result.file), "what was learned is used at once"
    assert not any(shot.rglob("*.part"))

    assert bpy.ops.platelight.tune(minutes=30.0) == {"FINISHED"}
    long = queue.tasks[-1]
    deadline = time.monotonic() + 300
    while long.progress is None or long.progress.stage != "tuning":
        assert time.monotonic() < deadline
        part("link.pump").tick()
        time.sleep(0.02)
    assert bpy.ops.platelight.cancel(job=long.id) == {"FINISHED"}
    _finish(part, long)
    assert long.state == "cancelled" and texts.tuned(long) == "Cancelled. Nothing changed"
