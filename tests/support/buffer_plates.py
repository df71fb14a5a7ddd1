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


def clouds(height: int, width: int, *, seed: int = 0) -> np.ndarray:
    """float32 (H, W, 3) in [0, 1] with structure at several sizes."""
    rng = np.random.default_rng(seed)
    layers = [np.kron(rng.random((height // size + 1, width // size + 1, 3)), np.ones((size, size, 1))) for size in (3, 6, 12, 24)]
    return (sum(layer[:height, :width] for layer in layers) / len(layers)).astype(np.float32)


def grainy_pan(count: int, *, size: tuple[int, int] = (64, 96), seed: int = 0) -> np.ndarray:
    """float32 (T, H, W, 3): two pixels to the left a frame, in grain."""
    height, width = size
    wide, rng = clouds(height, width + 2 * count, seed=seed), np.random.default_rng(seed)
    frames = np.stack([wide[:, 2 * index : 2 * index + width] for index in range(count)])
    return np.clip(frames + rng.normal(size=frames.shape) * 0.04, 0, 1).astype(np.float32)
