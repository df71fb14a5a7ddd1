"""Plates made at test time. Every frame carries its own number as a row of black and white blocks, so a test can tell which
frame it got whatever a codec did to it."""

from __future__ import annotations

import fractions
from pathlib import Path

import av
import cv2
import numpy as np
import OpenEXR

WIDTH, HEIGHT = 96, 64
BITS = 10
LONG = 900


def numbered(number: int, *, size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    """uint8 (H, W, 3): a shaded field with `number` written in blocks along the upper third."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    image = np.stack([x * 200 / width + 20, y * 200 / height + 20, np.full((height, width), 90 + 5 * (number % 10))], axis=-1)
    block = width // BITS
    for bit in range(BITS):
        image[: height // 3, bit * block : (bit + 1) * block] = 255 if number >> bit & 1 else 0
    return image.astype(np.uint8)


def number_of(image: np.ndarray) -> int:
    """The number in a frame made by `numbered`; any type, (H, W, 3)."""
    height, width = image.shape[:2]
    block = width // BITS
    row = image[height // 6].astype(np.float64).mean(axis=-1)
    return sum(1 << bit for bit in range(BITS) if row[bit * block + block // 2] > row.max() / 2)


def write_movie(
    path: Path,
    count: int,
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    times: list[int] | None = None,
    rotation: int = 0,
    images: list[np.ndarray] | None = None,
    source_format: str = "rgb24",
    container_options: dict[str, str] | None = None,
) -> Path:
    """A movie at 24 frames a second whose frame n (from 1) carries the number n. `times`: presentation times in 1/24 s."""
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=24, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        stream.time_base = stream.codec_context.time_base = fractions.Fraction(1, 24)
        if rotation:
            stream.set_display_rotation(rotation)
        for index in range(count):
            image = images[index] if images else numbered(index + 1, size=size)
            frame = av.VideoFrame.from_ndarray(image, format=source_format).reformat(format=pixel_format)
            frame.pts = times[index] if times else index
            frame.time_base = fractions.Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_images(folder: Path, numbers: range | list[int], *, name: str = "plate.{:04d}.png") -> list[Path]:
    """An integer image sequence whose files carry their numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number in numbers:
        files.append(folder / name.format(number))
        assert cv2.imwrite(str(files[-1]), numbered(number)[..., ::-1])
    return files


def write_exr(path: Path, channels: dict[str, np.ndarray], **header: object) -> Path:
    """Any channels, as they are."""
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **header}
    OpenEXR.File(header, channels).write(str(path))
    return path
