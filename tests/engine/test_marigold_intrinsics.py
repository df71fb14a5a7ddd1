"""Albedo, roughness, metallicity and shading: as the published pipeline makes them, steady noise, files, refusals."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest
import torch
from diffusers import MarigoldIntrinsicsPipeline

from engine import exr
from engine.models import registry
from engine.models.marigold_intrinsics.model import load_intrinsics_model, to_linear
from engine.models.temporal.block import TemporalSettings
from engine.protocol import ErrorCode, PlatelightError, pass_file
from tests.support.buffer_checkpoints import marigold_intrinsics, stir
from tests.support.jobs import finish, request

PASSES = {"appearance": ("albedo", "roughness", "metallic"), "lighting": ("albedo", "shading")}


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("intrinsics")
    return {kind: marigold_intrinsics(root / kind, lighting=kind == "lighting") for kind in PASSES}


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (3, 42, 56, 3), np.uint8)


def published(folder: Path, frame: torch.Tensor, *, noise: torch.Tensor) -> torch.Tensor:
    """What diffusers makes of a frame [1, 3, H, W]: [targets, 3, H, W]."""
    pipeline = MarigoldIntrinsicsPipeline.from_pretrained(folder, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.tokenizer.model_max_length = 77
    return pipeline(frame, processing_resolution=0, latents=noise, output_type="pt").prediction


def pixels(frames: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255


@pytest.mark.parametrize("kind", PASSES)
@torch.no_grad()
def test_each_frame_is_what_the_published_pipeline_makes_of_it(folders, frames, kind):
    model = load_intrinsics_model(folders[kind])
    assert tuple(target.name for target in model.targets) == PASSES[kind]
    for frame in pixels(frames):
        latents = model.encode(frame[None])
        theirs = published(folders[kind], frame[None], noise=model.noise(latents))
        ours = model.pictures(model.unet(latents), size=(42, 56))[0]
        assert ours.std() > 0.01 and (ours - theirs).abs().max() < 1e-4


@torch.no_grad()
def test_untrained_blocks_change_nothing_and_all_frames_begin_with_one_noise(folders, frames):
    model = load_intrinsics_model(folders["appearance"], fresh=TemporalSettings(layers=1))
    latents = model.encode(pixels(frames[[0, 0]]))
    answer = model.unet(latents)
    assert torch.equal(answer, load_intrinsics_model(folders["appearance"]).unet(latents))
    assert torch.equal(answer[0], answer[1]), "a picture that stands still stays as it is"
    stir(model)
    assert not torch.equal(model.unet(latents), answer) and torch.equal(model.unet(latents, temporal=False), answer)


@pytest.mark.parametrize("kind", PASSES)
def test_passes_come_out_linear_and_the_same_again_after_a_stop(folders, frames, tmp_path, kind):
    for number, frame in enumerate(frames, 1):
        assert cv2.imwrite(str(tmp_path / f"shot.{number:04d}.png"), frame[..., ::-1])
    source, out = tmp_path / "shot.0001.png", tmp_path / "out"
    asked = {"model": str(folders[kind]), "max_resolution": 0, "window": 0, "overlap": -1, "precision": "fp32"}
    finish(request(source, out, first=1, last=3, **asked))
    model = load_intrinsics_model(folders[kind])
    for index, frame in enumerate(pixels(frames)):
        with torch.no_grad():
            latents = model.encode(frame[None])
        theirs = published(folders[kind], frame[None], noise=model.noise(latents))
        albedo = to_linear(theirs[0]) if kind == "appearance" else theirs[0]
        expected = {"albedo": albedo, "roughness": theirs[1][:1], "metallic": theirs[1][1:2], "shading": theirs[1]}
        for name in PASSES[kind]:
            file = pass_file(out, pass_name=name, clip="shot", frame=index + 1)
            values = exr.read(file, pass_name=name).astype(np.float32)
            assert np.abs(values - expected[name].permute(1, 2, 0).numpy()).max() < 1e-3
    header = OpenEXR.File(str(pass_file(out, pass_name="albedo", clip="shot", frame=1)), header_only=True).header()
    assert header["platelight/values"].startswith("linear")
    first = {file.name: file.read_bytes() for file in out.rglob("*.exr")}
    finish(request(source, tmp_path / "again", first=1, last=2, **asked))
    finish(request(source, tmp_path / "again", first=1, last=3, **asked))
    assert {file.name: file.read_bytes() for file in (tmp_path / "again").rglob("*.exr")} == first


def test_a_folder_is_recognised(folders):
    assert {kind: registry.info(str(folder)).passes for kind, folder in folders.items()} == PASSES


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target_properties", {"target_names": ["heat"], "heat": {}}),
        ("target_properties", {"target_names": ["albedo"], "albedo": {"prediction_space": "log"}}),
        ("target_properties", {"target_names": ["albedo"], "albedo": {}}),
        ("target_properties", []),
        ("default_denoising_steps", None),
        ("default_denoising_steps", 10**6),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused_by_name(folders, tmp_path, field, value):
    folder = tmp_path / "wrong"
    shutil.copytree(folders["appearance"], folder)
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps(index | {field: value}))
    with pytest.raises(PlatelightError) as caught:
        load_intrinsics_model(folder)
    assert caught.value.code is ErrorCode.MODEL_INVALID and str(folder) in caught.value.detail
