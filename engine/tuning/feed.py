"""Unlabelled clips on their way to a stage: each depends on the seed and its number only, so a run goes on from a step's number."""

from __future__ import annotations

import collections
import concurrent.futures
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from ..frames.cuts import find_cuts
from ..protocol import PlatelightError
from .config import BufferConfig
from .failures import CONTINUES, TrainingStopped
from .flow import Flow, measure_pairs, open_flow
from .footage import Footage, open_footage
from .losses import Pairs
from .reference import Known
from .sampling import ClipSampler

_SIZES, _CROPS = 0, 1
"""What a random generator is for, so that two never share their numbers."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Neighbouring frames of one shot. `frames` [T, 3, H, W] sRGB in [0, 1]. `pairs`: flow between them. `chosen`: the random frame
    that the image prior looks at. `name`: for messages. `known`: what the frozen network says of the frames, where that is kept."""

    frames: Tensor
    pairs: Pairs
    chosen: int
    name: str
    known: Known | None = None

    def to(self, device: torch.device) -> Clip:
        """The same on a device."""
        pairs = Pairs(**{name: value.to(device) for name, value in vars(self.pairs).items()})
        known = self.known.to(device) if self.known else None
        return Clip(frames=self.frames.to(device), pairs=pairs, chosen=self.chosen, name=self.name, known=known)


class Feed:
    """Endless clips, read ahead by threads."""

    def __init__(self, config: BufferConfig, *, multiple: int, start: int = 0, device: str = "cpu") -> None:
        """`multiple`: of pixels that height and width must be. `start`: number of the first clip to give. `device`: where a network
        that measures flow runs.

        Raises:
            PlatelightError: a set can't be read, or no clip has two frames.
        """
        self._config, self._multiple, self._number = config, multiple, start
        self._sets: list[Footage] = [open_footage(source) for source in config.data]
        try:
            self._sampler = ClipSampler([Moving(each) for each in self._sets], seed=config.seed)
        except ValueError as error:
            remedy = "Add movies, or make clips with `make-clips --frames 8`."
            raise TrainingStopped("No clip of the data has two frames or more", remedy=remedy) from error
        self._flow = open_flow(config.flow, weights=config.flow_weights, device=device)
        self._sampler.restore(self._sampler.state() | {"drawn": start})
        self._threads = concurrent.futures.ThreadPoolExecutor(config.workers, thread_name_prefix="clips")
        self._ahead: collections.deque[concurrent.futures.Future[Clip]] = collections.deque()

    def next(self) -> Clip:
        """The next clip.

        Raises:
            PlatelightError: it can't be read, naming it.
        """
        while len(self._ahead) < self._config.workers:
            drawn = self._sampler.draw(self._config.frames)
            self._ahead.append(self._threads.submit(self._read, drawn.set_index, drawn.clip_index, drawn.first, self._number))
            self._number += 1
        return self._ahead.popleft().result()

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _read(self, which: int, clip: int, first: int, number: int) -> Clip:
        config, footage = self._config, self._sets[which]
        name = footage.names[clip]
        count = min(config.frames, footage.frame_counts[clip] - first)
        try:
            frames = footage.read(clip, first, count)
        except (OSError, ValueError, LookupError, PlatelightError) as error:
            said = f"{name}, frames {first} to {first + count - 1}, cannot be trained on: {error}"
            raise TrainingStopped(said[:400], remedy=f"Mend it or take it out of the set. {CONTINUES}.") from error
        edge = np.random.default_rng([config.seed, _SIZES, number]).integers(config.short_edges[0], config.short_edges[1] + 1)
        rng = np.random.default_rng([config.seed, _CROPS, number])
        sized = fit(frames, short_edge=int(edge), multiple=self._multiple, rng=rng)
        return prepare(sized, flow=self._flow, tolerance=config.tolerance, chosen=int(rng.integers(2**31)), name=name)


class Moving:
    """A set in which clips of a single frame count for nothing, so that none is drawn."""

    def __init__(self, footage: Footage) -> None:
        self.frame_counts = tuple(count if count > 1 else 0 for count in footage.frame_counts)


def prepare(frames: np.ndarray, *, flow: Flow, tolerance: float, chosen: int, name: str) -> Clip:
    """The longest shot in `frames` (T, H, W, 3), float32 in [0, 1], with its flow; `chosen`: any number, which picks a frame."""
    pictures = np.rint(frames * 255).astype(np.uint8)
    shot = longest_shot(len(frames), find_cuts(pictures))
    pairs = measure_pairs(pictures[shot], flow, tolerance=tolerance)
    kept = torch.from_numpy(np.ascontiguousarray(frames[shot].transpose(0, 3, 1, 2)))
    return Clip(frames=kept, pairs=pairs, chosen=chosen % len(kept), name=name)


def longest_shot(count: int, cuts: tuple[int, ...]) -> slice:
    """The longest run of frames without a cut, the first of several; `cuts`: indices of frames that begin a shot."""
    ends = [0, *sorted(cuts), count]
    begin = max(range(len(ends) - 1), key=lambda index: ends[index + 1] - ends[index])
    return slice(ends[begin], ends[begin + 1])


def fit(frames: np.ndarray, *, short_edge: int, multiple: int, rng: np.random.Generator) -> np.ndarray:
    """Frames (T, H, W, 3) with the shorter side near `short_edge`, then a window at random whose sides are multiples."""
    height, width = frames.shape[1:3]
    scale = max(short_edge, multiple) / min(height, width)
    size = (max(round(width * scale), multiple), max(round(height * scale), multiple))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sized = frames if size == (width, height) else np.stack([cv2.resize(frame, size, interpolation=method) for frame in frames])
    tall, wide = size[1] // multiple * multiple, size[0] // multiple * multiple
    top, left = int(rng.integers(size[1] - tall + 1)), int(rng.integers(size[0] - wide + 1))
    return np.clip(sized[:, top : top + tall, left : left + wide], 0, 1)
