"""From a clip of any size to what the networks take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from ....models.normalcrafter.windows import padding
from ....normals import TOWARD_CAMERA
from ..data.augment import grain, spoil
from ..data.readers import Clip

MULTIPLE = 64
"""Pixels: what the U-Net's and the VAE's halvings divide by together."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One clip as the networks take it, H and W multiples of 64.

    `frames` [T, 3, H, W] in [0, 1]. `normals` [T, 3, H, W] unit length, toward the camera where unknown. `valid` [T, 1, H, W],
    1 where the normal is known and 0 where it isn't. `seed`: for whatever else is drawn for this clip. `name`: for messages.
    """

    frames: Tensor
    normals: Tensor
    valid: Tensor
    seed: int
    name: str

    def to(self, device: torch.device) -> Sample:
        moved = {key: getattr(self, key).to(device) for key in ("frames", "normals", "valid")}
        return Sample(**moved, seed=self.seed, name=self.name)


def prepare(clip: Clip, *, short_edge: int, fit: str, rng: np.random.Generator, name: str) -> Sample:
    """Return a clip at the size of training. A resized normal is the mean of those it covers, known where most of them are.

    Args:
        clip: frames, normals (T, H, W, 3) and valid (T, H, W).
        short_edge: pixels of the shorter side before padding or cropping.
        fit: pad (white, as at inference) or crop (at random) to multiples of 64, or none.
        rng: decides what is cropped, and the sample's seed.
        name: for messages.
    """
    known = np.asarray(clip.valid, np.float32)
    normals = np.nan_to_num(np.asarray(clip.normals, np.float32)) * known[..., None]
    height, width = known.shape[1:]
    scale = short_edge / min(height, width)
    size = (round(width * scale), round(height * scale))
    frames = _resize(np.asarray(clip.frames, np.float32), size)
    normals, valid = _resize(normals, size), _resize(known, size) > 0.5
    longest = np.linalg.norm(normals, axis=-1)
    valid &= longest > 1e-3
    normals = np.where(valid[..., None], normals / np.maximum(longest, 1e-3)[..., None], np.array(TOWARD_CAMERA, np.float32))
    planes = [frames.clip(0, 1), normals, valid[..., None].astype(np.float32)]
    match fit:
        case "crop":
            planes = _crop(planes, rng)
        case "pad":
            planes = _pad(planes, fills=(1.0, TOWARD_CAMERA, 0.0))
    frames, normals, valid = (torch.from_numpy(np.ascontiguousarray(plane.transpose(0, 3, 1, 2))) for plane in planes)
    return Sample(frames=frames, normals=normals, valid=valid, seed=int(rng.integers(2**63)), name=name)


def spoiled(clip: Clip, *, rng: np.random.Generator) -> Clip:
    """Return a clip as a camera may have taken it: grading, blur and vignette that stay over the shot, noise and compression that
    change
    from frame to frame."""
    shot = int(rng.integers(2**63))
    frames = [grain(spoil(np.asarray(frame), rng=np.random.default_rng(shot)), rng=rng) for frame in clip.frames]
    return replace(clip, frames=np.stack(frames))


def _resize(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(T, H, W) or (T, H, W, C) at `size` (width, height): by area where it shrinks, linearly where it grows."""
    if images.shape[1:3] == size[::-1]:
        return images
    method = cv2.INTER_AREA if size[0] < images.shape[2] else cv2.INTER_LINEAR
    return np.stack([cv2.resize(image, size, interpolation=method) for image in images])


def _pad(planes: Sequence[np.ndarray], *, fills: Sequence[Any]) -> list[np.ndarray]:
    top, bottom, left, right = padding(*planes[0].shape[1:3], multiple=MULTIPLE)
    padded = []
    for plane, fill in zip(planes, fills, strict=True):
        count, height, width, depth = plane.shape
        whole = np.empty((count, top + height + bottom, left + width + right, depth), np.float32)
        whole[:] = fill
        whole[:, top : top + height, left : left + width] = plane
        padded.append(whole)
    return padded


def _crop(planes: Sequence[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    height, width = planes[0].shape[1:3]
    tall, wide = height // MULTIPLE * MULTIPLE, width // MULTIPLE * MULTIPLE
    top, left = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
    return [plane[:, top : top + tall, left : left + wide] for plane in planes]
