"""Reading single files of other people's sets: every error names the file."""

import json
from pathlib import Path

import cv2
import numpy as np
import OpenEXR

from ..clips import Intrinsics


def read_picture(path: Path) -> np.ndarray:
    """Return a PNG or JPEG as it is stored: `(H, W)` or `(H, W, C)`, RGB or RGBA, uint8 or uint16.

    Raises:
        FileNotFoundError, ValueError: if it is missing or broken; names the file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing.")
    stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if stored is None:
        raise ValueError(f"{path} can't be read as a picture.")
    if stored.ndim == 2:
        return stored
    return cv2.cvtColor(stored, cv2.COLOR_BGRA2RGBA if stored.shape[2] == 4 else cv2.COLOR_BGR2RGB)


def read_frame(path: Path) -> np.ndarray:
    """Return a picture as a frame: `(H, W, 3)` float32 sRGB in [0, 1]; what is transparent is grey.

    Raises:
        FileNotFoundError, ValueError: if it is missing, broken or not in colour; names the file.
    """
    stored = read_picture(path)
    if stored.ndim != 3:
        raise ValueError(f"{path} is {stored.shape}, not in colour.")
    values = stored.astype(np.float32) / np.iinfo(stored.dtype).max
    if values.shape[2] == 4:
        values = values[..., :3] * values[..., 3:] + 0.5 * (1 - values[..., 3:])
    return values


def read_exr(path: Path, *channels: str) -> np.ndarray:
    """Channels of an EXR, the first name found of each `A|B`: `(H, W, len(channels))`, half or
    float as stored.

    Raises:
        FileNotFoundError, ValueError: if the file is missing or broken or has no such channel; names the file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing.")
    try:
        with OpenEXR.File(str(path), separate_channels=True) as file:
            stored = {name: channel.pixels for name, channel in file.channels().items()}
    except (RuntimeError, OSError) as error:
        raise ValueError(f"{path} can't be read as an EXR: {error}") from error
    planes = []
    for wanted in channels:
        found = [name for name in wanted.split("|") if name in stored]
        if not found:
            raise ValueError(f"{path} has the channels {sorted(stored)}, but none called {wanted}.")
        planes.append(stored[found[0]])
    return np.stack(planes, -1)


def read_hdf5(path: Path) -> np.ndarray:
    """Return the array `dataset` of an HDF5 file, as Hypersim keeps them.

    Raises:
        FileNotFoundError, ValueError: if the file is missing or broken; names the file.
    """
    import h5py  # only Hypersim needs it

    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing.")
    try:
        with h5py.File(path, "r") as file:
            return file["dataset"][:]
    except (OSError, KeyError) as error:
        raise ValueError(f"{path} can't be read as an HDF5 file with an array called dataset: {error}") from error


def read_json(path: Path) -> dict:
    """Return a JSON object.

    Raises:
        FileNotFoundError, ValueError: if it is missing or broken; names the file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing.")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} can't be read as JSON: {error}") from error
    if not isinstance(values, dict):
        raise ValueError(f"{path} is no JSON object.")
    return values


def number(values: dict, key: str, path: Path) -> float:
    """Return a number of a JSON object.

    Raises:
        ValueError: if it isn't there; names the file.
    """
    if not isinstance(values.get(key), int | float):
        raise ValueError(f"{path} says no {key}.")
    return float(values[key])


def centred(size: tuple[int, int], *, angle: float, along: int) -> Intrinsics:
    """Return a camera that looks through the middle of its picture, with square pixels.

    Args:
        size: width and height in pixels.
        angle: field of view in radians.
        along: the side, in pixels, that the angle spans.
    """
    focal = along / 2 / np.tan(angle / 2)
    return Intrinsics(focal, focal, (size[0] - 1) / 2, (size[1] - 1) / 2)


def runs(numbers: list[int]) -> list[list[int]]:
    """Sorted numbers cut where one is missing."""
    parts: list[list[int]] = []
    for each in sorted(numbers):
        if parts and parts[-1][-1] == each - 1:
            parts[-1].append(each)
        else:
            parts.append([each])
    return parts
