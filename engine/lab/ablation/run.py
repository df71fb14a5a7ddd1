"""All stages, and each left out, from one command into one table. Interrupted, it goes on where it stopped."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from ...models.normalcrafter.checkpoint import hide_progress_bars
from ...models.normalcrafter.estimator import NormalCrafter
from ...models.normalcrafter.estimator import load as load_estimator
from ...models.normalcrafter.windows import padding
from ...models.registry import info
from ...protocol import EstimateSettings
from ..measures.constant import best_constant
from ..measures.metrics import Angular, pooled
from ..training.normalcrafter.config import AnyConfig, DataSource, LatentConfig, PixelConfig, VaeConfig
from ..training.normalcrafter.export import export, load
from ..training.normalcrafter.feed import open_set_of, read_checked
from ..training.normalcrafter.samples import MULTIPLE, prepare
from ..training.normalcrafter.stages import decode, encode
from ..training.normalcrafter.tiny import make_tiny
from ..training.normalcrafter.trainer import train
from ..training.run.config_file import read_config
from .plan import MODEL, RUNS, AblationConfig, Plan, Row, Stages, plan
from .report import Seconds, TableRow, first_and_last, seconds_of, write_curves, write_table


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A clip to measure on, in the size of training: `frames`, `normals` float32 (T, H, W, 3), `valid` bool (T, H, W)."""

    frames: np.ndarray
    normals: np.ndarray
    valid: np.ndarray


def run(config: AblationConfig) -> Iterator[str]:
    """Train what is not trained yet, measure every row; writes ``table.md``, ``table.json`` and ``curves.png`` to ``config.out``.

    Yields:
        A line for a person after every run and row.

    Raises:
        PlatelightError: as `trainer.train`.
    """
    stages = Stages(
        vae=read_config(Path(config.vae), VaeConfig),
        latent=read_config(Path(config.latent), LatentConfig),
        pixel=read_config(Path(config.pixel), PixelConfig),
    )
    plans, out = plan(config, stages), Path(config.out)
    if config.base and not Path(config.model).is_dir():
        yield _make_base(config)
    for runs in (plans.first, plans.then):
        for name in _train_all(runs, jobs=config.jobs):
            yield f"{name} is trained: {seconds_of(out / RUNS / name)}"
    yield from _measure_all(config, plans, short_edge=stages.pixel.short_edge)
    write_curves(out / "curves.png", runs={name: out / RUNS / name for name in (*plans.first, *plans.then)})
    yield f"{out / 'table.md'} and {out / 'curves.png'} are written"


def measure(folder: Path, clips: list[Truth]) -> Angular:
    """Pooled errors of the checkpoint in `folder`, run as the engine runs it on a job."""
    estimator = load_estimator(folder, info=info(str(folder)), precision="fp32", device="cpu")
    return pooled(
        [estimate(estimator, clip.frames) for clip in clips], [clip.normals for clip in clips], [clip.valid for clip in clips]
    )


@torch.no_grad()
def round_trip(folder: Path, clips: list[Truth]) -> Angular:
    """Pooled errors of true normals that went through the VAE of the checkpoint in `folder`, each clip decoded at once: no U-Net
    before this decoder can be expected to do better."""
    networks, found = load(str(folder)), []
    for clip in clips:
        height, width = clip.valid.shape[1:]
        top, bottom, left, right = padding(height, width, multiple=MULTIPLE)
        whole = np.pad(clip.normals, ((0, 0), (top, bottom), (left, right), (0, 0)), mode="edge")
        decoded = decode(networks, encode(networks, torch.from_numpy(whole).permute(0, 3, 1, 2)))
        found.append(decoded[:, :, top : top + height, left : left + width].clamp(-1, 1).permute(0, 2, 3, 1).numpy())
    return pooled(found, [clip.normals for clip in clips], [clip.valid for clip in clips])


def estimate(estimator: NormalCrafter, frames: np.ndarray) -> np.ndarray:
    """Return normals float32 (T, H, W, 3) of a clip (T, H, W, 3), with the windows that a job has by default."""
    settings = EstimateSettings(model="normalcrafter")
    parts = [
        event.values for event in estimator.stream(iter(frames), count=len(frames), settings=settings) if hasattr(event, "values")
    ]
    return np.concatenate(parts)


