"""Streaming a clip through NormalCrafter: what is held depends on the window, never on the clip."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from ...device import choose
from ...protocol import ErrorCode, EstimateSettings, PlatelightError, Stage
from ..interface import Event, Output, ResumePoint, Step
from ..table import ModelInfo
from .checkpoint import Networks, load_networks
from .pipeline import Pipeline
from .revision import revision
from .state import State
from .windows import Window, chunk_stop, padding, plan, validate


def load(folder: Path, *, info: ModelInfo, precision: str, device: str) -> NormalCrafter:
    """Load a checkpoint in the layout of the hub.

    Raises:
        PlatelightError: `model_incomplete`, `model_invalid`, `device_unavailable`, `setting_invalid`.
    """
    compute = choose(device=device, precision=precision)
    pipeline = Pipeline(load_networks(folder, compute=compute), compute=compute)
    return NormalCrafter(pipeline, info=info, revision=revision(folder))


class NormalCrafter:
    """An `Estimator`; see `engine.models.interface`."""

    def __init__(self, pipeline: Pipeline, *, info: ModelInfo, revision: str) -> None:
        self.info = info
        self.revision = revision
        self.precision = pipeline.compute.precision
        self.device = pipeline.compute.device.type
        self._pipeline = pipeline

    @property
    def networks(self) -> Networks:
        return self._pipeline.networks

    def stream(
        self, frames: Iterator[np.ndarray], *, count: int, settings: EstimateSettings, resume: ResumePoint | None = None
    ) -> Iterator[Event]:
        """See `Estimator.stream`. Frames are pulled a decode chunk at a time, as the windows need them.

        Raises:
            PlatelightError: `setting_invalid`; `source_truncated` when `frames` ends before `count`.
        """
        validate(settings)
        windows = plan(count, window=settings.window, overlap=settings.overlap)
        pipeline = self._pipeline
        state = State.start()
        if resume is not None:
            state = State.resume(resume, dtype=pipeline.compute.dtype, device=pipeline.compute.device)
        yield from self._windows(frames, state, windows=windows, count=count, chunk=settings.decode_chunk_size)

    def _windows(
        self, frames: Iterator[np.ndarray], state: State, *, windows: tuple[Window, ...], count: int, chunk: int
    ) -> Iterator[Event]:
        while state.window < len(windows):
            window = windows[state.window]
            for stage, taken, seconds in self._encode(frames, state, window=window, count=count, chunk=chunk):
                yield _step(stage, frames=taken, seconds=seconds, state=state, windows=windows)
            fresh = window.frames - window.conditioned
            seconds = self._predict(state, window)
            yield _step(Stage.UNET, frames=fresh, seconds=seconds, state=state, windows=windows)
            while state.emitted < window.final:
                stop = chunk_stop(state.emitted, size=chunk, count=count)
                if stop > window.final:
                    break
                begun = time.perf_counter()
                values = self._decode(state, stop)
                seconds = time.perf_counter() - begun
                yield _step(Stage.DECODE, frames=len(values), seconds=seconds, state=state, windows=windows)
                yield Output(pass_name="normal", start=stop - len(values), values=values)
            state.drop_before(min(window.final, state.encoded))
            state.window += 1
            yield state.to_resume_point()

    def _encode(
        self, frames: Iterator[np.ndarray], state: State, *, window: Window, count: int, chunk: int
    ) -> Iterator[tuple[Stage, int, float]]:
        """Embed and encode frames until the window has all of its own, in chunks as published: (stage, frames, seconds)."""
        pipeline = self._pipeline
        while state.encoded < window.stop:
            images = self._padded(_pull(frames, state, stop=chunk_stop(state.encoded, size=chunk, count=count), count=count))
            begun = time.perf_counter()
            tokens = pipeline.embed(images)
            embedded = time.perf_counter()
            yield Stage.CLIP, len(images), embedded - begun
            begun = time.perf_counter()
            latents = pipeline.encode(images)
            state.add_encoded(tokens, latents)
            yield Stage.ENCODE, len(images), time.perf_counter() - begun

    def _predict(self, state: State, window: Window) -> float:
        """Predict the window's latents and merge them with what the previous window left; returns seconds."""
        begun = time.perf_counter()
        latents = self._pipeline.predict(
            images=state.images[:window.frames], tokens=state.tokens[:window.frames], previous=state.previous(window)
        )
        state.add_merged(window, latents)
        return time.perf_counter() - begun

    def _decode(self, state: State, stop: int) -> np.ndarray:
        """Decode the chunk from `emitted` to `stop`, float32 (T, H, W, 3), without the padding."""
        decoded = self._pipeline.decode(state.take_merged(stop))
        height, width = state.size
        top, _, left, _ = padding(height, width)
        cropped = decoded[:, :, top:top + height, left:left + width]
        return np.ascontiguousarray(cropped.permute(0, 2, 3, 1).cpu().numpy())

    def _padded(self, frames: np.ndarray) -> torch.Tensor:
        """Channels-last [T, 3, H, W] with white around it, of (T, H, W, 3)."""
        top, bottom, left, right = padding(*frames.shape[1:3])
        white = ((0, 0), (top, bottom), (left, right), (0, 0))
        padded = np.pad(frames, white, constant_values=1.0)
        return torch.from_numpy(padded).to(self._pipeline.compute.device).permute(0, 3, 1, 2)


def _pull(frames: Iterator[np.ndarray], state: State, *, stop: int, count: int) -> np.ndarray:
    """Frames from `encoded` to `stop` - 1, (T, H, W, 3)."""
    pulled = list(itertools.islice(frames, stop - state.encoded))
    if state.encoded + len(pulled) < stop:
        there = state.encoded + len(pulled)
        raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"only {there} of its {count} frames can be read")
    state.size = pulled[0].shape[:2]
    return np.stack(pulled)


def _step(stage: Stage, *, frames: int, seconds: float, state: State, windows: tuple[Window, ...]) -> Step:
    return Step(stage=stage, frames=frames, seconds=seconds, window=state.window + 1, windows=len(windows))
