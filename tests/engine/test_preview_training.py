"""Training of the embedded network: it learns, goes on from a stop, keeps the last good file, and starts from published weights."""

import numpy as np
import pytest
import torch
from torch import nn

from engine.lab.training.data.augment import cut, roll
from engine.lab.training.data.clips import write_clip
from engine.lab.training.preview.losses import angular_loss, calm_loss, depth_loss, edge_loss, quarter
from engine.lab.training.preview.trainer import PreviewRun, fall, train_preview
from engine.models.preview.backbone import BATCH_NORM_EPSILON, Backbone
from engine.models.preview.network import PreviewConfig, load

TINY = PreviewConfig(widths=(8, 8, 16, 16), blocks=(1, 1, 1, 1), heads=2, middle_width=4, detail_width=4)


@pytest.fixture
def clips(tmp_path):
    """Two clips of a flat surface that faces +X, +Z."""
    tilted = np.array([0.6, 0, 0.8])
    for index in range(2):
        frames = np.random.default_rng(index).integers(0, 255, (1, 64, 64, 3))
        depth = np.full(frames.shape[:-1], 3.0) if index else None
        write_clip(tmp_path / "clips" / f"{index}", frames=frames, normals=np.broadcast_to(tilted, frames.shape), depth=depth)
    return tmp_path / "clips"


def unit(*vector: float) -> torch.Tensor:
    """One `[1, 3, 2, 2]` picture of that direction."""
    direction = nn.functional.normalize(torch.tensor(vector, dtype=torch.float32), dim=0)
    return direction[None, :, None, None].expand(1, 3, 2, 2)


def test_angular_loss_is_the_angle_and_its_cosine_on_surfaces_only():
    right, front = unit(1, 0, 0), unit(0, 0, 1)
    assert angular_loss(front, front) == pytest.approx(0.5 * np.arccos(0.9995), abs=1e-5)
    assert angular_loss(right, front) == pytest.approx(0.5 + 0.5 * np.pi / 2, abs=1e-5)
    half = front.clone()
    half[..., 0] = 0
    assert angular_loss(front, half) == pytest.approx(float(angular_loss(front, front)), abs=1e-5)


def test_edge_loss_sees_steps_and_not_offsets():
    step = torch.cat([unit(1, 0, 0)[..., :1], unit(0, 0, 1)[..., :1]], dim=-1)
    assert edge_loss(step, step) == 0
    assert edge_loss(unit(0, 1, 0), unit(0, 0, 1)) == 0
    assert edge_loss(unit(0, 0, 1), step) == pytest.approx(2, abs=1e-6)


def test_calm_loss_compares_the_same_places():
    wide = nn.functional.normalize(torch.randn(1, 3, 12, 12), dim=1)
    assert calm_loss(wide[..., :8, :8], wide[..., 2:10, 3:11], aside=(2, 3)) == pytest.approx(0, abs=1e-6)
    assert calm_loss(wide[..., :8, :8], wide[..., 2:10, 3:11], aside=(3, 2)) > 0.1


def test_depth_loss_forgives_a_scale_but_not_a_shape():
    truth = torch.tensor([[[[1.0, 2.0], [4.0, 0.0]]]])
    known = truth.clamp(min=1e-3).log()
    assert depth_loss(known, truth) == pytest.approx(0, abs=1e-6)
    assert depth_loss(known + 1, truth) == pytest.approx(0.1, abs=1e-6)
    bent = known.clone()
    bent[..., 0, 0] += 0.9
    assert depth_loss(bent, truth) == pytest.approx(0.3, abs=1e-6)
    assert depth_loss(known, torch.zeros_like(truth)) == 0


def test_a_quarter_keeps_directions_and_drops_what_is_mostly_no_surface():
    normals = unit(0.6, 0, 0.8)[..., :1, :1].repeat(1, 1, 8, 8)
    normals[..., 4:, 1:] = 0
    depth = torch.arange(64.0).reshape(1, 1, 8, 8)
    small, far = quarter(normals, depth)
    assert torch.allclose(small[..., 0, :], unit(0.6, 0, 0.8)[..., 0, :])
    assert (small[..., 1, :] == 0).all()
    assert far.flatten().tolist() == [18, 22, 50, 54]


