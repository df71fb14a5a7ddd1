"""One face for all that is compared: frames go in, normals in our own axes and depths come out, in order."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from ...frames.resize import shrink, working_size
from ...job.request import effective
from ...models import registry
from ...models.interface import Estimator, Output
from ...normals import convert_axes
from ...protocol import ErrorCode, EstimateSettings, PlatelightError, Source
from .exr_folder import ExrFolder
from .results import CONSTANT, TRUTH, ModelFacts
from .sets import DEPTH, NORMAL, Estimated, Moment, Shot
from .specs import TUNE, Kind, Spec

RESOLUTION_OF_MODEL = -1


class Predictor(Protocol):
    """Something that gives normals, depths or both. `facts`: what it is. `passes`: those it gives of every frame."""

    facts: ModelFacts
    passes: tuple[str, ...]

    def predict(self, moments: Iterator[Moment], *, shot: Shot, set_name: str) -> Iterator[Estimated]:
        """Estimate a shot.

        Args:
            moments: the frames of the shot, `shot.count` of them, to be pulled as they are needed.
            shot, set_name: which shot that is, for predictors that look up what others made.

        Yields:
            each pass of each frame, the frames of a pass in order.
        """
        ...


class Constant:
    """The same direction everywhere."""

    passes: tuple[str, ...] = (NORMAL,)

    def __init__(self, direction: np.ndarray) -> None:
        self.facts = ModelFacts(label=CONSTANT, kind="reference", source="the set itself", axes=(1, 1, 1))
        self._direction = direction.astype(np.float32)

    def predict(self, moments: Iterator[Moment], *, shot: Shot, set_name: str) -> Iterator[Estimated]:
        """See `Predictor.predict`."""
        for index, moment in enumerate(moments):
            yield Estimated(pass_name=NORMAL, index=index, values=np.broadcast_to(self._direction, moment.frame.shape))


class Truth:
    """The true normals themselves, and the true depths up to the first frame without: their error is zero, their change is what a
    perfect model would have."""

    passes: tuple[str, ...] = (NORMAL,)

    def __init__(self) -> None:
        self.facts = ModelFacts(label=TRUTH, kind="reference", source="the set itself", axes=(1, 1, 1))
        self._has_depth = True

    def predict(self, moments: Iterator[Moment], *, shot: Shot, set_name: str) -> Iterator[Estimated]:
        """See `Predictor.predict`."""
        for index, moment in enumerate(moments):
            self._has_depth = self._has_depth and moment.depth is not None
            if self._has_depth and moment.depth is not None:
                yield Estimated(pass_name=DEPTH, index=index, values=moment.depth)
            yield Estimated(pass_name=NORMAL, index=index, values=moment.normals)


class EngineModel:
    """A model of the engine, streamed as a job streams it."""

    def __init__(self, estimator: Estimator, *, spec: Spec, settings: EstimateSettings, words: str = "") -> None:
        """`words`: what else is to be said of how it is run."""
        size = f"long side {settings.max_resolution}" if settings.max_resolution else "native size"
        windows = f", window {settings.window}, overlap {settings.overlap}" if estimator.info.temporal else ""
        self.passes = tuple(name for name in (NORMAL, DEPTH) if name in estimator.info.passes)
        if not self.passes:
            raise PlatelightError(ErrorCode.SETTING_INVALID, f"{spec.source} gives neither normals nor depth")
        self.facts = ModelFacts(
            label=spec.label,
            kind=estimator.info.title,
            source=spec.source,
            axes=spec.axes,
            revision=estimator.revision,
            settings=f"{size}{windows}, {estimator.precision} on {estimator.device}{words}",
        )
        self._estimator, self._settings = estimator, settings

    def predict(self, moments: Iterator[Moment], *, shot: Shot, set_name: str) -> Iterator[Estimated]:
        """See `Predictor.predict`; frames are shrunk to the working size as a plate is."""
        yield from self._stream(self._estimator, moments, shot=shot)

    def _stream(self, estimator: Estimator, moments: Iterator[Moment], *, shot: Shot) -> Iterator[Estimated]:
        frames = (self._shrunk(moment.frame) for moment in moments)
        for event in estimator.stream(frames, count=shot.count, settings=self._settings):
            if not isinstance(event, Output) or event.pass_name not in self.passes:
                continue
            for index, values in enumerate(event.values, start=event.start):
                known = convert_axes(values, axes=self.facts.axes) if event.pass_name == NORMAL else values[..., 0]
                yield Estimated(pass_name=event.pass_name, index=index, values=known)

    def _shrunk(self, frame: np.ndarray) -> np.ndarray:
        size = working_size((frame.shape[1], frame.shape[0]), max_resolution=self._settings.max_resolution)
        return shrink(frame, size=size).astype(np.float32) / np.float32(255)


class TunedModel(EngineModel):
    """A model of the engine whose temporal blocks are trained on each shot before it is estimated."""

    def __init__(self, estimator: Estimator, *, spec: Spec, settings: EstimateSettings, tuning: Tuning) -> None:
        told = f"{tuning.steps} steps" if tuning.steps else f"{tuning.minutes:g} minutes"
        super().__init__(estimator, spec=spec, settings=settings, words=f", tuned to each shot for {told}, within s / frame")
        self._tuning = tuning

    def predict(self, moments: Iterator[Moment], *, shot: Shot, set_name: str) -> Iterator[Estimated]:
        """See `Predictor.predict`. Where tuning finds nothing better, and on stills, the model's own blocks are used."""
        with tempfile.TemporaryDirectory(prefix="platelight-") as folder:
            file = self._tune(shot, Path(folder)) if shot.consecutive and shot.count > 1 else None
            yield from self._stream(registry.load(self._settings, tuned=file), moments, shot=shot)

    def _tune(self, shot: Shot, folder: Path) -> Path | None:
        from ...protocol import Tune
        from ...tuning.tune import tune

        for index in range(shot.count):
            cv2.imwrite(str(folder / f"plate.{index + 1:06d}.png"), shot.read(index).frame[..., ::-1])
        request = Tune(
            job="tune",
            source=Source(path=str(folder / "plate.000001.png")),
            out=str(folder),
            model=self._settings.model,
            minutes=self._tuning.minutes,
            steps=self._tuning.steps,
            max_resolution=self._settings.max_resolution,
            device=self._settings.device,
        )
        steps = tune(request)
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                return stop.value.file


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tuning:
    """How long `WHAT@tune` trains on each shot; see `engine.protocol.Tune`."""

    minutes: float = 5.0
    steps: int = 0


