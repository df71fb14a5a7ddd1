"""Streaming a clip through a video model, shot by shot and window by window: what is held depends on the window, never on the clip.

Windows begin every ``window - overlap`` frames of a shot; the last one of a shot is as long as what is left. What the window before
said of the frames in the overlap is joined to what this one says.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

import numpy as np
import torch

from ...frames.cuts import CONTEXT
from ...protocol import EstimateSettings, Stage
from ..interface import Cut, Event, Output, ResumePoint, Step, check_windows
from ..shots import ShotReader

Encoded = TypeVar("Encoded")
"""What a model keeps of one frame between `encode` and `predict`."""


class WindowModel(ABC, Generic[Encoded]):
    """What a model does with the frames of a window. Tensors are its own business; predictions have frames along the first axis.

    `predicts`: the stage `predict` counts as; `encode` and `decode` have their own. `sees_time`: False for frames by themselves,
    which need no overlap.
    """

    predicts: ClassVar[Stage] = Stage.UNET
    sees_time: bool

    @abstractmethod
    def encode(self, frame: np.ndarray) -> Encoded:
        """Return what `predict` takes of one frame, float32 (H, W, 3) in [0, 1]; the same numbers whatever the other frames are."""

    @abstractmethod
    def predict(self, encoded: Sequence[Encoded], *, size: tuple[int, int], chunk: int) -> torch.Tensor:
        """[T, ...] float32 of the encoded frames of a window, all of one shot. `size`: height and width of the frames."""

    @abstractmethod
    def join(
        self, predicted: torch.Tensor, *, previous: torch.Tensor | None, carry: np.ndarray | None, size: tuple[int, int]
    ) -> tuple[torch.Tensor, np.ndarray]:
        """Return a window's predictions as they go with the window before.

        Args:
            predicted: [T, ...], from `predict`.
            previous: [n, ...], the first n frames as the window before had them, joined; None where windows don't overlap.
            carry: what the window before left here; None at the beginning of a shot.
            size: height and width of the frames.

        Returns:
            [T, ...] and what the next window of the shot gets, a small array.
        """

    @abstractmethod
    def decode(self, joined: torch.Tensor, *, size: tuple[int, int], carry: np.ndarray) -> dict[str, np.ndarray]:
        """Return each pass by its name, float32 (T, H, W, C), of some joined frames, each by itself. `carry`: what `join` gave."""

    def field_of_view(self, carry: np.ndarray, *, size: tuple[int, int]) -> float:
        """Of the shot, horizontal, in degrees; 0 where the model tells none. `carry`: what `join` gave."""
        return 0.0


@dataclass(kw_only=True)
class _State(Generic[Encoded]):
    """`start`: index of the next window's first frame; all before it are done. `encoded`: what is held of the frames from there on.
    `previous`, `carry`: as `WindowModel.join`, both None where a shot begins. `windows`: done so far."""

    start: int = 0
    encoded: list[Encoded] = field(default_factory=list)
    previous: torch.Tensor | None = None
    carry: np.ndarray | None = None
    windows: int = 0

    def to_resume_point(self) -> ResumePoint:
        arrays = {"windows": np.array(self.windows)}
        if self.carry is not None:
            arrays["carry"] = self.carry
        if self.previous is not None:
            arrays["previous"] = self.previous.cpu().numpy()
        context = min(self.start, CONTEXT)
        return ResumePoint(emitted=self.start, read_from=self.start - context, context=context, arrays=arrays)

    @classmethod
    def resume(cls, point: ResumePoint, *, device: torch.device) -> _State[Encoded]:
        previous = point.arrays.get("previous")
        return cls(
            start=point.emitted,
            previous=None if previous is None else torch.from_numpy(previous).to(device),
            carry=point.arrays.get("carry"),
            windows=int(point.arrays["windows"]),
        )


def stream(
    model: WindowModel[Encoded],
    frames: Iterator[np.ndarray],
    *,
    count: int,
    settings: EstimateSettings,
    device: torch.device,
    resume: ResumePoint | None = None,
) -> Iterator[Event]:
    """See `Estimator.stream`.

    Raises:
        PlatelightError: `setting_invalid`; `source_truncated` when `frames` ends before `count`.
    """
    check_windows(settings)
    chunk = settings.decode_chunk_size
    window, overlap = (settings.window, settings.overlap) if model.sees_time else (min(settings.window, chunk), 0)
    state: _State[Encoded] = _State.resume(resume, device=device) if resume else _State()
    reader = ShotReader(frames, first=resume.read_from if resume else 0, start=state.start, count=count)
    while state.start < count:
        left = 1 + max(0, -(-(count - state.start - window) // (window - overlap)))

        def step(stage: Stage, taken: int, begun: float, *, left: int = left) -> Step:
            done = state.windows + 1
            return Step(stage=stage, frames=taken, seconds=time.perf_counter() - begun, window=done, windows=state.windows + left)

        while len(state.encoded) < window and (marked := reader.take(begin=not state.encoded and state.carry is None)):
            if marked.begins and marked.index:
                yield Cut(index=marked.index, black=marked.black)
            begun = time.perf_counter()
            state.encoded.append(model.encode(marked.frame))
            yield step(Stage.ENCODE, 1, begun)
        fresh = len(state.encoded) - (0 if state.previous is None else len(state.previous))
        begun = time.perf_counter()
        predicted = model.predict(state.encoded, size=reader.size, chunk=chunk)
        joined, carry = model.join(predicted, previous=state.previous, carry=state.carry, size=reader.size)
        yield step(model.predicts, fresh, begun)
        fov = model.field_of_view(carry, size=reader.size)
        kept = 0 if reader.shot_ends else min(overlap, len(joined) - 1)
        final = len(joined) - kept
        for first in range(0, final, chunk):
            begun = time.perf_counter()
            stop = min(first + chunk, final)
            passes = model.decode(joined[first:stop], size=reader.size, carry=carry)
            yield step(Stage.DECODE, stop - first, begun)
            for name, values in passes.items():
                yield Output(pass_name=name, start=state.start + first, values=values, fov=fov)
        state.start += final
        state.encoded = state.encoded[final:]
        state.previous = joined[final:].clone() if kept else None
        state.carry = None if reader.shot_ends else carry
        state.windows += 1
        yield state.to_resume_point()
