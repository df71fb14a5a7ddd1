"""MoGe over a clip: one lens and one scale for each shot, and the same bits from wherever a run is taken up again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.device import choose
from engine.models.interface import Cut, Output, ResumePoint
from engine.models.moge.estimator import MoGe
from engine.models.moge.model import load_geometry_model
from engine.models.temporal.block import TemporalSettings
from engine.protocol import EstimateSettings
from engine.protocol.models import MOGE
from tests.support.buffer_checkpoints import stir
from tests.support.buffer_plates import pan

GOLDEN = Path(__file__).parents[1] / "samples" / "golden" / "moge"
CPU = choose(device="cpu", precision="fp32")
SMALL = EstimateSettings(model="", window=4, overlap=1, decode_chunk_size=3, tokens=20)


def estimator(*, trained: bool) -> MoGe:
    """`trained`: with temporal blocks that have an effect."""
    model = load_geometry_model(GOLDEN, fresh=TemporalSettings(layers=1) if trained else None)
    if trained:
        stir(model)
    return MoGe(model, compute=CPU, info=MOGE[0], revision="1")


@pytest.fixture(scope="module")
def models() -> dict[bool, MoGe]:
    return {trained: estimator(trained=trained) for trained in (False, True)}


@dataclasses.dataclass
class Told:
    """`passes`: of each pass its frames. `fovs`: of each frame."""

    passes: dict[str, np.ndarray]
    fovs: list[float]
    points: list[ResumePoint]
    cuts: list[int]


def run(model: MoGe, frames: np.ndarray, settings: EstimateSettings = SMALL, *, resume: ResumePoint | None = None) -> Told:
    """Stream frames; also checks that each pass comes in order without gaps."""
    told = Told({}, [], [], [])
    found: dict[str, list[np.ndarray]] = {name: [] for name in model.info.passes}
    expected = dict.fromkeys(found, resume.emitted if resume else 0)
    remaining = iter(frames[resume.read_from if resume else 0 :])
    for event in model.stream(remaining, count=len(frames), settings=settings, resume=resume):
        if isinstance(event, Output):
            assert event.start == expected[event.pass_name] and event.values.dtype == np.float32
            expected[event.pass_name] += len(event.values)
            found[event.pass_name].append(event.values)
            told.fovs += [event.fov] * (len(event.values) if event.pass_name == "depth" else 0)
        elif isinstance(event, ResumePoint):
            told.points.append(event)
        elif isinstance(event, Cut):
            told.cuts.append(event.index)
    assert set(expected.values()) == {len(frames)}
    told.passes = {name: np.concatenate(values) for name, values in found.items() if values}
    return told


@pytest.mark.parametrize("trained", [False, True])
def test_a_run_resumed_at_any_point_gives_the_same_bits(models, trained):
    frames = np.concatenate([pan(8, seed=1), pan(4, seed=2)])
    whole = run(models[trained], frames)
    assert whole.cuts == [8]
    for point in whole.points[:-1]:
        later = run(models[trained], frames, resume=point)
        assert later.fovs == whole.fovs[point.emitted :]
        for name, values in later.passes.items():
            assert np.array_equal(values, whole.passes[name][point.emitted :])


def test_a_shot_has_one_lens_and_one_scale(models):
    """Those of its first window, whatever comes later; the next shot has its own."""
    frames = np.concatenate([pan(8, seed=1), pan(4, seed=2)])
    whole = run(models[False], frames)
    assert len(set(whole.fovs[:8])) == 1 and len(set(whole.fovs[8:])) == 1 and whole.fovs[0] != whole.fovs[8]
    first = run(models[False], frames[:3])
    assert first.fovs == whole.fovs[:3] and np.array_equal(first.passes["depth"], whole.passes["depth"][:3])
    alone = run(models[False], frames[8:])
    assert all(np.array_equal(values, whole.passes[name][8:]) for name, values in alone.passes.items())
    assert all(10 < fov < 170 for fov in whole.fovs)


def test_a_known_lens_is_taken(models):
    frames = pan(4, seed=1)
    told = run(models[False], frames, dataclasses.replace(SMALL, fov=35.0))
    assert told.fovs == pytest.approx([35.0] * 4)
    assert not np.allclose(told.passes["depth"], run(models[False], frames).passes["depth"])


def test_more_patches_see_more(models):
    frames = pan(1, seed=1)
    few, many = (run(models[False], frames, dataclasses.replace(SMALL, tokens=tokens)).passes for tokens in (20, 60))
    assert few["normal"].shape == many["normal"].shape and not np.array_equal(few["normal"], many["normal"])


def test_passes_have_their_components_and_ranges(models):
    passes = run(models[False], pan(2, seed=1)).passes
    assert {name: values.shape for name, values in passes.items()} == {
        "normal": (2, 42, 56, 3),
        "depth": (2, 42, 56, 1),
        "mask": (2, 42, 56, 1),
    }
    assert (passes["depth"] > 0).all() and passes["mask"].min() >= 0 and passes["mask"].max() <= 1


def test_what_is_kept_does_not_grow_with_the_clip(models):
    points = run(models[True], pan(11, seed=3)).points
    sizes = {sum(array.nbytes for array in point.arrays.values()) for point in points[:-1]}
    assert len(points) > 2 and len(sizes) == 1


@torch.no_grad()
def test_blocks_see_no_more_than_a_window(models):
    frames = pan(4, seed=3)
    other = frames.copy()
    other[3] = 1 - other[3] * 0.1 - 0.45
    for trained, changes in ((True, True), (False, False)):
        a, b = (run(models[trained], clip).passes["normal"] for clip in (frames, other))
        assert (not np.array_equal(a[0], b[0])) == changes
