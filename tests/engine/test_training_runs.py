"""Whole runs: gone on with bit for bit, stopped by bad input with the last checkpoint intact, and exported for the engine."""

from __future__ import annotations

import dataclasses
import json
import resource
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLTemporalDecoder
from safetensors.torch import load_file, save_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from engine.lab.ablation.run import estimate
from engine.lab.measures.metrics import pooled
from engine.lab.training.data.clips import read_clip
from engine.lab.training.normalcrafter.checkpoint import newest
from engine.lab.training.normalcrafter.features import SemanticEncoder
from engine.lab.training.normalcrafter.layers import is_temporal
from engine.lab.training.run.step import Step
from engine.models import registry
from engine.protocol import EstimateSettings, PlatelightError
from engine.tuning.failures import TrainingStopped
from tests.support.training_kit import GOLDEN, UNET, VAE, config, run, write_clips, write_dino


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_clips(tmp_path / "clips")
    write_dino(tmp_path / "dino")
    return tmp_path


def contents(out: Path) -> dict[str, bytes]:
    """All that a run left, but for logs and what says where it lies."""
    files = [file for file in sorted(out.rglob("*")) if file.is_file() and "logs" not in file.parts]
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in files if file.name != "state.json"}


# Going on


@pytest.mark.parametrize("stage", ["vae", "latent", "pixel"])
def test_an_interrupted_run_ends_with_the_same_bits(folder, stage):
    changes = {
        "steps": 3,
        "lengths": (1, 2),
        "checkpoint_every": 2,
        "accumulation": 1 + (stage == "latent"),
        "average": 0.9,
        "keep": 1,
        "regularised": stage != "vae",
        "precision": {"vae": "fp32", "latent": "bf16", "pixel": "fp16"}[stage],
        "gradient_checkpointing": stage == "latent",
    }
    whole = run(config(stage, folder, out="whole", **changes))
    first = run(config(stage, folder, out="parts", **changes), until=2)
    leftover = folder / "parts" / "checkpoints" / "step-0000004.part"
    leftover.mkdir()
    torch.manual_seed(12345)
    second = run(config(stage, folder, out="parts", workers=3, **{**changes, "keep": 5}))
    assert [step.step for step in second] == [3] and first == whole[:2] and second == whole[2:]
    leftover.rmdir()
    shutil.rmtree(folder / "parts" / "checkpoints" / "step-0000002")
    assert contents(folder / "parts") == contents(folder / "whole")
    log = EventAccumulator(str(folder / "parts" / "logs"))
    log.Reload()
    logged = {event.step: event.value for event in log.Scalars("loss/total")}
    assert logged == pytest.approx({step.step: step.loss for step in whole})


def test_a_finished_run_is_left_as_it_is(folder):
    settings = config("vae", folder, steps=1)
    assert len(run(settings)) == 1
    before = contents(folder / "run")
    assert run(settings) == [] and contents(folder / "run") == before


def test_accumulated_clips_count_like_their_mean(folder):
    """Two clips a step at half the gradient each: the loss told is their mean."""
    one = [step.loss for step in run(config("latent", folder, out="one", steps=2, learning_rate=1e-12))]
    both = run(config("latent", folder, out="both", steps=1, accumulation=2, learning_rate=1e-12))
    assert both[0].loss == pytest.approx(sum(one) / 2, rel=1e-5)


# What is left behind


def test_only_spatial_layers_change_in_the_pixel_stage(folder):
    run(config("pixel", folder, steps=2, lengths=(2, 2), regularised=True))
    before, after = load_file(GOLDEN / UNET), load_file(folder / "run" / "model" / UNET)
    assert before.keys() == after.keys(), "nothing of the regularisation is left in the checkpoint"
    temporal = {name for name in before if is_temporal(name)}
    assert len(temporal) > 100 and all(torch.equal(before[name], after[name]) for name in temporal)
    same = [name for name in before.keys() - temporal if torch.equal(before[name], after[name])]
    # With one token to look at, what a query asks doesn't matter: those weights have no gradient, only decay.
    assert all("attn2.to_" in name or "bias" in name for name in same), same
    for name in (VAE, "image_encoder/model.fp16.safetensors", "scheduler/scheduler_config.json", "unet/config.json"):
        assert (folder / "run" / "model" / name).read_bytes() == (GOLDEN / name).read_bytes()


