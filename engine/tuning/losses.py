"""What is minimised: pure functions of tensors. Formulas: Buffer Anytime, section 3 (arXiv 2411.17249).

``L = omega_reg L_reg + L_stable``. The image prior L_reg holds one random frame to the frozen image model's answer; L_stable
compares every two neighbours along optical flow, both ways.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

PRIORS = ("square", "printed")
"""How far an answer may be from the image model's. ``printed``: ``(1/HW) ||a - b||_2``, whose gradient is, per pixel, smaller
than that of L_stable by the square root of HW: taken at its word it holds nothing. ``square``: with the norm squared, the mean
square over pixels, which is what is probably meant."""

_SMALLEST = 1e-6
_NEAREST_COSINE = 1.0 - 1e-6


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """What optical flow says of every two neighbours of a clip of T frames.

    `forth` [T-1, 2, H, W]: pixels right and down from a pixel of frame k to its place in k+1. `back`: from k+1 to k. `seen_forth`
    [T-1, 1, H, W], 1 where a pixel of frame k counts and 0 where it doesn't; `seen_back` of frame k+1.
    """

    forth: Tensor
    back: Tensor
    seen_forth: Tensor
    seen_back: Tensor


def affine_invariant(depth: Tensor) -> Tensor:
    """``(D - t) / s`` with t the median and s the mean absolute deviation from it, of each frame [..., H, W] by itself."""
    centre = depth.flatten(-2).median(-1).values[..., None, None]
    spread = (depth - centre).abs().mean((-2, -1), keepdim=True)
    return (depth - centre) / spread.clamp(min=_SMALLEST)


def affine_invariant_clip(depth: Tensor) -> Tensor:
    """Return the same with one t and one s for all frames of a clip [T, 1, H, W], so that changes between frames stay.

    Without it L_stable would fall by shrinking all depths, which L_reg, being affine-invariant, doesn't feel.
    """
    centre = depth.flatten().median()
    return (depth - centre) / (depth - centre).abs().mean().clamp(min=_SMALLEST)


def prior_loss(estimate: Tensor, target: Tensor, *, form: str = "square") -> Tensor:
    """L_reg of one frame [C, H, W], depth already affine-invariant, or latents; `form`: one of `PRIORS`. A scalar."""
    pixels = estimate.shape[-2] * estimate.shape[-1]
    difference = estimate - target
    return (difference.norm() if form == "printed" else difference.square().sum()) / pixels


def depth_prior_loss(estimate: Tensor, target: Tensor, *, form: str = "square") -> Tensor:
    """L_depth of one frame [1, H, W], both of any scale and shift."""
    return prior_loss(affine_invariant(estimate), affine_invariant(target), form=form)


def angle_loss(estimate: Tensor, target: Tensor) -> Tensor:
    """Return mean angle in radians between unit normals [..., 3, H, W]: the image prior of a model that answers in normals."""
    cosine = (estimate * target).sum(-3)
    return torch.acos(cosine.clamp(-_NEAREST_COSINE, _NEAREST_COSINE)).mean()


def warp(values: Tensor, flow: Tensor) -> Tensor:
    """``values(O(x))``: what stands where each pixel's flow leads; bilinear, the nearest edge outside.

    Args:
        values: [N, C, H, W].
        flow: [N, 2, H, W], pixels right and down.
    """
    height, width = values.shape[-2:]
    rows = torch.arange(height, device=flow.device, dtype=flow.dtype)[:, None]
    columns = torch.arange(width, device=flow.device, dtype=flow.dtype)
    across = (2 * (flow[:, 0] + columns) + 1) / width - 1
    down = (2 * (flow[:, 1] + rows) + 1) / height - 1
    places = torch.stack([across, down], dim=-1).to(values.dtype)
    return F.grid_sample(values, places, mode="bilinear", padding_mode="border", align_corners=False)


def stability_loss(buffers: Tensor, pairs: Pairs) -> Tensor:
    """L_stable: ``1/(2HW) sum |B_k(x) - B_k+1(O_k->k+1(x))|_1`` and the same backwards, the mean over pairs.

    The formula is printed with images I in the summaries at hand; it must be the predicted buffers B.

    Args:
        buffers: [T, C, H, W] predicted depth or normals.
        pairs: of the same T, H and W.

    Returns:
        A scalar; 0 for a single frame.
    """
    if len(buffers) < 2:
        return buffers.sum() * 0
    earlier, later = buffers[:-1], buffers[1:]
    forth = (earlier - warp(later, pairs.forth)).abs() * pairs.seen_forth
    back = (later - warp(earlier, pairs.back)).abs() * pairs.seen_back
    pixels = buffers.shape[-2] * buffers.shape[-1]
    return (forth.sum() + back.sum()) / (2 * pixels * len(earlier))
