"""What the embedded model's frozen part says of the frames of a shot, made once and kept: tuning runs its way up alone.

Features are made of whole frames at the size at which the shot will be estimated and then cut out, so that a step costs the same
at any size, and what learns sees the features that an estimate sees. (Of frames shrunk to 160 pixels blocks learn a calm that
hardly helps at 180: grain, edges and the grid of the network lie differently.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..models.preview.network import MULTIPLE, Features
from .losses import Pairs

SIDE = 256
"""Pixels of a kept window's sides, at most; a multiple of `MULTIPLE`."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """`features`: of frames whose sides are multiples of `MULTIPLE`. `target` [T, 4, H, W]: the answer to each frame by itself,
    unit normals and the logarithm of depth."""

    features: Features
    target: Tensor

    def to(self, device: torch.device, dtype: torch.dtype = torch.float32) -> Known:
        """Return the same on a device; in half precision it takes half the memory and is good for keeping only."""
        return self._each(lambda values: values.to(device, dtype).contiguous(memory_format=torch.channels_last))

    def cut(self, window: tuple[slice, slice]) -> Known:
        """Return a window of it; `window`: rows and columns in pixels, from multiples of `MULTIPLE` to such."""
        height = self.target.shape[-2]

        def part(values: Tensor) -> Tensor:
            step = height // values.shape[-2]
            rows, columns = (slice(side.start // step, side.stop // step) for side in window)
            return values[..., rows, columns]

        return self._each(part)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Known:
        at = self.features
        features = Features(frames=change(at.frames), half=change(at.half), sides=[change(side) for side in at.sides])
        return Known(features=features, target=change(self.target))


def choose_window(size: tuple[int, int], rng: np.random.Generator) -> tuple[slice, slice]:
    """Rows and columns of a window at random, at most `SIDE` on each side, in a picture of `size` (height, width)."""
    window = []
    for side in size:
        whole = -(-side // MULTIPLE) * MULTIPLE
        length = min(whole, SIDE)
        start = int(rng.integers((whole - length) // MULTIPLE + 1)) * MULTIPLE
        window.append(slice(start, start + length))
    return window[0], window[1]


def cut_pairs(pairs: Pairs, window: tuple[slice, slice]) -> Pairs:
    """Return the pairs of a window of the frames; it may reach beyond the frame. What isn't in the frame, or isn't seen in both
    windows,
    doesn't count."""
    rows, columns = window
    below, beside = (max(0, side.stop - length) for side, length in zip(window, pairs.back.shape[-2:], strict=True))

    def part(values: Tensor) -> Tensor:
        return F.pad(values, (0, beside, 0, below))[..., rows, columns].contiguous()

    forth, back = part(pairs.forth), part(pairs.back)
    return Pairs(
        forth=forth,
        back=back,
        seen_forth=part(pairs.seen_forth) * _inside(forth),
        seen_back=part(pairs.seen_back) * _inside(back),
    )


def _inside(flow: Tensor) -> Tensor:
    """[N, 1, H, W], 1 where a flow [N, 2, H, W] leads to a place in the same window."""
    height, width = flow.shape[-2:]
    across = flow[:, :1] + torch.arange(width)
    down = flow[:, 1:] + torch.arange(height)[:, None]
    return ((across >= 0) & (across <= width - 1) & (down >= 0) & (down <= height - 1)).float()
