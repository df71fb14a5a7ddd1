"""Clips out of single pictures: a slow camera move over each, in grain that changes from frame to frame.

A network that answers frame by frame crawls on such clips as it does on real ones, and what should stay is beyond doubt.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..data.readers import ClipSet

LENGTH = 24
"""Frames of each move."""

_MARGIN = (0.75, 0.95)
_SPEEDS = (0.3, 1.5)
"""Pixels a frame: deviation of a tripod's drift, and of a pan's speed; each as likely."""
_ZOOM, _ROLL, _GRAIN = 0.004, 0.003, 0.015


@dataclass(frozen=True)
class Frames:
    """The frames of a set that has a truth too, which nobody looks at; see `footage.Footage`."""

    clips: ClipSet

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the set's clips."""
        return self.clips.names

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """How many frames each has."""
        return self.clips.frame_counts

    def read(self, index: int, first: int, count: int) -> np.ndarray:
        """Return frames of a clip, float32 (T, H, W, 3) sRGB in [0, 1]."""
        return self.clips.read(index, first, count).frames


class Moves(Frames):
    """A move over the first frame of each clip of a set; the same one each time it is read."""

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """How many frames each move has."""
        return (LENGTH,) * len(self.clips.names)

    def read(self, index: int, first: int, count: int) -> np.ndarray:
        """Return frames of a move, float32 (T, H, W, 3) sRGB in [0, 1]."""
        return move(self.clips.read(index, 0, 1).frames[0], times=range(first, first + count), seed=index)


def move(picture: np.ndarray, *, times: range, seed: int) -> np.ndarray:
    """Return what a camera sees that pans, zooms and rolls a little over a picture.

    Args:
        picture: float32 (H, W, 3) in [0, 1].
        times: which of the `LENGTH` frames of the move.
        seed: another seed makes another move.

    Returns:
        float32 (T, H, W, 3) in [0, 1].
    """
    rng = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    share = rng.uniform(*_MARGIN)
    centre = np.array([width, height]) / 2 * (1 + rng.normal(size=2) * 0.05)
    speed = rng.normal(size=2) * rng.choice(_SPEEDS)
    zoom, roll, grain = rng.normal() * _ZOOM, rng.normal() * _ROLL, abs(rng.normal()) * _GRAIN
    frames = []
    for time in times:
        since = time - LENGTH / 2
        scale = share * np.exp(zoom * since)
        turn = np.array([[np.cos(roll * since), -np.sin(roll * since)], [np.sin(roll * since), np.cos(roll * since)]]) * scale
        start = centre + speed * since * scale - turn @ (np.array([width, height]) / 2)
        view = np.column_stack([turn, start]).astype(np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpAffine(picture, view, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT)
        noise = np.random.default_rng([seed, time]).standard_normal(seen.shape, dtype=np.float32)
        frames.append(np.clip(seen + noise * grain, 0, 1).astype(np.float32))
    return np.stack(frames)
