"""The shipped `preview` weights: better than a constant on frames they never saw, unit length, any size, any precision."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

from engine.models.preview.network import WEIGHTS, PreviewConfig, PreviewNet, load, metadata

HELD_OUT = Path(__file__).parents[1] / "samples" / "preview_heldout"
TINY = PreviewConfig(widths=(8, 8, 16, 16), blocks=(1, 1, 1, 1), heads=2, middle_width=4, detail_width=4)


@pytest.fixture(scope="module")
def network() -> PreviewNet:
    return load()


@pytest.fixture(scope="module")
def held_out() -> tuple[torch.Tensor, torch.Tensor]:
    """All held-out frames `[T, 3, H, W]` in [0, 1] and their normals, zero where there is no surface."""
    frames, normals = [], []
    for truth in sorted(HELD_OUT.glob("*.npz")):
        frames += [np.asarray(Image.open(path)) for path in sorted(HELD_OUT.glob(f"{truth.stem}.*.png"))]
        normals.append(np.load(truth)["normals"].astype(np.float32))
    both = np.stack(frames).astype(np.float32) / 255, np.concatenate(normals)
    return tuple(torch.from_numpy(part).permute(0, 3, 1, 2) for part in both)


def angles(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Degrees between `[T, 3, H, W]` directions; exact for small angles too."""
    across = torch.linalg.cross(first.double(), second.double(), dim=1).norm(dim=1)
    return torch.rad2deg(torch.atan2(across, (first.double() * second.double()).sum(1)))


def best_constant(truth: torch.Tensor) -> float:
    """The lowest mean angle that any one direction reaches over `(N, 3)` normals, searched over 2000 directions."""
    count = torch.arange(2000, dtype=torch.float64)
    z, turn = 1 - 2 * (count + 0.5) / 2000, count * np.pi * (3 - 5**0.5)
    around = torch.sqrt(1 - z**2)
    directions = torch.stack([around * torch.cos(turn), around * torch.sin(turn), z], -1)
    directions = torch.cat([directions, torch.nn.functional.normalize(truth.double().mean(0), dim=0)[None]])
    sample = torch.nn.functional.normalize(truth[::7].double(), dim=1)
    best = directions[torch.acos((sample @ directions.T).clamp(-1, 1)).mean(0).argmin()]
    return float(torch.rad2deg(torch.acos((truth.double() @ best).clamp(-1, 1))).mean())


@torch.inference_mode()
def test_beats_the_best_constant_by_15_percent(network, held_out):
    """The goal is 30 %; the model card says what these weights reach."""
    frames, truth = held_out
    surface = truth.norm(dim=1) > 0.5
    error = angles(network(frames), truth)[surface].mean()
    assert error <= 0.85 * best_constant(truth.permute(0, 2, 3, 1)[surface])


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
    assert normals[0][ring & (x > 0.6)].mean() > 0.1 > -0.1 > normals[0][ring & (x < -0.6)].mean()
    assert normals[1][ring & (y > 0.6)].mean() > 0.2
    assert normals[1][ring & (y > 0.6)].mean() > normals[1][ring & (y < -0.6)].mean() + 0.15
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
    frames = held_out[0][:3]
    together, alone = network(frames), torch.cat([network(frame[None]) for frame in frames])
    assert angles(together, alone).max() < 0.05


@torch.inference_mode()
def test_bfloat16_and_channels_last_stay_close(network, held_out):
    frames = held_out[0][::6]
    exact = network(frames)
    last = load().to(memory_format=torch.channels_last)(frames.contiguous(memory_format=torch.channels_last))
    assert angles(exact, last).max() < 0.1
    half = load().to(torch.bfloat16)(frames.bfloat16())
    assert half.dtype == torch.bfloat16
    error = angles(exact, half.float())
    assert error.mean() < 1.5 and error.median() < 1.0


@torch.inference_mode()
def test_grain_does_not_make_it_crawl(network, held_out):
    frames = held_out[0][::3]
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
