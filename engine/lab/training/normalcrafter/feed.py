"""Clips on their way to the networks: drawn in an order that is known beforehand, read ahead by threads."""

from __future__ import annotations

import collections
import concurrent.futures
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ....protocol import PlatelightError
from ....tuning.failures import CONTINUES, TrainingStopped
from ..data.readers import Clip, ClipSet, open_set
from ..data.sampling import ClipSampler
from ..run.schedules import clip_length
from .config import DataSource, StageConfig
from .samples import Sample, prepare, spoiled

_LENGTHS, _LOOKS = 0, 1
"""What a random generator is for, so that two never share their numbers."""


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where in the endless order of clips a process stands. `number`: of the next clip. `sampler`: its state, JSON."""

    number: int
    sampler: Any


class SomeClips:
    """Those clips of a set that are named."""

    def __init__(self, clips: ClipSet, names: tuple[str, ...]) -> None:
        """
        Raises:
            ValueError: the set has no clip of a name.
        """
        missing = sorted(set(names) - set(clips.names))
        if missing:
            raise ValueError(f"there is no clip {missing[0]}")
        self._clips, self._indices = clips, [clips.names.index(name) for name in names]
        self.names = names
        self.frame_counts = tuple(clips.frame_counts[index] for index in self._indices)

    def read(self, index: int, first: int, count: int) -> Clip:
        return self._clips.read(self._indices[index], first, count)


class Feed:
    """Endless samples. Each depends on the seed, the process and its number only, never on how far threads have read ahead.

    `lengths` are the same in all processes, so that none waits for another's longer clip.
    """

    def __init__(self, config: StageConfig, *, process: int, at: Position | None = None) -> None:
        """`process`: rank of this one. `at`: where to go on.

        Raises:
            PlatelightError: a set cannot be read.
        """
        self._config, self._process = config, process
        self._sets = [open_set_of(source) for source in config.data]
        seed = int(np.random.SeedSequence([config.seed, process]).generate_state(1)[0])
        self._number = at.number if at else 0
        try:
            self._sampler = ClipSampler(self._sets, seed=seed)
            if at is not None:
                self._sampler.restore(at.sampler)
        except ValueError as error:
            raise _unreadable("The data", error) from error
        self.position = Position(number=self._number, sampler=self._sampler.state())
        self._threads = concurrent.futures.ThreadPoolExecutor(config.workers, thread_name_prefix="clips")
        self._ahead: collections.deque[tuple[concurrent.futures.Future[Sample], Position]] = collections.deque()

    def next(self) -> Sample:
        """Return the next clip; `position` then is the one after it.

        Raises:
            PlatelightError: the clip cannot be read or isn't what its set says, naming it.
        """
        while len(self._ahead) < self._config.workers:
            self._draw()
        reading, self.position = self._ahead.popleft()
        return reading.result()

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _draw(self) -> None:
        config, number = self._config, self._number
        shortest, longest = config.lengths
        length = clip_length(np.random.default_rng([config.seed, _LENGTHS, number]), shortest=shortest, longest=longest)
        which, clip, first = self._sampler.draw(length)
        self._number += 1
        job = self._threads.submit(self._read, which, clip=clip, first=first, length=length, number=number)
        self._ahead.append((job, Position(number=self._number, sampler=self._sampler.state())))

    def _read(self, which: int, *, clip: int, first: int, length: int, number: int) -> Sample:
        config, clips = self._config, self._sets[which]
        count = min(length, clips.frame_counts[clip] - first)
        read = read_checked(clips, clip, first=first, count=count)
        rng = np.random.default_rng([config.seed, _LOOKS, self._process, number])
        if config.data[which].spoiled:
            read = spoiled(read, rng=rng)
        return prepare(read, short_edge=config.short_edge, fit=config.fit, rng=rng, name=clips.names[clip])


def open_set_of(source: DataSource) -> ClipSet:
    """Return the set that a configuration names.

    Raises:
        PlatelightError: it cannot be read, naming its folder.
    """
    try:
        clips = open_set(source.kind, Path(source.root))
        return SomeClips(clips, source.only) if source.only else clips
    except (OSError, ValueError, LookupError) as error:
        raise _unreadable(f"The set {source.kind} in {source.root}", error) from error


def read_checked(clips: ClipSet, index: int, *, first: int, count: int) -> Clip:
    """Return frames `first` to ``first + count - 1`` of a clip, known to be what they should.

    Raises:
        PlatelightError: the clip cannot be read, or its arrays don't fit, naming the clip.
    """
    what = f"The clip {clips.names[index]}, frames {first} to {first + count - 1},"
    try:
        clip = clips.read(index, first, count)
    except (OSError, ValueError, LookupError) as error:
        raise _unreadable(what, error) from error
    frames, normals, valid = (np.asarray(part) for part in (clip.frames, clip.normals, clip.valid))
    shape = (count, *frames.shape[1:3], 3)
    if frames.shape != shape or normals.shape != shape or valid.shape != shape[:3]:
        said = f"frames are {frames.shape}, normals {normals.shape} and valid {valid.shape}; {count} frames were asked for"
        raise _unreadable(what, ValueError(said))
    finite = np.isfinite(frames).all(axis=(1, 2, 3)) & (np.isfinite(normals).all(-1) | ~valid.astype(bool)).all(axis=(1, 2))
    if not finite.all():
        raise _unreadable(what, ValueError(f"frame {first + int(np.argmin(finite))} holds values that are not numbers"))
    return clip


def _unreadable(what: str, error: Exception) -> PlatelightError:
    said = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
    return TrainingStopped(f"{what} cannot be trained on: {said}", remedy=f"Mend it or take it out of the set. {CONTINUES}.")
