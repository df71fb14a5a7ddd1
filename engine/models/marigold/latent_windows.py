"""What Marigold's families share when a clip is streamed through them: frames as latents of the VAE, blended in windows."""

from __future__ import annotations

from typing import Generic, Self, TypeVar

import numpy as np
import torch

from ...protocol import EstimateSettings
from ..blend import crossfade
from ..temporal.estimator import CheckpointEstimator
from ..temporal.stream import WindowModel
from .video import VideoUNet

Model = TypeVar("Model", bound=VideoUNet)


class LatentWindows(CheckpointEstimator[Model], WindowModel[torch.Tensor], Generic[Model]):
    """An `Estimator` of a `VideoUNet`; see `engine.models.interface`."""

    def window_model(self, settings: EstimateSettings) -> Self:
        """Return itself."""
        return self

    @torch.inference_mode()
    def encode(self, frame: np.ndarray) -> torch.Tensor:
        """Image latents [4, h, w]."""
        image = torch.from_numpy(frame).to(self._compute.device).permute(2, 0, 1)
        return self._model.encode(image[None])[0]

    @torch.inference_mode()
    def join(
        self, predicted: torch.Tensor, *, previous: torch.Tensor | None, carry: np.ndarray | None, size: tuple[int, int]
    ) -> tuple[torch.Tensor, np.ndarray]:
        """Latents are blended where windows overlap; nothing is carried on."""
        return crossfade(predicted, previous), np.zeros(0)
