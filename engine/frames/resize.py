"""Sizes: what the networks work in, and getting there."""

from __future__ import annotations

import cv2
import numpy as np


def working_size(size: tuple[int, int], *, max_resolution: int, pixel_aspect: float = 1.0) -> tuple[int, int]:
    """Width and height the networks work in: square pixels, the long side at most `max_resolution`, never larger than the plate.

    Args:
        size: of the plate, width and height in its own pixels.
        max_resolution: long side in pixels, 0 for native.
        pixel_aspect: width of a pixel divided by its height.
    """
    width, height = size[0] * min(pixel_aspect, 1.0), size[1] / max(pixel_aspect, 1.0)
    scale = min(1.0, max_resolution / max(width, height)) if max_resolution else 1.0
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrink(image: np.ndarray, *, size: tuple[int, int]) -> np.ndarray:
    """`image` (H, W) or (H, W, C) at `size` (width, height), by area: every pixel of the source counts by the share it covers."""
    if (image.shape[1], image.shape[0]) == size:
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
