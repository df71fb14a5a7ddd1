"""Learning rate, noise level and clip length: pure functions of a step or of a random generator."""

from __future__ import annotations

import numpy as np


def learning_rate(step: int, *, base: float, warm_up: int, total: int, final_share: float) -> float:
    """Return linear up to `base` over `warm_up` steps, then an exponential fall that reaches ``base * final_share`` at `total`.

    Args:
        step: counts from 0.
        base: the highest rate.
        warm_up: steps; the first has ``base / warm_up``.
        total: steps of the whole run.
        final_share: in (0, 1]; 1 keeps the rate constant.
    """
    if step < warm_up:
        return base * (step + 1) / warm_up
    progress = min((step - warm_up) / max(total - warm_up, 1), 1.0)
    return base * final_share**progress


def noise_level(rng: np.random.Generator, *, sigma_max: float, share_at_max: float, mean: float, deviation: float) -> float:
    """Return a clip's sigma: `sigma_max` with the probability `share_at_max`, else ``exp(N(mean, deviation))``, at most
    `sigma_max`.

    The paper prints sigma ~ N(0.7, 1.6), which would be negative a third of the time; as in EDM and Stable Video Diffusion it is
    the logarithm that is normal.
    """
    if rng.random() < share_at_max:
        return sigma_max
    return float(min(np.exp(rng.normal(mean, deviation)), sigma_max))


def clip_length(rng: np.random.Generator, *, shortest: int, longest: int) -> int:
    """Return frames of the next clip, each number from `shortest` to `longest` as likely as the others."""
    return int(rng.integers(shortest, longest + 1))
