"""Video Depth Anything against what its published code computed: its windows, resumed, cut, and its files."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.device import choose
from engine.models import tensors
from engine.models.interface import Cut, Output, ResumePoint, Step
from engine.models.video_depth_anything.estimator import VideoDepthAnything, load
from engine.models.video_depth_anything.model import load_video_depth, network_size
from engine.models.video_depth_anything.windows import BLEND, FRAMES, OVERLAP, STEP, fit, key, window
from engine.protocol import ErrorCode, EstimateSettings, PlatelightError
from engine.protocol.models import DEPTH_ANYTHING

GOLDEN = Path(__file__).parents[1] / "samples" / "golden" / "video_depth_anything"
CHECKPOINT = GOLDEN / "video_depth_anything_tiny.pth"
SETTINGS = EstimateSettings(model="", window=FRAMES, overlap=OVERLAP, decode_chunk_size=4)
CPU = choose(device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[bool, Path]:
    """The golden checkpoint as a relative (False) and as a metric model."""
    root = tmp_path_factory.mktemp("checkpoints")
    found = {metric: root / ("metric" if metric else "relative") for metric in (False, True)}
    for metric, folder in found.items():
        folder.mkdir()
        shutil.copy(CHECKPOINT, folder / f"{'metric_' if metric else ''}{CHECKPOINT.name}")
    return found


@pytest.fixture(scope="module")
def models(folders) -> dict[bool, VideoDepthAnything]:
    options = {"info": DEPTH_ANYTHING[0], "precision": "fp32", "device": "cpu", "revision": "1"}
    return {metric: load(folder, **options) for metric, folder in folders.items()}


@dataclasses.dataclass
class Told:
    values: np.ndarray
    points: list[ResumePoint]
    steps: list[Step]
    cuts: list[int]
    read: int


def run(model: VideoDepthAnything, frames: np.ndarray, *, resume: ResumePoint | None = None, most: int = 10_000) -> Told:
    """Stream frames; also checks that outputs come in order without gaps. `most`: windows after which it is stopped."""
    told = Told(np.zeros(0), [], [], [], 0)
    outputs, expected = [], resume.emitted if resume else 0

    def pulled() -> Iterator[np.ndarray]:
        for frame in frames[resume.read_from if resume else 0 :]:
            told.read += 1
            yield frame

    for event in model.stream(pulled(), count=len(frames), settings=SETTINGS, resume=resume):
        if isinstance(event, Output):
            assert event.start == expected and event.pass_name == "depth"
            expected += len(event.values)
            outputs.append(event.values)
        elif isinstance(event, ResumePoint):
            assert event.emitted == expected
            told.points.append(event)
            if len(told.points) == most:
                break
        elif isinstance(event, Cut):
            told.cuts.append(event.index)
        else:
            told.steps.append(event)
    told.values = np.concatenate(outputs)
    return told


def moving(count: int, *, seed: int = 0, size: tuple[int, int] = (42, 56)) -> np.ndarray:
    """Frames of a smooth picture that moves."""
    texture = np.random.default_rng(seed).random((size[0] // 7, size[1] // 7, 3), np.float32)
    wide = np.kron(texture, np.ones((7, 7, 1), np.float32))
    return np.stack([np.roll(wide, 2 * number, axis=1) for number in range(count)])


@pytest.mark.parametrize("name", ["exact_40f_112x70", "resized_29f_150x85", "metric_58f_98x70"])
def test_a_clip_is_what_the_published_code_makes_of_it(models, name):
    """A relative model's distance is one over its inverse depth, which is told in a unit of the shot."""
    golden = np.load(GOLDEN / f"{name}.npz")
    stride, metric = int(golden["stride"]), bool(golden["metric"])
    assert min(network_size(*golden["frames"].shape[1:3])) == golden["input_size"]
    values = run(models[metric], golden["frames"].astype(np.float32) / 255).values[:, ::stride, ::stride, 0]
    if not metric:
        values = np.median(golden["depth"] * values) / values
    assert np.abs(values - golden["depth"]).max() < 1e-3 * golden["depth"].max()
    assert models[metric].info.relative_depth is not metric


