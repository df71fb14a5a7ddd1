"""Surroundings measured from real places, as light for ray-cast scenes: equirectangular EXR maps, +Y up."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ....frames.stills import read_still
from .surfaces import unit

SUN_OVER_MEAN = 12.0


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One map, its brightest spot taken out as a sun of its own, scaled so that the mean radiance is one.

    Attributes:
        radiance: `(H, W, 3)` float32, light arriving from each direction; row 0 is up.
        irradiance: `(16, 32, 3)` float32, light gathered by a surface facing each direction, over pi.
        sun: `(3,)` unit direction of what was taken out.
        sun_colour: `(3,)` its light on a surface that faces it, over pi; about zero where the map has no sun.
    """

    radiance: np.ndarray
    irradiance: np.ndarray
    sun: np.ndarray
    sun_colour: np.ndarray


def read_environments(folder: Path) -> list[Environment]:
    """Return every `*.exr` of a folder, in order of name.

    Raises:
        FileNotFoundError: if there is none.
        PlatelightError: as `read_still`, naming the file.
    """
    files = sorted(Path(folder).glob("*.exr"))
    if not files:
        raise FileNotFoundError(f"No environment map (*.exr) was found in {folder}.")
    return [_measured(read_still(file).rgb) for file in files]


def looked_up(image: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Build an equirectangular `(H, W, 3)` image at `(N, 3)` unit directions, bilinear."""
    height, width = image.shape[:2]
    column = (np.arctan2(directions[:, 0], -directions[:, 2]) / (2 * np.pi) + 0.5) * width - 0.5
    row = np.arccos(np.clip(directions[:, 1], -1, 1)) / np.pi * height - 0.5
    places = np.stack([column, np.clip(row, 0, height - 1)], -1).astype(np.float32)
    pieces = [
        cv2.remap(image, np.ascontiguousarray(part), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        for part in np.array_split(places[:, None], len(places) // 30_000 + 1)
    ]
    return np.concatenate(pieces)[:, 0]


def _measured(radiance: np.ndarray) -> Environment:
    radiance = np.nan_to_num(np.maximum(radiance, 0), posinf=6e4)
    directions, area = _directions(*radiance.shape[:2])
    radiance = radiance / np.average(radiance.mean(-1), weights=area)
    level = radiance.mean(-1)
    spot = cv2.GaussianBlur(level, (0, 0), 1.5)
    sun = directions[np.unravel_index(spot.argmax(), spot.shape)]
    near = (directions @ sun > np.cos(np.radians(12))) & (level > SUN_OVER_MEAN)
    kept = np.where(near[..., None], radiance * (SUN_OVER_MEAN / np.maximum(level, 1e-6))[..., None], radiance)
    excess = ((radiance - kept) * area[..., None]).sum((0, 1)) / np.pi
    small = cv2.resize(kept, (64, 32), interpolation=cv2.INTER_AREA)
    towards, share = _directions(32, 64)
    facing, _ = _directions(16, 32)
    weight = np.maximum(facing.reshape(-1, 3) @ towards.reshape(-1, 3).T, 0) * share.ravel() / np.pi
    irradiance = (weight @ small.reshape(-1, 3)).reshape(16, 32, 3)
    return Environment(radiance=kept, irradiance=irradiance.astype(np.float32), sun=unit(sun), sun_colour=excess)


def _directions(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return unit directions `(H, W, 3)` of an equirectangular map's pixels and the solid angle `(H, W)` of each."""
    polar = (np.arange(height) + 0.5) / height * np.pi
    around = ((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi
    polar, around = np.meshgrid(polar, around, indexing="ij")
    directions = np.stack([np.sin(polar) * np.sin(around), np.cos(polar), -np.sin(polar) * np.cos(around)], -1)
    return directions, np.sin(polar) * (np.pi / height) * (2 * np.pi / width)
