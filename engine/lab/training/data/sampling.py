"""Which frames come next: clips drawn in proportion to how many frames they have, in an order that can be taken up again.

The paper samples its data sets in proportion to their frame counts [NormalCrafter, section 4.1]; so does this, clip by clip.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np


class Counted(Protocol):
    """A set of clips. `frame_counts`: frames of each."""

    @property
    def frame_counts(self) -> tuple[int, ...]: ...


class Drawn(NamedTuple):
    """Where to read. `set_index`, `clip_index`: which clip; `first`: its first frame to read."""

    set_index: int
    clip_index: int
    first: int


class ClipSampler:
    """Draws clips of several sets. The n-th draw depends on the seed, on n and on the lengths asked for, on nothing else."""

    def __init__(self, sets: Sequence[Counted], *, seed: int) -> None:
        """
        Raises:
            ValueError: if the sets hold no frames.
        """
        self._places = [(which, clip) for which, each in enumerate(sets) for clip in range(len(each.frame_counts))]
        self._counts = np.array([count for each in sets for count in each.frame_counts], dtype=np.int64)
        self._ends = np.cumsum(self._counts)
        self._frames = int(self._counts.sum())
        if self._frames < 1:
            raise ValueError("There are no frames to draw from.")
        self._seed, self._drawn = seed, 0

    def draw(self, length: int) -> Drawn:
        """Return a clip for `length` frames, by chance in proportion to frame counts.

        A clip of fewer frames than `length` counts too; then `first` is 0 and the caller gets what there is. So that stills and
        short clips keep their share, no clip is drawn anew for being short.
        """
        rng = np.random.default_rng([self._seed, self._drawn])
        self._drawn += 1
        frame = int(rng.integers(self._frames))
        clip = int(np.searchsorted(self._ends, frame, side="right"))
        first = int(rng.integers(max(int(self._counts[clip]) - length, 0) + 1))
        return Drawn(*self._places[clip], first)

    def state(self) -> dict[str, int]:
        """Where this sampler stands: plain numbers, fit for JSON."""
        return {"seed": self._seed, "drawn": self._drawn, "frames": self._frames}

    def restore(self, state: dict[str, int]) -> None:
        """Goes on where `state` was taken.

        Raises:
            ValueError: if it was taken with another number of frames, so that the order would be another.
        """
        if state["frames"] != self._frames:
            raise ValueError(f"The data sets held {state['frames']} frames; now they hold {self._frames}.")
        self._seed, self._drawn = state["seed"], state["drawn"]
