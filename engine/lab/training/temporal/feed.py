"""Unlabelled clips on their way to a stage: each depends on the seed and its number only, so a run goes on from a step's number."""

from __future__ import annotations

import collections
import concurrent.futures

import numpy as np

from ....protocol import PlatelightError
from ....tuning.clips import Clip, fit, prepare
from ....tuning.failures import CONTINUES, TrainingStopped
from ....tuning.flow import open_flow
from ..data.sampling import ClipSampler
from .config import AnyTraining
from .footage import Footage, open_footage

_SIZES, _CROPS = 0, 1
"""What a random generator is for, so that two never share their numbers."""


class Feed:
    """Endless clips, read ahead by threads."""

    def __init__(self, config: AnyTraining, *, multiple: int, start: int = 0, device: str = "cpu") -> None:
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
        """Return the next clip.

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
