"""The published windows of Video Depth Anything: which frames each sees, and how its depth goes on from the one before.

A window sees `FRAMES` frames. The first shows the beginning of the shot. Each other one begins with `OVERLAP` frames of the one
before: two key frames far apart, by which scale and shift are found, and its last `BLEND` frames, over which it is faded in. `STEP`
new frames follow. The last frame of the shot is repeated to fill the last window. Where that would change no frame it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from .network import FRAMES

OVERLAP = 10
BLEND = 8
STEP = FRAMES - OVERLAP
KEY = 12
"""Place in a window of its second key frame; the first is at 0, which in every window is the shot's first frame."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """Frames are counted from the shot's first. `sees`: the frames in it; where there are no more, the last one again. `reach`: one
    past the last of them in a shot that goes on. `first`, `stop`: the frames that are final after it. `ends`: whether it is the
    shot's last."""

    sees: tuple[int, ...]
    reach: int
    first: int
    stop: int
    ends: bool


def window(number: int, *, count: int | None = None) -> Window:
    """Return the window of that number, from 0.

    Args:
        count: frames of the shot; None where it goes on beyond this window.
    """
    start = number * STEP
    sees = range(FRAMES) if number == 0 else (0, key(number), *range(start + OVERLAP - BLEND, start + FRAMES))
    ends = count is not None and count <= final(number + 1)
    return Window(
        sees=tuple(sees) if count is None else tuple(min(frame, count - 1) for frame in sees),
        reach=start + FRAMES,
        first=final(number),
        stop=count if ends and count is not None else final(number + 1),
        ends=ends,
    )


def key(number: int) -> int:
    """Return the second key frame of a window that isn't the first: the earliest frame that it needs but for the shot's first."""
    return (number - 1) * STEP + KEY


def final(number: int) -> int:
    """Return how many frames of a shot are final before the window of that number."""
    return number * STEP + OVERLAP - BLEND if number else 0


@dataclass(frozen=True, kw_only=True)
class Joined:
    """What the next window needs of the depth so far. `keys`: [2, H, W], of the key frames. `last`: [`BLEND`, H, W], of the frames
    over which it is faded in."""

    keys: torch.Tensor
    last: torch.Tensor


def join(predicted: torch.Tensor, before: Joined | None, *, metric: bool) -> tuple[torch.Tensor, Joined]:
    """Return a window's depth as it goes on from the window before.

    Args:
        predicted: [`FRAMES`, H, W], as the network gives it.
        before: None for the first window.
        metric: whether it is in metres, so that scale and shift stay.

    Returns:
        [`FRAMES` or `FRAMES` - 2, H, W], the window's frames without the key frames of the one before; and what the next one needs.
    """
    if before is None:
        return predicted, Joined(keys=predicted[[0, KEY]], last=predicted[-BLEND:])
    scale, shift = (1.0, 0.0) if metric else fit(predicted[:2], to=before.keys)
    fitted = (predicted * scale + shift).clamp(min=0.0)
    weights = torch.linspace(0.0, 1.0, BLEND, device=fitted.device)[:, None, None]
    faded = before.last * (1 - weights) + fitted[2:OVERLAP] * weights
    joined = torch.cat([faded, fitted[OVERLAP:]])
    return joined, Joined(keys=torch.stack([before.keys[0], fitted[KEY]]), last=joined[-BLEND:])


def fit(values: torch.Tensor, *, to: torch.Tensor) -> tuple[float, float]:
    """Scale and shift that bring `values` nearest to `to`, in the least-squares sense; 1 and 0 where they are all the same."""
    known, wanted = (each.flatten().double().cpu().numpy() for each in (values, to))
    spread = float(np.square(known - known.mean()).mean())
    if spread == 0:
        return 1.0, 0.0
    scale = float(((known - known.mean()) * wanted).mean()) / spread
    return scale, float(wanted.mean() - scale * known.mean())
