"""``python -m engine bench``: what a frame costs in each stage, through the real job from image files to EXR files."""

from __future__ import annotations

import dataclasses
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
import psutil
import torch

from . import device as devices
from . import exr
from .bench_report import NETWORKS, BenchReport, Cost, render, render_many
from .frames.plate import Plate
from .job import estimate
from .memory import keep_freed_memory
from .models import registry
from .models.interface import Estimator, Event, ResumePoint, Step
from .models.table import NORMALCRAFTER, PREVIEW
from .protocol import ErrorCode, Estimate, EstimateSettings, PlatelightError, Source, Stage

__all__ = ["TINY", "BenchReport", "bench", "bench_many", "render", "render_many"]

TINY = "tiny"

MATRIX = 2048
SAMPLE_SECONDS = 0.02


def bench(
    *, model: str, random_weights: str, size: tuple[int, int], frames: int, precision: str, device: str, baseline: bool
) -> BenchReport:
    """Run a job over made-up frames and measure it.

    Args:
        model: as for `estimate`; ignored with `random_weights`.
        random_weights: ``svd`` for NormalCrafter's full-size architecture, empty for the model's own weights.
        size: width and height in pixels.
        baseline: run float32 in PyTorch's default memory formats as well, over one window at most.

    Raises:
        PlatelightError: `setting_invalid`, and what loading the model raises.
    """
    if frames < 1 or min(size) < 1:
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"{frames} frames of {size[0]}x{size[1]}; both must be at least 1")
    if random_weights not in ("", "svd"):
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"random weights {random_weights!r}; only svd is known")
    settings = EstimateSettings(model=model, max_resolution=0, precision=precision, device=device)
    if not random_weights and registry.info(model).family != NORMALCRAFTER.family:
        settings = dataclasses.replace(settings, window=0, overlap=-1)  # its own
    plain = None
    if baseline:
        if registry.info(model if not random_weights else NORMALCRAFTER.name).family != NORMALCRAFTER.family:
            raise PlatelightError(ErrorCode.SETTING_INVALID, "a baseline exists for NormalCrafter's networks only")
        exact = dataclasses.replace(settings, precision="fp32")
        plain = _measure(
            lambda: _load(exact, random_weights=random_weights, plain=True), settings=exact, size=size,
            frames=min(frames, settings.window), title="float32 in PyTorch's default memory formats",
        )
    registry.release()
    keep_freed_memory()  # the published code runs without
    title = f"{'random weights, full-size architecture' if random_weights else model}, {size[0]}x{size[1]}"
    report = _measure(
        lambda: _load(settings, random_weights=random_weights, plain=False), settings=settings, size=size, frames=frames,
        title=title,
    )
    return dataclasses.replace(report, baseline=plain)


def bench_many(
    models: Sequence[str], *, size: tuple[int, int], frames: int, precision: str, device: str
) -> tuple[BenchReport, ...]:
    """One run for each model, in turn. `models`: as for `estimate`; without any, a tiny random checkpoint of each kind in its
    public layout, and the embedded model. Each runs frame by frame where it has no temporal blocks, else in its own windows.

    Raises:
        PlatelightError: as `bench`.
    """
    with tempfile.TemporaryDirectory(prefix="platelight-bench-") as scratch:
        named = {name: name for name in models} or _tiny(Path(scratch))
        reports = []
        for name, model in named.items():
            report = bench(
                model=model, random_weights="", size=size, frames=frames, precision=precision, device=device, baseline=False
            )
            reports.append(dataclasses.replace(report, title=name))
        registry.release()
    return tuple(reports)


def _tiny(folder: Path) -> dict[str, str]:
    from transformers.utils import logging

    from .lab.bench import tiny_models
    from .models.depth_anything.model import load_depth_model
    from .models.marigold.model import load_normals_model
    from .models.temporal.block import TemporalSettings
    from .models.temporal.trained import FILE

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
    from .lab.bench.random_weights import svd_networks
    from .models import weights
    from .models.normalcrafter.checkpoint import load_networks
    from .models.normalcrafter.estimator import NormalCrafter
    from .models.normalcrafter.pipeline import Pipeline

    compute = devices.choose(device=settings.device, precision=settings.precision)
    if random_weights:
        networks, info = svd_networks(compute=compute), dataclasses.replace(NORMALCRAFTER, name="random-svd")
    else:
        info = registry.info(settings.model)
        folder = Path(info.name) if not info.hub_id else weights.folder(info)
        weights.check(folder, info)
        networks = load_networks(folder, compute=compute)
    return NormalCrafter(Pipeline(networks, compute=compute, plain=plain), info=info, revision="bench")


