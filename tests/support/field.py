"""Pictures that say which frame they are, and which way is up; readable after lossy coding."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FIELD = Path(__file__).parents[1] / "samples" / "field"
"""Plates of kinds that people meet, with such pictures."""
WIDTH, HEIGHT = 128, 72


def numbered(number: int, *, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """uint8 (H, W, 3), sRGB: red, green and blue in the upper left, upper right and lower left corner, and eight bars in the middle
    that are the bits of `number`."""
    y, x = np.mgrid[0:height, 0:width]
    image = np.stack([60 + 100 * x // width, 60 + 100 * y // height, np.full((height, width), 90)], -1).astype(np.uint8)
    down, across = height // 4, width // 4
    image[:down, :across], image[:down, -across:] = (200, 40, 40), (40, 200, 40)
    image[-down:, :across], image[-down:, -across:] = (40, 40, 200), (190, 190, 190)
    for bit in range(8):
        image[height // 3 : 2 * height // 3, bit * width // 8 : (bit + 1) * width // 8] = 225 if number >> bit & 1 else 25
    return image


def linear(image: np.ndarray) -> np.ndarray:
    """sRGB bytes to scene-linear float32."""
    value = image.astype(np.float64) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def number_of(image: np.ndarray) -> int:
    """The number in a display-referred picture (H, W, 3); whole numbers count over their full range."""
    values = _unit(image)
    height, width = values.shape[:2]
    band = values[int(height * 0.42) : int(height * 0.58)].mean((0, 2))
    middles = [band[int((bit + 0.3) * width / 8) : int((bit + 0.7) * width / 8)].mean() for bit in range(8)]
    return sum(1 << bit for bit, value in enumerate(middles) if value > 0.45)


def is_upright(image: np.ndarray) -> bool:
    values = _unit(image)
    height, width = values.shape[:2]
    corners = values[height // 10, width // 10], values[height // 10, -width // 10], values[-height // 10, width // 10]
    return [int(np.argmax(corner)) for corner in corners] == [0, 1, 2]


def _unit(image: np.ndarray) -> np.ndarray:
    most = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1.0
    return image.astype(np.float64) / most
