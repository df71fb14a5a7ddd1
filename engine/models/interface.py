"""What a model family must do so that `engine.job.estimate` can stream a clip through it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ..protocol import ErrorCode, EstimateSettings, PlatelightError, Stage
from ..protocol.models import ModelInfo


@dataclass(frozen=True, kw_only=True)
class Step:
    """Work done in one stage. `frames`: how many frames it took in; `seconds`: how long. `window` counts from 1."""

    stage: Stage
    frames: int
    seconds: float
    window: int
    windows: int


@dataclass(frozen=True, kw_only=True)
class Output:
    """Frames that will not change any more. `start`: index of the first, from 0. `values`: float32 (T, H, W, C), the model's answer
    at the size of the frames it was given, C the components that `PASSES` says. A direction is in the model's axes, not of unit
    length. A distance is in metres or, as `ModelInfo.relative_depth` says, in a unit of the shot's own. `fov`: horizontal field of
    view of the frames' shot in degrees, 0 where the model tells none."""

    pass_name: str
    start: int
    values: np.ndarray
    fov: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A shot begins at frame `index`, from 0, and nothing that looks over time has crossed it. `black`: its frames are black."""

    index: int
    black: bool


@dataclass(frozen=True, kw_only=True)
class ResumePoint:
    """A state from which a later run gives the very same frames.

    `emitted`: all outputs before this index have been yielded. `read_from`: index of the first frame a resumed run must be
    given; `context`: how many from there on it has done before and is given for finding cuts only. `arrays`: what must be kept on
    disk; small (a window of latents).
    """

    emitted: int
    read_from: int
    context: int = 0
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


Event = Step | Output | Cut | ResumePoint


def check_windows(settings: EstimateSettings) -> None:
    """Check the settings that windows depend on.

    Raises:
        PlatelightError: `setting_invalid`.
    """
    if settings.window < 1:
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"window is {settings.window}, it must be at least 1 frame")
    if settings.overlap < 0:
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"overlap is {settings.overlap}, it must not be negative")
    if settings.overlap >= settings.window:
        detail = f"overlap is {settings.overlap}, it must be smaller than the window of {settings.window} frames"
        raise PlatelightError(ErrorCode.SETTING_INVALID, detail)
    if settings.decode_chunk_size < 1:
        detail = f"decode chunk size is {settings.decode_chunk_size}, it must be at least 1 frame"
        raise PlatelightError(ErrorCode.SETTING_INVALID, detail)


class Estimator(Protocol):
    """A loaded model. `precision`, `device` and `revision` are what was resolved, never ``auto``."""

    info: ModelInfo
    precision: str
    device: str
    revision: str

    def stream(
        self, frames: Iterator[np.ndarray], *, count: int, settings: EstimateSettings, resume: ResumePoint | None = None
    ) -> Iterator[Event]:
        """Run over a clip.

        Args:
            frames: float32 (H, W, 3), display-referred sRGB in [0, 1], all of one size, pulled one by one as they are needed;
                from index 0, or from ``resume.read_from``.
            count: how many frames the whole range has, the ones before ``resume.read_from`` included.
            settings: window, overlap and decode chunk, in frames.
            resume: where an earlier run of the same range and settings stopped.

        Yields:
            `Step` after each stage, `Output` of each pass in frame order without gaps, a `ResumePoint` after each window, when all
            passes of the frames before it have been yielded. `Cut`, from models that look for cuts, before the frame's outputs.
            Memory held depends on the window and the frame size, never on `count`.
        """
        ...
