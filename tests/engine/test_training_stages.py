"""What each stage trains and computes, on the golden checkpoint and small clips."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import ViTConfig, ViTModel

from engine.device import choose
from engine.lab.bench.random_weights import UNET
from engine.lab.training.data.readers import Clip
from engine.lab.training.normalcrafter.config import LAYERS, DataSource
from engine.lab.training.normalcrafter.export import load
from engine.lab.training.normalcrafter.features import SemanticEncoder, block, channels
from engine.lab.training.normalcrafter.feed import Feed, read_checked
from engine.lab.training.normalcrafter.layers import FoldedConvolution, fold_convolutions, is_temporal, train_only, trained
from engine.lab.training.normalcrafter.samples import Sample, prepare
from engine.lab.training.normalcrafter.stages import build
from engine.models.normalcrafter.checkpoint import load_networks
from engine.models.normalcrafter.pipeline import Pipeline
from engine.models.normalcrafter.unet import FrameConditionedUNet
from engine.protocol import PlatelightError
from tests.support.training_kit import GOLDEN, config, waves, write_clips, write_dino


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_clips(tmp_path / "clips")
    write_dino(tmp_path / "dino")
    return tmp_path


def clip(*, frames: int = 2, height: int = 64, width: int = 64) -> Clip:
    normals = np.stack([waves(index, size=max(height, width))[:height, :width] for index in range(frames)]).astype(np.float32)
    return Clip(frames=normals * 0.5 + 0.5, normals=normals, valid=np.ones(normals.shape[:3], bool))


def sample(**size: int) -> Sample:
    return prepare(clip(**size), short_edge=64, fit="pad", rng=np.random.default_rng(0), name="waves")


# What is trained


def test_the_real_networks_temporal_layers_are_those_the_paper_counts():
    with torch.device("meta"):
        unet = FrameConditionedUNet(**UNET)
    temporal = sum(value.numel() for name, value in unet.named_parameters() if is_temporal(name))
    assert temporal == pytest.approx(656.1e6, abs=0.1e6)
    train_only(unet, spatial=True)
    assert sum(value.numel() for value in trained(unet).values()) == pytest.approx(868.5e6, abs=0.1e6)
    train_only(unet)
    assert sum(value.numel() for value in trained(unet).values()) == 1_524_623_082
    assert [channels(block(unet, layer)) for layer in LAYERS] == [640, 1280, 1280, 1280, 1280, 1280, 640]


def test_each_stage_trains_what_it_should(folder):
    vae = build(load(str(GOLDEN)), config("vae", folder))
    assert all(name.startswith("decoder.") for name in trained(vae))
    idle = list(vae.decoder.mid_block.attentions.parameters())
    assert len(vae.decoder.mid_block.resnets) == 1 and idle, "with one layer a block nothing passes through these"
    assert len(trained(vae)) == len(list(vae.decoder.parameters())) - len(idle)
    networks = load(str(GOLDEN))
    latent = build(networks, config("latent", folder, regularised=True))
    names = set(trained(latent))
    assert {name for name in names if name.startswith("unet.")} == {f"unet.{name}" for name, _ in latent.unet.named_parameters()}
    assert len([name for name in names if name.startswith("head.")]) == 6, "three layers, each with a bias"
    pixel = build(networks, config("pixel", folder))
    frozen = {name for name, value in pixel.unet.named_parameters() if not value.requires_grad}
    assert frozen == {name for name, _ in pixel.unet.named_parameters() if is_temporal(name)} and frozen
    for stage in (latent, pixel):
        assert not any(value.requires_grad for value in (*stage.networks.vae.parameters(), *stage.networks.tower.parameters()))


# What is computed


def test_the_pixel_stage_takes_the_very_step_that_inference_takes(folder):
    stage = build(load(str(GOLDEN)), config("pixel", folder))
    some = sample(frames=3, width=128)
    with torch.no_grad():
        ours = stage.estimate(some)
    compute = choose(device="cpu", precision="fp32")
    pipeline = Pipeline(load_networks(GOLDEN, compute=compute), compute=compute, plain=True)
    latents = pipeline.predict(images=pipeline.encode(some.frames), tokens=pipeline.embed(some.frames), previous=None)
    assert torch.allclose(ours.clamp(-1, 1), pipeline.decode(latents), atol=1e-4)
    assert ours.std() > 0.01


def test_gradient_checkpointing_changes_memory_and_no_number(folder):
    gradients = []
    for checkpointing in (False, True):
        stage = build(load(str(GOLDEN)), config("pixel", folder, regularised=True, gradient_checkpointing=checkpointing))
        torch.manual_seed(0)
        for value in stage.head.parameters():
            torch.nn.init.normal_(value, std=0.1)
        stage(sample()).total.backward()
        gradients.append({name: value.grad.clone() for name, value in trained(stage).items()})
    assert all(torch.allclose(gradients[0][name], gradients[1][name], atol=1e-6) for name in gradients[0])
    assert max(float(value.abs().max()) for value in gradients[0].values()) > 1e-4


def test_a_folded_convolution_gives_the_same_numbers_under_the_same_names():
    torch.manual_seed(0)
    plain = torch.nn.Sequential(torch.nn.Conv3d(4, 6, (3, 1, 1), padding=(1, 0, 0)), torch.nn.Conv3d(6, 2, 3, padding=1))
    images = torch.randn(2, 4, 5, 3, 7)
    expected, names = plain(images), list(plain.state_dict())
    fold_convolutions(plain)
    assert isinstance(plain[0], FoldedConvolution) and isinstance(plain[1], torch.nn.Conv3d)
    assert torch.allclose(plain(images), expected, atol=1e-5) and list(plain.state_dict()) == names


def test_every_row_of_the_papers_table_can_be_regularised(folder):
    settings, networks = config("latent", folder, regularised=True), load(str(GOLDEN))
    halvings = {"down1": 32, "down2": 64, "down3": 64, "mid": 64, "up0": 32, "up1": 16, "up2": 8}
    assert tuple(halvings) == LAYERS
    for layer, pixels in halvings.items():
        chosen = dataclasses.replace(settings.regularisation, layer=layer)
        stage = build(networks, dataclasses.replace(settings, regularisation=chosen))
        losses = stage(sample(frames=1, width=128))
        assert stage.tap.features.shape[-2:] == (64 // pixels, 128 // pixels), layer
        assert -1 <= losses.parts["cosine"] <= 1
        assert losses.total.item() == pytest.approx(float(losses.parts["denoising"] - losses.parts["cosine"]), rel=1e-5)


def test_what_is_not_valid_teaches_nothing(folder):
    stage = build(load(str(GOLDEN)), config("pixel", folder))
    some = sample()
    wrong = some.normals.clone()
    wrong[..., :8] *= -1
    valid = some.valid.clone()
    valid[..., :8] = 0
    losses = [stage(dataclasses.replace(some, normals=normals, valid=valid)).total.item() for normals in (some.normals, wrong)]
    assert losses[0] == losses[1] != stage(some).total.item()


# The encoder


def test_the_grids_match_and_only_patches_come_back(tmp_path):
    encoder = SemanticEncoder(str(write_dino(tmp_path / "dino")))
    frames = torch.rand(2, 3, 64, 128)
    features = encoder.patches(frames, grid=(4, 8))
    assert features.shape == (2, 32, 16) and encoder.patch == 4
    tiny = torch.nn.functional.interpolate(frames, size=(16, 32), mode="bicubic", antialias=True).clamp(0, 1)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.no_grad():
        tokens = encoder.model((tiny - mean) / std).last_hidden_state
    assert torch.allclose(features, tokens[:, 1:]) and tokens.shape[1] == 33


def test_the_first_dino_is_a_vit_and_is_read_too(tmp_path):
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    ViTModel(ViTConfig(**sizes, patch_size=8, image_size=32)).save_pretrained(tmp_path / "vit")
    assert SemanticEncoder(str(tmp_path / "vit")).patches(torch.rand(1, 3, 64, 128), grid=(4, 8)).shape == (1, 32, 16)


def test_what_is_no_encoder_is_named(tmp_path):
    with pytest.raises(PlatelightError, match="neither a folder nor an id"):
        SemanticEncoder(str(tmp_path / "nothing"))
    with pytest.raises(PlatelightError, match=r"is a clip"):
        SemanticEncoder(str(GOLDEN / "image_encoder"))
    (write_dino(tmp_path / "dino") / "model.safetensors").write_bytes(b"short")
    with pytest.raises(PlatelightError, match="dino"):
        SemanticEncoder(str(tmp_path / "dino"))


# The data


def test_padding_is_white_and_teaches_nothing():
    some = sample(height=64, width=96)
    assert some.frames.shape == some.normals.shape == (2, 3, 64, 128)
    assert (some.frames[..., :16] == 1).all() and (some.valid[..., :16] == 0).all() and (some.valid[..., 16:-16] == 1).all()
    assert torch.allclose(some.normals.norm(dim=1), torch.ones(2, 64, 128), atol=1e-5)
    inner = torch.from_numpy(clip(height=64, width=96).normals).permute(0, 3, 1, 2)
    assert torch.allclose(some.normals[..., 16:-16], inner, atol=1e-5)


def test_a_crop_is_the_same_for_frames_and_normals():
    whole = clip(height=96, width=160)
    seen = {
        prepare(whole, short_edge=96, fit="crop", rng=np.random.default_rng(seed), name="").frames.sum().item() for seed in range(4)
    }
    some = prepare(whole, short_edge=96, fit="crop", rng=np.random.default_rng(1), name="")
    assert some.frames.shape == (2, 3, 64, 128) and len(seen) > 1
    assert torch.allclose(some.frames * 2 - 1, some.normals, atol=1e-4)


def test_a_resized_normal_is_the_mean_of_those_it_covers():
    normals = np.zeros((1, 128, 128, 3), np.float32)
    normals[..., 2] = 1
    normals[:, :, 1::2] = (1, 0, 0)
    valid = np.ones((1, 128, 128), bool)
    valid[:, 64:, :] = False
    some = prepare(
        Clip(frames=normals, normals=normals, valid=valid), short_edge=64, fit="pad", rng=np.random.default_rng(0), name=""
    )
    assert torch.allclose(some.normals[0, :, 3, 3], torch.tensor([0.5**0.5, 0.0, 0.5**0.5]), atol=1e-5)
    assert some.valid[0, 0].sum() == 32 * 64 and torch.equal(some.normals[0, :, 50, 3], torch.tensor([0.0, 0.0, 1.0]))


def test_the_feed_goes_on_where_it_stood_and_processes_share_lengths_only(folder):
    settings = config("latent", folder, lengths=(1, 4), workers=3)
    feed = Feed(settings, process=0)
    first = [feed.next() for _ in range(3)]
    at = feed.position
    rest = [feed.next() for _ in range(4)]
    feed.close()
    again = Feed(dataclasses.replace(settings, workers=1), process=0, at=at)
    for before, after in zip(rest, [again.next() for _ in range(4)], strict=True):
        assert torch.equal(before.frames, after.frames) and (before.seed, before.name) == (after.seed, after.name)
    again.close()
    other = Feed(settings, process=1)
    theirs = [other.next() for _ in range(7)]
    other.close()
    ours = [*first, *rest]
    assert [len(each.frames) for each in ours] == [len(each.frames) for each in theirs]
    assert len({len(each.frames) for each in ours}) > 1
    assert {each.seed for each in ours}.isdisjoint({each.seed for each in theirs})


def test_only_the_clips_that_are_named_are_drawn(folder):
    source = DataSource(kind="clips", root=str(folder / "clips"), only=("clip1",))
    feed = Feed(config("vae", folder, data=(source,)), process=0)
    assert {feed.next().name for _ in range(5)} == {"clip1"}
    feed.close()


def test_a_cameras_faults_are_drawn_over_frames_alone_and_the_lasting_ones_stay(folder):
    source = DataSource(kind="clips", root=str(folder / "clips"), only=("clip0",))
    samples = []
    for spoiled in (False, True, True):
        feed = Feed(config("vae", folder, lengths=(4, 4), data=(dataclasses.replace(source, spoiled=spoiled),)), process=0)
        samples.append([feed.next() for _ in range(6)])
        feed.close()
    for clean, worn, again in zip(*samples, strict=True):
        assert torch.equal(worn.frames, again.frames), "the same faults each time"
        assert torch.equal(clean.normals, worn.normals) and torch.equal(clean.valid, worn.valid)
        assert worn.frames.min() >= 0 and worn.frames.max() <= 1
        levels = worn.frames.mean((1, 2, 3)) - clean.frames.mean((1, 2, 3))
        assert levels.std() < 0.02, "grading doesn't change within a shot"
    assert len({round(float((worn.frames - clean.frames).abs().mean()), 3) for clean, worn in zip(*samples[:2], strict=True)}) > 3


class _Short:
    """A set that gives other than it promises."""

    names, frame_counts = ("odd",), (5,)

    def __init__(self, given: Clip) -> None:
        self.given = given

    def read(self, index: int, first: int, count: int) -> Clip:
        return self.given


def test_a_clip_that_is_not_what_its_set_says_is_named():
    good = clip(frames=3)
    assert read_checked(_Short(good), 0, first=0, count=3) is good
    holes = good.frames.copy()
    holes[1, 5, 5, 0] = np.nan
    for given, said in (
        (clip(frames=2), r"frames are \(2, 64, 64, 3\)"),
        (dataclasses.replace(good, normals=good.normals[:, :32]), r"normals \(3, 32, 64, 3\)"),
        (dataclasses.replace(good, frames=holes), "frame 2 holds values that are not numbers"),
    ):
        first = 1 if "frame 2" in said else 0
        with pytest.raises(PlatelightError, match=said) as caught:
            read_checked(_Short(given), 0, first=first, count=3)
        assert "odd" in caught.value.sentence and "take it out" in caught.value.remedy


def test_a_broken_file_stops_the_feed_with_its_name(folder):
    feed = Feed(config("vae", folder), process=0)
    feed.next()
    for file in (folder / "clips").glob("*/frames.npy"):
        file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(PlatelightError) as caught:
        for _ in range(3):
            feed.next()
    feed.close()
    assert "clip" in caught.value.sentence and "go on from there" in caught.value.remedy
