"""What the preview network is trained by: normals `[T, 3, H, W]` and logarithms of depth `[T, 1, H, W]` against the truth."""

import torch
from torch import Tensor
from torch.nn import functional as F


def angular_loss(estimate: Tensor, truth: Tensor) -> Tensor:
    """Return mean over surfaces of `(1 - cos)` and of the angle, half each; a slight pull to +Z where there is none.

    Args:
        estimate: `[T, 3, H, W]` unit normals.
        truth: `[T, 3, H, W]` unit normals, zero where there is no surface.
    """
    cosine = (estimate * truth).sum(1)
    surface = (truth.square().sum(1) > 0.25).float()
    error = 0.5 * (1 - cosine) + 0.5 * torch.acos(cosine.clamp(-1, 1) * 0.9995)
    pull = 0.03 * (1 - estimate[:, 2]) * (1 - surface)
    return (error * surface).sum() / surface.sum().clamp(min=1) + pull.mean()


def edge_loss(estimate: Tensor, truth: Tensor) -> Tensor:
    """Return mean difference between the neighbour differences of both, where both neighbours are surface; shapes as above."""
    surface = (truth.square().sum(1, keepdim=True) > 0.25).float()
    total = estimate.new_zeros(())
    for axis in (-1, -2):
        gap = (estimate.diff(dim=axis) - truth.diff(dim=axis)).abs()
        size = estimate.shape[axis]
        both = surface.narrow(axis, 0, size - 1) * surface.narrow(axis, 1, size - 1)
        total = total + (gap * both).sum() / both.sum().clamp(min=1)
    return total


def depth_loss(estimate: Tensor, truth: Tensor) -> Tensor:
    """Return how far log depths differ, mostly apart from a scale per frame; zero for frames whose depth isn't known.

    The mean of `|d - median|` over all pixels whose depth is known, where `d` is the difference of the logarithms and the median
    is that of the frame, plus a tenth of `|median|`, which keeps the unit from wandering.

    Args:
        estimate: `[T, 1, H, W]` logarithm of depth.
        truth: `[T, 1, H, W]` depth, zero where it isn't known.
    """
    losses = []
    for guess, true in zip(estimate, truth, strict=True):
        known = true > 0
        if known.any():
            gap = guess[known] - true[known].clamp(0.05, 300).log()
            middle = gap.median()
            losses.append((gap - middle.detach()).abs().mean() + 0.1 * middle.abs())
    return torch.stack(losses).mean() if losses else estimate.new_zeros(())


def quarter(normals: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
    """Return normals and depth at a quarter of the size: means at unit length, zero where most is no surface; the depth of one
    pixel."""
    mean = F.avg_pool2d(normals, 4)
    length = mean.norm(dim=1, keepdim=True)
    return torch.where(length > 0.5, mean / length.clamp(min=1e-6), 0.0), depth[..., 2::4, 2::4]


def calm_loss(estimate: Tensor, other: Tensor, *, aside: tuple[int, int]) -> Tensor:
    """Return mean `1 - cos` between two estimates `[T, 3, H, W]`, the other one of a frame seen `aside` (rows, columns) further
    on."""
    down, right = aside
    height, width = estimate.shape[-2:]
    return (1 - (estimate[..., down:, right:] * other[..., : height - down, : width - right]).sum(1)).mean()
