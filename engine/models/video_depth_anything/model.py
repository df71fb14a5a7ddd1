"""Loading Video Depth Anything, and the size at which it sees frames."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

from ..dinov2 import PATCH
from ..folder import guarded
from ..layouts import METRIC, VIDEO_DEPTH_FILES
from ..tensors import find, read
from .network import VideoDepthNetwork

SHORT_SIDE = 518
"""Pixels, at most: what it was trained at."""
_WIDEST, _WIDE = 1.78, 1.777
"""Beyond this shape the short side shrinks, so that memory doesn't grow."""


def load_video_depth(folder: Path, *, dtype: torch.dtype = torch.float32) -> tuple[VideoDepthNetwork, bool]:
    """Load a checkpoint in the published layout, on the CPU.

    Args:
        folder: holds ``[metric_]video_depth_anything_*.pth``, or the same as safetensors.

    Returns:
        The network, and whether it answers in metres, which only the name of the file tells.

    Raises:
        PlatelightError: `model_incomplete`, `model_invalid`, naming the file.
    """
    file = find(folder, VIDEO_DEPTH_FILES)
    held = read(file).to(dtype)
    network = guarded(file, lambda: VideoDepthNetwork(held)).to(dtype)
    network.head.scratch.output_conv2.float()  # as published: the last layers are always in full precision
    return network, file.name.startswith(METRIC)


def network_size(height: int, width: int) -> tuple[int, int]:
    """Height and width, multiples of 14, at which the network sees frames: the short side as near to the frames' own as may be, and
    no side shorter than that of their shape."""
    short, shape = min(height, width), max(height, width) / min(height, width)
    most = SHORT_SIDE if shape <= _WIDEST else max(1, round(int(SHORT_SIDE * _WIDE / shape) / PATCH)) * PATCH
    least = min(most, max(1, round(short / PATCH)) * PATCH)
    scale = least / short
    tall, wide = (max(least, int(np.round(side * scale / PATCH)) * PATCH) for side in (height, width))
    return tall, wide


def resized(frame: np.ndarray) -> np.ndarray:
    """Return a frame (H, W, 3) in [0, 1] as the network sees it, by cubic interpolation, as published."""
    tall, wide = network_size(*frame.shape[:2])
    return cv2.resize(frame, (wide, tall), interpolation=cv2.INTER_CUBIC)
