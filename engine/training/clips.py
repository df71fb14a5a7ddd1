"""Clips on disk: a folder each, holding two arrays.

`frames.npy` is `(T, H, W, 3)` uint8, display-referred sRGB. `normals.npy` is `(T, H, W, 3)` float16, camera space, +X right,
+Y up, +Z toward the camera; unit length where there is a surface and zero where there is none.
"""

from pathlib import Path

import numpy as np


def write_clip(folder: Path, *, frames: np.ndarray, normals: np.ndarray) -> None:
    """Writes one clip; the folder appears whole or not at all, and one that is there already stays as it is."""
    if folder.exists():
        return
    beside = folder.with_name(folder.name + ".part")
    beside.mkdir(parents=True, exist_ok=True)
    np.save(beside / "frames.npy", frames.astype(np.uint8))
    np.save(beside / "normals.npy", normals.astype(np.float16))
    beside.rename(folder)


def list_clips(root: Path) -> list[Path]:
    """The finished clips under `root`, in order of name.

    Raises:
        FileNotFoundError: if there is none.
    """
    clips = sorted(path.parent for path in root.glob("*/normals.npy") if path.parent.suffix != ".part")
    if not clips:
        raise FileNotFoundError(f"No clip (a folder with frames.npy and normals.npy) was found in {root}.")
    return clips


def read_clip(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Frames and normals of one clip, mapped from disk.

    Raises:
        ValueError: if the two don't belong together; names the folder.
    """
    frames = np.load(folder / "frames.npy", mmap_mode="r")
    normals = np.load(folder / "normals.npy", mmap_mode="r")
    if frames.shape != normals.shape or frames.ndim != 4 or frames.shape[-1] != 3:
        raise ValueError(f"{folder}: frames {frames.shape} and normals {normals.shape} don't belong together.")
    return frames, normals
