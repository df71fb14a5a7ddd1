"""The shipped `preview` weights: right on clips they never saw, steady over time, unit length, any size, any precision."""

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from engine.lab.measures.constant import best_constant
from engine.lab.measures.metrics import pooled, surface
from engine.models.preview import temporal
from engine.models.preview.network import WEIGHTS, PreviewConfig, PreviewNet, load, metadata
from engine.tuning.stability import flow_warped_change
from tests.support import heldout

TINY = PreviewConfig(widths=(8, 8, 16, 16), blocks=(1, 1, 1, 1), heads=2, middle_width=4, detail_width=4)
SHARE_OF_CONSTANT = 0.62
MEDIAN_DEGREES = 20.0
CHANGE_OVER_TRUTH = 1.5
LESS_CHANGE, MORE_ERROR = 0.6, 1.03
"""With temporal blocks, times that of frames by themselves."""


@pytest.fixture(scope="module")
def network() -> PreviewNet:
    return load()


@pytest.fixture(scope="module")
def clips() -> list[heldout.HeldOutClip]:
    """All held-out clips."""
    return [heldout.load(name) for name in heldout.names()]


@pytest.fixture(scope="module")
def held_out(clips) -> torch.Tensor:
    """The first frames of the clips of the most common size, `[T, 3, H, W]` in [0, 1]."""
    shapes = [clip.frames.shape for clip in clips]
    usual = max(set(shapes), key=shapes.count)
    frames = np.stack([clip.frames[0] for clip in clips if clip.frames.shape == usual])
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255


@pytest.fixture(scope="module")
@torch.inference_mode()
def estimates(network, clips) -> list[np.ndarray]:
    """What the network makes of each held-out clip, `(T, H, W, 3)`."""
    return [network(torch.from_numpy(clip.frames).permute(0, 3, 1, 2).float() / 255).permute(0, 2, 3, 1).numpy() for clip in clips]


