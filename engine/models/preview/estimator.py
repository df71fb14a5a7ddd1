"""Streaming a clip through the embedded network: normals and relative depth, steadied over time where there are blocks for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import torch

from ...device import Compute, choose
from ...protocol import ErrorCode, EstimateSettings, PlatelightError
from ...protocol.models import PREVIEW
from ..blend import crossfade
from ..temporal.estimator import WindowEstimator
from ..temporal.stream import WindowModel
from . import network
from . import temporal as blocks
from .network import Features


def load(*, precision: str, device: str, revision: str, temporal: Path | None = None, per_frame: bool = False) -> Preview:
    """Load the embedded weights.

    Args:
        temporal: blocks in place of those that come with the extension.
        per_frame: take no blocks at all.

    Raises:
        PlatelightError: `model_incomplete`, `model_invalid`, `device_unavailable`, `setting_invalid`.
    """
    compute = choose(device=device, precision=precision)
    file = temporal or (blocks.WEIGHTS if blocks.WEIGHTS.is_file() else None)
    try:
        net = network.load()
        net = blocks.load(file, net) if file and not per_frame else net
    except FileNotFoundError as error:
        raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(error)) from error
    except (ValueError, RuntimeError) as error:
        raise PlatelightError(ErrorCode.MODEL_INVALID, str(error)) from error
    net = net.to(compute.device, compute.dtype, memory_format=torch.channels_last)
    return Preview(net, compute=compute, revision=revision)


class Preview(WindowEstimator, WindowModel[Features]):
    """An `Estimator`; see `engine.models.interface`."""

    def __init__(self, net: network.PreviewNet | blocks.TemporalPreview, *, compute: Compute, revision: str) -> None:
        super().__init__(info=PREVIEW, compute=compute, revision=revision, sees_time=isinstance(net, blocks.TemporalPreview))
        self._net = net

    def window_model(self, settings: EstimateSettings) -> Self:
        """Return itself."""
        return self

    @torch.inference_mode()
    def encode(self, frame: np.ndarray) -> Features:
        """Return what the way up needs of a frame, so that frames that windows share go down once."""
        image = torch.from_numpy(frame).to(self._compute.device, self._compute.dtype).permute(2, 0, 1)[None]
        return self._net.features(network.prepared(image.contiguous(memory_format=torch.channels_last)))

    @torch.inference_mode()
    def predict(self, encoded: Sequence[Features], *, size: tuple[int, int], chunk: int) -> torch.Tensor:
        """[T, 4, H, W] float32: unit normals and the logarithm of depth."""
        raw = self._net.raw(network.together(encoded))[..., : size[0], : size[1]]
        return torch.cat([network.unit_normals(raw), raw[:, 3:].float()], dim=1)

    def join(
        self, predicted: torch.Tensor, *, previous: torch.Tensor | None, carry: np.ndarray | None, size: tuple[int, int]
    ) -> tuple[torch.Tensor, np.ndarray]:
        """Windows are crossfaded; nothing is carried on."""
        return crossfade(predicted, previous), np.zeros(0)

    @torch.inference_mode()
    def decode(self, joined: torch.Tensor, *, size: tuple[int, int], carry: np.ndarray) -> dict[str, np.ndarray]:
        """Return normals (T, H, W, 3) and distances (T, H, W, 1), these to 11 bits, which is more than the network knows and
        makes files
        a quarter as large."""
        planes = joined.permute(0, 2, 3, 1).cpu()
        return {"normal": planes[..., :3].contiguous().numpy(), "depth": planes[..., 3:].exp().half().float().contiguous().numpy()}
