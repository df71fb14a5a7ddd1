"""Trains the embedded `preview` model on rendered clips."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, IterableDataset

from ..models.preview.network import PreviewConfig, PreviewNet, metadata
from .augment import cut, grain, roll, spoil
from .checkpoints import read_state, write_state
from .clips import list_clips, read_clip

SMALL = (((96, 96), 6), ((96, 160), 4))
LARGE = (((128, 128), 6), ((108, 160), 5), ((192, 192), 3), ((144, 208), 3), ((180, 320), 2), ((216, 288), 2))
LARGE_FROM = 0.7
HELD_BACK = 48
STATE = "state.safetensors"
CHECKPOINT_EVERY_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Step:
    """Where training stands: steps, frames seen, seconds spent, smoothed loss, and the last check in degrees."""

    step: int
    frames: int
    seconds: float
    loss: float
    check_degrees: float


class _Batches(IterableDataset):
    """Endless batches `(frames, the same with other grain, normals)`, of the (size, count) in `buckets` in turn."""

    def __init__(self, clips: list[Path], *, buckets: tuple, seed: int):
        self.clips, self.buckets, self.seed = clips, buckets, seed

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        torch.set_num_threads(1)
        for turn in range(2**62):
            size, count = self.buckets[turn % len(self.buckets)]
            frames, again, normals = [], [], []
            for _ in range(count):
                movie, truth = read_clip(self.clips[rng.integers(len(self.clips))])
                moment = rng.integers(len(movie))
                frame, normal = movie[moment], truth[moment]
                if rng.random() < 0.5:
                    frame, normal = roll(frame, normal, degrees=rng.normal() * 8)
                frame, normal = cut(frame, normal, size=size, rng=rng)
                frame = spoil(frame, rng=rng)
                frames.append(grain(frame, rng=rng))
                again.append(grain(frame, rng=rng))
                normals.append(normal)
            yield tuple(torch.from_numpy(np.stack(part)).permute(0, 3, 1, 2) for part in (frames, again, normals))


def angular_loss(estimate: Tensor, truth: Tensor) -> Tensor:
    """Mean over surfaces of `(1 - cos)` and of the angle, half each; a slight pull to +Z where there is none.

    Args:
        estimate: `[T, 3, H, W]` unit normals.
        truth: `[T, 3, H, W]` unit normals, zero where there is no surface.
    """
    cosine = (estimate * truth).sum(1)
    surface = (truth.square().sum(1) > 0.25).float()
    error = 0.5 * (1 - cosine) + 0.5 * torch.acos(cosine.clamp(-1, 1) * 0.9995)
    pull = 0.03 * (1 - estimate[:, 2]) * (1 - surface)
    return (error * surface).sum() / surface.sum().clamp(min=1) + pull.mean()


def edge_loss(estimate: Tensor, truth: Tensor) -> Tensor:
    """Mean difference between the neighbour differences of both, where both neighbours are surface; shapes as above."""
    surface = (truth.square().sum(1, keepdim=True) > 0.25).float()
    total = estimate.new_zeros(())
    for axis in (-1, -2):
        gap = (estimate.diff(dim=axis) - truth.diff(dim=axis)).abs()
        size = estimate.shape[axis]
        both = surface.narrow(axis, 0, size - 1) * surface.narrow(axis, 1, size - 1)
        total = total + (gap * both).sum() / both.sum().clamp(min=1)
    return total


def train_preview(
    *,
    clips: Path,
    out: Path,
    minutes: float = 60.0,
    learning_rate: float = 1e-3,
    calm_from: float = 0.94,
    seed: int = 0,
    workers: int = 1,
    config: PreviewConfig | None = None,
) -> Iterator[Step]:
    """Trains until `minutes` of training time are spent; yields after each step.

    Goes on from `out/state.safetensors` if that is there.

    Args:
        clips: folder of clips as `make_clips` writes them. The last `HELD_BACK` are not trained on but measured.
        out: folder for `state.safetensors` (to go on from) and `preview.safetensors` (averaged weights, as shipped).
        minutes: in all, pauses not counted; the learning rate falls over them along a half cosine.
        learning_rate: AdamW's highest.
        calm_from: share of the time after which frames that differ in grain only must also give the same normals.
        seed: of the network and the data order.
        workers: processes that prepare batches.
        config: sizes of the network.

    Raises:
        FileNotFoundError: if `clips` has no clip.
        FloatingPointError: if the loss isn't a number; the last checkpoint stays as it was.
    """
    torch.manual_seed(seed)
    torch.set_flush_denormal(True)
    out.mkdir(parents=True, exist_ok=True)
    everything = list_clips(clips)
    check, known = everything[-HELD_BACK:], everything[:-HELD_BACK] or everything
    network = PreviewNet(config).to(memory_format=torch.channels_last)
    average = PreviewNet(config).to(memory_format=torch.channels_last).requires_grad_(False)
    average.load_state_dict(network.state_dict())
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=0.05, fused=True)
    networks = {"network": network, "average": average}
    step, frames_seen, spent, smoothed, degrees = 0, 0, 0.0, 1.0, float("nan")
    if (out / STATE).exists():
        known_state = read_state(out / STATE, networks=networks, optimizer=optimizer)
        step, frames_seen = int(known_state["step"]), int(known_state["frames"])
        spent, smoothed = known_state["seconds"], known_state["loss"]
    saved, batches, buckets = spent, None, ()
    while spent < minutes * 60:
        began = time.monotonic()
        share = spent / (minutes * 60)
        if buckets != (SMALL if share < LARGE_FROM else LARGE):
            buckets = SMALL if share < LARGE_FROM else LARGE
            source = _Batches(known, buckets=buckets, seed=seed + step)
            batches = iter(DataLoader(source, batch_size=None, num_workers=workers))
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * min(1, (step + 1) / 100) * (0.02 + 0.49 * (1 + math.cos(math.pi * share)))
        frames, again, truth = (part.contiguous(memory_format=torch.channels_last) for part in next(batches))
        estimate = network(frames)
        loss = angular_loss(estimate, truth) + 0.15 * edge_loss(estimate, truth)
        if share > calm_from and step % 2:
            other = network(again)
            loss = 0.5 * (loss + angular_loss(other, truth)) + 0.5 * (1 - (estimate * other).sum(1)).mean()
        if not torch.isfinite(loss):
            raise FloatingPointError(f"The loss of step {step} isn't a number; {out} holds the last good checkpoint.")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        keep = min(0.9985, (step + 1) / (step + 20))
        with torch.no_grad():
            for kept, new in zip(average.parameters(), network.parameters(), strict=True):
                kept.lerp_(new, 1 - keep)
        step, frames_seen = step + 1, frames_seen + len(frames)
        smoothed += (loss.item() - smoothed) * min(1, max(0.01, 1 / step))
        spent += time.monotonic() - began
        if spent - saved > CHECKPOINT_EVERY_S or spent >= minutes * 60:
            saved = spent
            degrees = mean_angle(average, check)
            numbers = {"step": step, "frames": frames_seen, "seconds": spent, "loss": smoothed}
            write_state(out / STATE, networks=networks, optimizer=optimizer, numbers=numbers)
            write_weights(out / "preview.safetensors", average, revision=f"{step} steps, {frames_seen} frames")
        yield Step(step=step, frames=frames_seen, seconds=spent, loss=smoothed, check_degrees=degrees)


@torch.inference_mode()
def mean_angle(network: PreviewNet, clips: list[Path]) -> float:
    """Mean error in degrees over all surface pixels of the clips' first frames."""
    total, count = 0.0, 0
    for clip in clips:
        movie, normals = read_clip(clip)
        frame = torch.from_numpy(movie[:1].astype(np.float32) / 255).permute(0, 3, 1, 2)
        truth = torch.from_numpy(normals[:1].astype(np.float32)).permute(0, 3, 1, 2)
        surface = truth.square().sum(1) > 0.25
        cosine = (network(frame.contiguous(memory_format=torch.channels_last)) * F.normalize(truth, dim=1)).sum(1)
        total += float(torch.rad2deg(torch.acos(cosine.clamp(-1, 1)))[surface].sum())
        count += int(surface.sum())
    return total / max(count, 1)


def write_weights(path: Path, network: PreviewNet, *, revision: str) -> None:
    """Writes the file that `engine.models.preview.network.load` reads, in half precision, beside `path`, then renames."""
    weights = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    beside = path.with_suffix(".part")
    save_file(weights, beside, metadata(network.config, revision=revision))
    beside.replace(path)