def angles(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Degrees between `[T, 3, H, W]` directions; exact for small angles too."""
    across = torch.linalg.cross(first.double(), second.double(), dim=1).norm(dim=1)
    return torch.rad2deg(torch.atan2(across, (first.double() * second.double()).sum(1)))


def test_it_beats_the_best_constant_on_held_out_clips(clips, estimates):
    truths = [clip.normals for clip in clips]
    result = pooled(estimates, truths)
    direction = best_constant(np.concatenate([truth[surface(truth)] for truth in truths]))
    constant = pooled([np.broadcast_to(direction, truth.shape) for truth in truths], truths)
    assert result.mean <= SHARE_OF_CONSTANT * constant.mean
    assert result.median <= MEDIAN_DEGREES


def test_it_changes_over_time_about_as_the_surfaces_do(clips, estimates):
    """Flow-warped, against what the true normals change."""
    change = {"estimate": 0.0, "truth": 0.0}
    for clip, estimate in zip(clips, estimates, strict=True):
        valid = surface(clip.normals)
        change["estimate"] += flow_warped_change(clip.frames, estimate, valid=valid)
        change["truth"] += flow_warped_change(clip.frames, clip.normals, valid=valid)
    assert change["estimate"] <= CHANGE_OVER_TRUTH * change["truth"]


@torch.inference_mode()
def test_temporal_blocks_calm_it_and_keep_it_right(clips, estimates):
    steady = temporal.load(temporal.WEIGHTS, load())
    pictures = [torch.from_numpy(clip.frames).permute(0, 3, 1, 2).float() / 255 for clip in clips]
    calmer = [steady(picture).permute(0, 2, 3, 1).numpy() for picture in pictures]
    truths = [clip.normals for clip in clips]
    assert pooled(calmer, truths).mean <= MORE_ERROR * pooled(estimates, truths).mean
    change = [
        sum(flow_warped_change(clip.frames, each, valid=surface(clip.normals)) for clip, each in zip(clips, answers, strict=True))
        for answers in (calmer, estimates)
    ]
    assert change[0] <= LESS_CHANGE * change[1]


@torch.inference_mode()
def test_depth_knows_near_from_far(network):
    """A tiled floor before a wall comes nearer downward."""
    rows, columns = torch.meshgrid(torch.linspace(1, -1, 144), torch.linspace(-1.5, 1.5, 216), indexing="ij")
    floor = rows < -0.1
    tiles = ((columns / (rows.abs() + 0.05) * 2).floor() + (1 / (rows.abs() + 0.05)).floor()) % 2
    frame = torch.where(floor, 0.35 + 0.2 * tiles, torch.full_like(rows, 0.7)).expand(1, 3, -1, -1)
    depth = network.normals_and_depth(frame)[1][0, 0]
    assert depth[-12:].mean() < depth[90:100].mean() - 0.2


@torch.inference_mode()
def test_a_lit_ball_bulges_in_camera_axes(network):
    """+X is right, +Y is up, +Z is toward the camera: the outer parts of a plain ball lean outward."""
    y, x = torch.meshgrid(torch.linspace(1.5, -1.5, 192), torch.linspace(-2, 2, 256), indexing="ij")
    inside = x**2 + y**2 < 1
    z = torch.sqrt((1 - x**2 - y**2).clamp(min=0))
    shade = (0.15 + 0.7 * (0.3 * x + 0.5 * y + 0.8 * z).clamp(min=0)) ** (1 / 2.2)
    frame = torch.where(inside, shade, torch.full_like(shade, 0.35)).expand(1, 3, -1, -1)
    normals = network(frame)[0]
    ring = inside & (x**2 + y**2 > 0.5)
    assert normals[0][ring & (x > 0.6)].mean() > 0.2 > -0.2 > normals[0][ring & (x < -0.6)].mean()
    assert normals[1][ring & (y > 0.6)].mean() > 0.2
    assert normals[1][ring & (y > 0.6)].mean() > normals[1][ring & (y < -0.6)].mean() + 0.4
    assert normals[2][inside].mean() > 0.4


@torch.inference_mode()
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2), (31, 33), (97, 130), (64, 64)])
def test_any_size_gives_unit_normals(network, size):
    frames = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1))
    normals = network(frames)
    assert normals.shape == frames.shape
    assert torch.allclose(normals.norm(dim=1), torch.ones(2, *size), atol=1e-5)


@torch.inference_mode()
def test_frames_do_not_see_each_other(network, held_out):
    frames = held_out[:3]
    together, alone = network(frames), torch.cat([network(frame[None]) for frame in frames])
    assert angles(together, alone).max() < 0.05


@torch.inference_mode()
def test_bfloat16_and_channels_last_stay_close(network, held_out):
    frames = held_out[::6]
    exact = network(frames)
    last = load().to(memory_format=torch.channels_last)(frames.contiguous(memory_format=torch.channels_last))
    assert angles(exact, last).max() < 0.1
    half = load().to(torch.bfloat16)(frames.bfloat16())
    assert half.dtype == torch.bfloat16
    error = angles(exact, half.float())
    assert error.mean() < 1.5 and error.median() < 1.0


@torch.inference_mode()
def test_grain_does_not_make_it_crawl(network, held_out):
    frames = held_out[::3]
    noise = torch.randn(frames.shape, generator=torch.Generator().manual_seed(2)) * 0.01
    assert angles(network(frames), network((frames + noise).clamp(0, 1))).mean() < 4


def test_the_shipped_file_is_small_and_describes_itself():
    assert WEIGHTS.stat().st_size <= 16e6
    with safe_open(str(WEIGHTS), framework="pt") as file:
        about = file.metadata()
    assert about["model"] == "preview" and about["revision"] and "widths" in json.loads(about["config"])


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        load(tmp_path / "none.safetensors")
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"other\.safetensors"):
        load(tmp_path / "other.safetensors")


def test_a_file_of_another_size_builds_that_network(tmp_path):
    path = tmp_path / "tiny.safetensors"
    save_file(PreviewNet(TINY).state_dict(), path, metadata(TINY, revision="test"))
    assert load(path).config == TINY
