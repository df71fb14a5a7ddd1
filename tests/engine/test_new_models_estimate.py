"""MoGe and Video Depth Anything through the real job: from the golden frames to EXR files, from folders of either kind of file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest

from engine import exr
from engine.models import registry, tensors, weights
from engine.normals import angles
from engine.protocol import ErrorCode, PlatelightError, pass_file
from engine.protocol.licences import PaidWork
from engine.protocol.models import MODELS, MOGE, VIDEO_DEPTH_ANYTHING
from tests.support.jobs import finish, refused, request

GOLDEN = Path(__file__).parents[1] / "samples" / "golden"
MOGE_FILES = ("small_3f_128x72", "odd_2f_150x85", "tall_2f_90x160_fov")
VIDEO_FILES = ("exact_40f_112x70", "metric_58f_98x70")


@pytest.fixture(scope="module")
def moge(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("moge")
    shutil.copy(GOLDEN / "moge" / "model.pt", folder)
    return folder


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> dict[bool, Path]:
    """As a relative (False) and as a metric model."""
    found = {metric: tmp_path_factory.mktemp("video") for metric in (False, True)}
    for metric, folder in found.items():
        name = "video_depth_anything_tiny.pth"
        shutil.copy(GOLDEN / "video_depth_anything" / name, folder / f"{'metric_' if metric else ''}{name}")
    return found


def plates(folder: Path, frames: np.ndarray) -> Path:
    """PNGs numbered from 1; the first of them."""
    for number, frame in enumerate(frames, 1):
        assert cv2.imwrite(str(folder / f"shot.{number:04d}.png"), frame[..., ::-1])
    return folder / "shot.0001.png"


def read(out: Path, name: str, frame: int) -> np.ndarray:
    return exr.read(pass_file(out, pass_name=name, clip="shot", frame=frame), pass_name=name).astype(np.float32)


def header(out: Path, name: str, frame: int) -> dict[str, object]:
    return OpenEXR.File(str(pass_file(out, pass_name=name, clip="shot", frame=frame)), header_only=True).header()


@pytest.mark.parametrize("name", MOGE_FILES)
def test_moges_golden_frames_come_out_as_published(moge, tmp_path, name):
    """Each frame is made in a run of its own, since a shot has one lens; where that is given the whole shot is made at once."""
    golden = np.load(GOLDEN / "moge" / f"{name}.npz")
    source, out, stride, fov = plates(tmp_path, golden["frames"]), tmp_path / "out", int(golden["stride"]), float(golden["fov_x"])
    asked = {"model": str(moge), "max_resolution": 0, "tokens": int(golden["num_tokens"]), "fov": fov, "window": 0, "overlap": -1}
    for frame in range(1, len(golden["frames"]) + 1):
        if fov and frame > 1:
            break
        finish(request(source, out, first=frame, last=len(golden["frames"]) if fov else frame, **asked))
    for index in range(len(golden["frames"])):
        depth, normal, mask = (read(out, kind, index + 1) for kind in ("depth", "normal", "mask"))
        assert np.abs(depth[::stride, ::stride, 0] / golden["depth"][index] - 1).max() < 1e-3
        assert angles(normal[::stride, ::stride], golden["normal"][index] * [1, -1, -1]).mean() < 0.02
        assert ((mask[..., 0] > 0.5) != golden["mask"][index]).mean() < 1e-3
        said = header(out, "depth", index + 1)
        focal = float(golden["intrinsics"][index, 0, 0])
        assert float(said["platelight/fov"]) == pytest.approx(fov or np.degrees(2 * np.arctan(0.5 / focal)), rel=1e-3)
        assert said["platelight/unit"] == "metres" and header(out, "mask", index + 1)["platelight/fov"] == said["platelight/fov"]
    record = json.loads((out / "depth" / "shot.json").read_text())
    assert record["relative"] is False and record["settings"]["tokens"] == golden["num_tokens"]


def test_the_result_says_each_shots_lens_also_when_all_is_there(moge, tmp_path):
    frames = np.load(GOLDEN / "moge" / f"{MOGE_FILES[0]}.npz")["frames"]
    source, out = plates(tmp_path, frames), tmp_path / "out"
    asked = request(source, out, model=str(moge), max_resolution=0, tokens=20, window=0, overlap=-1)
    made, again = (finish(asked).result for _ in range(2))
    assert made.frames_written == 3 and again.frames_reused == 3
    [lens] = made.lenses
    assert lens.first == 1 and lens.fov == pytest.approx(float(header(out, "normal", 3)["platelight/fov"]))
    assert again.lenses == made.lenses


@pytest.mark.parametrize("name", VIDEO_FILES)
def test_video_depth_anythings_golden_frames_come_out_as_published(video, tmp_path, name):
    golden = np.load(GOLDEN / "video_depth_anything" / f"{name}.npz")
    metric, stride = bool(golden["metric"]), int(golden["stride"])
    source, out = plates(tmp_path, golden["frames"]), tmp_path / "out"
    outcome = finish(request(source, out, model=str(video[metric]), max_resolution=0, window=14, overlap=4))
    depth = np.stack([read(out, "depth", frame)[::stride, ::stride, 0] for frame in range(1, len(golden["frames"]) + 1)])
    if not metric:
        depth = np.median(golden["depth"] * depth) / depth
    assert np.abs(depth - golden["depth"]).max() < 1e-3 * golden["depth"].max()
    assert header(out, "depth", 1)["platelight/unit"] == ("metres" if metric else "relative")
    record = json.loads((out / "depth" / "shot.json").read_text())
    assert (record["settings"]["window"], record["settings"]["overlap"]) == (32, 10), "it knows no other windows"
    assert record["relative"] is not metric and outcome.result.lenses == ()


def test_an_interrupted_run_ends_with_the_same_bytes(video, moge, tmp_path):
    """Stopped in the second window, with what it needs of the first kept beside the passes."""
    from engine.job.estimate import run

    golden = np.load(GOLDEN / "video_depth_anything" / f"{VIDEO_FILES[1]}.npz")["frames"]
    source = plates(tmp_path, golden[:, ::2, ::2])
    for model, more, stop in ((video[True], {}, 50), (moge, {"tokens": 20}, 20)):
        asked = {"model": str(model), "max_resolution": 0, "window": 0, "overlap": -1, **more}
        finish(request(source, tmp_path / "whole" / model.name, **asked))
        job = request(source, tmp_path / "parts" / model.name, **asked)
        events = run(job)
        written = 0
        while written < stop:
            written = getattr(next(events), "done", written) or written
        events.close()
        assert finish(job).result.frames_reused > 0
        whole, parts = (tmp_path / kind / model.name for kind in ("whole", "parts"))
        for file in sorted(whole.rglob("*.exr")):
            assert file.read_bytes() == (parts / file.relative_to(whole)).read_bytes()


def test_folders_are_known_by_what_is_in_them(moge, video, tmp_path):
    assert registry.info(str(moge)).family == "moge" and registry.info(str(moge)).files == ("model.pt",)
    assert registry.info(str(video[True])).relative_depth is False and registry.info(str(video[False])).relative_depth is True
    for folder, file in ((moge, "model.pt"), (video[True], "metric_video_depth_anything_tiny.pth")):
        known = registry.info(str(folder))
        copy = tmp_path / folder.name
        shutil.copytree(folder, copy)
        tensors.convert(copy / file)
        assert registry.info(str(copy)).family == known.family and registry.info(str(copy)).passes == known.passes
        assert registry.revision(registry.info(str(copy)))


def test_folders_with_bad_files_are_refused_by_name(moge, video, tmp_path):
    frames = np.load(GOLDEN / "moge" / f"{MOGE_FILES[0]}.npz")["frames"][:1]
    source = plates(tmp_path, frames)
    for folder, name in ((moge, "model.pt"), (video[False], "video_depth_anything_tiny.pth")):
        bad = tmp_path / f"bad {name}"
        bad.mkdir()
        (bad / name).write_bytes((folder / name).read_bytes()[:5000])
        error = refused(request(source, tmp_path / "out", model=str(bad), max_resolution=0, window=0, overlap=-1))
        assert error.code is ErrorCode.MODEL_INVALID and name in error.detail
    with pytest.raises(PlatelightError) as raised:
        weights.check(tmp_path / "nothing", MOGE[0])
    assert raised.value.code is ErrorCode.MODEL_NOT_INSTALLED and "model.pt" in raised.value.detail


def test_settings_a_model_does_not_know_are_not_kept(moge):
    from engine.job.request import effective
    from engine.protocol import EstimateSettings

    asked = EstimateSettings(tokens=500, fov=40.0, window=9, overlap=3)
    known = effective(asked, MOGE[0])
    assert (known.tokens, known.fov, known.window, known.overlap) == (500, 40.0, 9, 3)
    assert effective(EstimateSettings(), MOGE[0]).tokens == MOGE[0].tokens == 3600
    other = effective(asked, VIDEO_DEPTH_ANYTHING[0])
    assert (other.tokens, other.fov, other.window, other.overlap) == (0, 0.0, 32, 10)
    plain = effective(asked, MODELS["preview"])
    assert (plain.tokens, plain.fov, plain.window) == (0, 0.0, 9)


def test_which_models_are_not_for_paid_work_is_said():
    assert all(
        MODELS[name].licence.paid is PaidWork.NO and "not for commercial work" in str(MODELS[name].licence)
        for name in (
            "video-depth-anything-base",
            "video-depth-anything-large",
            "depth-anything-base",
            "depth-anything-large",
        )
    )
    assert {str(MODELS[model.name].licence) for model in MOGE} == {"MIT"}
    assert {str(model.licence) for model in VIDEO_DEPTH_ANYTHING[:2]} == {"Apache-2.0"}
