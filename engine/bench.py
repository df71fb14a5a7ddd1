"""``python -m engine bench``: what a frame costs in each stage, through the real job from image files to EXR files."""

from __future__ import annotations

import dataclasses
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
import psutil
import torch

from . import device as devices
from . import exr
from .bench_report import NETWORKS, BenchReport, Cost
from .frames.plate import Plate
from .job import estimate
from .memory import keep_freed_memory
from .models import registry
from .models.interface import Estimator, Event, ResumePoint, Step
from .protocol import ErrorCode, Estimate, EstimateSettings, PlatelightError, Source, Stage
from .protocol.models import NORMALCRAFTER

MATRIX = 2048
SAMPLE_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a bench run is put to. `size`: width and height of the frames. `precision`, `device`: as for `estimate`."""

    size: tuple[int, int]
    frames: int
    precision: str
    device: str

    def __post_init__(self) -> None:
        if self.frames < 1 or min(self.size) < 1:
            said = f"{self.frames} frames of {self.size[0]}x{self.size[1]}; both must be at least 1"
            raise PlatelightError(ErrorCode.SETTING_INVALID, said)

    def settings(self, model: str) -> EstimateSettings:
        """Return settings for `model`, a name or folder; it runs in NormalCrafter's windows, or in its own."""
        settings = EstimateSettings(model=model, max_resolution=0, precision=self.precision, device=self.device)
        if registry.info(model).family == NORMALCRAFTER.family:
            return settings
        return dataclasses.replace(settings, window=0, overlap=-1)


Count = Callable[[Mapping[Stage, Cost], Estimator, Load], dict[Stage, Cost]]
"""Fills in the operations of the stages where they can be counted."""


def bench(model: str, load: Load, *, count: Count | None = None) -> BenchReport:
    """Run a job over made-up frames and measure it. `model`: as for `estimate`.

    Raises:
        PlatelightError: `setting_invalid`, and what loading the model raises.
    """
    settings = load.settings(model)
    registry.release()
    keep_freed_memory()  # the published code runs without
    title = f"{model}, {load.size[0]}x{load.size[1]}"
    return measure(lambda: registry.load(settings), load, settings=settings, title=title, count=count)


def bench_many(models: Mapping[str, str], load: Load) -> tuple[BenchReport, ...]:
    """Return one run for each model, in turn. `models`: titles, and names or folders as for `estimate`. Each runs frame by frame
    where it
    has no temporal blocks, else in its own windows.

    Raises:
        PlatelightError: as `bench`.
    """
    reports = tuple(dataclasses.replace(bench(model, load), title=title) for title, model in models.items())
    registry.release()
    return reports


def measure(
    make: Callable[[], Estimator], load: Load, *, settings: EstimateSettings, title: str, count: Count | None = None
) -> BenchReport:
    """Run a job of the estimator that `make` returns."""
    compute = devices.choose(device=settings.device, precision=settings.precision)
    with tempfile.TemporaryDirectory(prefix="platelight-bench-") as scratch, torch.inference_mode(), Peak() as peak:
        source = Source(path=str(_make_frames(Path(scratch) / "plate", size=load.size, frames=load.frames)))
        estimator = Metered(make())
        settings = dataclasses.replace(settings, model=estimator.info.name)
        request = Estimate(job="bench", source=source, out=str(Path(scratch) / "out"), settings=settings, overwrite=True)
        begun, begun_processor = time.perf_counter(), time.process_time()
        for _ in estimate.run(request, estimator=estimator):
            pass
        wall, processor = time.perf_counter() - begun, time.process_time() - begun_processor
        costs = {stage: _sum(estimator.steps, stage) for stage in NETWORKS}
        costs[Stage.READING], costs[Stage.WRITING] = _outside_costs(source, Path(scratch) / "again", frames=load.frames)
        if count is not None:
            costs = count(costs, estimator.inner, load)
    return BenchReport(
        title=title,
        frames=load.frames,
        size=load.size,
        precision=estimator.precision,
        device=estimator.device,
        why=compute.why,
        wall=wall,
        processor=processor,
        costs=costs,
        matrix_flops=_matrix_flops(compute),
        peak_bytes=peak.bytes,
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
    _thread: threading.Thread = field(init=False)

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
    """Return a PNG sequence of a texture that moves; returns its first file."""
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
    """Read all frames and writing as many passes, by themselves."""
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


def _matrix_flops(compute: devices.Compute) -> float:
    left = torch.ones(MATRIX, MATRIX, dtype=compute.dtype, device=compute.device)

    def product() -> None:
        torch.mm(left, left).sum().item()

    with torch.inference_mode():
        return 2.0 * MATRIX**3 / devices.best_seconds(product)
