"""Where shots begin: cuts and black frames, found as frames come, without optical flow.

Each frame is known by a thumbnail and a histogram of its colours. A cut is a step in them that stands out from the steps beside it
or that no shift of the picture explains, so that fast motion is none; and the picture stays another one, so that a flash is none. A
frame's answer depends on the two frames before and the one after it only. Dissolves are not found. Black frames are shots of their
own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

CONTEXT = 2
"""Frames before one that its answer depends on."""

_THUMBNAIL = (32, 18)
_BINS = 16
_LEAST = 0.08
"""Least change of a cut: mean difference of the thumbnails and share of the pixels that changed their colours, together. Another
view of the same place has twice that, the fastest frames of a calm shot a third."""
_CERTAIN = 0.1
"""Mean difference of the thumbnails, one shifted to where it fits best, that is a cut whatever is beside it; a pan leaves less."""
_REACH = (8, 4)
_STANDS_OUT = 4.0
_STAYS = 0.5
"""How much of the change must still be there one frame later."""
_BLACK_MEAN, _BLACK_MOST = 0.03, 0.08


@dataclass(frozen=True, kw_only=True)
class Marked:
    """`frame` as it came. `index`: its number, counted from the first. `begins`: whether it begins a shot, true of frame 0.
    `black`: whether there is nothing to see."""

    frame: np.ndarray
    index: int
    begins: bool
    black: bool


def mark(frames: Iterable[np.ndarray], *, first: int = 0) -> Iterator[Marked]:
    """Mark frames as they come; one is read ahead.

    Args:
        frames: (H, W, 3) of one size, display-referred; uint8, or float in [0, 1].
        first: index of the first; where it isn't 0, the answers of the first `CONTEXT` frames are unknown and given as no cut.
    """
    known: list[_Signature] = []
    waiting: np.ndarray | None = None
    index = first
    for frame in frames:
        known.append(_signature(frame))
        if waiting is not None:
            yield _marked(waiting, index, known[:-1], known[-1], first)
            index += 1
            known = known[-CONTEXT - 1 :]
        waiting = frame
    if waiting is not None:
        yield _marked(waiting, index, known, None, first)


def find_cuts(frames: Iterable[np.ndarray]) -> tuple[int, ...]:
    """Indices of the frames that begin a shot, without frame 0. Frames as `mark` takes them."""
    return tuple(marked.index for marked in mark(frames) if marked.begins and marked.index)


@dataclass(frozen=True, kw_only=True)
class _Signature:
    """`small`: (h, w, 3) in [0, 1]. `colours`: histogram (3, bins), each channel's sum is 1."""

    small: np.ndarray
    colours: np.ndarray
    black: bool


def _signature(frame: np.ndarray) -> _Signature:
    pixels = frame.astype(np.float32) / 255.0 if frame.dtype == np.uint8 else frame.astype(np.float32)
    medium = cv2.resize(pixels, (4 * _THUMBNAIL[0], 4 * _THUMBNAIL[1]), interpolation=cv2.INTER_AREA)
    small = cv2.resize(medium, _THUMBNAIL, interpolation=cv2.INTER_AREA)
    black = bool(small.mean() < _BLACK_MEAN and small.max() < _BLACK_MOST)
    return _Signature(small=small, colours=np.stack([_histogram(medium[..., channel]) for channel in range(3)]), black=black)


def _histogram(values: np.ndarray) -> np.ndarray:
    """Shares of the values in bins; each value counts in the two that it lies between, so that none flips from one to the other."""
    place = np.clip(values.ravel(), 0.0, 1.0) * (_BINS - 1)
    below = np.minimum(place.astype(np.intp), _BINS - 2)
    upper = place - below
    counts = np.bincount(below, 1.0 - upper, _BINS) + np.bincount(below + 1, upper, _BINS)
    return counts / len(place)


def _change(a: _Signature, b: _Signature) -> float:
    """Return mean difference of the thumbnails, and share of the pixels that changed their colours; together, 0 to 2."""
    colours = np.abs(a.colours - b.colours).sum(axis=1).max() / 2.0
    return float(np.abs(a.small - b.small).mean() + colours)


def _least_difference(a: np.ndarray, b: np.ndarray) -> float:
    """Return mean difference of two thumbnails (h, w, 3) where they overlap, one shifted by up to a quarter of the frame to fit
    best."""
    height, width = a.shape[:2]
    found = np.inf
    for right, down in itertools.product(range(-_REACH[0], _REACH[0] + 1), range(-_REACH[1], _REACH[1] + 1)):
        here = a[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)]
        there = b[max(0, -down) : height + min(0, -down), max(0, -right) : width + min(0, -right)]
        found = min(found, float(np.abs(here - there).mean()))
    return found


def _marked(frame: np.ndarray, index: int, known: list[_Signature], after: _Signature | None, first: int) -> Marked:
    """`known`: the signatures up to the frame's own. `after`: the next frame's, None at the end."""
    here = known[-1]
    if index == 0:
        return Marked(frame=frame, index=index, begins=True, black=here.black)
    if len(known) < 2 or (first and index < first + CONTEXT):
        return Marked(frame=frame, index=index, begins=False, black=here.black)
    begins = here.black != known[-2].black or (not here.black and _is_cut(known, after))
    return Marked(frame=frame, index=index, begins=begins, black=here.black)


def _is_cut(known: list[_Signature], after: _Signature | None) -> bool:
    before, here = known[-2], known[-1]
    now = _change(before, here)
    if now < _LEAST:
        return False
    around = [(before, after)] if after is not None and not after.black else []
    around += [(known[-3], here)] if len(known) > 2 else []
    if any(_change(*pair) < _STAYS * now for pair in around):
        return False  # a flash, on its way in or out
    if _least_difference(before.small, here.small) >= _CERTAIN:
        return True
    beside = [_change(known[-3], before)] if len(known) > 2 and known[-3].black == before.black else []
    if after is not None and after.black == here.black:
        beside.append(_change(here, after))
    return not beside or now >= _STANDS_OUT * sum(beside) / len(beside)