def test_crops_keep_frame_normals_and_depth_together():
    """A mark at one place is at the same place in all three after rolling, cutting and mirroring."""
    rng = np.random.default_rng(3)
    frame, normals, depth = np.zeros((60, 80, 3), dtype=np.uint8), np.zeros((60, 80, 3)), np.full((60, 80), 5.0)
    normals[..., 2] = 1
    frame[20:32, 50:62], normals[20:32, 50:62], depth[20:32, 50:62] = 255, [1, 0, 0], 2.0
    for _ in range(12):
        rolled = roll(frame, normals, depth, degrees=rng.normal() * 8)
        seen, facing, far = cut(*rolled, size=(48, 64), rng=rng)
        marks = seen[..., 0] > 0.5, np.abs(facing[..., 0]) > 0.7, far == 2
        overlap = [(marks[0] & other).sum() / max((marks[0] | other).sum(), 1) for other in marks[1:]]
        assert marks[0].sum() < 20 or min(overlap) > 0.7


def test_the_rate_stays_and_then_falls():
    assert fall(0) == fall(0.3) == 1
    assert fall(0.65) == pytest.approx(0.505)
    assert fall(1) == pytest.approx(0.01)


def test_it_learns_stops_and_goes_on(clips, tmp_path):
    """A stopped run goes on with the step after, and the loss falls."""
    out = tmp_path / "run"
    first = list(train_preview(PreviewRun(clips=clips, out=out, steps=8, config=TINY, workers=0, learning_rate=5e-3)))
    on = list(train_preview(PreviewRun(clips=clips, out=out, steps=24, config=TINY, workers=0, learning_rate=5e-3)))
    assert [step.step for step in first + on] == list(range(1, 25))
    assert on[-1].loss < 0.9 * first[0].loss
    assert load(out / "preview.safetensors").config == TINY
    more = PreviewRun(clips=clips, out=tmp_path / "more", steps=1, config=TINY, workers=0, start=out / "preview.safetensors")
    again = next(train_preview(more))
    assert again.loss < 0.9 * first[0].loss


def test_training_that_diverges_keeps_the_last_checkpoint(clips, tmp_path):
    out = tmp_path / "run"
    list(train_preview(PreviewRun(clips=clips, out=out, steps=2, config=TINY, workers=0)))
    before = (out / "state.safetensors").read_bytes()
    with pytest.raises(FloatingPointError, match="isn't a number"):
        list(train_preview(PreviewRun(clips=clips, out=out, steps=8, config=TINY, workers=0, learning_rate=1e38)))
    assert (out / "state.safetensors").read_bytes() == before


def test_no_clip_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="No clip"):
        next(train_preview(PreviewRun(clips=tmp_path, out=tmp_path / "run", steps=1, config=TINY)))


def test_published_weights_give_what_batch_normalisation_gives():
    """The first three layers, computed with torch's own modules, equal the folded ones."""
    torch.manual_seed(3)
    backbone = Backbone()
    weights = _published_layout(backbone)
    backbone.load_published(weights)

    def norm(x, name):
        part = [weights[f"{name}.{key}"] for key in ("running_mean", "running_var", "weight", "bias")]
        return nn.functional.batch_norm(x, *part, eps=BATCH_NORM_EPSILON)

    frames = torch.rand(2, 3, 64, 96) * 2 - 1
    x = nn.functional.conv2d(nn.functional.pad(frames, (0, 1, 0, 1)), weights["_conv_stem.weight"], stride=2)
    x = nn.functional.relu6(norm(x, "_bn0"))
    x = nn.functional.conv2d(x, weights["_blocks.0._depthwise_conv.weight"], padding=1, groups=32)
    x = nn.functional.relu6(norm(x, "_blocks.0._bn1"))
    x = norm(nn.functional.conv2d(x, weights["_blocks.0._project_conv.weight"]), "_blocks.0._bn2")
    half, *others = backbone(frames)
    assert torch.allclose(half, x, atol=1e-4)
    assert [tuple(part.shape[-2:]) for part in others] == [(16, 24), (8, 12), (4, 6), (2, 3)]


def _published_layout(backbone: Backbone) -> dict[str, torch.Tensor]:
    """Random weights under the published names."""
    parts = {"_conv_stem": ("_bn0", backbone.stem)}
    for index, block in enumerate(backbone.blocks):
        name = f"_blocks.{index}."
        if block.widen:
            parts[name + "_expand_conv"] = (name + "_bn0", block.widen)
        parts[name + "_depthwise_conv"] = (name + "_bn1", block.spread)
        parts[name + "_project_conv"] = (name + "_bn2", block.narrow)
    weights = {}
    for convolution, (norm, part) in parts.items():
        weights[convolution + ".weight"] = torch.randn_like(part.weight) * 0.2
        for key in ("running_mean", "bias"):
            weights[f"{norm}.{key}"] = torch.randn(len(part.weight)) * 0.1
        for key in ("running_var", "weight"):
            weights[f"{norm}.{key}"] = torch.rand(len(part.weight)) + 0.5
    return weights
