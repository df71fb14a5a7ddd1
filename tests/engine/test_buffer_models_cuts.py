"""Cuts and black frames: found where they are, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.frames.cuts import CONTEXT, find_cuts, mark
from tests.support.buffer_plates import pan

FOOTAGE = Path(__file__).parents[1] / "samples" / "footage" / "big_buck_bunny.mp4"
SIZE = (36, 64)


def shot(count: int, seed: int, speed: float = 1.0) -> np.ndarray:
    return pan(count, seed=seed, size=SIZE, speed=speed)


def test_cuts_are_found_and_motion_is_none():
    lengths = (7, 5, 12, 3)
    clip = np.concatenate([shot(count, seed, speed) for seed, (count, speed) in enumerate(zip(lengths, (1, 9, 0, 4), strict=True))])
    assert find_cuts(clip) == (7, 12, 24)
    assert find_cuts((clip * 255).astype(np.uint8)) == (7, 12, 24)
    assert find_cuts(shot(30, 1, speed=12)) == (), "a whip pan goes on; a cut doesn't"


def test_real_footage_with_its_own_frames_in_another_order():
    """Thirty frames a shot, of one movie: the same animal in the same meadow on both sides of each cut."""
    import av

    with av.open(str(FOOTAGE)) as movie:
        frames = [frame.reformat(width=160, height=90, format="rgb24").to_ndarray() for frame in movie.decode(video=0)]
    assert len(frames) == 132 and find_cuts(frames) == ()
    assert find_cuts([*frames[60:90], *frames[:30], *frames[100:130]]) == (30, 60)


def test_a_flash_is_no_cut_and_neither_is_a_fade():
    clip = shot(20, 4)
    clip[9] = np.clip(clip[9] * 0.2 + 0.8, 0, 1)
    assert find_cuts(clip) == ()
    assert find_cuts(shot(20, 4) * np.linspace(1, 0.2, 20, dtype=np.float32)[:, None, None, None]) == ()


def test_black_frames_are_a_shot_of_their_own():
    clip = shot(12, 5)
    clip[4:7] = 0.005
    marks = list(mark(clip))
    assert [marked.index for marked in marks if marked.begins] == [0, 4, 7]
    assert [marked.index for marked in marks if marked.black] == [4, 5, 6]
    night = shot(8, 6) * 0.03
    night[:, 20, 30:34] = 1.0
    assert not any(marked.black for marked in mark(night)), "a lamp in the dark is something to see"


def test_cuts_everywhere():
    clip = np.concatenate([shot(1, seed) for seed in range(10)])
    assert find_cuts(clip) == tuple(range(1, 10))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_short_clips(count):
    clip = np.concatenate([shot(1, seed) for seed in (1, 2)])[:count]
    assert [marked.index for marked in mark(clip)] == list(range(count))
    assert find_cuts(clip) == ((1,) if count == 2 else ())


def test_two_frames_before_are_enough_to_know():
    clip = np.concatenate([shot(6, 1), shot(1, 2), shot(9, 3), shot(1, 3) * 0, shot(4, 5)])
    whole = [(marked.index, marked.begins, marked.black) for marked in mark(clip)]
    for start in range(1, len(clip)):
        first = max(0, start - CONTEXT)
        later = [(marked.index, marked.begins, marked.black) for marked in mark(clip[first:], first=first)]
        assert later[start - first :] == whole[start:]


def test_one_frame_is_read_ahead_and_no_more():
    pulled = 0

    def source():
        nonlocal pulled
        for frame in shot(10, 1):
            pulled += 1
            yield frame

    for marked in mark(source()):
        assert pulled <= marked.index + 2
