"""Movies of kinds that people meet: what Blender shows on each frame is what the engine reads for it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import bpy
import numpy as np
import pytest
from footage import normals, render, write_normal
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import passes
from platelight.addon.contract import ErrorCode, PlatelightError
from strips import editor_strips

from tests.support.field import FIELD, HEIGHT, WIDTH, number_of
from tests.support.field_movies import COVERED, COVERED_SHOWN, SHOWN
from tests.support.places import ROOT

ENGINE_PYTHON = Path(os.environ.get("PLATELIGHT_TEST_ENGINE_PYTHON", ROOT / ".venv/engine/bin/python"))
MOST = 60
"""Frames of a movie that are rendered."""


def movie_strip(scene: bpy.types.Scene, file: Path) -> bpy.types.Strip:
    """A strip of the whole movie from frame 1 on, in a scene of the movie's size."""
    clip = bpy.data.movieclips.load(str(file))
    scene.render.resolution_x, scene.render.resolution_y = clip.size
    bpy.data.movieclips.remove(clip)
    return editor_strips(scene).new_movie("take", str(file), 1, 1)


def sequencer_shows(scene: bpy.types.Scene, file: Path, folder: Path) -> list[int]:
    """The numbers in what the Sequencer renders, over the strip's length."""
    last = compat.strip_times(movie_strip(scene, file)).last
    pictures = render(scene, list(range(1, min(last, MOST) + 1)), folder)
    return [number_of(display(picture)) for picture in pictures.values()]


def display(picture: np.ndarray) -> np.ndarray:
    """Scene-linear to sRGB."""
    rgb = np.clip(picture[..., :3], 0.0, 1.0)
    return np.where(rgb <= 0.0031308, rgb * 12.92, 1.055 * rgb ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("name", SHOWN)
def test_the_sequencer_shows_these_pictures(scene, tmp_path, name):
    """The same table is what the engine reads: `tests/engine/test_field_movies.py`."""
    assert sequencer_shows(scene, FIELD / name, tmp_path) == list(SHOWN[name][:MOST])


@pytest.fixture(scope="module")
def siblings(tmp_path_factory) -> tuple[Path, dict[str, list[int]]]:
    """Movies of many codecs and containers, and what the engine reads on their frames."""
    if not ENGINE_PYTHON.is_file():
        pytest.fail(f"no engine environment: {ENGINE_PYTHON} is not there; run build.py setup or set PLATELIGHT_TEST_ENGINE_PYTHON")
    folder = tmp_path_factory.mktemp("siblings")
    command = [str(ENGINE_PYTHON), "-m", "tests.support.sibling_movies", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    return folder, json.loads(done.stdout.splitlines()[-1])


def test_the_sequencer_shows_what_the_engine_reads(scene, tmp_path, siblings):
    folder, read = siblings
    assert len(read) > 10
    for name, engine in read.items():
        shown = sequencer_shows(scene, folder / name, tmp_path)
        editor_strips(scene).remove(editor_strips(scene)["take"])
        held = engine[-1:] * (len(shown) - len(engine))
        assert shown == [*engine, *held][: len(shown)], name


def test_a_cover_picture_is_not_taken_for_the_movie(scene, tmp_path):
    movie_strip(scene, FIELD / COVERED)
    clip = bpy.data.movieclips.load(str(FIELD / COVERED))
    if bpy.app.version >= (5, 2):
        [target] = clips.targets_by_pattern("take")
        assert (target.first, target.last) == (1, 12) and target.source.frames == 12 and target.source.rate == 24.0
        editor_strips(scene).remove(editor_strips(scene)["take"])
        assert sequencer_shows(scene, FIELD / COVERED, tmp_path) == list(COVERED_SHOWN)
        return
    for call in (lambda: clips.targets_by_pattern("take"), lambda: clips.clip_target(clip, scene=scene)):
        with pytest.raises(PlatelightError) as caught:
            call()
        assert caught.value.code is ErrorCode.STRIP_UNSUPPORTED and "shows the cover picture" in caught.value.detail


def test_another_video_stream_than_the_compositors_is_refused(scene):
    strip = movie_strip(scene, FIELD / "streams" / "two_diff.mov")
    assert clips.targets_by_pattern("take")[0].last == 12
    strip.stream_index = 1
    with pytest.raises(PlatelightError) as caught:
        clips.targets_by_pattern("take")
    assert caught.value.code is ErrorCode.STRIP_UNSUPPORTED and "shows video stream 1" in caught.value.detail


def test_the_last_pass_is_held_as_long_as_the_last_picture(scene, tmp_path):
    """Sound outlasts the pictures: the strip has 58 frames, the movie 48 pictures, and the engine makes 48 passes."""
    movie_strip(scene, FIELD / "strip-longer-than-the-pictures" / "a.mkv")
    [target] = clips.targets_by_pattern("take")
    assert (target.first, target.last, target.source.frames, target.shown) == (1, 58, 58, (1, 58))
    for frame in range(1, 49):
        size = {"width": WIDTH, "height": HEIGHT}
        write_normal(tmp_path / "passes" / "normal" / f"a.{frame:04d}.exr", normals(frame % 10, **size))
    passes.attach(scene, target=target, out=str(tmp_path / "passes"), passes=("normal",), first=1, last=48)
    before, last, *held = render(scene, [47, 48, 49, 58], tmp_path).values()
    assert all(np.array_equal(image, last) for image in held) and not np.array_equal(before, last)
    scene.render.use_sequencer = True
    shown = render(scene, [48, 58], tmp_path)
    assert [number_of(display(image)) for image in shown.values()] == [48, 48]
