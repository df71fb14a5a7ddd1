"""Image models as video models: the same bits before training, nothing across cuts, files that fit or are refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from diffusers import DDIMScheduler, MarigoldNormalsPipeline
from safetensors.torch import load_file, save_file

from engine.models.depth_anything.model import load_depth_model
from engine.models.marigold.model import clean_gain, load_normals_model
from engine.models.temporal.block import TemporalBlock, TemporalSettings, positions, shots
from engine.protocol import ErrorCode, PlatelightError
from tests.support.buffer_checkpoints import depth_anything, marigold, stir

LOADERS = {"depth_anything": load_depth_model, "marigold": load_normals_model}
SMALL = TemporalSettings(layers=1)


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("checkpoints")
    return {"depth_anything": depth_anything(root / "da"), "marigold": marigold(root / "mg")}


@pytest.fixture(scope="module")
def frames() -> torch.Tensor:
    return torch.rand(4, 3, 42, 56, generator=torch.Generator().manual_seed(3))


@torch.no_grad()
def test_untrained_depth_is_the_image_models_bit_for_bit(folders, frames):
    model = load_depth_model(folders["depth_anything"], fresh=TemporalSettings())
    image = load_depth_model(folders["depth_anything"]).image
    pixels = (frames - model.mean) / model.std
    video = model(frames)
    assert video.shape == (4, 42, 56) and video.std() > 0.001
    assert torch.equal(video, image(pixels).predicted_depth)
    apart = torch.cat([image(frame[None]).predicted_depth for frame in pixels])
    assert torch.equal(model(frames, chunk=1), apart), "frames can go through the DPT one by one"
    assert torch.equal(load_depth_model(folders["depth_anything"])(frames), video), "and without blocks"


@torch.no_grad()
def test_untrained_normals_are_the_image_models_bit_for_bit(folders, frames):
    model = load_normals_model(folders["marigold"], fresh=SMALL)
    image = load_normals_model(folders["marigold"])
    assert model.prompt.shape == (1, 2, 16), "begin and end of an empty text"
    latents = model.encode(frames)
    assert latents.shape == (4, 4, 6, 7)
    answer = (
        image.image_unet(
            torch.cat([latents, torch.zeros_like(latents)], dim=1), 999, encoder_hidden_states=image.prompt.expand(4, -1, -1)
        ).sample
        * image.gain
    )
    assert torch.equal(model.unet(latents), answer) and torch.equal(image.unet(latents), answer)
    stir(model)
    assert not torch.equal(model.unet(latents), answer)
    assert torch.equal(model.unet(latents, temporal=False), answer)
    assert not torch.equal(model.unet(latents), answer), "the blocks are back after a call without them"


@torch.no_grad()
def test_one_frame_is_what_the_published_pipeline_makes_of_it(folders, frames):
    model = load_normals_model(folders["marigold"])
    pipeline = MarigoldNormalsPipeline.from_pretrained(folders["marigold"], local_files_only=True)
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config, timestep_spacing="trailing", set_alpha_to_one=True)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.tokenizer.model_max_length = 77
    theirs = pipeline(frames[:1], num_inference_steps=1, processing_resolution=0, latents=torch.zeros(1, 4, 6, 7)).prediction
    ours = model(frames[:1])
    ours = ours / ours.norm(dim=1, keepdim=True)
    assert torch.allclose(ours, torch.from_numpy(theirs).permute(0, 3, 1, 2), atol=1e-4)


@pytest.mark.parametrize("kind", ["v_prediction", "epsilon", "sample"])
def test_one_step_from_zeros_gives_the_schedulers_clean_latents(kind):
    scheduler = DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type=kind,
        clip_sample=False,
        timestep_spacing="trailing",
    )
    scheduler.set_timesteps(1)
    answer = torch.randn(1, 4, 3, 3)
    clean = scheduler.step(answer, scheduler.timesteps[0], torch.zeros_like(answer)).pred_original_sample
    assert torch.allclose(answer * clean_gain(scheduler, timestep=999), clean, rtol=1e-4, atol=1e-4)
    if kind == "v_prediction":
        assert clean_gain(scheduler, timestep=999) == pytest.approx(-0.997667, abs=1e-6)


@pytest.mark.parametrize("family", LOADERS)
@torch.no_grad()
def test_no_frame_sees_one_of_another_shot(folders, frames, family):
    model = LOADERS[family](folders[family], fresh=SMALL)
    stir(model)
    whole, apart = model(frames), model(frames, cuts=(1, 3))
    assert torch.allclose(apart[1:3], model(frames[1:3]), atol=1e-4)
    assert torch.allclose(apart[3:], model(frames[3:]), atol=1e-4)
    assert (whole - apart).abs().max() > 0.01, "across them frames would have changed each other"


def test_what_is_trained_wants_gradients_and_nothing_else_does(folders, frames):
    for family, load in LOADERS.items():
        model = load(folders[family], fresh=SMALL)
        stir(model)
        model(frames[:2]).sum().backward()
        trained = model.temporal_parameters()
        assert trained and all(p.grad is not None and p.grad.abs().sum() > 0 for p in trained if p.ndim > 1)
        assert {id(p) for p in model.parameters() if p.requires_grad} == {id(p) for p in trained}
    model = load_depth_model(folders["depth_anything"], fresh=SMALL)
    target = model.image_model()
    for parameter in model.head_parameters():
        parameter.requires_grad_()
        parameter.data += 0.05
    model(frames[:2]).sum().backward()
    assert all(parameter.grad is None for parameter in model.image.backbone.parameters())
    assert model.image.head.conv1.weight.grad is not None
    same = load_depth_model(folders["depth_anything"])(frames[:2])
    assert torch.equal(target(frames[:2]), same) and not torch.equal(model(frames[:2]), same)
    assert target.image.backbone is model.image.backbone


@pytest.mark.parametrize("family", LOADERS)
@torch.no_grad()
def test_trained_blocks_come_back_from_their_file(folders, frames, family, tmp_path):
    folder = Path(shutil.copytree(folders[family], tmp_path / "model"))
    model = LOADERS[family](folder, fresh=TemporalSettings(layers=1, heads=4, width=0.5))
    stir(model)
    expected = model(frames[:2])
    model.save_temporal(tmp_path / "tuned.safetensors")
    assert torch.equal(LOADERS[family](folder, temporal=tmp_path / "tuned.safetensors")(frames[:2]), expected)
    model.save_temporal(folder / "temporal.safetensors")
    assert torch.equal(LOADERS[family](folder)(frames[:2]), expected), "the folder's own are used without asking"
    plain = LOADERS[family](folders[family])(frames[:2])
    assert torch.equal(LOADERS[family](folder, per_frame=True)(frames[:2]), plain)
    assert not list(tmp_path.glob(".*"))


@torch.no_grad()
def test_a_trained_head_goes_with_its_blocks(folders, frames, tmp_path):
    model = load_depth_model(folders["depth_anything"], fresh=SMALL)
    model.image.head.conv3.bias += 0.25
    model.save_temporal(tmp_path / "t.safetensors", head=True)
    assert torch.equal(load_depth_model(folders["depth_anything"], temporal=tmp_path / "t.safetensors")(frames), model(frames))


def refusal(load, *args, **kwargs) -> PlatelightError:
    with pytest.raises(PlatelightError) as caught:
        load(*args, **kwargs)
    return caught.value


def test_blocks_of_another_model_are_refused(folders, tmp_path):
    depth, file = load_depth_model(folders["depth_anything"], fresh=SMALL), tmp_path / "t.safetensors"
    depth.save_temporal(file)
    error = refusal(load_normals_model, folders["marigold"], temporal=file)
    assert error.code is ErrorCode.MODEL_INVALID and "depth_anything" in error.detail
    tensors = load_file(file)
    tensors["temporal.0.proj_in.weight"] = torch.zeros(3, 3)
    with safetensors_header(file) as metadata:
        save_file(tensors, file, metadata=metadata)
    error = refusal(load_depth_model, folders["depth_anything"], temporal=file)
    assert error.code is ErrorCode.MODEL_INVALID and "another size" in error.detail
    save_file({"a": torch.zeros(1)}, file)
    assert "no temporal blocks" in refusal(load_depth_model, folders["depth_anything"], temporal=file).detail
    file.write_bytes(b"not safetensors")
    assert refusal(load_depth_model, folders["depth_anything"], temporal=file).code is ErrorCode.MODEL_INVALID
    file.unlink()
    assert refusal(load_depth_model, folders["depth_anything"], temporal=file).code is ErrorCode.MODEL_INCOMPLETE


class safetensors_header:
    """The metadata of a file, for writing it anew."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> dict[str, str]:
        raw = self._file.read_bytes()
        return json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])["__metadata__"]

    def __exit__(self, *_: object) -> None:
        return None


