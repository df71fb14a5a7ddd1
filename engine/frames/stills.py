"""Reading one image file: EXR through OpenEXR, film formats through PyAV, everything else through OpenCV."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import OpenEXR

from ..protocol import ErrorCode, PlatelightError
from . import pixels
from .picture import Picture

_OPENCV = (".png", ".jpg", ".jpeg", ".jpe", ".tif", ".tiff", ".bmp", ".webp", ".hdr", ".jp2", ".ppm", ".pgm")
_FFMPEG = (".dpx", ".cin", ".tga")
SUFFIXES = (*_OPENCV, *_FFMPEG, ".exr")
_ENDINGS = {".png": (b"IEND", 12), ".jpg": (b"\xff\xd9", 4096), ".jpeg": (b"\xff\xd9", 4096), ".jpe": (b"\xff\xd9", 4096)}


def read_still(path: Path) -> Picture:
    """The picture in `path`, in the file's own colour space.

    Raises:
        PlatelightError: `frame_missing`, `source_empty`, `source_truncated`, `source_unreadable`; each names the file.
    """
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            suffix = path.suffix.lower()
            ending, within = _ENDINGS.get(suffix, (b"", 0))
            file.seek(max(0, size - within))
            whole = ending in file.read(within)
    except FileNotFoundError as error:
        raise PlatelightError(ErrorCode.FRAME_MISSING, str(path)) from error
    except OSError as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path}: {error.strerror}") from error
    if size == 0:
        raise PlatelightError(ErrorCode.SOURCE_EMPTY, f"{path} is a file of zero bytes")
    picture = _read_exr(path) if suffix == ".exr" else _read_ffmpeg(path) if suffix in _FFMPEG else _read_opencv(path)
    if not whole:
        raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"{path} lacks its end")
    return picture


def pixel_aspect(path: Path) -> float:
    """Width of a pixel divided by its height, as far as the file says so."""
    if path.suffix.lower() != ".exr":
        return 1.0
    try:
        aspect = float(OpenEXR.File(str(path), header_only=True).header()["pixelAspectRatio"])
    except (RuntimeError, ValueError, KeyError) as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path}: {error}") from error
    return aspect if 0.1 < aspect < 10 else 1.0


def _read_opencv(path: Path) -> Picture:
    image = cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        code = ErrorCode.SOURCE_TRUNCATED if _starts_well(path) else ErrorCode.SOURCE_UNREADABLE
        raise PlatelightError(code, f"{path} cannot be decoded")
    if image.dtype not in (np.uint8, np.uint16):
        image = image.astype(np.float32)
    if image.ndim == 2:
        return Picture(rgb=cv2.cvtColor(image, cv2.COLOR_GRAY2RGB))
    if image.shape[2] == 4:
        return Picture(rgb=cv2.cvtColor(image, cv2.COLOR_BGRA2RGB), alpha=np.ascontiguousarray(image[..., 3]))
    return Picture(rgb=cv2.cvtColor(image, cv2.COLOR_BGR2RGB))


def _starts_well(path: Path) -> bool:
    with open(path, "rb") as file:
        head = file.read(4)
    return head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*"))


def _read_ffmpeg(path: Path) -> Picture:
    try:
        with av.open(str(path)) as container:
            return pixels.picture(next(container.decode(video=0)))
    except (av.FFmpegError, StopIteration, IndexError) as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path}: {error}") from error


def _read_exr(path: Path) -> Picture:
    try:
        file = OpenEXR.File(str(path), separate_channels=True)
        parts = [file.channels(index) for index in range(len(file.parts))]
    except RuntimeError as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path}: {error}") from error
    except ValueError as error:
        # A file whose pixels can't all be read comes back without its parts.
        raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"{path} is damaged") from error
    if not parts:
        raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"{path} is damaged")
    for channels in parts:
        names = colour_channels(tuple(channels))
        if names:
            rgb = np.stack([channels[name].pixels for name in names[:3]], axis=-1).astype(np.float32)
            alpha = channels[names[3]].pixels.astype(np.float32) if len(names) == 4 else None
            return Picture(rgb=rgb, alpha=alpha, premultiplied=True)
    held = ", ".join(name for channels in parts for name in channels)
    raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path} has no colour, only the channels {held}")


def colour_channels(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of R, G, B (and A where there is one) among an EXR's channels; empty when it has no colour.

    Plain R, G, B come first, then the layers named Combined, rgba or beauty, then any other; a lone Y counts as grey.
    """
    layers = sorted({name[:-1] for name in names if name.endswith("R")}, key=_layer_rank)
    for layer in layers:
        found = tuple(layer + component for component in "RGB")
        if all(name in names for name in found):
            return (*found, layer + "A") if layer + "A" in names else found
    if "Y" in names and "RY" not in names:
        return ("Y", "Y", "Y", "A") if "A" in names else ("Y", "Y", "Y")
    return ()


def _layer_rank(layer: str) -> tuple[int, str]:
    name = layer.rstrip(".").rsplit(".", 1)[-1].lower()
    return (0 if not name else 1 if name in ("combined", "rgba", "beauty", "image") else 2), layer
