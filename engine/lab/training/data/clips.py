"""Clips on disk: a folder each, holding one array a file, all for the same `T` frames of `H` by `W` pixels.

- `frames.npy`, `(T, H, W, 3)` uint8: display-referred sRGB.
- `normals.npy`, `(T, H, W, 3)` float16: camera space, +X right, +Y up, +Z toward the camera; unit length where there is a
  surface and zero where there is none.
- `valid.npy`, `(T, H, W)` bool, optional: where the normal is known. Without it that is where the normal isn't zero.
- `depth.npy`, `(T, H, W)` float32, optional: distance along the line of sight's axis (not along the ray), zero where unknown.
- `intrinsics.npy`, `(4,)` float64, optional: fx, fy, cx, cy in pixels; the centre of the top left pixel is (0, 0).
- `poses.npy`, `(T, 4, 4)` float64, optional: camera to world; the camera's own axes are those of the normals.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

OPTIONAL = ("valid", "depth", "intrinsics", "poses")


class Intrinsics(NamedTuple):
    """A pinhole camera in pixels; the centre of the top left pixel is (0, 0)."""

    fx: float
    fy: float
    cx: float
    cy: float


@dataclass(frozen=True, kw_only=True)
class StoredClip:
    """One clip as it lies on disk, mapped and not copied; what a clip hasn't got is None. Shapes and units as above."""

    frames: np.ndarray
    normals: np.ndarray
    valid: np.ndarray | None = None
    depth: np.ndarray | None = None
    intrinsics: Intrinsics | None = None
    poses: np.ndarray | None = None


def write_clip(
    folder: Path,
    *,
    frames: np.ndarray,
    normals: np.ndarray,
    valid: np.ndarray | None = None,
    depth: np.ndarray | None = None,
    intrinsics: Intrinsics | None = None,
    poses: np.ndarray | None = None,
) -> None:
    """Write one clip; the folder appears whole or not at all, and one that is there already stays as it is.

    Raises:
        ValueError: if the arrays don't belong together; names the array.
        OSError: if the disk is full or can't be written.
    """
    if folder.exists():
        return
    arrays: dict[str, np.ndarray] = {"frames": frames.astype(np.uint8), "normals": normals.astype(np.float16)}
    if valid is not None:
        arrays["valid"] = valid.astype(bool)
    if depth is not None:
        arrays["depth"] = depth.astype(np.float32)
    if intrinsics is not None:
        arrays["intrinsics"] = np.array(intrinsics, np.float64)
    if poses is not None:
        arrays["poses"] = poses.astype(np.float64)
    _check(folder, arrays)
    beside = folder.with_name(folder.name + ".part")
    beside.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(beside / f"{name}.npy", array)
    beside.rename(folder)


def list_clips(root: Path) -> list[Path]:
    """Return the finished clips under `root`, in order of name.

    Raises:
        FileNotFoundError: if there is none.
    """
    clips = sorted(path.parent for path in root.glob("*/normals.npy") if path.parent.suffix != ".part")
    if not clips:
        raise FileNotFoundError(f"No clip (a folder with frames.npy and normals.npy) was found in {root}.")
    return clips


def open_clip(folder: Path) -> StoredClip:
    """Everything of one clip, mapped from disk.

    Raises:
        FileNotFoundError: if frames or normals are missing; names the file.
        ValueError: if a file is broken or doesn't belong to the others; names the file.
    """
    names = ("frames", "normals", *(name for name in OPTIONAL if (folder / f"{name}.npy").is_file()))
    arrays = {name: _mapped(folder / f"{name}.npy") for name in names}
    _check(folder, arrays)
    stored = arrays.pop("intrinsics", None)
    intrinsics = None if stored is None else Intrinsics(*(float(value) for value in stored))
    return StoredClip(**arrays, intrinsics=intrinsics)


def read_clip(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return frames and normals of one clip, mapped from disk.

    Raises:
        FileNotFoundError, ValueError: as `open_clip`.
    """
    clip = open_clip(folder)
    return clip.frames, clip.normals


def _mapped(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r")
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} is missing.") from None
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path} can't be read: {error}") from error


def _check(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    """Raise ValueError if the arrays of a clip don't fit together."""
    frames = arrays["frames"]
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8 or not frames.size:
        raise ValueError(f"{folder / 'frames.npy'}: {frames.dtype} {frames.shape}, not uint8 (T, H, W, 3).")
    count, height, width, _ = frames.shape
    wanted = {
        "normals": (count, height, width, 3),
        "valid": (count, height, width),
        "depth": (count, height, width),
        "intrinsics": (4,),
        "poses": (count, 4, 4),
    }
    for name, values in arrays.items():
        if name != "frames" and values.shape != wanted[name]:
            raise ValueError(f"{folder / name}.npy: {values.shape} and frames {frames.shape} don't belong together.")
