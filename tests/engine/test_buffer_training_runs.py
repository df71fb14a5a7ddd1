"""Buffer Anytime's stages and its trainer, on tiny models in the public layouts and clips that move."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.lab.training.data.clips import write_clip
from engine.lab.training.preview.trainer import write_weights
from engine.lab.training.run.config_file import read_config
from engine.lab.training.temporal.config import (
    MODELS,
    AnyTraining,
    DepthTraining,
    GeometryTraining,
    NormalsTraining,
    PlateSource,
    PreviewTraining,
)
from engine.lab.training.temporal.feed import Feed
from engine.lab.training.temporal.footage import find_plates, open_footage
from engine.lab.training.temporal.moves import LENGTH, move
from engine.lab.training.temporal.trainer import train
from engine.models.depth_anything.model import load_depth_model
from engine.models.marigold.model import load_normals_model
from engine.models.moge.model import load_geometry_model
from engine.models.preview import network, temporal
from engine.models.preview.network import PreviewConfig as PreviewSizes
from engine.models.preview.network import PreviewNet, prepared, unit_normals
from engine.models.temporal.block import TemporalSettings
from engine.protocol import PlatelightError
from engine.tuning.clips import Clip, longest_shot, prepare
from engine.tuning.flow import Dis
from engine.tuning.losses import prior_loss, stability_loss
from engine.tuning.shot import distance
from engine.tuning.stages import build
from tests.support.buffer_checkpoints import depth_anything, marigold
from tests.support.buffer_plates import clouds, grainy_pan
from tests.support.plates import write_movie

DOCS = Path(__file__).parents[2] / "docs" / "training"
MOGE = Path(__file__).parents[1] / "samples" / "golden" / "moge" / "model.pt"
SMALL = TemporalSettings(layers=1, attentions=1, heads=2)
TINY = PreviewSizes(widths=(8, 8, 16, 16), blocks=(1, 1, 1, 1), heads=2, middle_width=4, detail_width=4)


def clip(count: int = 5, *, size: tuple[int, int] = (64, 128)) -> Clip:
    return prepare(grainy_pan(count, size=size), flow=Dis(), tolerance=1.0, chosen=2, name="pan")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny models, two clips and a movie."""
    root = tmp_path_factory.mktemp("buffer")
    depth_anything(root / "depth")
    marigold(root / "normals")
    (root / "geometry").mkdir()
    shutil.copy(MOGE, root / "geometry")
    torch.manual_seed(0)
    net = PreviewNet(TINY)
    for part in net.coarse:
        torch.nn.init.normal_(part.weight, std=0.3)
    write_weights(root / "preview.safetensors", net, revision="tiny")
    for index in range(2):
        frames = grainy_pan(8, seed=index)
        write_clip(root / "clips" / f"clip{index}", frames=frames * 255, normals=np.zeros_like(frames))
    images = [np.rint(frame * 255).astype(np.uint8) for frame in [*grainy_pan(9), *grainy_pan(3, seed=5)]]
    write_movie(root / "plate.mp4", 12, images=images)
    return root


def config(kind: type[AnyTraining], folder: Path, *, out: str = "run", **changes: object) -> AnyTraining:
    models = {
        DepthTraining: "depth",
        NormalsTraining: "normals",
        GeometryTraining: "geometry",
        PreviewTraining: "preview.safetensors",
    }
    settings: dict[str, object] = {
        "model": str(folder / models[kind]),
        "out": str(folder / out),
        "data": (PlateSource(kind="clips", root=str(folder / "clips")),),
        "steps": 4,
        "learning_rate": 2e-3,
        "frames": 5,
        "short_edges": (56, 64),
        "warm_up": 1,
        "workers": 2,
        "device": "cpu",
        "flow": "dis",
    }
    if kind is not PreviewTraining:
        settings["temporal"] = SMALL
    return kind(**settings | changes)


@pytest.mark.parametrize("kind", [DepthTraining, NormalsTraining, GeometryTraining, PreviewTraining])
def test_the_video_model_starts_as_the_image_model_and_only_what_should_learns(kind, folder):
    """Before training nothing differs from the frozen answer; then gradients reach blocks (and DPT) and nothing else."""
    torch.manual_seed(1)
    stage = build(config(kind, folder))
    shot = clip(size=(56, 126) if kind in (DepthTraining, GeometryTraining) else (64, 128))
    losses = stage(shot)
    assert losses.parts["prior"] == pytest.approx(0, abs=2e-3)
    assert losses.parts["stable"] > 0
    losses.total.backward()
    reached = {name for name, value in stage.named_parameters() if value.grad is not None and value.grad.any()}
    learning = {name for name, value in stage.named_parameters() if value.requires_grad}
    parts = {
        DepthTraining: ("video.temporal", "video.image.neck", "video.image.head"),
        NormalsTraining: ("video.temporal",),
        GeometryTraining: ("video.temporal",),
        PreviewTraining: ("video.blocks",),
    }[kind]
    assert learning == {name for name, _ in stage.named_parameters() if name.startswith(parts)}
    assert reached <= learning
    assert any("out" in name for name in reached)
    video, image = (stage.answers(shot.frames, cuts=(), of_image=of_image) for of_image in (False, True))
    assert torch.allclose(video, image, atol=1e-4) and distance(video, image).max() < 0.1


