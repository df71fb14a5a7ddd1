"""What the stages minimise: pure functions of tensors. Formulas: NormalCrafter, section 3 (arXiv 2504.11427), after EDM."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

NEAREST_COSINE = 1.0 - 1e-6
"""arccos has no derivative at 1: cosines beyond this count as 0.08 degrees and pull no more."""


@dataclass(frozen=True, kw_only=True)
class Preconditioning:
    """How a network that predicts velocity is used at a noise level: ``denoised = skip * noisy + out * network(scale * noisy)``.

    `timestep`: what the network is told of the noise, ``0.25 ln sigma``.
    """

    scale: float
    skip: float
    out: float
    timestep: float


def preconditioning(sigma: float) -> Preconditioning:
    """Of Stable Video Diffusion, for latents of unit variance; `sigma` > 0."""
    variance = sigma * sigma + 1.0
    return Preconditioning(
        scale=1.0 / math.sqrt(variance), skip=1.0 / variance, out=-sigma / math.sqrt(variance), timestep=0.25 * math.log(sigma)
    )


def denoising_weight(sigma: float) -> float:
    """``lambda = (1 + sigma^2) / sigma^2``: with it the network's own output has the same weight at every noise level."""
    return (1.0 + sigma * sigma) / (sigma * sigma)


def denoising_loss(denoised: Tensor, truth: Tensor, *, sigma: float, valid: Tensor) -> Tensor:
    """L_DSM: the weighted mean square over valid cells.

    Args:
        denoised, truth: [T, C, h, w] latents.
        sigma: the clip's noise level.
        valid: [T, 1, h, w], 1 where the cell counts and 0 where it doesn't.

    Returns:
        A scalar; 0 where nothing is valid.
    """
    squares = (denoised - truth).square().mean(1, keepdim=True) * valid
    return denoising_weight(sigma) * squares.sum() / valid.sum().clamp(min=1)


def angular_loss(estimate: Tensor, truth: Tensor, *, valid: Tensor) -> Tensor:
    """Return mean angle over valid pixels, in radians, 0 to pi.

    Args:
        estimate: [T, 3, H, W] of any length but zero.
        truth: [T, 3, H, W] unit normals.
        valid: [T, 1, H, W], 1 where the pixel counts and 0 where it doesn't.

    Returns:
        A scalar; 0 where nothing is valid.
    """
    cosine = F.cosine_similarity(estimate, truth, dim=1).unsqueeze(1)
    angle = torch.acos(cosine.clamp(-NEAREST_COSINE, NEAREST_COSINE))
    return (angle * valid).sum() / valid.sum().clamp(min=1)


def reconstruction_loss(estimate: Tensor, truth: Tensor, *, valid: Tensor) -> Tensor:
    """Return mean absolute difference over valid pixels; shapes as in `angular_loss`."""
    difference = (estimate - truth).abs().mean(1, keepdim=True) * valid
    return difference.sum() / valid.sum().clamp(min=1)


def feature_loss(projected: Tensor, semantic: Tensor) -> Tensor:
    """L_reg: minus the mean cosine between what the head made of the U-Net's features and the encoder's, patch by patch.

    Args:
        projected, semantic: [T, P, D] for P patches.

    Returns:
        A scalar in [-1, 1].
    """
    return -F.cosine_similarity(projected, semantic, dim=-1).mean()


def valid_cells(valid: Tensor, *, size: tuple[int, int]) -> Tensor:
    """Latent cells all of whose pixels are valid: [T, 1, h, w] of [T, 1, H, W], `size` = (h, w), H and W multiples of them."""
    factor = (valid.shape[-2] // size[0], valid.shape[-1] // size[1])
    return 1.0 - F.max_pool2d(1.0 - valid.float(), kernel_size=factor)
