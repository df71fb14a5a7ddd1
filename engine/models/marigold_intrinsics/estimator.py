"""Streaming a clip through Marigold's intrinsic images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ..marigold.latent_windows import LatentWindows
from .model import VideoIntrinsics, load_intrinsics_model


class MarigoldIntrinsics(LatentWindows[VideoIntrinsics]):
    """An `Estimator`; see `engine.models.interface`."""

    load_network = staticmethod(load_intrinsics_model)

    @torch.inference_mode()
    def predict(self, encoded: Sequence[torch.Tensor], *, size: tuple[int, int], chunk: int) -> torch.Tensor:
        """Target latents [T, C, h, w], float32. Frames that don't see each other go through the U-Net one by one."""
        if self.sees_time:
            return self._model.unet(torch.stack(list(encoded)))
        return torch.cat([self._model.unet(each[None]) for each in encoded])

    @torch.inference_mode()
    def decode(self, joined: torch.Tensor, *, size: tuple[int, int], carry: np.ndarray) -> dict[str, np.ndarray]:
        """Return the checkpoint's passes, (T, H, W, 3 or 1)."""
        passes = self._model.decode(joined, size=size)
        return {name: np.ascontiguousarray(values.permute(0, 2, 3, 1).cpu().numpy()) for name, values in passes.items()}


load = MarigoldIntrinsics.load
