"""The frame's CLIP embedding: an antialiased resize to the tower's input size, and the tower."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from transformers import CLIPVisionModelWithProjection


def resize(images: torch.Tensor, size: int) -> torch.Tensor:
    """Shrink without aliasing: a Gaussian of ``sigma = (factor - 1) / 2`` over two sigmas, then bicubic with aligned corners.

    Args:
        images: float32 [T, C, H, W].
        size: height and width of the result.
    """
    for axis in (-1, -2):
        images = _blur(images, axis=axis, factor=images.shape[axis] / size)
    return F.interpolate(images, size=(size, size), mode="bicubic", align_corners=True)


def embed(
    tower: CLIPVisionModelWithProjection, images: torch.Tensor, *, mean: tuple[float, ...], std: tuple[float, ...]
) -> torch.Tensor:
    """Return one token a frame.

    Args:
        images: [T, 3, H, W], display-referred sRGB in [0, 1], as padded for the other networks.
        mean, std: of the tower's input, red, green, blue.

    Returns:
        [T, 1, C] in the tower's precision.
    """
    centre = torch.tensor(mean, device=images.device).view(1, 3, 1, 1)
    spread = torch.tensor(std, device=images.device).view(1, 3, 1, 1)
    pixels = (resize(images.float(), tower.config.image_size) - centre) / spread
    return tower(pixels.to(tower.dtype)).image_embeds[:, None]


def _blur(images: torch.Tensor, *, axis: int, factor: float) -> torch.Tensor:
    sigma = max((factor - 1.0) / 2.0, 0.001)
    taps = int(max(4.0 * sigma, 3)) // 2 * 2 + 1
    offsets = torch.arange(taps, device=images.device, dtype=images.dtype) - taps // 2
    weights = torch.exp(-offsets.square() / (2.0 * sigma * sigma))
    weights = weights / weights.sum()
    half = taps // 2
    frames, channels, height, width = images.shape
    pad = (half, half, 0, 0) if axis == -1 else (0, 0, half, half)
    kernel = weights.view(1, 1, 1, -1) if axis == -1 else weights.view(1, 1, -1, 1)
    padded = F.pad(images, pad, mode="reflect")
    planes = padded.reshape(frames * channels, 1, *padded.shape[-2:])
    return F.conv2d(planes, kernel).view(frames, channels, height, width)
