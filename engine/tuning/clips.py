"""Clips that temporal blocks learn from: neighbouring frames of one shot, with the flow between them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from ..frames.cuts import find_cuts
from .flow import Flow, measure_pairs
from .losses import Pairs
from .reference import Known


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Neighbouring frames of one shot. `frames` [T, 3, H, W] sRGB in [0, 1]. `pairs`: flow between them. `chosen`: the random frame
    that the image prior looks at. `name`: for messages. `known`: what the frozen network says of the frames, where that is kept."""

    frames: Tensor
    pairs: Pairs
    chosen: int
    name: str
    known: Known | None = None

    def to(self, device: torch.device) -> Clip:
        """Return the same on a device."""
        pairs = Pairs(**{name: value.to(device) for name, value in vars(self.pairs).items()})
        known = self.known.to(device) if self.known else None
        return Clip(frames=self.frames.to(device), pairs=pairs, chosen=self.chosen, name=self.name, known=known)


def prepare(frames: np.ndarray, *, flow: Flow, tolerance: float, chosen: int, name: str) -> Clip:
    """Return the longest shot in `frames` (T, H, W, 3), float32 in [0, 1], with its flow; `chosen`: any number, which picks a
    frame."""
    pictures = np.rint(frames * 255).astype(np.uint8)
    shot = longest_shot(len(frames), find_cuts(pictures))
    pairs = measure_pairs(pictures[shot], flow, tolerance=tolerance)
    kept = torch.from_numpy(np.ascontiguousarray(frames[shot].transpose(0, 3, 1, 2)))
    return Clip(frames=kept, pairs=pairs, chosen=chosen % len(kept), name=name)


def longest_shot(count: int, cuts: tuple[int, ...]) -> slice:
    """Return the longest run of frames without a cut, the first of several; `cuts`: indices of frames that begin a shot."""
    ends = [0, *sorted(cuts), count]
    begin = max(range(len(ends) - 1), key=lambda index: ends[index + 1] - ends[index])
    return slice(ends[begin], ends[begin + 1])


def fit(frames: np.ndarray, *, short_edge: int, multiple: int, rng: np.random.Generator) -> np.ndarray:
    """Return frames (T, H, W, 3) with the shorter side near `short_edge`, then a window at random whose sides are multiples."""
    height, width = frames.shape[1:3]
    scale = max(short_edge, multiple) / min(height, width)
    size = (max(round(width * scale), multiple), max(round(height * scale), multiple))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sized = frames if size == (width, height) else np.stack([cv2.resize(frame, size, interpolation=method) for frame in frames])
    tall, wide = size[1] // multiple * multiple, size[0] // multiple * multiple
    top, left = int(rng.integers(size[1] - tall + 1)), int(rng.integers(size[0] - wide + 1))
    return np.clip(sized[:, top : top + tall, left : left + wide], 0, 1)
