"""What `bench` compares with: PyTorch's default memory formats, random weights of full size, tiny models of each kind; and how many
operations NormalCrafter's networks do."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path

from transformers.utils import logging

from ... import device as devices
from ...bench import Load, bench_many, measure
from ...bench_report import BenchReport, Cost
from ...memory import keep_freed_memory
from ...models import registry, weights
from ...models.depth_anything.model import load_depth_model
from ...models.interface import Estimator
from ...models.marigold.model import load_normals_model
from ...models.normalcrafter.checkpoint import load_networks
from ...models.normalcrafter.estimator import NormalCrafter
from ...models.normalcrafter.pipeline import Pipeline
from ...models.normalcrafter.windows import padding, plan
from ...models.temporal.block import TemporalSettings
from ...models.temporal.trained import FILE
from ...protocol import ErrorCode, EstimateSettings, PlatelightError, Stage
from ...protocol.models import NORMALCRAFTER, PREVIEW
from . import tiny_models
from .flops import count
from .random_weights import svd_networks

SVD, TINY = "svd", "tiny"


def bench(model: str, load: Load, *, random_weights: str = "", baseline: bool = False) -> BenchReport:
    """Run a job over made-up frames and measure it, with what is only there to compare.

    Args:
        model: as for `estimate`; ignored with `random_weights`.
        random_weights: ``svd`` for NormalCrafter's full-size architecture, empty for the model's own weights.
        baseline: run float32 in PyTorch's default memory formats as well, over one window at most.

    Raises:
        PlatelightError: `setting_invalid`, and what loading the model raises.
    """
    if random_weights not in ("", SVD):
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"random weights {random_weights!r}; only svd is known")
    family = registry.info(NORMALCRAFTER.name if random_weights else model).family
    settings = load.settings(NORMALCRAFTER.name if random_weights else model)
    plain = None
    if baseline:
        if family != NORMALCRAFTER.family:
            raise PlatelightError(ErrorCode.SETTING_INVALID, "a baseline exists for NormalCrafter's networks only")
        exact = dataclasses.replace(settings, precision="fp32")
        plain = measure(
            lambda: _load(exact, random_weights=random_weights, plain=True),
            dataclasses.replace(load, precision="fp32", frames=min(load.frames, settings.window)),
            settings=exact,
            title="float32 in PyTorch's default memory formats",
            count=with_operations,
        )
    registry.release()
    keep_freed_memory()  # the published code runs without
    title = f"{'random weights, full-size architecture' if random_weights else model}, {load.size[0]}x{load.size[1]}"
    report = measure(
        lambda: _load(settings, random_weights=random_weights, plain=False),
        load,
        settings=settings,
        title=title,
        count=with_operations,
    )
    return dataclasses.replace(report, baseline=plain)


def bench_tiny(load: Load) -> tuple[BenchReport, ...]:
    """Return one run for a tiny random checkpoint of each kind in its public layout, and one for the embedded model."""
    with tempfile.TemporaryDirectory(prefix="platelight-bench-") as scratch:
        return bench_many(_tiny(Path(scratch)), load)


def _tiny(folder: Path) -> dict[str, str]:
    logging.disable_progress_bar()
    found = {
        f"{NORMALCRAFTER.title}, tiny": tiny_models.normalcrafter(folder / "normalcrafter"),
        "Depth Anything V2, tiny": tiny_models.depth_anything(folder / "depth"),
        "Depth Anything V2, tiny, temporal": tiny_models.depth_anything(folder / "depth-temporal"),
        "Marigold-E2E-FT, tiny": tiny_models.marigold(folder / "marigold"),
        "Marigold-E2E-FT, tiny, temporal": tiny_models.marigold(folder / "marigold-temporal"),
    }
    blocks = TemporalSettings()
    load_depth_model(folder / "depth-temporal", fresh=blocks).save_temporal(folder / "depth-temporal" / FILE)
    load_normals_model(folder / "marigold-temporal", fresh=blocks).save_temporal(folder / "marigold-temporal" / FILE)
    return {name: str(path) for name, path in found.items()} | {PREVIEW.title: PREVIEW.name}


def _load(settings: EstimateSettings, *, random_weights: str, plain: bool) -> Estimator:
    if not random_weights and not plain:
        return registry.load(settings)
    compute = devices.choose(device=settings.device, precision=settings.precision)
    if random_weights:
        networks, info = svd_networks(compute=compute), dataclasses.replace(NORMALCRAFTER, name="random-svd")
    else:
        info = registry.info(settings.model)
        folder = Path(info.name) if not info.hub_id else weights.folder(info)
        weights.check(folder, info)
        networks = load_networks(folder, compute=compute)
    return NormalCrafter(Pipeline(networks, compute=compute, plain=plain), info=info, revision="bench")


def with_operations(costs: Mapping[Stage, Cost], estimator: Estimator, load: Load) -> dict[Stage, Cost]:
    """Fill in the operations of NormalCrafter's networks; the U-Net sees the frames of an overlap twice."""
    if not isinstance(estimator, NormalCrafter):
        return dict(costs)
    settings = load.settings(NORMALCRAFTER.name)
    top, bottom, left, right = padding(load.size[1], load.size[0])
    frames = costs[Stage.CLIP].frames
    windows = plan(frames, window=settings.window, overlap=settings.overlap)
    counted = count(
        estimator.networks,
        height=load.size[1] + top + bottom,
        width=load.size[0] + left + right,
        window=windows[0].frames,
        chunk=min(settings.decode_chunk_size, frames),
    )
    passes = {Stage.UNET: len(windows) * windows[0].frames}
    return {
        stage: dataclasses.replace(cost, flops=counted[stage] * passes.get(stage, cost.frames)) if stage in counted else cost
        for stage, cost in costs.items()
    }
