"""Which frames go through the networks together, and when their latents are final. Pure planning, no tensors.

The plan is that of the released inference code: windows start every ``window - overlap`` frames, and where the last one would end
before the shot does, a further window is pulled back so that it ends with the shot.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Window:
    """Frames `start` to `stop` - 1. `conditioned`: how many of its first frames take over the previous window's latents and
    are merged with them. `final`: latents before this index will not change once this window is merged."""

    start: int
    stop: int
    conditioned: int
    final: int

    @property
    def frames(self) -> int:
        return self.stop - self.start


def plan(count: int, *, window: int, overlap: int, first: int = 0) -> tuple[Window, ...]:
    """Return the windows of a shot of `count` frames from index `first` on; one shorter than a window is one window of its own
    length.

    A window whose successor is whole is the same however long the shot is: see `ahead`.
    """
    window = min(window, count)
    overlap = min(overlap, max(window - 1, 0))
    starts = list(range(0, count - window + 1, window - overlap)) if count else []
    if starts and starts[-1] + window < count:
        starts.append(count - window)
    windows = []
    for index, start in enumerate(starts):
        shared = starts[index - 1] + window - start if index and overlap else 0
        final = starts[index + 1] if index + 1 < len(starts) else count
        windows.append(Window(start=first + start, stop=first + start + window, conditioned=shared, final=first + final))
    return tuple(windows)


def ahead(index: int, *, window: int, overlap: int) -> int:
    """Return how many frames of a shot must be known before its window of that index is."""
    return (index + 1) * (window - overlap) + window


def chunk_stop(start: int, *, size: int, count: int) -> int:
    """Where the chunk that holds frame `start` ends: chunks begin at multiples of `size`, the last one may be short."""
    return min((start // size + 1) * size, count)


def padding(height: int, width: int, *, multiple: int = 64) -> tuple[int, int, int, int]:
    """Return pixels to add (top, bottom, left, right) to reach a multiple, symmetric, an odd remainder at the bottom and right."""
    extra_height, extra_width = -height % multiple, -width % multiple
    top, left = extra_height // 2, extra_width // 2
    return top, extra_height - top, left, extra_width - left