def test_the_published_windows():
    assert window(0).sees == tuple(range(32)) and (window(0).first, window(0).stop) == (0, 24)
    assert window(1).sees == (0, 12, *range(24, 54)) and (window(1).first, window(1).stop) == (24, 46)
    assert window(2).sees == (0, 34, *range(46, 76)) and key(2) == 34
    assert not window(0, count=25).ends and window(0, count=24).ends, "a 25th frame is blended with a window of its own"
    assert window(1, count=25).sees == (0, 12, *[24] * 30) and window(1, count=25).stop == 25
    assert window(0, count=1).sees == (0,) * 32
    for count in (1, 5, 24, 25, 32, 33, 46, 47, 100):
        number, final = 0, 0
        while True:
            plan = window(number, count=count if count <= window(number).reach else None)
            assert plan.first == final and len(plan.sees) == FRAMES
            number, final = number + 1, plan.stop
            if plan.ends:
                break
        assert final == count and number == max(1, -(-(count - 2) // STEP))


def test_the_size_the_network_sees():
    assert network_size(720, 1280) == (518, 924), "the published 518 on the short side"
    assert network_size(536, 1280) == (392, 938), "wide plates shrink, so that memory doesn't grow"
    assert network_size(85, 150) == (84, 154) and network_size(70, 112) == (70, 112)
    assert network_size(1920, 1080) == (924, 518) and network_size(8, 10) == (14, 14)


def test_scale_and_shift_are_found():
    values = torch.rand(2, 8, 8)
    assert fit(values, to=values * 2.5 - 0.3) == pytest.approx((2.5, -0.3), abs=1e-5)
    assert fit(torch.ones(2, 4, 4), to=torch.full((2, 4, 4), 5.0)) == (1.0, 0.0)
    assert BLEND == 8


@pytest.mark.parametrize(("metric", "count", "emitted"), [(False, 46, [24, 46, 46 + 4]), (True, 25, [24, 25, 25 + 4])])
def test_a_resumed_run_gives_the_same_bits(models, metric, count, emitted):
    """Over a cut, and from every window's end; what a resumed run reads again is bounded."""
    frames = np.concatenate([moving(count), moving(4, seed=9)])
    whole = run(models[metric], frames)
    assert whole.cuts == [count] and [point.emitted for point in whole.points] == emitted
    for point in whole.points[:-1]:
        again = run(models[metric], frames, resume=point)
        assert np.array_equal(again.values, whole.values[point.emitted :])
        assert again.read <= len(frames) - point.emitted + STEP
        assert again.cuts == [cut for cut in whole.cuts if cut >= point.emitted]


def test_no_shot_knows_another(models):
    frames = np.concatenate([moving(12), moving(10, seed=9)])
    whole = run(models[False], frames)
    apart = [run(models[False], part).values for part in (frames[:12], frames[12:])]
    assert whole.cuts == [12] and np.array_equal(whole.values, np.concatenate(apart))
    assert {step.windows for step in whole.steps} >= {2} and max(step.window for step in whole.steps) == 2


def test_what_is_kept_does_not_grow_with_the_clip(models):
    points = run(models[False], moving(60, size=(14, 28)), most=2).points
    first, second = (sum(array.nbytes for array in point.arrays.values()) for point in points)
    assert first == second


def test_other_windows_are_refused(models):
    with pytest.raises(PlatelightError) as raised:
        next(models[False].stream(iter(moving(3)), count=3, settings=dataclasses.replace(SETTINGS, window=16)))
    assert raised.value.code is ErrorCode.SETTING_INVALID
    with pytest.raises(PlatelightError) as raised:
        for _ in models[False].stream(iter(moving(3)), count=5, settings=SETTINGS):
            pass
    assert raised.value.code is ErrorCode.SOURCE_TRUNCATED


def test_safetensors_give_the_same_bits(folders, tmp_path):
    for metric, folder in folders.items():
        copy = tmp_path / folder.name
        shutil.copytree(folder, copy)
        made = tensors.convert(next(copy.iterdir()))
        assert [file.suffix for file in copy.iterdir()] == [".safetensors"] and made.stem == next(folder.iterdir()).stem
        ours, is_metric = load_video_depth(copy)
        theirs, _ = load_video_depth(folder)
        assert is_metric is metric
        assert all(torch.equal(a, b) for a, b in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True))


def wrong_states() -> dict[str, tuple[object, str]]:
    state = torch.load(CHECKPOINT, weights_only=True)
    without = {name: tensor for name, tensor in state.items() if "motion_modules.2" not in name}
    shallow = {name: tensor for name, tensor in state.items() if not name.startswith("pretrained.blocks.11.")}
    return {
        "missing": (without, "Missing key"),
        "shallow": (shallow, "11 layers"),
        "other": ({"weight": torch.zeros(2)}, "pos_embed"),
        "object": (dict(state) | {"path": Path("/")}, "more than tensors"),
        "plain": (dict(state) | {"note": "mine"}, "no tensor"),
    }


@pytest.mark.parametrize("what", wrong_states().keys())
def test_wrong_checkpoints_are_refused_by_name(tmp_path, what):
    state, told = wrong_states()[what]
    torch.save(state, tmp_path / CHECKPOINT.name)
    with pytest.raises(PlatelightError) as raised:
        load_video_depth(tmp_path)
    assert raised.value.code is ErrorCode.MODEL_INVALID
    assert CHECKPOINT.name in raised.value.detail and told in raised.value.detail


def test_damaged_and_missing_checkpoints_are_refused_by_name(tmp_path):
    with pytest.raises(PlatelightError) as raised:
        load_video_depth(tmp_path)
    assert raised.value.code is ErrorCode.MODEL_INCOMPLETE and "video_depth_anything" in raised.value.detail
    whole = CHECKPOINT.read_bytes()
    for content in (whole[:-1000], whole[:1000], b""):
        (tmp_path / CHECKPOINT.name).write_bytes(content)
        with pytest.raises(PlatelightError) as raised:
            load_video_depth(tmp_path)
        assert raised.value.code is ErrorCode.MODEL_INVALID and CHECKPOINT.name in raised.value.detail
