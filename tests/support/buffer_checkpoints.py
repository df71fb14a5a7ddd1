"""Tiny random checkpoints of Depth Anything V2 and Marigold-E2E-FT, and temporal blocks that do something."""

from __future__ import annotations

import torch

from engine.lab.bench.tiny_models import BACKBONE, PREPROCESSOR, depth_anything, marigold, marigold_intrinsics

__all__ = ["BACKBONE", "PREPROCESSOR", "depth_anything", "marigold", "marigold_intrinsics", "stir"]


def stir(model: torch.nn.Module, *, seed: int = 1) -> None:
    """Give temporal blocks weights with an effect, as training would."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.temporal.named_parameters():
            if "proj_out" in name:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
