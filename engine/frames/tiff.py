"""TIFF as Blender shows it: not turned by its tag, alpha as it is stored, whole numbers over their whole range."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from ..protocol import ErrorCode, PlatelightError
from . import pixels
from .picture import Picture
from .picture_size import check_size

_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ORIENTATION, _EXTRA_SAMPLES = 274, 338
_SIZES = {1: 1, 3: 2, 4: 4, 16: 8}
_CODES = {1: "B", 3: "H", 4: "I", 16: "Q"}
_ASSOCIATED, _UNASSOCIATED = 1, 2
_PLANAR = 2
_SIGNED, _FLOAT = 2, 3
_MOST_SAMPLES = 4
_PACKINGS = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32809, 32946, 34676, 34677})
"""What OpenCV and FFmpeg unpack; of others OpenCV gives a black picture."""
_NAMES = {6: "JPEG in its old form", 34887: "LERC", 34925: "LZMA", 50000: "ZSTD", 50001: "WebP"}
_MOST_TAGS = 4096


@dataclass(frozen=True, kw_only=True)
class _Tag:
    """`at`: where its values are in the file. `code`: of one value, as `struct` has it."""

    values: tuple[int, ...]
    at: int
    code: str


class _Tags:
    """The tags of the first picture: TIFF 6.0, section 2, and BigTIFF."""

    def __init__(self, data: np.ndarray) -> None:
        """Raises: struct.error, KeyError where `data` (bytes) is no TIFF."""
        head, stored = bytes(data[:16]), data.data
        self.order = {b"II": "<", b"MM": ">"}[head[:2]]
        is_big = struct.unpack_from(f"{self.order}H", head, 2)[0] == 43
        offset, count, entry = ("Q", "Q", 20) if is_big else ("I", "H", 12)
        [at] = struct.unpack_from(f"{self.order}{offset}", head, 8 if is_big else 4)
        [tags] = struct.unpack_from(f"{self.order}{count}", stored, at)
        at += struct.calcsize(count)
        self._found: dict[int, _Tag] = {}
        for place in range(at, at + entry * min(tags, _MOST_TAGS), entry):
            tag, kind, many = struct.unpack_from(f"{self.order}HH{offset}", stored, place)
            if kind not in _CODES:
                continue
            inside, room = place + entry - struct.calcsize(offset), struct.calcsize(offset)
            many = min(many, 16)
            start = inside if _SIZES[kind] * many <= room else struct.unpack_from(f"{self.order}{offset}", stored, inside)[0]
            values = struct.unpack_from(f"{self.order}{many}{_CODES[kind]}", stored, start)
            self._found[tag] = _Tag(values=values, at=start, code=_CODES[kind])

    def get(self, tag: int, default: int) -> int:
        found = self._found.get(tag)
        return found.values[0] if found and found.values else default

    def replace(self, data: np.ndarray, tag: int, value: int) -> None:
        """Write another first value of a tag into `data`, where the file has that tag."""
        if found := self._found.get(tag):
            packed = struct.pack(f"{self.order}{found.code}", value)
            data[found.at : found.at + len(packed)] = np.frombuffer(packed, np.uint8)


def read_tiff(path: Path) -> Picture:
    """Return the first picture of a TIFF.

    Raises:
        PlatelightError: `source_unreadable`, `source_truncated`.
    """
    data = np.fromfile(path, dtype=np.uint8)
    try:
        tags = _Tags(data)
        width, height, samples = tags.get(256, 0), tags.get(257, 0), tags.get(277, 1)
        bits, kind = tags.get(258, 1), tags.get(339, 1)
    except (struct.error, KeyError, OverflowError) as error:
        code = ErrorCode.SOURCE_TRUNCATED if bytes(data[:4]) in _MAGIC else ErrorCode.SOURCE_UNREADABLE
        raise PlatelightError(code, f"{path} cannot be decoded") from error
    check_size((width, height), path)
    if (packing := tags.get(259, 1)) not in _PACKINGS:
        packed = _NAMES.get(packing, f"method {packing}")
        told = f"{path} is packed with {packed}, which is not read here: write it with ZIP or LZW"
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, told)
    if kind == _FLOAT and bits < 32:
        told = f"{path} has floats of {bits} bits, which are not read here: write it as EXR"
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, told)
    if kind == _SIGNED and bits > 8 and tags.order == ">":  # OpenCV takes their bytes in the wrong order
        told = f"{path} has big-endian numbers with a sign, which are not read here: write it without a sign, or as EXR"
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, told)
    if samples > _MOST_SAMPLES:
        told = f"{path} has {samples} channels, and {_MOST_SAMPLES} are the most that are read: write red, green and blue alone"
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, told)
    alpha = tags.get(_EXTRA_SAMPLES, 0)
    tags.replace(data, _ORIENTATION, 1)  # Blender shows the picture as it is stored
    if alpha == _UNASSOCIATED:
        tags.replace(data, _EXTRA_SAMPLES, 0)  # else OpenCV multiplies 8-bit colours by their alpha
    by_ffmpeg = samples == 2 or tags.get(284, 1) == _PLANAR  # OpenCV drops the alpha of a grey, and reads planes wrongly
    try:
        picture = _through_ffmpeg(data) if by_ffmpeg else _through_opencv(data)
    except (av.FFmpegError, StopIteration, IndexError, cv2.error) as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path} cannot be decoded") from error
    if picture is None:
        raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"{path} cannot be decoded")
    return Picture(rgb=picture.rgb, alpha=picture.alpha, premultiplied=alpha == _ASSOCIATED)


def _through_ffmpeg(data: np.ndarray) -> Picture:
    with av.open(io.BytesIO(data.tobytes()), format="tiff_pipe", metadata_errors="replace") as container:
        return pixels.picture(next(container.decode(video=0)))


def _through_opencv(data: np.ndarray) -> Picture | None:
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    return None if image is None else from_opencv(image)


def from_opencv(image: np.ndarray) -> Picture:
    """Return what OpenCV decodes: (H, W) grey, or (H, W, 3 or 4) with blue first. Whole numbers of other kinds become uint16."""
    if image.dtype == np.uint32:
        image = (image >> 16).astype(np.uint16)
    elif image.dtype.kind == "i":
        most = np.iinfo(image.dtype).max
        image = (np.maximum(image, 0).astype(np.float64) * (65535 / most)).astype(np.uint16)
    elif image.dtype not in (np.uint8, np.uint16):
        image = image.astype(np.float32)
    if image.ndim == 2:
        return Picture(rgb=cv2.cvtColor(image, cv2.COLOR_GRAY2RGB))
    if image.shape[2] == 4:
        return Picture(rgb=cv2.cvtColor(image, cv2.COLOR_BGRA2RGB), alpha=np.ascontiguousarray(image[..., 3]))
    return Picture(rgb=cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
