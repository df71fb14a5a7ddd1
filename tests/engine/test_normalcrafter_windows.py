"""The plan of windows: pure arithmetic, checked against the released code's own rule and for what must always hold."""

from itertools import pairwise

import pytest

from engine.models.blend import merge_weights
from engine.models.interface import check_windows
from engine.models.normalcrafter.windows import ahead, chunk_stop, padding, plan
from engine.protocol import ErrorCode, EstimateSettings, PlatelightError

CASES = [
    (count, window, overlap)
    for count in (1, 2, 13, 14, 15, 23, 24, 25, 31, 34, 35, 120)
    for window, overlap in ((1, 0), (2, 1), (7, 0), (7, 3), (14, 0), (14, 4), (14, 9), (14, 13))
]


def test_the_published_example():
    assert [(w.start, w.stop) for w in plan(31, window=14, overlap=4)] == [(0, 14), (10, 24), (17, 31)]
    assert [w.conditioned for w in plan(31, window=14, overlap=4)] == [0, 4, 7]
    assert [w.final for w in plan(31, window=14, overlap=4)] == [10, 17, 31]
    assert merge_weights(4) == pytest.approx((0.8, 0.6, 0.4, 0.2))


@pytest.mark.parametrize(("count", "window", "overlap"), CASES)
def test_every_frame_is_covered_and_becomes_final_once(count: int, window: int, overlap: int):
    windows = plan(count, window=window, overlap=overlap)
    assert windows[0].start == 0 and windows[-1].stop == windows[-1].final == count
    assert all(w.frames == min(window, count) for w in windows)
    for before, after in pairwise(windows):
        assert before.start < after.start == before.final <= before.stop < after.stop
        assert after.conditioned == (before.stop - after.start if overlap else 0)
        assert after.conditioned < after.frames


@pytest.mark.parametrize(("window", "overlap"), [(1, 0), (2, 1), (7, 0), (14, 4), (14, 13)])
def test_a_window_is_known_before_the_shots_end_is(window: int, overlap: int):
    for count in range(1, 60):
        whole = plan(count, window=window, overlap=overlap)
        for index in range(len(whole)):
            known = ahead(index, window=window, overlap=overlap)
            if known <= count:
                assert plan(known, window=window, overlap=overlap)[index] == whole[index]
    assert [(w.start, w.stop, w.final) for w in plan(15, window=14, overlap=4, first=100)] == [(100, 114, 101), (101, 115, 115)]


@pytest.mark.parametrize("count", [1, 5, 13])
def test_a_clip_shorter_than_a_window_is_one_window_of_its_length(count: int):
    assert [(w.start, w.stop, w.conditioned) for w in plan(count, window=14, overlap=4)] == [(0, count, 0)]


def test_no_frames_no_windows():
    assert plan(0, window=14, overlap=4) == ()


def test_chunks_begin_at_multiples_and_the_last_is_short():
    stops, start = [], 0
    while start < 31:
        start = chunk_stop(start, size=7, count=31)
        stops.append(start)
    assert stops == [7, 14, 21, 28, 31]
    assert chunk_stop(16, size=7, count=31) == 21


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((85, 150), (21, 22, 21, 21)),
        ((64, 128), (0, 0, 0, 0)),
        ((1, 65), (31, 32, 31, 32)),
    ],
)
def test_padding_is_symmetric_with_the_odd_remainder_below_and_right(size: tuple[int, int], expected: tuple[int, ...]):
    top, bottom, left, right = padding(*size)
    assert (top, bottom, left, right) == expected
    assert (size[0] + top + bottom) % 64 == (size[1] + left + right) % 64 == 0


@pytest.mark.parametrize(
    "bad",
    [
        {"window": 0, "overlap": 0},
        {"overlap": -1},
        {"window": 4, "overlap": 4},
        {"window": 4, "overlap": 9},
        {"decode_chunk_size": 0},
    ],
)
def test_settings_that_cannot_work_are_refused(bad: dict[str, int]):
    with pytest.raises(PlatelightError) as caught:
        check_windows(EstimateSettings(**bad))
    assert caught.value.code is ErrorCode.SETTING_INVALID
    assert str(next(iter(bad.values()))) in caught.value.detail
