"""Hypersim [Roberts 2021], as its scenes unpack:

    <root>/ai_VVV_NNN/images/scene_cam_XX_final_hdf5/frame.IIII.color.hdf5            (H, W, 3) linear, no tone mapping
    <root>/ai_VVV_NNN/images/scene_cam_XX_geometry_hdf5/frame.IIII.normal_cam.hdf5    (H, W, 3) camera space, no bump
    <root>/ai_VVV_NNN/images/scene_cam_XX_geometry_hdf5/frame.IIII.render_entity_id.hdf5  (H, W) int, -1 where nothing is

Layout, units and camera axes follow the set's documentation. A trajectory is cut where frames were left out of the release.
Frames are tone mapped as the set's toolkit does it (a gamma of 2.2, the 90th percentile of brightness at 0.8), but once for the
frames that are read together, so that the exposure doesn't jump. UNVERIFIED on the released files: normals that face away, as of
meshes with turned faces, are turned round; the camera is one of 60 degrees across (the shifted lenses of some scenes aren't).
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .....normals import convert_axes
from ..clips import Intrinsics
from .axes import HYPERSIM
from .clip_set import Clip, Numbered, made
from .files import centred, read_hdf5, runs

ANGLE = np.radians(60)
_GAMMA, _BRIGHT, _PERCENTILE = 1 / 2.2, 0.8, 90
_NUMBER = re.compile(r"frame\.(\d+)\.normal_cam\.hdf5")


@dataclass(frozen=True, kw_only=True)
class Hypersim(Numbered):
    """Runs of consecutive frames of every camera of every scene."""

    cameras: tuple[tuple[Path, str], ...]

    def read(self, index: int, first: int, count: int) -> Clip:
        """See `ClipSet.read`."""
        images, camera = self.cameras[index]
        light, normals, valid, paths = [], [], [], []
        for number in self.chosen(index, first, count):
            geometry = images / f"scene_{camera}_geometry_hdf5"
            paths.append(geometry / f"frame.{number:04d}.normal_cam.hdf5")
            light.append(read_hdf5(images / f"scene_{camera}_final_hdf5" / f"frame.{number:04d}.color.hdf5").astype(np.float32))
            normals.append(convert_axes(read_hdf5(paths[-1]), axes=HYPERSIM))
            valid.append(read_hdf5(geometry / f"frame.{number:04d}.render_entity_id.hdf5") != -1)
        intrinsics = centred(light[0].shape[1::-1], angle=ANGLE, along=light[0].shape[1])
        seen = [_facing(each, intrinsics) for each in normals]
        return made(frames=_toned(light, valid), normals=seen, valid=valid, intrinsics=intrinsics, paths=paths)


def open_hypersim(root: Path) -> Hypersim:
    """Return the set under `root`.

    Raises:
        FileNotFoundError: if there is none.
    """
    cameras, numbers, names = [], [], []
    for folder in sorted(root.glob("ai_*/images/scene_cam_*_geometry_hdf5")):
        found = [int(match[1]) for match in map(_NUMBER.fullmatch, (path.name for path in folder.iterdir())) if match]
        camera = folder.name.removeprefix("scene_").removesuffix("_geometry_hdf5")
        for part in runs(found):
            cameras.append((folder.parent, camera))
            numbers.append(tuple(part))
            names.append(f"{folder.parent.parent.name}/{camera}/{part[0]:04d}-{part[-1]:04d}")
    if not names:
        raise FileNotFoundError(f"No Hypersim frames (ai_*/images/scene_cam_*_geometry_hdf5/frame.*.normal_cam.hdf5) in {root}.")
    return Hypersim(cameras=tuple(cameras), numbers=tuple(numbers), names=tuple(names))


def _facing(normals: np.ndarray, intrinsics: Intrinsics) -> np.ndarray:
    """Return normals turned round where they face away from the camera."""
    height, width, _ = normals.shape
    x = (np.arange(width) - intrinsics.cx) / intrinsics.fx
    y = -(np.arange(height) - intrinsics.cy)[:, None] / intrinsics.fy
    away = normals[..., 2] - x * normals[..., 0] - y * normals[..., 1] < 0
    return np.where(away[..., None], -normals, normals)


def _toned(light: list[np.ndarray], valid: list[np.ndarray]) -> list[np.ndarray]:
    """Display-referred frames in [0, 1] of linear ones, with one exposure for all."""
    light = [np.nan_to_num(each, nan=0, posinf=0, neginf=0) for each in light]
    bright = np.concatenate(
        [(each @ np.array([0.3, 0.59, 0.11], np.float32))[seen] for each, seen in zip(light, valid, strict=True)]
    )
    level = float(np.percentile(bright, _PERCENTILE)) if bright.size else 0.0
    scale = _BRIGHT ** (1 / _GAMMA) / level if level > 1e-4 else 0.0
    return [np.clip(np.maximum(each * scale, 0) ** _GAMMA, 0, 1).astype(np.float32) for each in light]
