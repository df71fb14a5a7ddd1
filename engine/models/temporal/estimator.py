"""What the estimators that stream a `WindowModel` have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
import torch
from torch import nn

from ...device import Compute, choose
from ...protocol import EstimateSettings
from ...protocol.models import ModelInfo
from ..interface import Event, ResumePoint
from .stream import WindowModel, stream


class WindowEstimator(ABC):
    """An `Estimator`, see `engine.models.interface`, that streams a `WindowModel`: itself, or one made for the run."""

    def __init__(self, *, info: ModelInfo, compute: Compute, revision: str, sees_time: bool) -> None:
        self.info = info
        self.revision = revision
        self.precision = compute.precision
        self.device = compute.device.type
        self.sees_time = sees_time
        self._compute = compute

    @abstractmethod
    def window_model(self, settings: EstimateSettings) -> WindowModel[Any]:
        """Return what is streamed in a run with these settings."""

    def stream(
        self, frames: Iterator[np.ndarray], *, count: int, settings: EstimateSettings, resume: ResumePoint | None = None
    ) -> Iterator[Event]:
        """See `Estimator.stream`."""
        model = self.window_model(settings)
        return stream(model, frames, count=count, settings=settings, device=self._compute.device, resume=resume)


class VideoNetwork(Protocol):
    """A network with temporal blocks, or None in their place."""

    temporal: nn.Module | None

    def to(self, device: torch.device, /) -> Self: ...

    def requires_grad_(self, requires_grad: bool, /) -> Self: ...


Network = TypeVar("Network", bound=VideoNetwork)


class CheckpointEstimator(WindowEstimator, Generic[Network]):
    """A `WindowEstimator` from a checkpoint in the layout of the hub."""

    def __init__(self, model: Network, *, compute: Compute, info: ModelInfo, revision: str) -> None:
        super().__init__(info=info, compute=compute, revision=revision, sees_time=model.temporal is not None)
        self._model = model.to(compute.device).requires_grad_(False)

    @staticmethod
    @abstractmethod
    def load_network(folder: Path, *, temporal: Path | None, per_frame: bool, dtype: torch.dtype) -> Network:
        """Load the network of a folder, with temporal blocks of another file, or without any, in a precision."""

    @classmethod
    def load(
        cls, folder: Path, *, info: ModelInfo, precision: str, device: str, revision: str, temporal: Path | None, per_frame: bool
    ) -> Self:
        """`temporal`, `per_frame`: as `load_network`.

        Raises:
            PlatelightError: `model_incomplete`, `model_invalid`, `device_unavailable`, `setting_invalid`.
        """
        compute = choose(device=device, precision=precision)
        model = cls.load_network(folder, temporal=temporal, per_frame=per_frame, dtype=compute.dtype)
        return cls(model, compute=compute, info=info, revision=revision)
