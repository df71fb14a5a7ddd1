"""Sets with true normals: every layout is read in our axes, and what is missing or misshapen is named."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from engine.lab.evaluation.find_sets import find_sets
from engine.lab.evaluation.sets import TestSet, fit
from engine.lab.training.data.clips import write_clip
from engine.protocol import ErrorCode, PlatelightError
from tests.support import evaluation_sets as made

WALL = (10, 2)
BALL_LEFT, BALL_RIGHT = (34, 26), (34, 58)


@contextlib.contextmanager
def fails(code: ErrorCode, names: str) -> Iterator[None]:
    """The block ends in an error of that code whose detail holds `names`."""
    with pytest.raises(PlatelightError) as caught:
        yield
    assert caught.value.code is code and names in caught.value.detail, caught.value


def read_all(test_set: TestSet) -> list:
    return [shot.read(index) for shot in test_set.shots for index in range(shot.count)]


@pytest.mark.parametrize(
    ("name", "scenes", "shots"),
    [
        ("nyuv2", {"test": 2, "train": 3}, 2),
        ("scannet", {"scene0532_00": 1, "scene0220_02": 2}, 3),
        ("ibims", {"ibims": 2}, 2),
        ("sintel", {"alley_1": 3, "market_6": 2}, 2),
    ],
)
def test_a_published_set_is_turned_into_our_axes(tmp_path, name, scenes, shots):
    (found,) = find_sets(made.dsine(tmp_path / "dsine_eval", name, scenes=scenes))
    assert found.name == name and len(found.shots) == shots
    assert all(shot.consecutive == (name == "sintel") for shot in found.shots)
    assert "of the" in found.notes[0], "a part of a published set must say so"
    for moment in read_all(found):
        wall, left, right = (moment.normals[place] for place in (WALL, BALL_LEFT, BALL_RIGHT))
        assert wall == pytest.approx([0.6, 0, 0.8], abs=0.01), "the wall faces right: x was left in the file"
        assert left[0] < -0.6 and right[0] > 0.6 and moment.frame.shape == (made.HEIGHT, made.WIDTH, 3)
        assert not moment.valid[:4].any() and moment.valid[4:].all()
        assert np.linalg.norm(moment.normals, axis=-1)[moment.valid] == pytest.approx(1, abs=1e-5)


def test_a_folder_of_published_sets_is_all_of_them(tmp_path):
    made.dsine(tmp_path, "ibims", scenes={"ibims": 1})
    made.dsine(tmp_path, "sintel", scenes={"alley_1": 2})
    assert [found.name for found in find_sets(tmp_path)] == ["ibims", "sintel"]


def test_clips_keep_their_validity_and_poses(tmp_path):
    frame, normals = made.scene(0)
    valid = np.ones((1, made.HEIGHT, made.WIDTH), dtype=bool)
    valid[0, :, :50] = False
    pose = np.eye(4)[None]
    write_clip(tmp_path / "a", frames=frame[None], normals=normals[None], valid=valid, poses=pose)
    write_clip(tmp_path / "b", frames=frame[None], normals=normals[None])
    first, second = find_sets(tmp_path)[0].shots
    assert np.array_equal(first.poses, pose) and second.poses is None
    assert not first.read(0).valid[:, :50].any() and first.read(0).valid[4:, 50:].all()
    assert second.read(0).valid[4:].all() and not second.read(0).valid[:4].any()
    assert np.array_equal(first.read(0).frame, frame)


def pictures(folder, count: int = 2):
    """A clip of PNG files."""
    folder.mkdir(parents=True)
    for index in range(count):
        frame, normals = made.scene(index)
        cv2.imwrite(str(folder / f"frame.{index + 1}.png"), frame[..., ::-1])
        cv2.imwrite(str(folder / f"normal.{index + 1}.png"), np.round(normals * 32767 + 32768).astype(np.uint16)[..., ::-1])
    (folder / "camera.json").write_text(json.dumps({"camera_to_world": [np.eye(4).tolist()] * count}))
    return folder


def test_rendered_clips_of_png_files(tmp_path):
    pictures(tmp_path / "vase")
    (shot,) = find_sets(tmp_path)[0].shots
    assert shot.count == 2 and shot.poses.shape == (2, 4, 4)
    moment = shot.read(1)
    assert moment.normals[WALL] == pytest.approx([0.6, 0, 0.8], abs=1e-4)
    assert not moment.valid[:4].any() and moment.valid[4:].all()


def test_some_shots_spread_over_the_set(tmp_path):
    made.clips(tmp_path, tuple("abcdef"), frames=1)
    (found,) = find_sets(tmp_path, shots=3)
    assert [shot.name for shot in found.shots] == ["a", "c", "e"] and "3 of its 6 shots" in found.notes[0]
    assert len(find_sets(tmp_path, shots=9)[0].shots) == 6


# Bad input


def test_no_set_at_all(tmp_path):
    with fails(ErrorCode.SOURCE_MISSING, "nowhere"):
        find_sets(tmp_path / "nowhere")
    with fails(ErrorCode.SOURCE_EMPTY, str(tmp_path)):
        find_sets(tmp_path)


@pytest.mark.parametrize("lost", ["frame_0002_normal.exr", "frame_0002_img.png"])
def test_half_of_a_frame_is_missing(tmp_path, lost):
    folder = made.dsine(tmp_path, "sintel", scenes={"alley_1": 3})
    (folder / "alley_1" / lost).unlink()
    with fails(ErrorCode.FRAME_MISSING, f"alley_1/{lost}"):
        find_sets(folder)


def test_a_film_with_a_gap_is_refused_and_loose_pictures_are_not(tmp_path):
    folder = made.dsine(tmp_path, "sintel", scenes={"alley_1": 4})
    for file in folder.glob("*/frame_0003*"):
        file.unlink()
    with fails(ErrorCode.FRAME_MISSING, "frame_0003_img.png"):
        find_sets(folder)
    assert len(find_sets(made.dsine(tmp_path, "scannet", scenes={"scene0000_00": 2}))[0].shots) == 2


@pytest.mark.parametrize("harm", ["size", "cut", "kind", "nan"])
def test_a_misshapen_file_is_named(tmp_path, harm):
    folder = made.dsine(tmp_path, "scannet" if harm == "kind" else "ibims", scenes={"x": 2})
    bad = folder / "x" / ("000030_normal.png" if harm == "kind" else "000030_normal.exr")
    if harm == "size":
        made.write_exr(bad, np.ones((8, 9, 3)), names=("R", "G", "B"))
        expected = ErrorCode.FRAME_SIZE_CHANGED
    elif harm == "cut":
        bad.write_bytes(bad.read_bytes()[:700])
        expected = ErrorCode.SOURCE_TRUNCATED
    elif harm == "kind":
        cv2.imwrite(str(bad), np.full((made.HEIGHT, made.WIDTH, 3), 40000, dtype=np.uint16))
        expected = ErrorCode.SOURCE_UNREADABLE
    else:
        normals = np.full((made.HEIGHT, made.WIDTH, 3), np.nan)
        normals[40:] = (0, 0, 1)
        made.write_exr(bad, normals, names=("R", "G", "B"))
        assert find_sets(folder)[0].shots[1].read(0).valid.mean() == pytest.approx(24 / 64)
        return
    with fails(expected, str(bad)):
        read_all(find_sets(folder)[0])


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("normals.npy", ErrorCode.FRAME_MISSING),
        ("poses.npy", ErrorCode.SOURCE_UNREADABLE),
        ("frames.npy", ErrorCode.SOURCE_UNREADABLE),
    ],
)
def test_a_clip_that_is_not_whole_is_named(tmp_path, file, code):
    made.clips(tmp_path)
    bad = tmp_path / "two" / file
    if code is ErrorCode.FRAME_MISSING:
        bad.unlink()
    elif file == "poses.npy":
        np.save(bad, np.stack([np.diag([-1.0, 1, 1, 1])] * 3))
    else:
        bad.write_bytes(bad.read_bytes()[:1000])
    with fails(code, str(bad)):
        find_sets(tmp_path)


def test_png_clips_that_are_not_whole_are_named(tmp_path):
    bad = pictures(tmp_path / "a" / "vase", 3) / "normal.2.png"
    cv2.imwrite(str(bad), np.zeros((5, 5, 3), dtype=np.uint16))
    with fails(ErrorCode.FRAME_SIZE_CHANGED, str(bad)):
        read_all(find_sets(tmp_path / "a")[0])
    bad.unlink()
    with fails(ErrorCode.FRAME_MISSING, str(bad)):
        find_sets(tmp_path / "a")
    (pictures(tmp_path / "b" / "vase") / "camera.json").write_text("{}")
    with fails(ErrorCode.SOURCE_UNREADABLE, "camera.json"):
        find_sets(tmp_path / "b")


def test_other_sizes_are_fitted_and_other_shapes_refused():
    large = np.broadcast_to(np.float32([0, 0, 2]), (40, 60, 3)).copy()
    large[:20] = 0
    fitted = fit(large, size=(30, 20), what="x")
    assert fitted.shape == (20, 30, 3) and fitted[15, 3] == pytest.approx([0, 0, 1])
    assert not fitted[:9].any(), "what has no direction gets none"
    with fails(ErrorCode.FRAME_SIZE_CHANGED, "frame 7 of a.mov is 60x40"):
        fit(large, size=(30, 30), what="frame 7 of a.mov")
