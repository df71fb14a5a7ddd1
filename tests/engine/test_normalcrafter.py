"""NormalCrafter on a tiny checkpoint: the released pipeline's own numbers, and that streaming changes none of them."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.device import choose
from engine.models.interface import Cut, Output, ResumePoint, Step
from engine.models.normalcrafter.checkpoint import load_networks
from engine.models.normalcrafter.estimator import NormalCrafter, load
from engine.models.normalcrafter.pipeline import Pipeline
from engine.models.normalcrafter.windows import plan
from engine.protocol import ErrorCode, EstimateSettings, PlatelightError, Stage
from engine.protocol.models import NORMALCRAFTER
from tests.support.buffer_plates import pan

GOLDEN = Path(__file__).parents[1] / "samples" / "golden"
SMALL = EstimateSettings(model="normalcrafter", window=6, overlap=2, decode_chunk_size=4)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tensors this small are computed faster without company."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def exact() -> NormalCrafter:
    return load(GOLDEN / "checkpoint", info=NORMALCRAFTER, precision="fp32", device="cpu")


@pytest.fixture(scope="module")
def plate() -> np.ndarray:
    """(31, 64, 64, 3) in [0, 1]."""
    return np.load(GOLDEN / "overlap_31f_128x64.npz")["frames"][:, :, 32:96].astype(np.float32) / 255.0


def run(
    estimator: NormalCrafter, frames: np.ndarray, settings: EstimateSettings = SMALL, resume: ResumePoint | None = None
) -> tuple[np.ndarray, list[ResumePoint], list[Step]]:
    """Stream all of a plate; also checks that outputs come in order without gaps."""
    outputs, points, steps = [], [], []
    expected = first = resume.emitted if resume else 0
    remaining = iter(frames[resume.read_from if resume else 0 :])
    for event in estimator.stream(remaining, count=len(frames), settings=settings, resume=resume):
        if isinstance(event, Output):
            assert (event.start, event.pass_name, event.values.dtype) == (expected, "normal", np.float32)
            expected += len(event.values)
            outputs.append(event.values)
        elif isinstance(event, ResumePoint):
            assert event.emitted == expected
            points.append(event)
        elif isinstance(event, Step):
            steps.append(event)
    assert expected == len(frames)
    empty = np.zeros((0, *frames.shape[1:]), np.float32)
    values = np.concatenate([empty, *outputs])
    assert values.shape == (len(frames) - first, *frames.shape[1:])
    return values, points, steps


def mean_angle(a: np.ndarray, b: np.ndarray) -> float:
    """Degrees, of vectors brought to unit length."""
    a, b = (v.astype(np.float64) / np.linalg.norm(v, axis=-1, keepdims=True) for v in (a, b))
    return float(np.degrees(2.0 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=-1) / 2.0, 0.0, 1.0))).mean())


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.npz")), ids=lambda file: file.stem)
def test_float32_gives_the_published_pipelines_values(exact: NormalCrafter, file: Path):
    torch.set_num_threads(2)  # the golden values were computed on two; see the README beside them
    golden = np.load(file)
    settings = EstimateSettings(
        window=int(golden["window"]), overlap=int(golden["window"] - golden["step"]), decode_chunk_size=int(golden["decode_chunk"])
    )
    values, _, _ = run(exact, golden["frames"].astype(np.float32) / 255.0, settings)
    ours, theirs = values[golden["normals_index"]], golden["normals"]
    assert np.abs(ours - theirs).max() < 1e-3
    assert mean_angle(ours, theirs) < 0.02


@pytest.mark.parametrize(
    "settings",
    [
        SMALL,
        dataclasses.replace(SMALL, overlap=0),
        dataclasses.replace(SMALL, overlap=5),
        dataclasses.replace(SMALL, window=9, decode_chunk_size=2),
    ],
    ids=lambda s: f"window {s.window} overlap {s.overlap} chunk {s.decode_chunk_size}",
)
def test_streaming_is_the_same_as_everything_at_once(exact: NormalCrafter, plate: np.ndarray, settings: EstimateSettings):
    frames = plate[:15]
    streamed, _, _ = run(exact, frames, settings)
    assert np.array_equal(streamed, at_once(exact, frames, settings))


def at_once(estimator: NormalCrafter, frames: np.ndarray, settings: EstimateSettings) -> np.ndarray:
    """The whole clip through each network in turn, as the released code does it."""
    chunk = settings.decode_chunk_size
    compute = choose(device=estimator.device, precision=estimator.precision)
    pipeline = Pipeline(load_networks(GOLDEN / "checkpoint", compute=compute), compute=compute)
    images = torch.from_numpy(frames).permute(0, 3, 1, 2)
    parts = [images[start : start + chunk] for start in range(0, len(images), chunk)]
    tokens, latents = torch.cat([pipeline.embed(part) for part in parts]), torch.cat([pipeline.encode(part) for part in parts])
    merged = torch.zeros(len(frames), *latents.shape[1:])
    for window in plan(len(frames), window=settings.window, overlap=settings.overlap):
        here = slice(window.start, window.stop)
        previous = merged[window.start : window.start + window.conditioned].clone() if window.conditioned else None
        merged[here] = pipeline.predict(images=latents[here], tokens=tokens[here], previous=previous)
    decoded = [pipeline.decode(merged[start : start + chunk]) for start in range(0, len(merged), chunk)]
    return torch.cat(decoded).permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_run_resumed_at_any_point_gives_the_same_bits(plate: np.ndarray, precision: str):
    estimator = load(GOLDEN / "checkpoint", info=NORMALCRAFTER, precision=precision, device="cpu")
    frames = plate[:17]
    whole, points, _ = run(estimator, frames)
    assert len(points) == len(plan(17, window=6, overlap=2)) and points[-1].emitted == 17
    for index, point in enumerate(points):
        resumed, later, _ = run(estimator, frames, resume=point)
        assert np.array_equal(resumed, whole[point.emitted :])
        assert [p.emitted for p in later] == [p.emitted for p in points[index + 1 :]]


@pytest.fixture(scope="module")
def two_shots(plate: np.ndarray) -> np.ndarray:
    """Fourteen frames of the plate, then nine of a wall, then two of black."""
    wall = pan(9, seed=3, size=plate.shape[1:3])
    return np.concatenate([plate[:14], wall, np.zeros_like(wall[:2])])


def test_no_window_crosses_a_cut(exact: NormalCrafter, two_shots: np.ndarray):
    """Each shot is what it is by itself, to the bit, and the cuts are told before the frames that they begin."""
    together, _, steps = run(exact, two_shots)
    apart = [run(exact, shot)[0] for shot in np.split(two_shots, (14, 23))]
    assert np.array_equal(together, np.concatenate(apart))
    assert [step.window for step in steps if step.stage is Stage.UNET] == [1, 2, 3, 4, 5, 6]
    told = [event for event in exact.stream(iter(two_shots), count=25, settings=SMALL) if isinstance(event, Cut | Output)]
    cuts = [event for event in told if isinstance(event, Cut)]
    assert [(cut.index, cut.black) for cut in cuts] == [(14, False), (23, True)]
    assert all(told.index(cut) < min(told.index(e) for e in told if isinstance(e, Output) and e.start >= cut.index) for cut in cuts)


def test_a_run_resumed_beside_a_cut_gives_the_same_bits(exact: NormalCrafter, two_shots: np.ndarray):
    whole, points, _ = run(exact, two_shots)
    assert 14 in {point.emitted for point in points} and 23 in {point.emitted for point in points}
    for point in points:
        assert np.array_equal(run(exact, two_shots, resume=point)[0], whole[point.emitted :])


@pytest.mark.parametrize("count", [1, 2, 5])
def test_clips_shorter_than_a_window(exact: NormalCrafter, plate: np.ndarray, count: int):
    values, points, _ = run(exact, plate[:count])
    assert len(points) == 1 and np.isfinite(values).all() and values.std() > 0.05


@pytest.mark.parametrize("size", [(33, 47), (64, 65), (1, 1), (70, 20)])
def test_any_size_comes_back_as_it_went_in(exact: NormalCrafter, plate: np.ndarray, size: tuple[int, int]):
    height, width = size
    frames = np.tile(plate[:2], (1, 2, 2, 1))[:, :height, :width]
    values, _, _ = run(exact, frames)
    assert np.abs(values).max() <= 1.0


@pytest.mark.parametrize(("precision", "degrees"), [("bf16", 15.0), ("fp16", 6.0)])
def test_half_precision_is_close(exact: NormalCrafter, plate: np.ndarray, precision: str, degrees: float):
    """Random weights amplify rounding, so the bounds are wide; unrelated outputs lie 60 degrees apart and more."""
    half = load(GOLDEN / "checkpoint", info=NORMALCRAFTER, precision=precision, device="cpu")
    assert (half.precision, half.device) == (precision, "cpu")
    reference, _, _ = run(exact, plate[:8])
    values, _, _ = run(half, plate[:8])
    assert 0.0 < mean_angle(values, reference) < degrees
    assert mean_angle(values[:4], reference[4:]) > degrees


def test_frames_ahead_and_resume_points_do_not_grow_with_the_clip(exact: NormalCrafter, plate: np.ndarray):
    frames, pulled, ahead, sizes = np.concatenate([plate, plate]), 0, [], []

    def source() -> Iterator[np.ndarray]:
        nonlocal pulled
        for frame in frames:
            pulled += 1
            yield frame

    for event in exact.stream(source(), count=len(frames), settings=SMALL):
        if isinstance(event, ResumePoint):
            ahead.append(pulled - event.emitted)
            sizes.append(sum(array.nbytes for array in event.arrays.values()))
    limit = SMALL.window + 2 * SMALL.decode_chunk_size
    assert max(ahead) <= limit
    assert max(sizes) <= limit * (2 * 4 * 8 * 8 + 32) * 4 + 64


def test_steps_account_for_every_frame_in_every_stage(exact: NormalCrafter, plate: np.ndarray):
    _, _, steps = run(exact, plate[:15])
    for stage in (Stage.CLIP, Stage.ENCODE, Stage.UNET, Stage.DECODE):
        assert sum(step.frames for step in steps if step.stage is stage) == 15
    assert all(step.seconds > 0 and 1 <= step.window <= step.windows == 4 for step in steps)


def test_a_clip_that_ends_early_says_so(exact: NormalCrafter, plate: np.ndarray):
    with pytest.raises(PlatelightError) as caught:
        list(exact.stream(iter(plate[:7]), count=15, settings=SMALL))
    assert caught.value.code is ErrorCode.SOURCE_TRUNCATED and "7 of its 15" in caught.value.detail