def test_normals_are_decoded_in_chunks_with_the_gradients_of_decoding_all_at_once(folder):
    torch.manual_seed(2)
    stage = build(config(NormalsTraining, folder, gradient_checkpointing=False))
    for block in stage.video.temporal.values():
        torch.nn.init.normal_(block.proj_out.weight, std=0.05)
    shot = clip(6)
    stage(shot).total.backward()
    found = {name: value.grad.clone() for name, value in stage.named_parameters() if value.grad is not None}
    stage.zero_grad()
    images = stage.video.encode(shot.frames)
    with torch.no_grad():
        target = stage.video.unet(images[2:3], temporal=False)[0]
    latents = stage.video.unet(images)
    normals = stage.video.decode(latents, size=(64, 128))
    (prior_loss(latents[2], target) + stability_loss(normals, shot.pairs)).backward()
    for name, value in stage.named_parameters():
        if value.grad is not None:
            assert (value.grad - found[name]).abs().max() <= 1e-5 * value.grad.abs().max() + 1e-9, name


@pytest.mark.parametrize("kind", [DepthTraining, NormalsTraining, GeometryTraining])
def test_published_layouts_train_and_what_is_left_loads(kind, folder, tmp_path):
    settings = config(kind, folder, out=str(tmp_path / "run"), steps=2)
    steps = list(train(settings))
    assert [step.step for step in steps] == [1, 2] and all(step.gradient > 0 for step in steps)
    assert any((tmp_path / "run" / "logs").iterdir())
    left = tmp_path / "run" / "temporal.safetensors"
    load = {DepthTraining: load_depth_model, NormalsTraining: load_normals_model, GeometryTraining: load_geometry_model}[kind]
    again = load(Path(settings.model), temporal=left).state_dict()
    assert all(torch.equal(again[name], value) for name, value in load_file(left).items())
    assert any(name.startswith("temporal.") and value.any() for name, value in load_file(left).items() if "proj_out" in name)


def test_a_run_that_is_stopped_goes_on_bit_for_bit(folder, tmp_path):
    whole = config(PreviewTraining, folder, out=str(tmp_path / "whole"))
    in_parts = config(PreviewTraining, folder, out=str(tmp_path / "parts"), checkpoint_every=2)
    expected = [step.loss for step in train(whole)]
    running = train(in_parts)
    found = [next(running).loss for _ in range(3)]
    running.close()
    assert [step.loss for step in train(in_parts)] == expected[2:] and found == expected[:3]
    kept = [load_file(tmp_path / name / "temporal.safetensors") for name in ("whole", "parts")]
    assert all(torch.equal(kept[0][name], kept[1][name]) for name in kept[0])
    with pytest.raises(PlatelightError, match="omega_reg"):
        next(train(dataclasses.replace(in_parts, omega_reg=2.0, steps=9)))
    other = tmp_path / "other.safetensors"
    write_weights(other, PreviewNet(TINY), revision="other")
    with pytest.raises(PlatelightError, match="other weights"):
        next(train(dataclasses.replace(in_parts, model=str(other), steps=9)))


def test_training_calms_the_preview(folder, tmp_path):
    settings = config(PreviewTraining, folder, out=str(tmp_path / "run"), steps=25, learning_rate=2e-2, final_share=0.3)
    for _ in train(settings):
        pass
    net = build(settings).video.net
    video = temporal.load(tmp_path / "run" / "temporal.safetensors", net)
    shot = clip(6, size=(64, 96))
    before, after = (stability_loss(normals, shot.pairs) for normals in (video.image(shot.frames)[0], video(shot.frames)))
    assert after < 0.9 * before