def truths(sources: tuple[DataSource, ...], *, short_edge: int) -> list[Truth]:
    """Return all clips of some sets, whole, at the size of training, without padding."""
    found = []
    for source in sources:
        clips = open_set_of(source)
        for index, name in enumerate(clips.names):
            clip = read_checked(clips, index, first=0, count=clips.frame_counts[index])
            sample = prepare(clip, short_edge=short_edge, fit="none", rng=np.random.default_rng(0), name=name)
            arrays = [part.permute(0, 2, 3, 1).numpy() for part in (sample.frames, sample.normals, sample.valid)]
            found.append(Truth(frames=arrays[0], normals=arrays[1], valid=arrays[2][..., 0] > 0))
    return found


def _make_base(config: AblationConfig) -> str:
    settings = dataclasses.replace(read_config(Path(config.base), VaeConfig), out=config.model)
    began, worked = time.monotonic(), time.process_time()
    errors = [error for _, error in make_tiny(settings)]
    last = np.mean(errors[-max(len(errors) // 10, 1) :]) if errors else float("nan")
    spent = Seconds(wall=time.monotonic() - began, processor=time.process_time() - worked)
    return f"{config.model} is made: {spent}; its VAE's error fell from {errors[0]:.3f} to {last:.3f}" if errors else "made"


def _train_all(runs: dict[str, AnyConfig], *, jobs: int) -> Iterator[str]:
    threads = max((os.cpu_count() or 1) // jobs, 1)
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context, max_tasks_per_child=1) as pool:
        left = {name: config for name, config in runs.items() if not (Path(config.out) / MODEL).is_dir()}
        waiting = {pool.submit(_train_one, config, threads): name for name, config in left.items()}
        for done in concurrent.futures.as_completed(waiting):
            if done.exception():
                pool.shutdown(wait=False, cancel_futures=True)
            done.result()
            yield waiting[done]


def _train_one(config: AnyConfig, threads: int) -> None:
    """Train one run in a process of its own."""
    torch.set_num_threads(threads)
    hide_progress_bars()
    for _ in train(config):
        pass


def _measure_all(config: AblationConfig, plans: Plan, *, short_edge: int) -> Iterator[str]:
    out = Path(config.out)
    known, unseen = (truths(sources, short_edge=short_edge) for sources in (config.check, config.unseen))
    rows = [_constant(known, unseen)]
    for row in plans.rows:
        folder = _assemble(config, row)
        result = TableRow(
            title=row.title,
            known=measure(folder, known),
            unseen=measure(folder, unseen) if unseen else None,
            cosine=first_and_last(out / RUNS / row.features, "loss/cosine")[1] if row.features else None,
        )
        rows.append(result)
        yield f"{row.title}: {result.known.mean:.2f} degrees"
    seconds = {name: seconds_of(out / RUNS / name) for name in (*plans.first, *plans.then)}
    decoder = [round_trip(folder, known) for folder in (Path(config.model), out / RUNS / "vae" / MODEL)]
    write_table(out / "table.md", rows, seconds=seconds, decoder=decoder)
    content = {
        "rows": [asdict(row) for row in rows],
        "seconds": {name: asdict(spent) for name, spent in seconds.items()},
        "decoder": [asdict(errors) for errors in decoder],
    }
    (out / "table.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


def _constant(known: list[Truth], unseen: list[Truth]) -> TableRow:
    """Return the best single direction, chosen on the very clips it is measured on."""

    def one(clips: list[Truth]) -> Angular:
        direction = best_constant(np.concatenate([clip.normals[clip.valid] for clip in clips]))
        guesses = [np.broadcast_to(direction.astype(np.float32), clip.normals.shape) for clip in clips]
        return pooled(guesses, [clip.normals for clip in clips], [clip.valid for clip in clips])

    return TableRow(title="the best constant normal", known=one(known), unseen=one(unseen) if unseen else None, cosine=None)


def _assemble(config: AblationConfig, row: Row) -> Path:
    """Return the checkpoint of a row: where no run has exported it as it is, it is put together of two."""
    runs = Path(config.out) / RUNS
    unet = runs / row.unet / MODEL if row.unet else Path(config.model)
    if row.unet != "latent":
        return unet
    folder = Path(config.out) / "rows" / row.title.replace(" ", "-")
    export(folder, model=unet, vae=runs / row.vae / MODEL)
    return folder
