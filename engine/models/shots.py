"""Reading a clip shot by shot, so that nothing which looks over time crosses a cut."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ..frames.cuts import Marked, mark
from ..protocol import ErrorCode, PlatelightError


class ShotReader:
    """Marked frames one at a time, up to the end of each shot. `size`: height and width of the frames, known once one is taken."""

    def __init__(self, frames: Iterator[np.ndarray], *, first: int, start: int, count: int) -> None:
        """Args:
            frames: from index `first` on.
            start: index of the first frame that `take` gives; those before it are for finding cuts only, see `cuts.CONTEXT`.
            count: how many frames the clip has, the ones before `first` included.

        Raises:
            PlatelightError: `source_truncated` when `frames` ends before `count`, here and in `take`.
        """
        self._marked = mark(itertools.islice(frames, count - first), first=first)
        self._count, self._at = count, start
        self._next: Marked | None = None
        self.size = (0, 0)
        self._advance(skip=start - first)

    @property
    def shot_ends(self) -> bool:
        """Whether the frame taken last was its shot's last one."""
        return self._next is None or self._next.begins

    def take(self, *, begin: bool) -> Marked | None:
        """Return the next frame, None at the end of the shot. `begin`: whether it may begin one."""
        taken = self._next
        if taken is None or (taken.begins and not begin):
            return None
        self.size = taken.frame.shape[:2]
        self._at += 1
        self._advance()
        return taken

    def _advance(self, *, skip: int = 0) -> None:
        self._next = next(itertools.islice(self._marked, skip, None), None)
        if self._next is None and self._at < self._count:
            raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"only {self._at} of its {self._count} frames can be read")
