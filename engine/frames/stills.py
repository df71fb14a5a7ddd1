"""Reading one image file: EXR through OpenEXR, film formats through PyAV, everything else through OpenCV."""

from __future__ import annotations

import os
from pathlib import Path

import av
import cv2
import numpy as np

from ..protocol import ErrorCode, PlatelightError
from . import exr_plate, pixels
from .container import opened
from .picture import Picture
from .picture_size import check_png, check_size, first_bytes, picture_size
from .tiff import from_opencv, read_tiff

_OPENCV = (
    ".png",
    ".jpg",
    ".jpeg",
    ".jpe",
    ".bmp",
    ".webp",
    ".avif",
    ".hdr",
    ".jp2",
    ".j2c",
    ".j2k",
    ".ppm",
    ".pgm",
    ".pbm",
    ".pnm",
)
# OpenCV 5 gives a PAM with red and blue changed.
_FFMPEG = (".pam", ".dpx", ".cin", ".tga", ".sgi", ".rgb", ".rgba", ".bw", ".psd", ".dds")
_TIFF = (".tif", ".tiff", ".tx")
SUFFIXES = (*_OPENCV, *_FFMPEG, *_TIFF, ".exr")
_ENDINGS = {".png": (b"IEND", 12), ".jpg": (b"\xff\xd9", 4096), ".jpeg": (b"\xff\xd9", 4096), ".jpe": (b"\xff\xd9", 4096)}


def read_still(path: Path) -> Picture:
    """Return the picture in `path`, in the file's own colour space.

    Raises:
        PlatelightError: `frame_missing`, `source_empty`, `source_truncated`, `source_unreadable`; each names the file.
    """
    suffix = path.suffix.lower()
    if suffix == ".exr":
        return exr_plate.read(path, exr_plate.plan(path))
    head = first_bytes(path)
    if size := picture_size(head, suffix):
        check_size(size, path)
    if suffix == ".png":
        check_png(head, path)
    picture = read_tiff(path) if suffix in _TIFF else _read_ffmpeg(path) if suffix in _FFMPEG else _read_opencv(path, head)
    if suffix in _ENDINGS and not _ends_with(path, *_ENDINGS[suffix]):
        raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"{path} lacks its end")
    return picture


def _ends_with(path: Path, ending: bytes, within: int) -> bool:
    with open(path, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - within))
        return ending in file.read()


def _read_opencv(path: Path, head: bytes) -> Picture:
    try:
        image = cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path} cannot be decoded") from error
    if image is None:
        starts_well = head.startswith((b"\x89PNG", b"\xff\xd8\xff"))
        code = ErrorCode.SOURCE_TRUNCATED if starts_well else ErrorCode.SOURCE_UNREADABLE
        raise PlatelightError(code, f"{path} cannot be decoded")
    return from_opencv(image)


def _read_ffmpeg(path: Path) -> Picture:
    try:
        with opened(path) as container:
            return pixels.picture(next(container.decode(video=0)))
    except (av.FFmpegError, StopIteration, IndexError) as error:
        told = getattr(error, "strerror", None) or "it holds no picture"
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path}: {told}") from error
