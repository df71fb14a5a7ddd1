"""What may be compared: networks of several makes and the files of other tools; what is wrong with them is named."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from diffusers import MarigoldNormalsPipeline
from safetensors.torch import save_file

from engine.lab.evaluation.evaluate import evaluate
from engine.lab.evaluation.exr_folder import ExrFolder
from engine.lab.evaluation.find_sets import find_sets
from engine.lab.evaluation.marigold import MarigoldSteps
from engine.lab.evaluation.predictors import EngineModel, Predictor, opened
from engine.lab.evaluation.sets import Moment, Shot
from engine.lab.evaluation.specs import Kind, parse
from engine.models import registry
from engine.models.interface import Output
from engine.models.marigold.estimator import Marigold
from engine.models.marigold.model import load_normals_model
from engine.models.preview.network import WEIGHTS
from engine.models.temporal.block import TemporalSettings
from engine.normals import normalise
from engine.protocol import ErrorCode, EstimateSettings, PlatelightError
from tests.support import evaluation_sets as made
from tests.support.buffer_checkpoints import stir
from tests.support.evaluation_runs import SETTINGS, run, single_step, tiny_marigold


def told(model: Predictor, frame: np.ndarray) -> np.ndarray:
    """The normals that a model gives of one frame."""
    moment = Moment(frame=frame, normals=np.zeros(frame.shape, np.float32), valid=np.zeros(frame.shape[:2], bool))
    shot = Shot(name="a", count=1, read=lambda index: moment)
    return next(e.values for e in model.predict(iter([moment]), shot=shot, set_name="") if e.pass_name == "normal")


@torch.inference_mode()
def test_a_single_step_checkpoint_is_what_estimate_runs_and_what_its_authors_run(tmp_path):
    """From zeros at the last timestep, colour first: x0 = -sqrt(1 - alpha) v, decoded, made unit length (Garcia et al., 2025)."""
    folder = single_step(tiny_marigold(tmp_path / "tiny"), tmp_path / "e2e-ft")
    (spec,) = parse([str(folder)])
    assert spec.kind is Kind.ENGINE and spec.axes == (-1, 1, 1)
    frame = made.scene(0)[0]
    with opened(spec, settings=dataclasses.replace(SETTINGS, max_resolution=0)) as model:
        found = told(model, frame)
    estimator = registry.load(EstimateSettings(model=str(folder), precision="fp32", device="cpu"))
    assert isinstance(estimator, Marigold) and model.facts.kind == estimator.info.title
    settings = EstimateSettings(model=str(folder), window=1, overlap=0)
    events = estimator.stream(iter([frame.astype(np.float32) / 255]), count=1, settings=settings)
    (estimated,) = (event.values[0] for event in events if isinstance(event, Output))
    assert np.array_equal(found, estimated * np.float32([-1, 1, 1])), "of estimate"
    pipeline = MarigoldNormalsPipeline.from_pretrained(tmp_path / "tiny")
    image = torch.from_numpy(frame).permute(2, 0, 1)[None] / 127.5 - 1
    colour = pipeline.vae.encode(image).latent_dist.mode() * pipeline.vae.config.scaling_factor
    empty = pipeline.text_encoder(torch.tensor([[0, 1]]))[0]
    v = pipeline.unet(torch.cat([colour, torch.zeros_like(colour)], dim=1), 999, encoder_hidden_states=empty).sample
    x0 = -((1 - pipeline.scheduler.alphas_cumprod[999]) ** 0.5) * v
    decoded = pipeline.vae.decode(x0 / pipeline.vae.config.scaling_factor).sample.clamp(-1, 1)
    expected = torch.nn.functional.normalize(decoded, dim=1)[0].permute(1, 2, 0).numpy()
    assert normalise(found) == pytest.approx(expected * np.float32([-1, 1, 1]), abs=1e-4)
    with opened(parse([spec.source], axes=["e2e-ft=+++"])[0], settings=dataclasses.replace(SETTINGS, max_resolution=0)) as turned:
        assert normalise(told(turned, frame)) == pytest.approx(expected, abs=1e-4)


def test_a_marigold_folder_with_other_temporal_blocks_is_run_with_them(tmp_path):
    folder = single_step(tiny_marigold(tmp_path / "tiny"), tmp_path / "e2e-ft")
    network = load_normals_model(folder, fresh=TemporalSettings(layers=1, heads=2))
    stir(network)
    network.save_temporal(tmp_path / "blocks.safetensors")
    alone, tuned = parse([f"{folder}@none", f"{folder}@{tmp_path / 'blocks.safetensors'}"])
    assert tuned.kind is Kind.ENGINE and tuned.label == "e2e-ft blocks"
    scores = run(find_sets(made.clips(tmp_path / "films", ("one",))), [alone, tuned]).evaluation.sets[0].scores
    assert scores[1].angular != scores[2].angular, "the blocks count"


@pytest.mark.parametrize("settings", [{"precision": "bf16"}, {"max_resolution": 60}])
def test_a_marigold_refuses_what_it_cannot_do(tmp_path, settings):
    (spec,) = parse([str(tiny_marigold(tmp_path / "tiny"))])
    with pytest.raises(PlatelightError) as caught:
        MarigoldSteps(spec, settings=dataclasses.replace(SETTINGS, **settings))
    assert caught.value.code is ErrorCode.SETTING_INVALID


@pytest.mark.parametrize("flipped", ["-++", "+-+", "++-"])
def test_axes_that_are_named_are_turned(tmp_path, preview, flipped):
    signs = tuple(1 if sign == "+" else -1 for sign in flipped)
    tool = made.tool(tmp_path / "tool", axes=signs)
    outcome = run(find_sets(made.clips(tmp_path / "films")), parse([f"tool={tool}"], axes=[f"tool={flipped}"]))
    assert outcome.evaluation.sets[0].scores[1].angular.mean < 0.03
    assert outcome.evaluation.models[0].axes == signs and outcome.evaluation.warnings == ()
    specs = parse(["plain=preview", "turned=preview"], axes=[f"turned={flipped}"])
    plain, turned = (told(EngineModel(preview, spec=spec, settings=SETTINGS), made.scene(0)[0]) for spec in specs)
    assert np.array_equal(plain * np.float32(signs), turned)


def test_weights_of_a_training_that_runs_can_be_compared(tmp_path, preview):
    own = tmp_path / "step_500.safetensors"
    own.write_bytes(WEIGHTS.read_bytes())
    (result,) = run(find_sets(made.clips(tmp_path / "films", frames=1)), parse(["preview", str(own)])).evaluation.sets
    assert result.scores[1].angular == result.scores[2].angular and result.scores[2].model == "step_500"


@pytest.mark.parametrize(
    "layout",
    [
        "{0}/one/a.{1:04d}.exr",
        "{0}/one.{1:04d}.exr",
        "{0}/normal/one.{1:04d}.exr",
        "{0}/films/one/{1}.exr",
    ],
)
def test_files_of_another_tool_are_found_where_tools_put_them(tmp_path, layout):
    shot = find_sets(made.clips(tmp_path / "films", ("one",)))[0].shots[0]
    for number in (9, 10, 11):
        made.write_exr(Path(layout.format(tmp_path / "tool", number)), made.scene(0)[1], names=("N.X", "N.Y", "N.Z"))
    files = ExrFolder(parse([str(tmp_path / "tool")])[0]).files(shot, set_name="films")
    assert [re.search(r"(\d+)\.exr", file.name)[1].lstrip("0") for file in files] == ["9", "10", "11"]


# What goes wrong


@pytest.mark.parametrize(
    ("harm", "code", "words"),
    [
        ("gap", ErrorCode.FRAME_MISSING, "two lacks frame 1002"),
        ("none", ErrorCode.FRAME_MISSING, "films, two"),
        ("extra", ErrorCode.FRAME_SIZE_CHANGED, "there are 4 EXR files"),
        ("shape", ErrorCode.FRAME_SIZE_CHANGED, "render.1002.exr"),
        ("packed", ErrorCode.SOURCE_UNREADABLE, "packed into 0 to 1"),
        ("broken", ErrorCode.SOURCE_UNREADABLE, "render.1002.exr"),
        ("depth", ErrorCode.SOURCE_UNREADABLE, "only Z"),
    ],
)
def test_what_is_wrong_with_another_tools_files_is_named(tmp_path, harm, code, words):
    """And before a network is loaded: the one here can't be."""
    save_file({"a": torch.zeros(1)}, tmp_path / "damaged.safetensors")
    folder = made.tool(tmp_path / "tool") / "two"
    file = folder / "render.1002.exr"
    normals = made.scene(2.0, seed=1)[1]
    if harm in ("gap", "none"):
        for lost in [file] if harm == "gap" else list(folder.iterdir()):
            lost.unlink()
    elif harm == "extra":
        made.write_exr(folder / "render.1004.exr", normals, names=("X", "Y", "Z"))
    elif harm == "shape":
        made.write_exr(file, normals[:, :30], names=("X", "Y", "Z"))
    elif harm == "packed":
        made.write_exr(file, normals / 2 + 0.5, names=("R", "G", "B"))
    elif harm == "broken":
        file.write_bytes(file.read_bytes()[:300])
    else:
        made.write_exr(file, normals[..., :1], names=("Z",))
    specs = parse([f"net={tmp_path / 'damaged.safetensors'}", str(tmp_path / "tool")])
    sets = find_sets(made.clips(tmp_path / "films"))
    with pytest.raises(PlatelightError) as caught:
        run(sets, specs)
    assert caught.value.code is code and words in caught.value.detail, caught.value
    if harm in ("gap", "none", "extra"):  # what names alone can tell is told before anything is read
        with pytest.raises(PlatelightError):
            next(evaluate(sets, specs, settings=SETTINGS))


