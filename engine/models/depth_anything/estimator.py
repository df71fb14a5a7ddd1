"""Streaming a clip through Depth Anything V2."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F

from ...device import Compute
from ...protocol import EstimateSettings
from ...protocol.models import ModelInfo
from ..blend import crossfade, fit
from ..temporal.estimator import CheckpointEstimator
from ..temporal.stream import WindowModel
from .distance import distance, nearest
from .model import VideoDepth, load_depth_model


class DepthAnything(CheckpointEstimator[VideoDepth], WindowModel[torch.Tensor]):
    """An `Estimator`; see `engine.models.interface`."""

    load_network = staticmethod(load_depth_model)

    def __init__(self, model: VideoDepth, *, compute: Compute, info: ModelInfo, revision: str) -> None:
        info = dataclasses.replace(info, relative_depth=not model.metric)
        super().__init__(model, compute=compute, info=info, revision=revision)

    def window_model(self, settings: EstimateSettings) -> Self:
        """Return itself."""
        return self

    @torch.inference_mode()
    def encode(self, frame: np.ndarray) -> torch.Tensor:
        """Return the ViT's answer [L, N, C]."""
        image = torch.from_numpy(frame).to(self._compute.device).permute(2, 0, 1)
        return self._model.encode(image[None])[0]

    @torch.inference_mode()
    def predict(self, encoded: Sequence[torch.Tensor], *, size: tuple[int, int], chunk: int) -> torch.Tensor:
        """[T, h, w] float32: inverse depth, or metres."""
        return self._model.decode(encoded, grid=self._model.grid(*size), chunk=chunk).float()

    @torch.inference_mode()
    def join(
        self, predicted: torch.Tensor, *, previous: torch.Tensor | None, carry: np.ndarray | None, size: tuple[int, int]
    ) -> tuple[torch.Tensor, np.ndarray]:
        """Inverse depth in the shot's unit: the first window of a shot says what it is, each other one is brought to the one before
        by scale and shift where they overlap. `carry` is the scale and shift of the last window."""
        if self._model.metric:
            return crossfade(predicted, previous), np.array([1.0, 0.0])
        if previous is not None:
            scale, shift = fit(predicted[: len(previous)], to=previous)
        elif carry is not None:
            scale, shift = carry
        else:
            scale, shift = 1.0 / nearest(predicted), 0.0
        return crossfade(predicted * float(scale) + float(shift), previous), np.array([scale, shift])

    @torch.inference_mode()
    def decode(self, joined: torch.Tensor, *, size: tuple[int, int], carry: np.ndarray) -> dict[str, np.ndarray]:
        """Return distances (T, H, W, 1)."""
        sized = joined[:, None]
        if sized.shape[-2:] != size:
            sized = F.interpolate(sized, size=size, mode="bilinear", align_corners=False)
        depth = sized if self._model.metric else distance(sized)
        return {"depth": np.ascontiguousarray(depth.permute(0, 2, 3, 1).cpu().numpy())}


load = DepthAnything.load