def test_what_a_stage_exports_runs_in_the_engine(folder):
    run(config("vae", folder, out="vae", steps=1))
    latent = config("latent", folder, out="latent", steps=1, regularised=True, export="fp16")
    run(dataclasses.replace(latent, vae=str(folder / "vae" / "model")))
    model = folder / "latent" / "model"
    assert {value.dtype for value in load_file(model / UNET).values()} == {torch.float16}
    assert (model / VAE).read_bytes() == (folder / "vae" / "model" / VAE).read_bytes() != (GOLDEN / VAE).read_bytes()
    assert (folder / "latent" / "head.safetensors").is_file() and not list(model.rglob("*head*"))
    estimator = registry.load(EstimateSettings(model=str(model), precision="fp32", device="cpu"))
    frames, normals = read_clip(folder / "clips" / "clip0")
    found = estimate(estimator, np.asarray(frames, np.float32) / 255)
    registry.release()
    assert found.shape == normals.shape and np.isfinite(found).all() and pooled([found], [np.asarray(normals)]).mean < 180


def test_a_head_that_only_measures_leaves_no_trace_in_the_network(folder):
    plain = run(config("latent", folder, out="plain"))
    settings = config("latent", folder, out="measured", regularised=True)
    apart = dataclasses.replace(settings.regularisation, detached=True)
    measured = run(dataclasses.replace(settings, regularisation=apart))
    assert [step.parts["denoising"] for step in plain] == [step.parts["denoising"] for step in measured]
    assert (folder / "plain/model" / UNET).read_bytes() == (folder / "measured/model" / UNET).read_bytes()
    felt = run(config("latent", folder, out="felt", regularised=True))
    assert felt[1].parts["denoising"] != plain[1].parts["denoising"]


def test_averaged_weights_are_what_is_exported(folder):
    run(config("vae", folder, out="last", steps=3))
    run(config("vae", folder, out="mean", steps=3, average=0.5))
    name = "decoder.conv_in.weight"
    last, mean, base = (load_file(file / VAE)[name] for file in (folder / "last/model", folder / "mean/model", GOLDEN))
    assert (mean - base).abs().sum() < (last - base).abs().sum() and not torch.equal(mean, base)
    kept = load_file(newest(folder / "mean") / "average.safetensors")[name]
    assert torch.equal(mean, kept)


# Learning


def begun_and_ended(steps: list[Step], part: str) -> tuple[float, float]:
    """Means over the first and the last three steps."""
    return tuple(float(np.mean([step.parts[part] for step in some])) for some in (steps[:3], steps[-3:]))


@pytest.mark.parametrize("stage", ["vae", "latent", "pixel"])
def test_the_loss_of_every_stage_falls_and_regularisation_raises_its_cosine(folder, stage):
    changes = {"share_at_max": 1.0, "regularised": True} if stage == "latent" else {}
    settings = config(stage, folder, steps=18, warm_up=2, final_share=1.0, learning_rate=2e-3, **changes)
    steps = run(settings)
    begun, ended = begun_and_ended(steps, "denoising" if stage == "latent" else "degrees")
    assert ended < 0.9 * begun
    if stage == "latent":
        begun, ended = begun_and_ended(steps, "cosine")
        assert ended > begun + 0.2
        encoder = SemanticEncoder(settings.regularisation.encoder)
        assert all(value.grad is None and not value.requires_grad for value in encoder.model.parameters())


# Bad input


def test_a_loss_that_is_not_a_number_names_the_step_and_keeps_the_last_checkpoint(folder):
    settings = config("latent", folder, steps=5, checkpoint_every=1, learning_rate=1e20, warm_up=0, clip_norm=1e20)
    with pytest.raises(TrainingStopped) as caught:
        run(settings)
    last = newest(folder / "run")
    done = json.loads((last / "state.json").read_text())["step"]
    assert f"of step {done + 1} is not a number" in caught.value.sentence and "learning_rate" in caught.value.remedy
    assert all(torch.isfinite(value).all() for value in load_file(last / "weights.safetensors").values())
    assert not (folder / "run" / "model").exists()


