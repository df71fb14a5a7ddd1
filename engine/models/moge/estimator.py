"""Streaming a clip through MoGe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ...protocol import EstimateSettings
from ..blend import crossfade
from ..temporal.estimator import CheckpointEstimator
from ..temporal.stream import WindowModel
from . import camera
from .model import NORMAL, Encoded, VideoGeometry, load_geometry_model
from .shot import Gauge, distances, measure, sized

_SCALE = 7
"""The plane of a prediction that holds the frame's own metric scale, after those of `VideoGeometry.decode`."""


class MoGe(CheckpointEstimator[VideoGeometry]):
    """An `Estimator`; see `engine.models.interface`."""

    load_network = staticmethod(load_geometry_model)

    def window_model(self, settings: EstimateSettings) -> _Run:
        """Return a model that knows the patches and the field of view that are asked for."""
        tokens = settings.tokens or self.info.tokens
        return _Run(model=self._model, sees_time=self.sees_time, tokens=tokens, fov=settings.fov)


@dataclass(frozen=True, kw_only=True)
class _Run(WindowModel[Encoded]):
    """The `WindowModel` of one run. `fov`: degrees, 0 where it isn't known."""

    model: VideoGeometry
    sees_time: bool
    tokens: int
    fov: float

    @torch.inference_mode()
    def encode(self, frame: np.ndarray) -> Encoded:
        """Return what the ViT says."""
        return self.model.encode(torch.from_numpy(frame).permute(2, 0, 1), tokens=self.tokens)

    @torch.inference_mode()
    def predict(self, encoded: Sequence[Encoded], *, size: tuple[int, int], chunk: int) -> torch.Tensor:
        """[T, 8, h, w] float32: the planes of `VideoGeometry.decode`, and everywhere each frame's own metric scale."""
        planes = self.model.decode(torch.stack([each.features for each in encoded]), aspect=size[1] / size[0], chunk=chunk)
        scales = torch.tensor([each.log_scale for each in encoded], device=planes.device).exp()
        return torch.cat([planes, scales.view(-1, 1, 1, 1).expand(-1, -1, *planes.shape[-2:])], dim=1)

    @torch.inference_mode()
    def join(
        self, predicted: torch.Tensor, *, previous: torch.Tensor | None, carry: np.ndarray | None, size: tuple[int, int]
    ) -> tuple[torch.Tensor, np.ndarray]:
        """Windows are blended where they overlap; what is carried on is the shot's `Gauge`."""
        if carry is None:
            scales = predicted[:, _SCALE, 0, 0]
            carry = measure(predicted, scales, size=size, fov=self.fov, kind=self.model.image.remap).to_array()
        return crossfade(predicted, previous), carry

    @torch.inference_mode()
    def decode(self, joined: torch.Tensor, *, size: tuple[int, int], carry: np.ndarray) -> dict[str, np.ndarray]:
        """Return normals (T, H, W, 3) in the model's axes, metres (T, H, W, 1), and how surely there is a surface (T, H, W, 1)."""
        planes = sized(joined[:, :_SCALE], size)
        depth, sure = distances(planes, Gauge.from_array(carry), kind=self.model.image.remap)
        return {
            "normal": np.ascontiguousarray(planes[:, NORMAL].permute(0, 2, 3, 1).cpu().numpy()),
            "depth": depth[..., None].cpu().numpy(),
            "mask": sure[..., None].cpu().numpy(),
        }

    def field_of_view(self, carry: np.ndarray, *, size: tuple[int, int]) -> float:
        """Of the shot, horizontal, in degrees."""
        return camera.fov_of(Gauge.from_array(carry).focal, aspect=size[1] / size[0])


load = MoGe.load
