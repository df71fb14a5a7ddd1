"""Estimates of the time left, against runs whose end is known."""

from __future__ import annotations

import pytest

from engine.job import progress
from engine.job.progress import Meter
from engine.models.interface import Step
from engine.protocol import Stage
from engine.protocol.models import NORMALCRAFTER
from engine.reporting import duration

COSTS = {Stage.CLIP: 0.1, Stage.ENCODE: 0.5, Stage.UNET: 2.0, Stage.DECODE: 3.5}


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return now


def windowed(meter: Meter, clock, *, windows: int, frames: int, overhead: float = 1.0):
    """Windows of `frames` new frames each; yields progress after every step."""
    for window in range(1, windows + 1):
        for stage, cost in COSTS.items():
            seconds = cost * frames
            clock[0] += seconds * overhead
            meter.add(Step(stage=stage, frames=frames, seconds=seconds, window=window, windows=windows))
            yield meter.progress(stage, written=(window - 1) * frames)


@pytest.mark.parametrize("overhead", [1.0, 1.5])
def test_the_time_left_is_right_once_every_stage_was_seen(clock, overhead):
    meter = Meter(job="j", stages=NORMALCRAFTER.stages, count=100, reused=0, read_from=0)
    end = 100 + 100 * sum(COSTS.values()) * overhead
    for number, told in enumerate(windowed(meter, clock, windows=10, frames=10, overhead=overhead)):
        if number < 3:
            assert told.seconds_left is None and told.rate == 0, "decoding was not seen yet; nobody knows"
        else:
            assert told.seconds_left == pytest.approx(end - clock[0], abs=1e-6)
            assert told.rate == pytest.approx(100 / (end - 100))
        assert told.windows == 10
    assert told.fraction == 1.0


def test_the_bar_moves_within_the_first_window(clock):
    meter = Meter(job="j", stages=NORMALCRAFTER.stages, count=14, reused=0, read_from=0)
    fractions = [told.fraction for told in windowed(meter, clock, windows=1, frames=14)]
    assert fractions == sorted(fractions) and 0 < fractions[0] < fractions[2] < fractions[3] == 1.0


def test_a_resumed_run_counts_its_own_work_only(clock):
    meter = Meter(job="j", stages=NORMALCRAFTER.stages, count=100, reused=50, read_from=50)
    start = meter.progress(Stage.READING, written=0)
    assert (start.done, start.fraction, start.seconds_left) == (50, 0.5, None)
    *_, told = windowed(meter, clock, windows=2, frames=10)
    assert told.fraction == pytest.approx(0.5 + 0.5 * 20 / 50)
    assert told.seconds_left == pytest.approx(30 * sum(COSTS.values()))


def test_durations():
    assert [duration(seconds) for seconds in (0, 26.4, 65, 11100)] == ["0:00", "0:26", "1:05", "3:05:00"]