@pytest.mark.parametrize(
    ("family", "missing"),
    [
        ("depth_anything", "config.json"),
        ("depth_anything", "preprocessor_config.json"),
        ("depth_anything", "model.safetensors"),
        ("marigold", "model_index.json"),
        ("marigold", "scheduler/scheduler_config.json"),
        ("marigold", "tokenizer/vocab.json"),
        ("marigold", "text_encoder/model.safetensors"),
        ("marigold", "unet/config.json"),
        ("marigold", "vae/diffusion_pytorch_model.safetensors"),
    ],
)
def test_a_missing_file_is_named(folders, family, missing, tmp_path):
    folder = Path(shutil.copytree(folders[family], tmp_path / "model"))
    (folder / missing).unlink()
    error = refusal(LOADERS[family], folder)
    assert error.code is ErrorCode.MODEL_INCOMPLETE and str(folder / missing) in error.detail


def test_the_wrong_folder_and_spoilt_ones_are_refused(folders, tmp_path):
    for family, other in (("depth_anything", "marigold"), ("marigold", "depth_anything")):
        assert refusal(LOADERS[family], folders[other]).code is ErrorCode.MODEL_INCOMPLETE
    folder = Path(shutil.copytree(folders["depth_anything"], tmp_path / "a"))
    (folder / "config.json").write_text(json.dumps({"model_type": "dpt"}))
    assert "dpt" in refusal(load_depth_model, folder).detail
    (folder / "preprocessor_config.json").write_text("{}")
    shutil.copy(folders["depth_anything"] / "config.json", folder)
    error = refusal(load_depth_model, folder)
    assert error.code is ErrorCode.MODEL_INVALID and "preprocessor_config.json" in error.detail
    folder = marigold(tmp_path / "slow", steps=10)
    assert "10 steps" in refusal(load_normals_model, folder).detail
    folder = Path(shutil.copytree(folders["marigold"], tmp_path / "c"))
    shutil.copy(folder / "vae" / "diffusion_pytorch_model.safetensors", folder / "unet")
    assert refusal(load_normals_model, folder).code is ErrorCode.MODEL_INVALID


def test_positions_go_on_for_any_number_of_frames():
    where = positions(500, 8, like=torch.zeros(1))
    assert where.shape == (500, 8) and len(torch.unique((where * 1e4).round(), dim=0)) == 500
    assert torch.equal(positions(3, 8, like=torch.zeros(1)), where[:3])


def test_shots_of_bad_cuts_are_refused():
    assert list(shots(5, (0, 2))) == [slice(0, 2), slice(2, 5)]
    for cuts in ((3, 2), (5,), (2, 2)):
        with pytest.raises(ValueError, match="ascend"):
            list(shots(5, cuts))


@torch.no_grad()
def test_pixels_worked_on_in_pieces_are_the_same(monkeypatch):
    block = TemporalBlock(16, settings=SMALL)
    torch.nn.init.normal_(block.proj_out.weight)
    features = torch.randn(5, 16, 6, 7)
    whole = block(features)
    monkeypatch.setattr("engine.models.temporal.block.PIECE_VALUES", 5 * 7 * 8 * 16 * 2)
    assert torch.allclose(block(features), whole, atol=1e-4)
