"""Frames as ranges: what a file claims of them costs neither memory nor time."""

from __future__ import annotations

from collections.abc import Iterable


def without(runs: Iterable[range], taken: range) -> list[range]:
    """Return the frames of `runs` that are not in `taken`."""
    parts = []
    for run in runs:
        parts += [range(run.start, min(run.stop, taken.start)), range(max(run.start, taken.stop), run.stop)]
    return [part for part in parts if part]


def within(runs: Iterable[range], wanted: range) -> set[int]:
    """Return the frames of `wanted` that are in one of `runs`."""
    return {frame for run in runs for frame in range(max(run.start, wanted.start), min(run.stop, wanted.stop))}


def contains(runs: Iterable[range], frame: int) -> bool:
    """Return whether `frame` is in one of `runs`."""
    return any(frame in run for run in runs)