def _measure(
    load: Callable[[], Estimator], *, settings: EstimateSettings, size: tuple[int, int], frames: int, title: str
) -> BenchReport:
    compute = devices.choose(device=settings.device, precision=settings.precision)
    with tempfile.TemporaryDirectory(prefix="platelight-bench-") as scratch, torch.inference_mode(), Peak() as peak:
        source = Source(path=str(_make_frames(Path(scratch) / "plate", size=size, frames=frames)))
        estimator = Metered(load())
        settings = dataclasses.replace(settings, model=estimator.info.name)
        request = Estimate(job="bench", source=source, out=str(Path(scratch) / "out"), settings=settings, overwrite=True)
        begun, begun_processor = time.perf_counter(), time.process_time()
        for _ in estimate.run(request, estimator=estimator):
            pass
        wall, processor = time.perf_counter() - begun, time.process_time() - begun_processor
        costs = {stage: _sum(estimator.steps, stage) for stage in NETWORKS}
        costs[Stage.READING], costs[Stage.WRITING] = _outside_costs(source, Path(scratch) / "again", frames=frames)
        costs = _with_flops(costs, estimator, size=size, settings=settings)
    return BenchReport(
        title=title, frames=frames, size=size, precision=estimator.precision, device=estimator.device, why=compute.why, wall=wall,
        processor=processor, costs=costs, matrix_flops=_matrix_flops(compute), peak_bytes=peak.bytes,
    )


class Metered:
    """An estimator that keeps its steps."""

    def __init__(self, estimator: Estimator) -> None:
        self.inner = estimator
        self.info, self.precision = estimator.info, estimator.precision
        self.device, self.revision = estimator.device, estimator.revision
        self.steps: list[Step] = []

    def stream(
        self, frames: Iterator[np.ndarray], *, count: int, settings: EstimateSettings, resume: ResumePoint | None = None
    ) -> Iterator[Event]:
        """As the estimator's own."""
        for event in self.inner.stream(frames, count=count, settings=settings, resume=resume):
            if isinstance(event, Step):
                self.steps.append(event)
            yield event


@dataclass(kw_only=True)
class Peak:
    """The most memory in use while it is entered, sampled."""

    bytes: int = 0
    _done: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Peak:
        self._thread = threading.Thread(target=self._watch, name="peak", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._done.wait(SAMPLE_SECONDS):
            self.bytes = max(self.bytes, process.memory_info().rss)


def _make_frames(folder: Path, *, size: tuple[int, int], frames: int) -> Path:
    """A PNG sequence of a texture that moves; returns its first file."""
    folder.mkdir()
    width, height = size
    texture = np.random.default_rng(0).integers(0, 255, (height // 8 + 2, width // 8 + 2, 3), np.uint8)
    picture = cv2.resize(texture, (width, height), interpolation=cv2.INTER_CUBIC)
    for frame in range(1, frames + 1):
        cv2.imwrite(str(folder / f"plate.{frame:04d}.png"), np.roll(picture, 2 * frame, axis=1))
    return folder / "plate.0001.png"


def _sum(steps: list[Step], stage: Stage) -> Cost:
    mine = [step for step in steps if step.stage is stage]
    return Cost(frames=sum(step.frames for step in mine), seconds=sum(step.seconds for step in mine))


def _outside_costs(source: Source, folder: Path, *, frames: int) -> tuple[Cost, Cost]:
    """Reading all frames and writing as many passes, by themselves."""
    begun = time.perf_counter()
    for picture in Plate(source, max_resolution=0).frames(1, frames):
        normals = picture * 2.0 - 1.0
    read = time.perf_counter() - begun
    folder.mkdir()
    origin = exr.Origin(
        clip="bench", model="bench", revision="", settings="{}", source=source.path, frame=1, plate_size=normals.shape[1::-1]
    )
    begun = time.perf_counter()
    for frame in range(1, frames + 1):
        exr.write(folder / f"bench.{frame:04d}.exr", normals, pass_name="normal", origin=origin)
    return Cost(frames=frames, seconds=read), Cost(frames=frames, seconds=time.perf_counter() - begun)


def _with_flops(
    costs: dict[Stage, Cost], estimator: Metered, *, size: tuple[int, int], settings: EstimateSettings
) -> dict[Stage, Cost]:
    """Fill in the operations where they can be counted; the U-Net sees the frames of an overlap twice."""
    from .models.normalcrafter.estimator import NormalCrafter

    if not isinstance(estimator.inner, NormalCrafter):
        return costs
    from .lab.bench.flops import count
    from .models.normalcrafter.windows import padding, plan

    top, bottom, left, right = padding(size[1], size[0])
    frames = costs[Stage.CLIP].frames
    windows = plan(frames, window=settings.window, overlap=settings.overlap)
    counted = count(
        estimator.inner.networks, height=size[1] + top + bottom, width=size[0] + left + right, window=windows[0].frames,
        chunk=min(settings.decode_chunk_size, frames),
    )
    passes = {Stage.UNET: len(windows) * windows[0].frames}
    return {
        stage: dataclasses.replace(cost, flops=counted[stage] * passes.get(stage, cost.frames)) if stage in counted else cost
        for stage, cost in costs.items()
    }


def _matrix_flops(compute: devices.Compute) -> float:
    left = torch.ones(MATRIX, MATRIX, dtype=compute.dtype, device=compute.device)

    def product() -> None:
        torch.mm(left, left).sum().item()

    with torch.inference_mode():
        return 2.0 * MATRIX**3 / devices.best_seconds(product)
