"""Depth in `evaluate`, and one model in several states side by side: frame by frame, with its blocks, tuned to the shot."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from engine.lab.evaluation import report
from engine.lab.evaluation.depth import DepthGallery, DepthMeasurement, accuracy
from engine.lab.evaluation.find_sets import find_sets
from engine.lab.evaluation.predictors import Tuning
from engine.lab.evaluation.results import CONSTANT, TRUTH
from engine.lab.evaluation.sets import Moment, Seen, Shot
from engine.lab.evaluation.specs import parse
from engine.lab.training.data.clips import write_clip
from engine.protocol import ErrorCode, PlatelightError
from tests.support import evaluation_sets as made
from tests.support.buffer_checkpoints import depth_anything
from tests.support.evaluation_runs import run


def films(folder: Path, *, depth: bool) -> Path:
    """One clip of four frames; the ball is nearer than the wall."""
    shots = [made.scene(2.0 * index) for index in range(4)]
    frames, normals = (np.stack(each) for each in zip(*shots, strict=True))
    near = np.where(normals[..., 2] > 0.82, 2.0, 5.0).astype(np.float32) if depth else None
    write_clip(folder / "ball", frames=frames, normals=normals, depth=near)
    return folder


def test_states_of_a_model_and_a_depth_model_in_one_report(tmp_path):
    small = str(depth_anything(tmp_path / "small"))
    specs = parse(["alone=preview@none", "preview", "preview@tune", f"depth={small}"])
    outcome = run(find_sets(films(tmp_path / "films", depth=True)), specs, tuning=Tuning(minutes=1, steps=6))
    (result,) = outcome.evaluation.sets
    scores = {score.model: score for score in result.scores}
    assert list(scores) == [CONSTANT, "alone", "preview", "preview tuned to the shot"], "the depth model has no normals"
    changes = [scores[name].stability.change for name in list(scores)[1:]]
    assert changes[0] > changes[1] >= changes[2], "frame by frame, with blocks, tuned"
    depths = {score.model: score for score in result.depths}
    assert list(depths) == [TRUTH, "alone", "preview", "preview tuned to the shot", "depth"]
    assert depths[TRUTH].abs_rel < 1e-3 and depths[TRUTH].delta1 == 100
    assert all(score.abs_rel > 0.01 and 0 <= score.delta1 <= 100 and score.opw > 0 for score in list(depths.values())[1:])
    assert depths["alone"].change > depths["preview"].change
    assert "tuned to each shot for 6 steps" in outcome.evaluation.models[2].settings
    page, numbers = report.write(outcome, out=tmp_path)
    told = page.read_text(encoding="utf-8")
    assert "<h3>Depth</h3>" in told and "ball, 4 frames, inverse depth" in told and "true depth" in told
    stored = json.loads(numbers.read_text(encoding="utf-8"))
    assert [score["model"] for score in stored["sets"][0]["depths"]] == list(depths)


def test_a_depth_model_alone_where_no_depth_is_known(tmp_path):
    outcome = run(find_sets(films(tmp_path / "films", depth=False)), parse([f"depth={depth_anything(tmp_path / 'small')}"]))
    (score,) = outcome.evaluation.sets[0].depths
    assert score.abs_rel is None and score.delta1 is None and score.change is not None and len(score.shots[0].pair_changes) == 3
    assert "<h3>Depth</h3>" in report.write(outcome, out=tmp_path)[0].read_text(encoding="utf-8")


def test_each_true_frame_is_decoded_once_for_the_truth_and_once_for_each_model(tmp_path):
    (test_set,) = find_sets(films(tmp_path / "films", depth=True))
    read: list[int] = []

    def counting(shot: Shot) -> Shot:
        return dataclasses.replace(shot, read=lambda index: (read.append(index), shot.read(index))[1])

    counted = dataclasses.replace(test_set, shots=tuple(counting(shot) for shot in test_set.shots))
    run([counted], parse(["preview", f"depth={depth_anything(tmp_path / 'small')}"]))
    assert sorted(read) == sorted([0, 1, 2, 3] * 4), "the truth, the best constant, normals and depth together, depth alone"


def test_blocks_are_for_models_that_have_them(tmp_path):
    for text in ("normalcrafter@none", "preview@"):
        with pytest.raises(PlatelightError):
            parse([text])
    (tmp_path / "blocks.safetensors").write_bytes(b"x" * 20)
    with pytest.raises(PlatelightError) as caught:
        parse([f"preview@{tmp_path / 'blocks.safetensors'}"])
    assert caught.value.code is ErrorCode.MODEL_INVALID


def test_depth_figures_by_hand():
    truth = np.linspace(0.2, 1.0, 50)
    assert accuracy(np.stack([3 * truth - 0.4, truth], axis=1)) == (pytest.approx(0, abs=1e-9), 100)
    wrong = accuracy(np.stack([np.tile([1.0, 2.0], 25), np.tile([0.5, 0.5, 1.0, 1.0], 13)[:50]], axis=1))
    assert wrong[0] > 0.3 and wrong[1] < 60
    grey = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    moment = Moment(frame=grey, normals=np.zeros((64, 64, 3), np.float32), valid=np.zeros((64, 64), bool))
    measured = DepthMeasurement(model="x", gallery=DepthGallery(slices=frozenset([0])))
    for index, pumps in enumerate((1.0, 1.1, 1.0)):
        seen = Seen(index=index, moment=moment, earlier=moment if index else None)
        measured.add(seen, np.full((32, 32), 2.0 / pumps, np.float32))
    measured.end_shot("a")
    score = measured.score()
    assert score.change == pytest.approx(10, abs=1e-3) and score.opw == pytest.approx(0.1, abs=1e-5), "by a tenth"
    assert len(measured.gallery.columns[0]) == 3


def test_stills_are_not_tuned_to(tmp_path):
    outcome = run(find_sets(made.dsine(tmp_path, "nyuv2", scenes={"a": 1})), parse(["preview@tune"]), tuning=Tuning(steps=1))
    assert outcome.evaluation.sets[0].scores[1].angular.mean > 0
