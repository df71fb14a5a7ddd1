"""Blender's rule for which picture is shown when, on numbers alone."""

from __future__ import annotations

from fractions import Fraction

import pytest

from engine.frames.movie_times import NO_TIME, Clock, Uneven, counted, first_fields, passed_over, shown, start_again, uneven


def pick(pictures: list[int], times: list[int]) -> list[int]:
    return list(shown(pictures, times, time_of=lambda picture: picture))


def test_a_frame_shows_the_last_picture_that_is_not_later():
    assert pick([0, 10, 20, 30], [0, 10, 20, 30]) == [0, 10, 20, 30]
    assert pick([0, 10, 20], [0, 4, 9, 10, 19]) == [0, 0, 0, 10, 10]
    assert pick([0, 3, 10], [0, 5, 10]) == [0, 3, 10]


def test_the_first_and_the_last_picture_are_held():
    assert pick([20, 30], [0, 10, 20, 30, 40, 1000]) == [20, 20, 20, 30, 30, 30]
    assert pick([], [0, 10]) == []


def test_times_that_do_not_ascend():
    """As in AVI, where pictures have the times of their decoding: the decoder's order counts."""
    assert pick([2, 3, 4, NO_TIME, NO_TIME], [0, 1, 2, 3, 4, 5, 6]) == [2, 2, 2, 3, 4, NO_TIME, NO_TIME]
    assert pick([0, 2, 1, 3], [0, 1, 2, 3]) == [0, 0, 2, 3]


def test_nothing_is_decoded_beyond_what_is_asked_for():
    taken = []
    pictures = (taken.append(time) or time for time in range(0, 1000, 10))
    assert list(shown(pictures, [0, 10, 20], time_of=lambda picture: picture)) == [0, 10, 20]
    assert taken == [0, 10, 20]


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)])
@pytest.mark.parametrize("base", [Fraction(1, 90000), Fraction(1, 1000), Fraction(1, 12288)])
def test_frames_and_times_belong_together(rate, base):
    clock = Clock(start=37, step=float(1 / (rate * base)))
    for frame in (1, 2, 3, 1000, 99_999, 172_800):
        assert clock.frame(clock.time(frame)) == frame
        assert clock.frame(clock.time(frame) + 1) == frame + 1
    assert clock.frame(-1000) == 1


def test_how_many_frames_blender_counts():
    known = {"rate": Fraction(24), "video_start": 0.0, "audio_start": 0.0, "announced": 7}
    assert counted(stream=2.0, container=3.0, **known) == 48
    assert counted(stream=None, container=2.4, **known) == 58
    assert counted(stream=None, container=2.4, **known | {"video_start": 0.5}) == 46
    assert counted(stream=None, container=2.4, **known | {"audio_start": 0.5}) == 58
    assert counted(stream=None, container=None, **known) == 7


def test_the_second_field_is_no_picture_of_its_own():
    assert first_fields([0, 5, 10, 15, 20, 25], step=10.0) == (0, 10, 20)
    assert first_fields([0, 10, 20, 33], step=10.0) == (0, 10, 20, 33)


def test_held_and_left_out():
    assert uneven([100, 110, 120], step=10.0) == Uneven(held=0, left_out=0)
    assert uneven([100, 110, 140, 142, 150, 160], step=10.0) == Uneven(held=2, left_out=1)
    assert uneven([0, 42, 83, 125, 167], step=1000 / 24) == Uneven(held=0, left_out=0), "rounded to thousandths"
    assert uneven([], step=10.0) == Uneven(held=0, left_out=0)


def test_times_that_start_again():
    assert not start_again([0, 10, 20, 19, 30], step=10.0)
    assert start_again([0, 10, 20, 0, 10], step=10.0)


def test_frames_that_blender_jumps_over():
    clock = Clock(start=0, step=10.0)
    assert list(passed_over([(-20, 0), (220, 240)], clock)) == []
    assert list(passed_over([(-20, 0), (200, 240)], clock)) == [24]
