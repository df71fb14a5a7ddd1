"""Plates made at test time. Every frame carries its own number as a row of black and white blocks, so a test can tell which
frame it got whatever a codec did to it."""

from __future__ import annotations

import dataclasses
import fractions
import os
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import OpenEXR
import pytest
import torch

from engine.job.estimate import run
from engine.models.interface import Estimator
from engine.protocol import Estimate, EstimateResult, EstimateSettings, FramesReady, Notice, PlatelightError, Progress, Source

# Small frames on many threads wait for each other more than they compute, and on a busy machine much more.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "samples" / "golden" / "checkpoint"
ENGINE = [sys.executable, "-m", "engine"]
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
        image[:height // 3, bit * block:(bit + 1) * block] = 255 if number >> bit & 1 else 0
    return image.astype(np.uint8)


def number_of(image: np.ndarray) -> int:
    """The number in a frame made by `numbered`; any type, (H, W, 3)."""
    height, width = image.shape[:2]
    block = width // BITS
    row = image[height // 6].astype(np.float64).mean(axis=-1)
    return sum(1 << bit for bit in range(BITS) if row[bit * block + block // 2] > row.max() / 2)


def write_movie(
    path: Path, count: int, *, codec: str = "libx264", pixel_format: str = "yuv420p", options: dict[str, str] | None = None,
    size: tuple[int, int] = (WIDTH, HEIGHT), times: list[int] | None = None, rotation: int = 0,
    images: list[np.ndarray] | None = None, source_format: str = "rgb24", container_options: dict[str, str] | None = None,
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


SMALL = EstimateSettings(model="preview", max_resolution=64, precision="fp32", device="cpu")


def request(source: Path, out: Path, **changes: object) -> Estimate:
    """A small job of the embedded model. Fields of `Source` and `EstimateSettings` may be named among the changes."""
    def pick(cls: type) -> dict[str, object]:
        return {field.name: changes.pop(field.name) for field in dataclasses.fields(cls) if field.name in changes}

    settings, plate = dataclasses.replace(SMALL, **pick(EstimateSettings)), Source(path=str(source), **pick(Source))
    return Estimate(job="test", source=plate, out=str(out), settings=settings, **changes)


@dataclasses.dataclass
class Outcome:
    """What a job said."""

    result: EstimateResult
    progress: list[Progress]
    ready: list[FramesReady]
    notices: list[str]


def finish(job: Estimate, estimator: Estimator | None = None) -> Outcome:
    """Run a job to its end."""
    outcome = Outcome(None, [], [], [])
    events = run(job, estimator=estimator)
    while True:
        try:
            event = next(events)
        except StopIteration as stop:
            outcome.result = stop.value
            return outcome
        assert event.job == job.job
        if isinstance(event, Notice):
            outcome.notices.append(event.text)
        else:
            (outcome.progress if isinstance(event, Progress) else outcome.ready).append(event)


def refused(job, estimator=None) -> PlatelightError:
    with pytest.raises(PlatelightError) as caught:
        finish(job, estimator)
    return caught.value


class Unwilling:
    """Stands in the way of any work: a job that reuses everything never gets to it."""

    def __init__(self, estimator):
        self.info, self.revision = estimator.info, estimator.revision
        self.precision, self.device = estimator.precision, estimator.device

    def stream(self, *args, **kwargs):
        raise AssertionError("the frames were there already")


def exr_bytes(out: Path) -> dict[str, bytes]:
    """All passes under `out`, by name."""
    return {path.name: path.read_bytes() for path in sorted(out.glob("normal/*.exr"))}


def leftovers(out: Path) -> list[str]:
    """What lies beside the passes and their records."""
    return sorted(path.name for path in out.glob("*/*") if path.suffix not in (".exr", ".json") or path.name.startswith("."))


@pytest.fixture(scope="session")
def preview() -> Estimator:
    """The embedded model with its real weights, in float32 on the CPU."""
    from engine.models import registry

    return registry.load(SMALL)


@pytest.fixture(autouse=True)
def _same_numbers_each_time() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session", autouse=True)
def _no_user_settings() -> None:
    os.environ.pop("OCIO", None)


@pytest.fixture(scope="session")
def long_movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """900 frames: more than any machine is done with before a test has stopped it."""
    folder = tmp_path_factory.mktemp("long movie")
    return write_movie(folder / "plate_v2.mp4", LONG, options={"preset": "ultrafast"})


@pytest.fixture(scope="session")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 frames of H.264 with B-frames and a key frame every 12."""
    options = {"g": "12", "bf": "3", "crf": "12"}
    return write_movie(tmp_path_factory.mktemp("movie") / "plate_v2.mp4", 48, options=options)


@pytest.fixture(scope="module")
def uninterrupted(movie, preview, tmp_path_factory):
    """The passes of frames 5 to 30 as one run makes them."""
    out = tmp_path_factory.mktemp("uninterrupted")
    finish(request(movie, out, first=5, last=30), preview)
    return out