def test_a_checkpoint_of_another_size_is_named(folder):
    settings = config("latent", folder, steps=2, checkpoint_every=1, regularised=True)
    run(settings, until=1)
    last = newest(folder / "run")
    tensors = load_file(last / "weights.safetensors")
    save_file({**tensors, "unet.conv_in.weight": torch.zeros(3, 3)}, last / "weights.safetensors")
    with pytest.raises(TrainingStopped) as caught:
        run(settings)
    said = caught.value.sentence
    assert "weights.safetensors" in said and "unet.conv_in.weight is of the size [3, 3]" in said
    (last / "weights.safetensors").write_bytes(b"half")
    with pytest.raises(TrainingStopped, match="cannot be read"):
        run(settings)
    wide = dataclasses.replace(settings.regularisation, hidden=32, head=str(folder / "head.safetensors"))
    save_file({"layers.0.weight": torch.zeros(24, 64)}, folder / "head.safetensors")
    with pytest.raises(TrainingStopped, match=r"head.safetensors is of another network: layers\.0\.bias is missing"):
        run(dataclasses.replace(settings, out=str(folder / "other"), regularisation=wide))


def test_a_run_is_not_gone_on_with_by_other_settings_weights_or_stages(folder):
    settings = config("latent", folder, steps=2, checkpoint_every=1)
    run(settings, until=1)
    with pytest.raises(TrainingStopped, match=r"was made with learning_rate = 0\.001, not 0\.5"):
        run(dataclasses.replace(settings, learning_rate=0.5))
    with pytest.raises(TrainingStopped, match="is of the stage latent, not vae"):
        run(config("vae", folder))
    other = Path(shutil.copytree(GOLDEN, folder / "other"))
    tensors = load_file(other / UNET)
    save_file({name: value + 1 for name, value in tensors.items()}, other / UNET)
    with pytest.raises(TrainingStopped, match="other weights"):
        run(dataclasses.replace(settings, model=str(other)))
    moved = Path(shutil.copytree(GOLDEN, folder / "moved"))
    assert [step.step for step in run(dataclasses.replace(settings, model=str(moved)))] == [2]


def test_a_full_disk_leaves_the_last_checkpoint_and_the_run_goes_on_later(folder):
    settings = config("vae", folder, steps=2, checkpoint_every=1)
    whole = run(dataclasses.replace(settings, out=str(folder / "whole")))
    run(settings, until=1)
    before = contents(folder / "run")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        with pytest.raises(TrainingStopped) as caught:
            run(settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "The disk is full" in caught.value.sentence and "step-0000002.part" in caught.value.sentence
    assert contents(folder / "run") == before
    assert run(settings) == whole[1:]


def test_a_vae_of_another_kind_is_named(folder):
    other = Path(shutil.copytree(GOLDEN, folder / "other"))
    wide = json.loads((GOLDEN / "vae/config.json").read_text()) | {"latent_channels": 8}
    AutoencoderKLTemporalDecoder.from_config(wide).save_pretrained(other / "vae")
    with pytest.raises(PlatelightError, match=r"U-Net takes 8 channels, the latents of the VAE in .*other, twice, have 16"):
        run(config("latent", folder, vae=str(other)))


def test_data_and_models_that_are_not_there_are_named(folder):
    for changes, said in (
        ({"model": str(folder / "no-model")}, "no-model"),
        ({"data": (dataclasses.replace(config("vae", folder).data[0], root=str(folder / "no-clips")),)}, "no-clips"),
        ({"data": (dataclasses.replace(config("vae", folder).data[0], kind="films"),)}, "films"),
        ({"data": (dataclasses.replace(config("vae", folder).data[0], only=("clip1", "nobody")),)}, "no clip nobody"),
    ):
        with pytest.raises(PlatelightError) as caught:
            run(config("vae", folder, **changes))
        assert said in caught.value.detail
