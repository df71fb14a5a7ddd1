"""Streaming a clip through NormalCrafter: what is held depends on the window, never on the clip."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from ...device import choose
from ...protocol import EstimateSettings, Stage
from ...protocol.models import ModelInfo
from ..interface import Cut, Event, Output, ResumePoint, Step, check_windows
from ..revision import revision
from ..shots import ShotReader
from .checkpoint import Networks, load_networks
from .pipeline import Pipeline
from .state import State
from .windows import Window, ahead, chunk_stop, padding, plan


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
        """See `Estimator.stream`. Frames are pulled a decode chunk at a time, as the windows need them; each shot has windows and
        chunks of its own.

        Raises:
            PlatelightError: `setting_invalid`; `source_truncated` when `frames` ends before `count`.
        """
        check_windows(settings)
        pipeline = self._pipeline
        state = State.start()
        if resume is not None:
            state = State.resume(resume, dtype=pipeline.compute.dtype, device=pipeline.compute.device)
        if state.emitted < count:
            reader = ShotReader(frames, first=resume.read_from if resume else 0, start=state.encoded, count=count)
            while state.emitted < count:
                yield from self._window(reader, state, count=count, settings=settings)
                yield state.to_resume_point()

    def _window(self, reader: ShotReader, state: State, *, count: int, settings: EstimateSettings) -> Iterator[Event]:
        """Yield the next window, with what must be encoded for it and what can be decoded after it."""
        sizes = {"window": settings.window, "overlap": settings.overlap}
        in_all = state.before + len(plan(count - state.shot, **sizes))  # if no further cut is found
        step = functools.partial(Step, window=state.before + state.window + 1, windows=in_all)
        known = min(state.shot + ahead(state.window, **sizes), count)
        while state.encoded < known and not (state.encoded > state.shot and reader.shot_ends):
            stop = _chunk_stop(state.encoded, state, size=settings.decode_chunk_size, count=count)
            yield from self._encode(reader, state, stop=stop, step=step)
        window = plan(state.encoded - state.shot, first=state.shot, **sizes)[state.window]
        seconds = self._predict(state, window)
        yield step(stage=Stage.UNET, frames=window.frames - window.conditioned, seconds=seconds)
        while state.emitted < window.final:
            stop = _chunk_stop(state.emitted, state, size=settings.decode_chunk_size, count=state.encoded)
            if stop > window.final:
                break
            begun = time.perf_counter()
            values = self._decode(state, stop)
            yield step(stage=Stage.DECODE, frames=len(values), seconds=time.perf_counter() - begun)
            yield Output(pass_name="normal", start=stop - len(values), values=values)
        state.drop_before(min(window.final, state.encoded))
        state.window += 1
        if window.final == state.encoded:
            state.end_shot()

    def _encode(self, reader: ShotReader, state: State, *, stop: int, step: Callable[..., Step]) -> Iterator[Event]:
        """Embed and encode a chunk as published, up to `stop` or the end of the shot."""
        pulled: list[np.ndarray] = []
        while state.encoded + len(pulled) < stop and (marked := reader.take(begin=state.encoded == state.shot and not pulled)):
            if marked.begins and marked.index:
                yield Cut(index=marked.index, black=marked.black)
            pulled.append(marked.frame)
        state.size = reader.size
        images = self._padded(np.stack(pulled))
        begun = time.perf_counter()
        tokens = self._pipeline.embed(images)
        embedded = time.perf_counter()
        yield step(stage=Stage.CLIP, frames=len(images), seconds=embedded - begun)
        begun = time.perf_counter()
        latents = self._pipeline.encode(images)
        state.add_encoded(tokens, latents)
        yield step(stage=Stage.ENCODE, frames=len(images), seconds=time.perf_counter() - begun)

    def _predict(self, state: State, window: Window) -> float:
        """Predict the window's latents and merge them with what the previous window left; returns seconds."""
        begun = time.perf_counter()
        latents = self._pipeline.predict(
            images=state.images[: window.frames], tokens=state.tokens[: window.frames], previous=state.previous(window)
        )
        state.add_merged(window, latents)
        return time.perf_counter() - begun

    def _decode(self, state: State, stop: int) -> np.ndarray:
        """Decode the chunk from `emitted` to `stop`, float32 (T, H, W, 3), without the padding."""
        decoded = self._pipeline.decode(state.take_merged(stop))
        height, width = state.size
        top, _, left, _ = padding(height, width)
        cropped = decoded[:, :, top : top + height, left : left + width]
        return np.ascontiguousarray(cropped.permute(0, 2, 3, 1).cpu().numpy())

    def _padded(self, frames: np.ndarray) -> torch.Tensor:
        """Channels-last [T, 3, H, W] with white around it, of (T, H, W, 3)."""
        top, bottom, left, right = padding(*frames.shape[1:3])
        white = ((0, 0), (top, bottom), (left, right), (0, 0))
        padded = np.pad(frames, white, constant_values=1.0)
        return torch.from_numpy(padded).to(self._pipeline.compute.device).permute(0, 3, 1, 2)


def _chunk_stop(frame: int, state: State, *, size: int, count: int) -> int:
    """`chunk_stop` within the shot under way."""
    return state.shot + chunk_stop(frame - state.shot, size=size, count=count - state.shot)
