"""Writing and reading passes as EXR. The same input gives the same bytes."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenEXR

from . import files
from .frames.windows import Window, Windows
from .protocol import PASSES, ErrorCode, PlatelightError
from .protocol.licences import NONE_KNOWN, Licence

RELATIVE, METRES = "relative", "metres"
"""Values of the attribute ``platelight/unit`` of a depth."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a pass says of itself, as attributes; `PassHeader` is what is read back.

    `clip`: its name in file names. `source`: name of the plate's file. `frame`: of the source. `plate_size`: width and height of
    the source in pixels. `relative_depth`: of a depth, whether it is in a unit of the shot's own; otherwise in metres.
    `windows`: of the pass, where the plate's file holds another part of its picture than the whole. `fov`: horizontal field of view
    of the shot in degrees, 0 where the model tells none. `licence`: of the model.
    """

    clip: str
    model: str
    revision: str
    settings: str
    source: str
    frame: int
    plate_size: tuple[int, int]
    color_space: str = ""
    relative_depth: bool = False
    windows: Windows | None = None
    fov: float = 0.0
    licence: Licence = NONE_KNOWN

    def attributes(self, pass_name: str) -> dict[str, object]:
        return {
            "platelight/model": self.model,
            "platelight/revision": self.revision,
            "platelight/settings": self.settings,
            "platelight/space": "camera",
            **self._meaning(pass_name),
            "platelight/licence": str(self.licence),
            "platelight/paidWork": self.licence.paid.value,
            **({"platelight/fov": f"{self.fov:.4f}"} if self.fov else {}),
            "platelight/clip": self.clip,
            "platelight/colorSpace": _writable(self.color_space),
            "platelight/source": _writable(self.source),
            "platelight/frame": self.frame,
            "platelight/plateSize": f"{self.plate_size[0]}x{self.plate_size[1]}",
        }

    def _meaning(self, pass_name: str) -> dict[str, object]:
        kind = PASSES[pass_name]
        said: dict[str, object] = {f"platelight/{name}": text for name, text in kind.attributes}
        return said | {"platelight/unit": RELATIVE if self.relative_depth else METRES} if kind.is_distance else said


def _writable(text: str) -> str:
    """Return a text with question marks for bytes of file names that are no UTF-8, which the library cannot write."""
    return text.encode("utf-8", "replace").decode()


def write(path: Path, values: np.ndarray, *, pass_name: str, origin: Origin) -> None:
    """Write one pass of one frame; nothing stands under the name before the file is whole. Arguments as those of `fill`.

    Raises:
        PlatelightError: `disk_full`, `output_not_writable`.
    """
    files.replace(path, lambda temporary: fill(temporary, values, pass_name=pass_name, origin=origin))


def fill(path: Path, values: np.ndarray, *, pass_name: str, origin: Origin) -> None:
    """Write into a file that is there, in the channels that `PASSES` says, ZIP compressed.

    Args:
        path: the file.
        values: float (H, W, C), C the pass's number of components, of the whole picture; the file then holds what the origin's
            windows say of it.
        pass_name: a key of `PASSES`.
        origin: what the file says of itself.

    Raises:
        OSError: with the reason why it can't be written.
    """
    kind = PASSES[pass_name]
    stored = np.float16 if kind.is_half else np.float32
    held = origin.windows.from_picture(values) if origin.windows else values
    channels = {channel: np.ascontiguousarray(held[..., index], dtype=stored) for index, channel in enumerate(kind.channels)}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **origin.attributes(pass_name)}
    if origin.windows:
        header |= {"dataWindow": _corners(origin.windows.data), "displayWindow": _corners(origin.windows.display)}
    try:
        OpenEXR.File(header, channels).write(str(path))
    except (RuntimeError, OSError, ValueError) as error:
        raise OSError(_reason(path), str(error)) from error


def _corners(window: Window) -> tuple[np.ndarray, np.ndarray]:
    first, last = window.inclusive
    return np.array(first, np.int32), np.array(last, np.int32)


def _reason(path: Path) -> int:
    """Return why a write to `path` failed: appending a little more shows it again."""
    try:
        with open(path, "ab", buffering=0) as file:
            file.write(bytes(1 << 16))
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno or errno.EIO
    return errno.EIO


def read(path: Path, *, pass_name: str) -> np.ndarray:
    """Return a pass as written by `write`: (H, W, C), half or float.

    Raises:
        PlatelightError: `source_unreadable`.
    """
    try:
        channels = OpenEXR.File(str(path), separate_channels=True).channels()
        return np.stack([channels[channel].pixels for channel in PASSES[pass_name].channels], axis=-1)
    except (RuntimeError, OSError, KeyError) as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path}: {error}") from error


def read_fov(path: Path) -> float:
    """Return the field of view that a pass says of its shot, from the header alone; 0 where it says none or can't be read."""
    try:
        return float(OpenEXR.File(str(path), header_only=True).header().get("platelight/fov", 0.0))
    except (RuntimeError, OSError, ValueError, TypeError):
        return 0.0
