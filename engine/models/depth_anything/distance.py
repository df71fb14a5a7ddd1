"""From the model's inverse depth, known up to scale and shift, to a distance in a unit of the shot's own."""

from __future__ import annotations

import torch

FARTHEST = 100.0
"""The largest distance that is told, in the shot's unit: the model says 0, without end, of the sky."""
_NEAR = 0.98
_SAMPLES = 1 << 20


def nearest(inverse: torch.Tensor) -> float:
    """Return the inverse depth that distance 1 stands for: that of near surfaces, the 98th percentile of a shot's first window.

    Args:
        inverse: any shape, not negative.

    Returns:
        A positive number, 1 where nothing is near.
    """
    values = inverse.flatten()
    values = values[:: max(1, len(values) // _SAMPLES)].float()
    place = float(torch.quantile(values[:_SAMPLES], _NEAR))
    return place if place > 1e-6 else 1.0


def distance(inverse: torch.Tensor) -> torch.Tensor:
    """``Z = 1 / max(d, 1/100)`` with d the inverse depth over that of near surfaces (see `nearest`).

    So near surfaces are at 1, others up to 100 times as far, and ``1 / Z`` is again affine in the model's own answer: two known
    distances turn a pass into metres by ``1 / metres = a / Z + b``, one known distance by ``metres = a Z``.
    """
    return 1.0 / inverse.clamp(min=1.0 / FARTHEST)