def test_larger_estimates_are_fitted(tmp_path):
    for number in range(3):
        normals = cv2.resize(made.scene(2.0 * number)[1], (2 * made.WIDTH, 2 * made.HEIGHT), interpolation=cv2.INTER_LINEAR)
        made.write_exr(tmp_path / "tool" / "one" / f"{number}.exr", normals, names=("X", "Y", "Z"))
    (result,) = run(find_sets(made.clips(tmp_path / "films", ("one",))), parse([str(tmp_path / "tool")])).evaluation.sets
    assert result.scores[1].angular.median < 0.5 and result.scores[1].angular.mean < 3


@pytest.mark.parametrize(
    ("models", "axes", "code"),
    [
        (["nonesuch"], [], ErrorCode.MODEL_UNKNOWN),
        (["{empty}"], [], ErrorCode.MODEL_UNKNOWN),
        (["preview", "preview"], [], ErrorCode.SETTING_INVALID),
        (["best constant=preview"], [], ErrorCode.SETTING_INVALID),
        (["preview"], ["preview=left"], ErrorCode.SETTING_INVALID),
        (["preview"], ["other=-++"], ErrorCode.SETTING_INVALID),
        (["{cut}"], [], ErrorCode.MODEL_INVALID),
    ],
)
def test_models_that_cannot_be_are_refused_before_any_work(tmp_path, models, axes, code):
    (tmp_path / "empty").mkdir()
    (tmp_path / "cut.safetensors").write_bytes(WEIGHTS.read_bytes()[:5000])
    places = {"empty": tmp_path / "empty", "cut": tmp_path / "cut.safetensors"}
    with pytest.raises(PlatelightError) as caught:
        parse([model.format(**places) for model in models], axes=axes)
    assert caught.value.code is code


def test_a_set_without_any_true_normal_is_refused(tmp_path):
    folder = made.clips(tmp_path / "films", ("one",))
    np.save(folder / "one" / "normals.npy", np.zeros((3, made.HEIGHT, made.WIDTH, 3), dtype=np.float16))
    with pytest.raises(PlatelightError) as caught:
        run(find_sets(folder), parse(["preview"]))
    assert caught.value.code is ErrorCode.SOURCE_EMPTY and str(folder) in caught.value.detail