@contextlib.contextmanager
def opened(spec: Spec, *, settings: EstimateSettings, tuning: Tuning | None = None) -> Iterator[Predictor]:
    """Load what `spec` names, for as long as the context lasts; one model is in memory at a time.

    Args:
        tuning: how long to tune, where that is asked for.
        settings: of the models of the engine; a Marigold of several steps takes device, precision and resolution from it. A
            `max_resolution` of `RESOLUTION_OF_MODEL` stands for each model's own.

    Raises:
        PlatelightError: what loading raises.
    """
    registry.release()
    try:
        if spec.kind is Kind.EXR:
            yield ExrFolder(spec)
        elif spec.kind is Kind.MARIGOLD:
            from .marigold import MarigoldSteps

            yield MarigoldSteps(spec, settings=settings)
        else:
            yield _engine_model(spec, settings, tuning or Tuning())
    finally:
        registry.release()


def _engine_model(spec: Spec, settings: EstimateSettings, tuning: Tuning) -> EngineModel:
    temporal = registry.AUTO if spec.temporal == TUNE else spec.temporal
    if spec.kind is Kind.WEIGHTS:
        estimator = _preview_with(Path(spec.source), settings=settings)
    else:
        estimator = registry.load(dataclasses.replace(settings, model=spec.source, temporal=temporal))
    if settings.max_resolution == RESOLUTION_OF_MODEL:
        settings = dataclasses.replace(settings, max_resolution=estimator.info.default_resolution)
    name = estimator.info.name if spec.kind is Kind.WEIGHTS else spec.source
    settings = effective(dataclasses.replace(settings, model=name, temporal=temporal), estimator.info)
    if spec.temporal == TUNE:
        return TunedModel(estimator, spec=spec, settings=settings, tuning=tuning)
    return EngineModel(estimator, spec=spec, settings=settings)


def _preview_with(file: Path, *, settings: EstimateSettings) -> Estimator:
    """Return the embedded network with other weights, such as those of a training that runs."""
    import torch

    from ...device import choose
    from ...models.preview import network
    from ...models.preview.estimator import Preview

    compute = choose(device=settings.device, precision=settings.precision)
    try:
        net = network.load(file)
    except (ValueError, RuntimeError) as error:
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file}: {error}".splitlines()[0]) from error
    net = net.to(compute.device, compute.dtype, memory_format=torch.channels_last)
    return Preview(net, compute=compute, revision=file.name)
