"""Streaming a clip through the embedded network: frames by themselves, a few at a time."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import numpy as np
import torch

from ...device import Compute, choose
from ...protocol import ErrorCode, EstimateSettings, PlatelightError, Stage
from ..interface import Event, Output, ResumePoint, Step
from ..table import PREVIEW
from . import network
from .revision import revision

BATCH = 4


def load(*, precision: str, device: str) -> Preview:
    """Load the embedded weights.

    Raises:
        PlatelightError: `model_incomplete`, `model_invalid`, `device_unavailable`, `setting_invalid`.
    """
    compute = choose(device=device, precision=precision)
    known = revision()
    try:
        net = network.load()
    except (ValueError, RuntimeError) as error:
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{network.WEIGHTS}: {error}") from error
    return Preview(net.to(compute.device, compute.dtype, memory_format=torch.channels_last), compute=compute, revision=known)


class Preview:
    """An `Estimator`; see `engine.models.interface`. Window, overlap and decode chunk mean nothing to it."""

    info = PREVIEW

    def __init__(self, net: network.PreviewNet, *, compute: Compute, revision: str) -> None:
        self.revision = revision
        self.precision = compute.precision
        self.device = compute.device.type
        self._net = net
        self._compute = compute

    def stream(
        self, frames: Iterator[np.ndarray], *, count: int, settings: EstimateSettings, resume: ResumePoint | None = None
    ) -> Iterator[Event]:
        """See `Estimator.stream`. A window is a batch of frames; a resumed run falls on the same batches.

        Raises:
            PlatelightError: `source_truncated` when `frames` ends before `count`.
        """
        windows = -(-count // BATCH)
        for start in range(resume.emitted if resume else 0, count, BATCH):
            batch = list(itertools.islice(frames, min(BATCH, count - start)))
            if len(batch) < min(BATCH, count - start):
                raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"it has {start + len(batch)} of {count} frames")
            begun = time.perf_counter()
            values = self._estimate(np.stack(batch))
            seconds = time.perf_counter() - begun
            yield Step(stage=Stage.UNET, frames=len(batch), seconds=seconds, window=start // BATCH + 1, windows=windows)
            yield Output(pass_name="normal", start=start, values=values)
            yield ResumePoint(emitted=start + len(batch), read_from=start + len(batch))

    @torch.inference_mode()
    def _estimate(self, batch: np.ndarray) -> np.ndarray:
        """Normals, float32 (T, H, W, 3), of frames (T, H, W, 3)."""
        images = torch.from_numpy(batch).to(self._compute.device, self._compute.dtype).permute(0, 3, 1, 2)
        normals = self._net(images.contiguous(memory_format=torch.channels_last))
        return np.ascontiguousarray(normals.permute(0, 2, 3, 1).float().cpu().numpy())
