"""Shots and windows: the same answer resumed, in company of other shots, and over a long shot; whatever comes in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.device import choose
from engine.models.blend import fit
from engine.models.depth_anything.estimator import DepthAnything
from engine.models.depth_anything.model import load_depth_model
from engine.models.interface import Cut, Estimator, Output, ResumePoint, Step
from engine.models.marigold.estimator import Marigold
from engine.models.marigold.model import load_normals_model
from engine.models.temporal.block import TemporalSettings
from engine.normals import convert_axes
from engine.protocol import ErrorCode, EstimateSettings, PlatelightError, Stage
from engine.protocol.models import DEPTH_ANYTHING, MARIGOLD
from tests.support.buffer_checkpoints import depth_anything, marigold, stir
from tests.support.buffer_plates import pan

CPU = choose(device="cpu", precision="fp32")
SMALL = EstimateSettings(model="", window=5, overlap=2, decode_chunk_size=2)
DEPTH = {"compute": CPU, "info": DEPTH_ANYTHING[0], "revision": "1"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("checkpoints")
    return {"depth": depth_anything(root / "da"), "normal": marigold(root / "mg")}


@pytest.fixture(scope="module")
def trained(folders) -> dict[str, Estimator]:
    """Both families with temporal blocks that have an effect."""
    depth = load_depth_model(folders["depth"], fresh=TemporalSettings(layers=1))
    normals = load_normals_model(folders["normal"], fresh=TemporalSettings(layers=1))
    for model in (depth, normals):
        stir(model)
    return {"depth": DepthAnything(depth, **DEPTH), "normal": Marigold(normals, compute=CPU, info=MARIGOLD, revision="1")}


@dataclasses.dataclass
class Told:
    values: np.ndarray
    points: list[ResumePoint]
    steps: list[Step]
    cuts: list[int]


def run(estimator: Estimator, frames: np.ndarray, settings: EstimateSettings = SMALL, resume: ResumePoint | None = None) -> Told:
    """Stream all of a plate; also checks that outputs come in order without gaps."""
    told, outputs = Told(np.zeros(0), [], [], []), []
    expected = resume.emitted if resume else 0
    remaining = iter(frames[resume.read_from if resume else 0 :])
    for event in estimator.stream(remaining, count=len(frames), settings=settings, resume=resume):
        if isinstance(event, Output):
            assert (event.start, event.pass_name, event.values.dtype) == (expected, estimator.info.passes[0], np.float32)
            expected += len(event.values)
            outputs.append(event.values)
        elif isinstance(event, ResumePoint):
            assert event.emitted == expected
            told.points.append(event)
        elif isinstance(event, Cut):
            told.cuts.append(event.index)
        else:
            told.steps.append(event)
    assert expected == len(frames)
    told.values = np.concatenate(outputs) if outputs else told.values
    return told


@pytest.mark.parametrize("name", ["depth", "normal"])
def test_a_run_resumed_at_any_point_gives_the_same_bits(trained, name):
    frames = np.concatenate([pan(9, seed=1), pan(4, seed=2)])
    whole = run(trained[name], frames)
    assert [point.emitted for point in whole.points] == [3, 6, 9, 13] and whole.cuts == [9]
    for index, point in enumerate(whole.points):
        later = run(trained[name], frames, resume=point)
        assert len(later.values) == 13 - point.emitted
        assert not len(later.values) or np.array_equal(later.values, whole.values[point.emitted :])
        assert [p.emitted for p in later.points] == [p.emitted for p in whole.points[index + 1 :]]
        assert later.cuts == [cut for cut in whole.cuts if cut >= point.emitted]


@pytest.mark.parametrize("name", ["depth", "normal"])
def test_a_shot_among_others_is_the_shot_alone(trained, name):
    parts = [pan(count, seed=seed) for seed, count in enumerate((6, 1, 4))]
    together = run(trained[name], np.concatenate(parts))
    assert together.cuts == [6, 7]
    assert np.array_equal(together.values, np.concatenate([run(trained[name], part).values for part in parts]))


def test_frames_see_each_other_within_a_window_only_with_blocks(folders, trained):
    frames = pan(4, seed=3)
    other = frames.copy()
    other[3] = 1 - other[3] * 0.1 - 0.45
    plain = DepthAnything(load_depth_model(folders["depth"]), **DEPTH)
    for estimator, changes in ((trained["depth"], True), (plain, False)):
        a, b = (run(estimator, clip).values for clip in (frames, other))
        assert (not np.array_equal(a[0], b[0])) == changes
    assert run(plain, pan(7, seed=3)).points[0].emitted == 2, "frames by themselves need no more than a chunk"


class Pumping(DepthAnything):
    """An image model whose scale and shift are others in every window, as affine-invariant ones may be."""

    sees_time = True

    def predict(self, encoded, *, size, chunk):
        self.window = getattr(self, "window", -1) + 1
        return super().predict(encoded, size=size, chunk=chunk) * (1 + 0.5 * self.window) + 0.3 * self.window


def test_a_long_shot_does_not_pump(folders):
    """Forty frames in windows of five: each brought to the last by scale and shift, over and over."""
    frames = pan(40, seed=5)
    steady, pumping = (
        DepthAnything(load_depth_model(folders["depth"]), **DEPTH),
        Pumping(load_depth_model(folders["depth"]), **DEPTH),
    )
    steady.sees_time = pumping.sees_time = True
    pumped = run(pumping, frames).values
    assert pumping.window == 12
    assert np.abs(1 / pumped - 1 / run(steady, frames).values).max() < 1e-3
    apart = run(pumping, frames, dataclasses.replace(SMALL, overlap=0)).values
    assert np.abs(1 / apart - 1 / pumped).max() > 0.5, "without the overlap it would"


def test_scale_and_shift_are_found_and_never_turn_depth_around():
    values = torch.rand(3, 8, 8)
    assert fit(values, to=values * 2.5 - 0.3) == pytest.approx((2.5, -0.3), abs=1e-5)
    assert fit(values, to=1 - values)[0] == 1.0
    assert fit(torch.full((2, 4, 4), 3.0), to=torch.full((2, 4, 4), 5.0)) == pytest.approx((1.0, 2.0))


def test_depth_is_a_distance(folders):
    """What is near has 1, what is twice as far has 2, and there is an end to the sky."""
    estimator = DepthAnything(load_depth_model(folders["depth"]), **DEPTH)
    inverse = torch.full((2, 42, 56), 4.0)
    inverse[:, :20], inverse[:, 20:25], inverse[0, 40:] = 2.0, 0.0, 4.2
    joined, carry = estimator.join(inverse, previous=None, carry=None, size=(42, 56))
    depth = estimator.decode(joined, size=(42, 56), carry=carry)["depth"]
    assert depth.shape == (2, 42, 56, 1)
    assert depth[1, 30, 0, 0] == pytest.approx(depth[1, 0, 0, 0] / 2) and depth[1, 22, 3, 0] == 100
    assert 0.9 < depth[1, 30, 0, 0] < 1.1
    later, same = estimator.join(inverse * 3, previous=None, carry=carry, size=(42, 56))
    assert np.array_equal(same, carry) and torch.allclose(later, joined * 3), "the unit is the shot's, not the window's"


def test_metres_stay_metres(tmp_path):
    model = load_depth_model(depth_anything(tmp_path / "m", metric=True))
    estimator = DepthAnything(model, **DEPTH)
    assert not estimator.info.relative_depth and DEPTH_ANYTHING[0].relative_depth
    frames = pan(3, seed=1)
    with torch.inference_mode():
        expected = model(torch.from_numpy(frames).permute(0, 3, 1, 2), chunk=2).numpy()
    assert np.allclose(run(estimator, frames).values[..., 0], expected, atol=1e-5)


def test_normals_axes_are_turned_once():
    """Marigold-E2E-FT was trained with x to the left: what faces right in the picture has a negative x in its answer."""
    facing_right = np.array([[-0.6, 0.0, 0.8]], np.float32)
    assert np.allclose(convert_axes(facing_right, axes=MARIGOLD.axes), [[0.6, 0.0, 0.8]])


def test_the_estimators_normals_are_the_models_own(folders):
    estimator = Marigold(load_normals_model(folders["normal"]), compute=CPU, info=MARIGOLD, revision="1")
    frames = pan(2, seed=2)
    expected = load_normals_model(folders["normal"])(torch.from_numpy(frames).permute(0, 3, 1, 2))
    assert np.allclose(run(estimator, frames).values, expected.permute(0, 2, 3, 1).numpy(), atol=1e-5)


@pytest.mark.parametrize("name", ["depth", "normal"])
@pytest.mark.parametrize("size", [(33, 47), (1, 1), (70, 20), (9, 150)])
def test_any_size_comes_back_as_it_went_in(trained, name, size):
    frames = np.tile(pan(2, seed=1), (1, 2, 3, 1))[:, : size[0], : size[1]]
    values = run(trained[name], frames).values
    assert values.shape == (2, *size, 1 if name == "depth" else 3) and np.isfinite(values).all()


@pytest.mark.parametrize("name", ["depth", "normal"])
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_short_clips_and_one_frame(trained, name, count):
    told = run(trained[name], pan(5, seed=1)[:count])
    assert len(told.points) == (1 if count else 0) and len(told.values) == count


def test_cuts_everywhere_and_black_frames(trained):
    told = run(trained["depth"], np.concatenate([pan(1, seed=seed) for seed in range(6)]))
    assert told.cuts == [1, 2, 3, 4, 5] and len(told.points) == 6
    black = pan(6, seed=1)
    black[2:4] = 0
    told = run(trained["depth"], black)
    assert told.cuts == [2, 4] and np.isfinite(told.values).all()


@pytest.mark.parametrize("count", [0, 7])
def test_a_clip_that_ends_early_says_so(trained, count):
    with pytest.raises(PlatelightError) as caught:
        list(trained["normal"].stream(iter(pan(15, seed=1)[:count]), count=15, settings=SMALL))
    assert caught.value.code is ErrorCode.SOURCE_TRUNCATED and f"only {count} of its 15" in caught.value.detail


def test_bad_windows_are_refused(trained):
    for bad in ({"overlap": 5}, {"window": 0, "overlap": 0}, {"decode_chunk_size": 0}):
        with pytest.raises(PlatelightError) as caught:
            run(trained["depth"], pan(2, seed=1), dataclasses.replace(SMALL, **bad))
        assert caught.value.code is ErrorCode.SETTING_INVALID


def test_what_is_held_does_not_grow_with_the_clip(trained):
    frames, pulled, ahead, sizes = pan(60, seed=1), 0, [], []

    def source() -> Iterator[np.ndarray]:
        nonlocal pulled
        for frame in frames:
            pulled += 1
            yield frame

    for event in trained["depth"].stream(source(), count=len(frames), settings=SMALL):
        if isinstance(event, ResumePoint):
            ahead.append(pulled - event.emitted)
            sizes.append(sum(array.nbytes for array in event.arrays.values()))
    assert max(ahead) <= SMALL.overlap + 2
    assert max(sizes) <= SMALL.overlap * 42 * 56 * 4 + 64


def test_steps_account_for_every_frame_in_every_stage(trained):
    steps = run(trained["depth"], np.concatenate([pan(9, seed=1), pan(4, seed=2)])).steps
    for stage in (Stage.ENCODE, Stage.UNET, Stage.DECODE):
        assert sum(step.frames for step in steps if step.stage is stage) == 13
    assert all(step.seconds > 0 and 1 <= step.window <= step.windows for step in steps)
    assert steps[-1].window == steps[-1].windows == 4
    assert {step.stage for step in steps} == set(DEPTH_ANYTHING[0].stages) == set(MARIGOLD.stages)
