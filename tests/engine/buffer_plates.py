"""Shots made at test time, for what looks over time."""

from __future__ import annotations

import cv2
import numpy as np


def pan(count: int, *, seed: int, size: tuple[int, int] = (42, 56), speed: float = 1.0) -> np.ndarray:
    """A shot (T, H, W, 3), float32 in [0, 1]: a camera that goes over a painted wall; another seed has another wall."""
    generator = np.random.default_rng(seed)
    height, width = size
    far = width + int(count * speed) + 1
    coarse = generator.random((6, 8, 3), dtype=np.float32)
    wall = cv2.resize(coarse, (far, height), interpolation=cv2.INTER_CUBIC)
    wall += 0.1 * cv2.resize(generator.random((height // 4, far // 4, 3), dtype=np.float32), (far, height))
    starts = [int(index * speed) for index in range(count)]
    return np.clip(np.stack([wall[:, start : start + width] for start in starts]), 0, 1).astype(np.float32)
