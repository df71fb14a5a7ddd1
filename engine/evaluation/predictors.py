"""One face for all that is compared: frames go in, normals in our own axes come out, in order."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from ..frames.resize import shrink, working_size
from ..models import registry
from ..models.interface import Estimator, Output
from ..normals import convert_axes
from ..protocol import ErrorCode, EstimateSettings, PlatelightError
from .exr_folder import ExrFolder
from .results import CONSTANT, TRUTH, ModelFacts
from .sets import Shot
from .specs import Kind, Spec

RESOLUTION_OF_MODEL = -1


class Predictor(Protocol):
    """Something that gives normals. `facts`: what it is."""

    facts: ModelFacts

    def predict(self, frames: Iterator[np.ndarray], *, shot: Shot, set_name: str) -> Iterator[np.ndarray]:
        """Normals of a shot.

        Args:
            frames: uint8 (H, W, 3) sRGB, `shot.count` of them, to be pulled as they are needed.
            shot, set_name: which shot that is, for predictors that look up what others made.

        Yields:
            float (h, w, 3) for each frame, +X right, +Y up, +Z toward the camera, of any length.
        """
        ...


class Constant:
    """The same direction everywhere."""

    def __init__(self, direction: np.ndarray) -> None:
        self.facts = ModelFacts(label=CONSTANT, kind="reference", source="the set itself", axes=(1, 1, 1))
        self._direction = direction.astype(np.float32)

    def predict(self, frames: Iterator[np.ndarray], *, shot: Shot, set_name: str) -> Iterator[np.ndarray]:
        for frame in frames:
            yield np.broadcast_to(self._direction, frame.shape)


class Truth:
    """The true normals themselves: their error is zero, their change is what a perfect model would have."""

    facts = ModelFacts(label=TRUTH, kind="reference", source="the set itself", axes=(1, 1, 1))

    def predict(self, frames: Iterator[np.ndarray], *, shot: Shot, set_name: str) -> Iterator[np.ndarray]:
        for index, _ in enumerate(frames):
            yield shot.read(index).normals


class EngineModel:
    """A model of the engine, streamed as a job streams it."""

    def __init__(self, estimator: Estimator, *, spec: Spec, settings: EstimateSettings) -> None:
        size = f"long side {settings.max_resolution}" if settings.max_resolution else "native size"
        windows = f", window {settings.window}, overlap {settings.overlap}" if estimator.info.temporal else ""
        self.facts = ModelFacts(
            label=spec.label,
            kind=estimator.info.title,
            source=spec.source,
            axes=spec.axes,
            revision=estimator.revision,
            settings=f"{size}{windows}, {estimator.precision} on {estimator.device}",
        )
        self._estimator, self._settings = estimator, settings

    def predict(self, frames: Iterator[np.ndarray], *, shot: Shot, set_name: str) -> Iterator[np.ndarray]:
        """See `Predictor.predict`; frames are shrunk to the working size as a plate is."""
        for event in self._estimator.stream(self._shrunk(frames), count=shot.count, settings=self._settings):
            if isinstance(event, Output) and event.pass_name == "normal":
                for values in event.values:
                    yield convert_axes(values, axes=self.facts.axes)

    def _shrunk(self, frames: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        for frame in frames:
            size = working_size((frame.shape[1], frame.shape[0]), max_resolution=self._settings.max_resolution)
            yield shrink(frame, size=size).astype(np.float32) / np.float32(255)


@contextlib.contextmanager
def opened(spec: Spec, *, settings: EstimateSettings) -> Iterator[Predictor]:
    """Load what `spec` names, for as long as the context lasts; one model is in memory at a time.

    Args:
        settings: of the models of the engine; a Marigold pipeline takes device, precision and resolution from it. A
            `max_resolution` of `RESOLUTION_OF_MODEL` stands for each model's own.

    Raises:
        PlatelightError: what loading raises.
    """
    registry.release()
    try:
        if spec.kind is Kind.EXR:
            yield ExrFolder(spec)
        elif spec.kind is Kind.MARIGOLD:
            from .marigold import Marigold

            yield Marigold(spec, settings=settings)
        else:
            yield _engine_model(spec, settings)
    finally:
        registry.release()


def _engine_model(spec: Spec, settings: EstimateSettings) -> EngineModel:
    if spec.kind is Kind.WEIGHTS:
        estimator = _preview_with(Path(spec.source), settings=settings)
    else:
        estimator = registry.load(dataclasses.replace(settings, model=spec.source))
    if settings.max_resolution == RESOLUTION_OF_MODEL:
        settings = dataclasses.replace(settings, max_resolution=estimator.info.default_resolution)
    return EngineModel(estimator, spec=spec, settings=dataclasses.replace(settings, model=estimator.info.name))


def _preview_with(file: Path, *, settings: EstimateSettings) -> Estimator:
    """The embedded network with other weights, such as those of a training that runs."""
    import torch

    from ..device import choose
    from ..models.preview import network
    from ..models.preview.estimator import Preview

    compute = choose(device=settings.device, precision=settings.precision)
    try:
        net = network.load(file)
    except (ValueError, RuntimeError) as error:
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file}: {error}".splitlines()[0]) from error
    net = net.to(compute.device, compute.dtype, memory_format=torch.channels_last)
    return Preview(net, compute=compute, revision=file.name)
