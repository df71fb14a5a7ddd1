"""What the estimators that stream themselves window by window have in common."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...device import Compute
from ...protocol import EstimateSettings, Stage
from ..interface import Event, ResumePoint
from ..table import ModelInfo
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
