"""Which picture of a movie Blender shows on which frame: the rule of its reader, on numbers alone. Pure functions.

Times are in the units of the stream. Frames count from 1, as everywhere in this project.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

Picture = TypeVar("Picture")

NO_TIME = -(2**63)
"""The time of a picture that has none: before any other, as in FFmpeg."""

LEAD = 3
"""How many frames before the one wanted Blender jumps to."""

_FIELD = 0.6
"""Of a frame: what follows a field within that time is the other field of its picture."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """`start`: where the stream begins. `step`: how long a frame is."""

    start: int
    step: float

    def time(self, frame: int) -> int:
        """Return the time that a frame stands for."""
        return self.start + math.floor((frame - 1) * self.step + 0.5)

    def frame(self, time: int) -> int:
        """Return the first frame that shows a picture of that time: the first that stands for it or for a later one."""
        frame = max(1, math.floor((time - self.start) / self.step))
        while self.time(frame) < time:
            frame += 1
        return frame


def shown(pictures: Iterable[Picture], times: Iterable[int], *, time_of: Callable[[Picture], int]) -> Iterator[Picture]:
    """Yield the picture that is shown at each of `times`, which ascend.

    Blender decodes until a picture's time is the one wanted or later. It shows that picture where the two are equal. Otherwise it
    shows the picture before, or the first where there is none before. After the last picture it goes on showing the last.

    Args:
        pictures: as the decoder gives them; their times need not ascend.
        time_of: a picture's time, `NO_TIME` where it has none.
    """
    coming = iter(pictures)
    newest = next(coming, None)
    before = None
    for time in times:
        while newest is not None and time_of(newest) < time:
            before, newest = newest, next(coming, None)
        if newest is not None and (before is None or not time_of(before) <= time < time_of(newest)):
            yield newest
        elif before is not None:
            yield before
        else:
            return


def counted(
    *, rate: Fraction, stream: float | None, container: float | None, video_start: float, audio_start: float, announced: int
) -> int:
    """Return how many frames Blender counts in a movie; 0 where it finds no length and shows nothing.

    Args:
        stream: how long the video stream says that it is, None where it says nothing.
        container: how long the whole file is.
        video_start, audio_start: where the streams begin; 0 without one.
        announced: how many pictures the stream says that it has.
    """
    if stream is not None:
        return math.floor(stream * rate + 0.5)
    if container is not None:
        return math.floor((container - max(0.0, video_start - audio_start)) * rate + 0.5)
    return announced


def passed_over(keys: Iterable[tuple[int, int]], clock: Clock) -> Iterator[int]:
    """Yield frames that Blender may not reach when it jumps to them: the last before a key, for each key where that may happen.

    Blender jumps to `LEAD` frames before the one it wants, and FFmpeg goes there by times of decoding. So it may begin at a key
    that is shown only later, and all before that key is lost.

    Args:
        keys: of each picture at which decoding can start, when it is decoded and when it is shown.
    """
    for decoded, shown_at in keys:
        frame = clock.frame(shown_at) - 1
        if frame >= 1 and decoded <= clock.time(frame) - LEAD * clock.step:
            yield frame


def first_fields(times: Sequence[int], *, step: float) -> tuple[int, ...]:
    """Return the times of pictures where each field has a time of its own: those of the fields that come first. `times` ascend."""
    kept: list[int] = []
    for time in times:
        if not kept or time - kept[-1] > _FIELD * step:
            kept.append(time)
    return tuple(kept)


@dataclass(frozen=True, kw_only=True)
class Uneven:
    """`held`: frames that show the picture of the frame before. `left_out`: pictures that are never shown."""

    held: int
    left_out: int


def uneven(times: Sequence[int], *, step: float) -> Uneven:
    """Return how far frames and pictures, whose `times` ascend, are from one to one between the first picture and the last."""
    clock = Clock(start=times[0] if times else 0, step=step)
    gaps = [after - before for before, after in itertools.pairwise(clock.frame(time) for time in times)]
    return Uneven(held=sum(gap - 1 for gap in gaps if gap > 1), left_out=gaps.count(0))


def start_again(times: Iterable[int], *, step: float) -> bool:
    """Return whether decoding times, in the order of the file, fall back by more than a frame: two recordings were joined."""
    return any(before - after > step for before, after in itertools.pairwise(times))
