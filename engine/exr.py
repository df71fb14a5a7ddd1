"""Writing and reading passes as EXR. The same input gives the same bytes."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenEXR

from . import files
from .protocol import ErrorCode, PlatelightError

_LAYERS = {"normal": ("Normal", "XYZ", np.float16), "depth": ("Depth", "Z", np.float32)}
RELATIVE, METRES = "relative", "metres"
"""Values of the attribute ``platelight/unit`` of a depth."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a pass says of itself, as attributes. `frame`: of the source. `plate_size`: width and height of the source in pixels.
    `relative_depth`: of a depth, whether it is in a unit of the shot's own; otherwise in metres."""

    model: str
    revision: str
    settings: str
    source: str
    frame: int
    plate_size: tuple[int, int]
    relative_depth: bool = False

    def attributes(self, pass_name: str) -> dict[str, object]:
        return {
            "platelight/model": self.model,
            "platelight/revision": self.revision,
            "platelight/settings": self.settings,
            "platelight/space": "camera",
            **self._meaning(pass_name),
            "platelight/source": self.source,
            "platelight/frame": self.frame,
            "platelight/plateSize": f"{self.plate_size[0]}x{self.plate_size[1]}",
        }

    def _meaning(self, pass_name: str) -> dict[str, object]:
        if pass_name == "normal":
            return {"platelight/axes": "+X right, +Y up, +Z toward the camera"}
        unit = RELATIVE if self.relative_depth else METRES
        return {"platelight/axes": "distance along the camera's axis", "platelight/unit": unit}


def write(path: Path, values: np.ndarray, *, pass_name: str, origin: Origin) -> None:
    """Write one pass of one frame: ``Normal.X/Y/Z`` in half or ``Depth.Z`` in float, ZIP compressed.

    Args:
        path: the final name; nothing stands under it before the file is whole.
        values: float (H, W, C), C = 3 for a normal and 1 for a depth.
        pass_name: normal or depth.

    Raises:
        PlatelightError: `disk_full`, `output_not_writable`.
    """
    layer, components, kind = _LAYERS[pass_name]
    channels = {
        f"{layer}.{component}": np.ascontiguousarray(values[..., index], dtype=kind) for index, component in enumerate(components)
    }
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **origin.attributes(pass_name)}
    files.replace(path, lambda temporary: _write(temporary, header, channels))


def bytes_per_pixel(pass_name: str) -> int:
    """Of a pass before compression."""
    _, components, kind = _LAYERS[pass_name]
    return len(components) * np.dtype(kind).itemsize


def _write(temporary: Path, header: dict[str, object], channels: dict[str, np.ndarray]) -> None:
    # The library reports a failed write without its reason; reserving the name first brings out why it can't be written.
    with open(temporary, "wb"):
        pass
    try:
        OpenEXR.File(header, channels).write(str(temporary))
    except (RuntimeError, OSError, ValueError) as error:
        raise OSError(_reason(temporary), str(error)) from error


def _reason(path: Path) -> int:
    """Why a write to `path` failed: appending a little more shows it again."""
    try:
        with open(path, "ab", buffering=0) as file:
            file.write(bytes(1 << 16))
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno or errno.EIO
    return errno.EIO


def read(path: Path, *, pass_name: str) -> np.ndarray:
    """A pass as written by `write`: (H, W, C), half or float.

    Raises:
        PlatelightError: `source_unreadable`.
    """
    layer, components, _ = _LAYERS[pass_name]
    try:
        channels = OpenEXR.File(str(path), separate_channels=True).channels()
        return np.stack([channels[f"{layer}.{component}"].pixels for component in components], axis=-1)
    except (RuntimeError, OSError, KeyError) as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path}: {error}") from error


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a pass says of itself of how it was made; as in `Origin`."""

    revision: str
    settings: str


def read_making(path: Path) -> Made | None:
    """From the header alone; None where the file says nothing of it, or can't be read as EXR."""
    try:
        header = OpenEXR.File(str(path), header_only=True).header()
        return Made(revision=header["platelight/revision"], settings=header["platelight/settings"])
    except (RuntimeError, OSError, ValueError, KeyError):
        return None
