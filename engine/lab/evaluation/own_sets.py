"""Sets in our own layouts: training clips (arrays), and rendered clips kept as PNG files, which are small enough to travel.

A clip of PNG files is a folder with `frame.<n>.png` (8 bits, sRGB), `normal.<n>.png` (16 bits, (v - 32768) / 32767 along +X right,
+Y up, +Z toward the camera; 32768 thrice where there is no surface) and, where the camera is known, `camera.json` with
`camera_to_world`, a 4x4 matrix a frame.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ...frames.stills import read_still
from ...normals import normalise
from ...protocol import ErrorCode, PlatelightError
from ..measures.metrics import surface
from ..training.data.clips import open_clip
from .sets import Moment, Shot, TestSet

_ZERO, _ONE = 32768, 32767


def is_clips(folder: Path) -> bool:
    return any(folder.glob("*/frames.npy"))


def read_clips(folder: Path) -> TestSet:
    """Return a folder of clips as training keeps them, see `engine.lab.training.data.clips`.

    Raises:
        PlatelightError: `frame_missing`, `source_unreadable`, naming the file that is not there or doesn't fit.
    """
    clips = sorted(path.parent for path in folder.glob("*/frames.npy") if path.parent.suffix != ".part")
    return TestSet(name=folder.name, folder=folder, shots=tuple(_clip(clip) for clip in clips))


def is_pictures(folder: Path) -> bool:
    return any(folder.glob("*/frame.*.png"))


def read_pictures(folder: Path) -> TestSet:
    """Return a folder of clips as PNG files.

    Raises:
        PlatelightError: `frame_missing`, `source_unreadable`, naming the file.
    """
    clips = sorted({path.parent for path in folder.glob("*/frame.*.png")})
    return TestSet(name=folder.name, folder=folder, shots=tuple(_pictures(clip) for clip in clips))


def _clip(folder: Path) -> Shot:
    try:
        clip = open_clip(folder)
    except FileNotFoundError as error:
        raise PlatelightError(ErrorCode.FRAME_MISSING, str(error)) from error
    except (ValueError, OSError) as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, str(error)) from error
    poses = _checked(clip.poses, count=len(clip.frames), file=folder / "poses.npy")

    def read(index: int) -> Moment:
        truth = np.nan_to_num(np.asarray(clip.normals[index], dtype=np.float32), nan=0, posinf=0, neginf=0)
        seen = surface(truth) if clip.valid is None else surface(truth) & np.asarray(clip.valid[index], dtype=bool)
        depth = None if clip.depth is None else np.nan_to_num(np.asarray(clip.depth[index], dtype=np.float32), nan=0, posinf=0)
        return Moment(frame=np.array(clip.frames[index]), normals=normalise(truth), valid=seen, depth=depth)

    return Shot(name=folder.name, count=len(clip.frames), read=read, poses=poses)


def _pictures(folder: Path) -> Shot:
    numbers = sorted(int(path.name.split(".")[1]) for path in folder.glob("frame.*.png") if path.name.split(".")[1].isdecimal())
    for number in range(numbers[0], numbers[-1] + 1):
        for kind in ("frame", "normal"):
            if not (folder / f"{kind}.{number}.png").is_file():
                raise PlatelightError(ErrorCode.FRAME_MISSING, str(folder / f"{kind}.{number}.png"))
    file, poses = folder / "camera.json", None
    if file.is_file():
        try:
            poses = np.array(json.loads(file.read_text(encoding="utf-8"))["camera_to_world"], dtype=np.float64)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{file}: {type(error).__name__} {error}") from error

    def read(index: int) -> Moment:
        number = numbers[index]
        frame, stored = folder / f"frame.{number}.png", folder / f"normal.{number}.png"
        picture, values = read_still(frame).rgb, read_still(stored).rgb
        if picture.dtype != np.uint8 or values.dtype != np.uint16:
            detail = f"{frame} has {picture.dtype} and {stored.name} {values.dtype}, not 8 and 16 bits"
            raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, detail)
        if picture.shape != values.shape:
            detail = f"{stored} is {values.shape[1]}x{values.shape[0]}, its picture is {picture.shape[1]}x{picture.shape[0]}"
            raise PlatelightError(ErrorCode.FRAME_SIZE_CHANGED, detail)
        truth = (values.astype(np.float32) - _ZERO) / _ONE
        return Moment(frame=picture, normals=normalise(truth), valid=surface(truth))

    return Shot(name=folder.name, count=len(numbers), read=read, poses=_checked(poses, count=len(numbers), file=file))


def _checked(poses: np.ndarray | None, *, count: int, file: Path) -> np.ndarray | None:
    """`poses`, if each frame has one, a rotation and no mirror.

    Raises:
        PlatelightError: `source_unreadable`.
    """
    if poses is None:
        return None
    turns = poses[..., :3, :3]
    if poses.shape not in ((count, 4, 4), (count, 3, 4), (count, 3, 3)):
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{file}: poses {poses.shape} for {count} frames")
    if not np.allclose(turns @ turns.swapaxes(1, 2), np.eye(3), atol=1e-3) or not (np.linalg.det(turns) > 0).all():
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{file}: a pose is no rotation")
    return poses
