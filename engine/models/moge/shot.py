"""One field of view and one metric scale for a whole shot.

Each frame's own would pump: lights at fixed distances would swim. Both are medians over the first window of the shot and stay. So
frames are written as they come, none is looked at twice, and a resumed run finds both in its state and gives the same bits. Where
the field of view is known beforehand it is taken. How far the points must be moved along the camera's axis is still told for each
frame: at a fixed focal length it hardly varies, and it follows what the frame shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from . import camera
from .model import MASK, POINTS
from .network import remap

LEAST_SEEN = 0.05
"""Share of a frame that must be a surface before it has a say."""
_NEAREST = 1e-3
"""Metres; behind the camera nothing is."""


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """Of a shot. `focal`: in half diagonals of the picture. `scale`: metres in a unit of the point map."""

    focal: float
    scale: float

    def to_array(self) -> np.ndarray:
        return np.array([self.focal, self.scale])

    @classmethod
    def from_array(cls, values: np.ndarray) -> Gauge:
        return cls(focal=float(values[0]), scale=float(values[1]))


def sized(planes: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Planes of a prediction [T, C, h, w] at the size of the frames."""
    return F.interpolate(planes, size=size, mode="bilinear", align_corners=False)


def surface(planes: torch.Tensor) -> torch.Tensor:
    """Return how surely each pixel shows a surface, [T, H, W] in [0, 1], of planes at the size of the frames."""
    return planes[:, MASK][:, 0].sigmoid()


def measure(planes: torch.Tensor, scales: torch.Tensor, *, size: tuple[int, int], fov: float, kind: str) -> Gauge:
    """Return the gauge of a shot that begins with these frames.

    Args:
        planes: [T, 7, h, w], as `VideoGeometry.decode` gives them.
        scales: [T], each frame's own metric scale.
        size: height and width of the frames.
        fov: horizontal field of view in degrees where it is known, else 0.
        kind: how points are remapped.
    """
    aspect = size[1] / size[0]
    known = camera.focal_of(fov, aspect=aspect) if fov else None
    focals, seen = [], []
    for each in planes:
        whole = sized(each[None], size)
        mask = surface(whole)[0] > 0.5
        focals.append(camera.locate(remap(whole[:, POINTS], kind=kind)[0], mask, focal=known).focal)
        seen.append(float(mask.float().mean()))
    counted = [number for number, share in enumerate(seen) if share >= LEAST_SEEN] or [int(np.argmax(seen))]
    return Gauge(focal=float(np.median([focals[n] for n in counted])), scale=float(np.median([float(scales[n]) for n in counted])))


def distances(planes: torch.Tensor, gauge: Gauge, *, kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Metres along the camera's axis, and how surely there is a surface; each [T, H, W], of planes at the size of the frames."""
    points, sure = remap(planes[:, POINTS], kind=kind), surface(planes)
    shifts = [camera.locate(each, mask, focal=gauge.focal).shift for each, mask in zip(points, sure > 0.5, strict=True)]
    depth = points[:, 2] + torch.tensor(shifts, dtype=points.dtype, device=points.device)[:, None, None]
    return (depth * gauge.scale).clamp(min=_NEAREST), torch.where(depth > 0, sure, 0.0)
