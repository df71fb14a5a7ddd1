"""Streaming a clip through Marigold-E2E-FT's normals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from .latent_windows import LatentWindows
from .model import VideoNormals, load_normals_model


class Marigold(LatentWindows[VideoNormals]):
    """An `Estimator`; see `engine.models.interface`."""

    load_network = staticmethod(load_normals_model)

    @torch.inference_mode()
    def predict(self, encoded: Sequence[torch.Tensor], *, size: tuple[int, int], chunk: int) -> torch.Tensor:
        """Normal latents [T, 4, h, w], float32."""
        return self._model.unet(torch.stack(list(encoded)))

    @torch.inference_mode()
    def decode(self, joined: torch.Tensor, *, size: tuple[int, int], carry: np.ndarray) -> dict[str, np.ndarray]:
        """Return normals (T, H, W, 3) in the model's axes."""
        normals = self._model.decode(joined, size=size)
        return {"normal": np.ascontiguousarray(normals.permute(0, 2, 3, 1).cpu().numpy())}


load = Marigold.load
