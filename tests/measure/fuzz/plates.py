"""Damaged plates of every kind, through a whole job of the embedded model."""

from __future__ import annotations

import contextlib
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import OpenEXR

from engine.job.estimate import run
from engine.models import registry
from engine.protocol import ErrorCode, Estimate, EstimateSettings, PlatelightError, Source
from tests.support.plates import numbered, write_movie

from . import mutate

FRAMES = 4
SIZE = (64, 48)
SETTINGS = EstimateSettings(model="preview", max_resolution=32, precision="fp32", device="cpu")
_CODECS = (
    (".mp4", "libx264", "yuv420p"),
    (".mov", "prores_ks", "yuv422p10le"),
    (".mov", "mjpeg", "yuvj420p"),
    (".mov", "qtrle", "rgb24"),
    (".mkv", "ffv1", "yuv420p"),
    (".avi", "mjpeg", "yuvj420p"),
    (".avi", "mpeg4", "yuv420p"),
    (".mxf", "mpeg2video", "yuv422p"),
    (".webm", "libvpx-vp9", "yuv420p"),
    (".gif", "gif", "rgb8"),
    (".mts", "libx264", "yuv420p"),
    (".wmv", "wmv2", "yuv420p"),
    (".flv", "libx264", "yuv420p"),
    (".mpg", "mpeg2video", "yuv420p"),
    (".mov", "png", "rgba"),
    (".mov", "jpeg2000", "rgb24"),
    (".mkv", "libx265", "yuv420p10le"),
    (".nut", "utvideo", "gbrp"),
    (".y4m", "wrapped_avframe", "yuv420p"),
)
_PICTURES = (
    (".png", False),
    (".png", True),
    (".jpg", False),
    (".tif", False),
    (".tif", True),
    (".bmp", False),
    (".webp", False),
    (".hdr", True),
    (".jp2", False),
    (".ppm", True),
    (".avif", False),
)
"""Suffix, and whether with more than 8 bits a channel."""
_BY_FFMPEG = (
    (".dpx", "dpx", "gbrp10be"),
    (".dpx", "dpx", "rgb48be"),
    (".tga", "targa", "bgra"),
    (".sgi", "sgi", "rgb48be"),
    (".pam", "pam", "rgba"),
    (".tif", "tiff", "rgba64le"),
)


@dataclass(frozen=True, kw_only=True)
class Seed:
    """A whole plate: a movie, or pictures with numbers. `files`: names and contents."""

    name: str
    files: tuple[tuple[str, bytes], ...]


def seeds(folder: Path) -> list[Seed]:
    """Plates of all kinds that can be written here."""
    return [*_movies(folder), *_pictures(folder), *_film(folder), *_exrs(folder)]


def _movies(folder: Path) -> list[Seed]:
    found = []
    for suffix, codec, kind in _CODECS:
        with contextlib.suppress(av.FFmpegError, ValueError):
            file = write_movie(folder / f"plate{suffix}", 2 * FRAMES, codec=codec, pixel_format=kind, size=SIZE)
            found.append(Seed(name=f"{suffix} {codec}", files=((file.name, file.read_bytes()),)))
    return found


def _pictures(folder: Path) -> list[Seed]:
    found = []
    for suffix, deep in _PICTURES:
        files = []
        for number in range(1, FRAMES + 1):
            image = numbered(number, size=SIZE)[..., ::-1]
            if deep:
                image = image.astype(np.float32) / 255 if suffix == ".hdr" else image.astype(np.uint16) * 257
            _, content = cv2.imencode(suffix, np.ascontiguousarray(image))
            files.append((f"plate.{number:04d}{suffix}", content.tobytes()))
        found.append(Seed(name=f"{suffix}{' deep' if deep else ''}", files=tuple(files)))
    return found


def _film(folder: Path) -> list[Seed]:
    found = []
    for suffix, codec, kind in _BY_FFMPEG:
        write_movie(folder / f"film.%04d{suffix}", FRAMES, codec=codec, pixel_format=kind, size=SIZE)
        files = sorted(folder.glob(f"film.*{suffix}"))
        found.append(Seed(name=f"{suffix} {kind}", files=tuple((file.name, file.read_bytes()) for file in files)))
        for file in files:
            file.unlink()
    return found


def _exrs(folder: Path) -> list[Seed]:
    tiles = OpenEXR.TileDescription()
    tiles.xSize = tiles.ySize = 32
    kinds: dict[str, Callable[[dict[str, np.ndarray]], OpenEXR.File]] = {
        "zip": lambda planes: OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION}, planes),
        "piz": lambda planes: OpenEXR.File({"compression": OpenEXR.PIZ_COMPRESSION}, planes),
        "dwab": lambda planes: OpenEXR.File({"compression": OpenEXR.DWAB_COMPRESSION}, planes),
        "tiled": lambda planes: OpenEXR.File({"type": OpenEXR.tiledimage, "tiles": tiles}, planes),
        "layers": lambda planes: OpenEXR.File({}, planes | {f"N.{name}": planes["R"] for name in "XYZ"}),
        "htj2k": lambda planes: OpenEXR.File({"compression": OpenEXR.HTJ2K32_COMPRESSION}, planes),
        "texts": lambda planes: OpenEXR.File({"owner": "somebody", "comments": "of everything", "view": "left"}, planes),
        "windows": lambda planes: OpenEXR.File({"displayWindow": ((-9, -9), (70, 50)), "dataWindow": ((0, 0), (63, 47))}, planes),
        "parts": lambda planes: OpenEXR.File([OpenEXR.Part({}, planes, name="rgb"), OpenEXR.Part({}, planes, name="N")]),
    }
    found = []
    for name, picture in kinds.items():
        files = []
        for number in range(1, FRAMES + 1):
            image = (numbered(number, size=SIZE) / 255).astype(np.float16)
            planes = {channel: np.ascontiguousarray(image[..., place]) for place, channel in enumerate("RGB")}
            picture(planes).write(str(folder / "e.exr"))
            files.append((f"plate.{number:04d}.exr", (folder / "e.exr").read_bytes()))
        found.append(Seed(name=f"exr {name}", files=tuple(files)))
    return found


def lay(seed: Seed, folder: Path, rng: random.Random) -> Path:
    """Write a plate with damage in it; returns the file to name."""
    hurt = rng.randrange(len(seed.files))
    for place, (name, content) in enumerate(seed.files):
        (folder / name).write_bytes(mutate.damaged(content, rng) if place == hurt else content)
    return folder / seed.files[0][0]


def outcome(request: Estimate) -> str:
    """Run a job and say how it ended. An error that nobody foresaw is raised."""
    try:
        for _ in run(request):
            pass
    except PlatelightError as error:
        if error.code is ErrorCode.INTERNAL:
            raise
        return f"refused {error.code}"
    return "done"


def prepare(folder: Path, *, seed: int) -> Callable[[int], str]:
    whole = seeds(folder)
    registry.load(SETTINGS)

    def case(number: int) -> str:
        rng = mutate.generator(seed, number)
        here = folder / "case"
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir()
        source = lay(rng.choice(whole), here, rng)
        return outcome(
            Estimate(job="fuzz", source=Source(path=str(source), clip="plate"), out=str(here / "out"), last=None, settings=SETTINGS)
        )

    return case
