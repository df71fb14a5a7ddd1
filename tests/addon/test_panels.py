"""The words on the panels, and what they know of the selection without looking at a file."""

from __future__ import annotations

import ast

import bpy
import pytest


@pytest.fixture
def words(part):
    return part("panels.texts")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1:00 min"),
        (185, "3:05 min"),
        (3600, "1:00 h"),
        (7810, "2:10 h"),
    ],
)
def test_durations(words, seconds, text):
    assert words.duration(seconds) == text


@pytest.mark.parametrize(("rate", "text"), [(24.4, "24 fps"), (1.44, "1.4 fps"), (0.25, "4 s a frame"), (0.01, "1:40 min a frame")])
def test_rates(words, rate, text):
    assert words.rate(rate) == text


def test_sizes(words):
    assert (words.size(4_510_000_000), words.size(12_710_966)) == ("4.5 GB", "13 MB")


def test_progress_says_stage_frames_pace_and_time_left(words, part):
    contract, jobs = part("contract"), part("link.jobs")
    task = jobs.Task(id="1", label="plate", state=jobs.JobState.RUNNING)
    assert (words.doing(task), words.pace(task), words.fraction(task.progress)) == ("Working", "", 0.0)
    now = {"done": 28, "total": 120, "rate": 1.44, "seconds_left": 64.0, "fraction": 0.3}
    task.progress = contract.Progress(job="1", stage=contract.Stage.UNET, **now)
    assert (words.doing(task), words.pace(task)) == ("Estimating · 28/120", "1.4 fps · 1:04 min left")
    assert words.fraction(task.progress) == 0.3
    task.state = jobs.JobState.CANCELLING
    assert words.doing(task) == "Cancelling"


def test_panels_have_no_means_to_touch_a_file_or_a_process(installed):
    means = {"os", "pathlib", "subprocess", "shutil", "io", "tempfile"}
    found = set()
    for file in (installed / "addon/panels").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found |= {name for name in names if name.split(".")[0] in means}
            assert not isinstance(node, ast.Try), f"{file.name} catches errors while drawing"
    assert not found


def test_every_stage_has_a_word(words, part):
    assert set(words.STAGES) == set(part("contract").Stage)


def test_a_download_counts_bytes(words, part):
    contract, jobs = part("contract"), part("link.jobs")
    task = jobs.Download(id="1", label="NormalCrafter", model="normalcrafter", state=jobs.JobState.RUNNING)
    now = {"done": 10**9, "total": 4 * 10**9, "rate": 2e7, "seconds_left": 150.0}
    task.progress = contract.Progress(job="1", stage=contract.Stage.LOADING, **now)
    assert (words.doing(task), words.pace(task)) == ("1.0 GB of 4.0 GB", "20 MB/s · 2:30 min left")
    assert words.fraction(task.progress) == 0.25


def test_what_is_selected_is_known_from_blender_alone(part, shot):
    selection = part("panels.selection")
    (shot / "bunny.mp4").unlink()
    shown = [(s.name, s.detail, s.attached) for s in selection.selected(bpy.context)]
    assert shown == [("plate", "132 frames · 1280 x 720", False)]


def test_a_clip_is_taken_where_no_strip_is(part, addon):
    from conftest import ROOT

    clip = bpy.data.movieclips.load(str(ROOT / "tests/samples/footage/big_buck_bunny.mp4"))
    selection = part("panels.selection")
    assert selection.selected(bpy.context) == []
    bpy.context.scene.active_clip = clip
    assert [s.name for s in selection.selected(bpy.context)] == ["big_buck_bunny.mp4"]
