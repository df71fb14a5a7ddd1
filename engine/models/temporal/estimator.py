"""What the estimators that stream themselves window by window have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import numpy as np
from torch import nn

from ...device import Compute, choose
from ...protocol import EstimateSettings, Stage
from ...protocol.models import ModelInfo
from ..interface import Event, ResumePoint
from .stream import stream


class WindowEstimator:
    """An `Estimator`, see `engine.models.interface`, that is the `WindowModel` which it streams: a subclass adds `encode`,
    `predict`, `join` and `decode`."""

    predicts = Stage.UNET

    def __init__(self, *, info: ModelInfo, compute: Compute, revision: str, sees_time: bool) -> None:
        self.info = info
        self.revision = revision
        self.precision = compute.precision
        self.device = compute.device.type
        self.sees_time = sees_time
        self._compute = compute

    def stream(
        self, frames: Iterator[np.ndarray], *, count: int, settings: EstimateSettings, resume: ResumePoint | None = None
    ) -> Iterator[Event]:
        """See `Estimator.stream`."""
        return stream(self, frames, count=count, settings=settings, device=self._compute.device, resume=resume)

    def field_of_view(self, carry: np.ndarray, *, size: tuple[int, int]) -> float:
        """See `WindowModel.field_of_view`: unknown."""
        return 0.0


class CheckpointEstimator(WindowEstimator):
    """A `WindowEstimator` from a checkpoint in the layout of the hub. A subclass has the constructor that `load` calls."""

    load_network: Callable[..., nn.Module]
    """From a folder, with temporal blocks of another file, or without any, in a precision."""

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
