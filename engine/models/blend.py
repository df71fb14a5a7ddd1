"""How a window's predictions go on from those of the window before."""

from __future__ import annotations

import torch

_FLAT = 1e-12


def merge_weights(frames: int) -> tuple[float, ...]:
    """Weights of the previous window's latents in an overlap of `frames`: .8 .6 .4 .2 for four."""
    return tuple(1.0 - (index + 1) / (frames + 1) for index in range(frames))


def crossfade(predicted: torch.Tensor, previous: torch.Tensor | None) -> torch.Tensor:
    """Predictions [T, ...] whose first n are blended linearly with what the window before had there, [n, ...]."""
    if previous is None:
        return predicted
    weights = torch.tensor(merge_weights(len(previous)), device=predicted.device, dtype=predicted.dtype)
    weights = weights.view(-1, *(1,) * (predicted.ndim - 1))
    shared = previous * weights + predicted[: len(previous)] * (1 - weights)
    return torch.cat([shared, predicted[len(previous) :]])


def fit(values: torch.Tensor, *, to: torch.Tensor) -> tuple[float, float]:
    """Scale and shift that bring `values` nearest to `to`, in the least-squares sense.

    A scale that isn't positive would turn near into far; then, and where there is nothing to tell it from, only the shift is taken.
    """
    centre, target = values.mean(), to.mean()
    apart = values - centre
    spread = float((apart * apart).mean())
    together = float((apart * (to - target)).mean())
    scale = together / spread if spread > _FLAT and together > 0 else 1.0
    return scale, float(target) - scale * float(centre)