def test_blocks_leave_a_frame_alone_and_do_not_see_across_cuts(folder, tmp_path):
    video = build(config(PreviewTraining, folder)).video
    frames = torch.from_numpy(grainy_pan(6)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        assert torch.equal(video(frames), video.image(frames)[0]), "untrained, it is the image model"
        for block in video.blocks:
            block.out.weight.normal_(std=0.2)
        assert not torch.allclose(video(frames), video.image(frames)[0], atol=1e-3)
        assert torch.allclose(video(frames[:1]), video.image(frames[:1])[0], atol=1e-5), "a frame alone is left as it is"
        still = frames[:1].expand(4, -1, -1, -1)
        assert torch.allclose(video(still), video.image(still)[0], atol=1e-4), "and so is a shot that stands still"
        parts = torch.cat([video(frames[:2]), video(frames[2:])])
        assert torch.equal(video(frames, cuts=(2,)), parts)
        whole = video.raw(video.net.features(prepared(frames)))
        assert torch.allclose(unit_normals(whole), video(frames), atol=1e-6)
    video.save_temporal(tmp_path / "blocks.safetensors")
    (tmp_path / "other.safetensors").write_bytes((folder / "preview.safetensors").read_bytes())
    with pytest.raises(PlatelightError, match=r"other\.safetensors: it holds no temporal blocks"):
        temporal.load(tmp_path / "other.safetensors", video.net)
    again = temporal.load(tmp_path / "blocks.safetensors", network.load(folder / "preview.safetensors"))
    assert again.config == video.config
    left = video.blocks.state_dict()
    assert all(torch.equal(value, left[name].half().float()) for name, value in again.blocks.state_dict().items())


def test_blocks_of_the_embedded_model_in_their_first_format_are_still_read(folder, tmp_path):
    video = temporal.TemporalPreview(network.load(folder / "preview.safetensors"))
    tensors = {name: torch.full_like(value, 0.5).half() for name, value in video.blocks.state_dict().items()}
    about = {"model": "preview temporal blocks", "config": json.dumps(dataclasses.asdict(video.config))}
    save_file(tensors, tmp_path / "early.safetensors", metadata=about)
    read = temporal.load(tmp_path / "early.safetensors", network.load(folder / "preview.safetensors"))
    assert all((value == 0.5).all() for value in read.blocks.state_dict().values())


def test_clips_stop_at_cuts_and_single_frames_are_not_drawn(folder, tmp_path):
    assert longest_shot(9, (2, 7)) == slice(2, 7) and longest_shot(3, ()) == slice(0, 3)
    frames = np.concatenate([grainy_pan(3), 1 - grainy_pan(5, seed=9) * 0.5])
    found = prepare(frames, flow=Dis(), tolerance=1.0, chosen=11, name="two shots")
    assert len(found.frames) == 5 and found.chosen == 1
    assert np.allclose(found.frames[0].permute(1, 2, 0), frames[3])
    still = np.zeros((1, 64, 64, 3))
    write_clip(tmp_path / "stills" / "one", frames=still, normals=still)
    source = PlateSource(kind="clips", root=str(tmp_path / "stills"))
    with pytest.raises(PlatelightError, match="two frames"):
        Feed(config(PreviewTraining, folder, data=(source,)), multiple=32)
    moved = config(PreviewTraining, folder, data=(dataclasses.replace(source, moved=True),))
    feed = Feed(moved, multiple=32)
    assert len(feed.next().frames) == 5
    feed.close()


def test_a_move_is_smooth_and_the_same_each_time():
    picture = clouds(64, 96)
    frames = move(picture, times=range(3, 9), seed=4)
    assert np.array_equal(frames[2:], move(picture, times=range(5, 9), seed=4)) and LENGTH > 9
    steps = [np.median(Dis()(*(np.rint(frames[index + at] * 255).astype(np.uint8) for at in (0, 1)))) for index in range(5)]
    assert np.ptp(steps) < 0.5


def test_footage_is_found_and_read_through_the_engines_own_readers(folder):
    assert find_plates(folder) == [folder / "plate.mp4"]
    footage = open_footage(PlateSource(kind="plates", root=str(folder)))
    assert footage.frame_counts == (12,)
    assert np.abs(footage.read(0, 2, 2) - grainy_pan(9)[2:4]).mean() < 0.06


@pytest.mark.parametrize("name", list(MODELS))
def test_the_settings_in_the_documentation_can_be_read(name):
    settings = read_config(DOCS / f"buffer-{name}.toml", MODELS[name])
    assert settings.steps > 0 and settings.data


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prior": "round"}, "prior is 'round'"),
        ({"short_edges": (64, 32)}, "short_edges"),
        ({"frames": 1}, "frames is 1"),
        ({"flow": "gm"}, "flow is 'gm'"),
        ({"data": ()}, "data is 'empty'"),
        ({"tolerance": 0.0}, "tolerance is 0.0"),
        ({"prior_frames": "some"}, "prior_frames is 'some'"),
    ],
)
def test_settings_that_cannot_be_used_are_named(changes, said, tmp_path):
    with pytest.raises(PlatelightError, match=said):
        config(PreviewTraining, tmp_path, **changes)
    with pytest.raises(PlatelightError, match="footage moves by itself"):
        PlateSource(kind="plates", root="/footage", moved=True)
