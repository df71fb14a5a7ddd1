"""Reading ahead and writing behind: order, bounds, failures, and no thread left over."""

from __future__ import annotations

import threading
import time

import pytest

from engine.job.streams import ReadAhead, WriteBehind, wait_for
from engine.protocol import ErrorCode, PlatelightError


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()} & {"read-ahead", "write-behind"}


def test_items_come_in_order_and_never_more_than_depth_ahead():
    read = []

    def source():
        for number in range(40):
            read.append(number)
            yield number

    ahead = ReadAhead(source(), depth=3)
    for number in range(40):
        assert next(ahead) == number
        assert len(read) <= number + 1 + 3 + 1, "three wait, and one more is in the reader's hand"
    with pytest.raises(StopIteration):
        next(ahead)
    ahead.close()
    assert threads() == set()


def test_a_failure_of_the_source_comes_out_where_it_belongs():
    def source():
        yield 1
        yield 2
        raise OSError("the drive is gone")

    ahead = ReadAhead(source(), depth=8)
    assert [next(ahead), next(ahead)] == [1, 2]
    with pytest.raises(OSError, match="the drive is gone"):
        next(ahead)
    with pytest.raises(StopIteration):
        next(ahead)
    ahead.close()


def test_closing_early_ends_the_reader():
    def endless():
        while True:
            yield bytes(1000)

    ahead = ReadAhead(endless(), depth=2)
    next(ahead)
    ahead.close()
    assert threads() == set()


def test_a_source_that_never_answers_is_left_when_cancelled():
    answer = threading.Event()

    def stalled():
        yield 1
        answer.wait(120)
        yield 2

    asked = []
    ahead = ReadAhead(stalled(), depth=2, cancelled=lambda: asked.append(1) or len(asked) > 2)
    assert next(ahead) == 1
    with pytest.raises(PlatelightError) as caught:
        next(ahead)
    assert caught.value.code is ErrorCode.CANCELLED
    ahead.close()
    assert threads() == {"read-ahead"}, "it still waits for an answer"
    answer.set()
    wait_until(lambda: threads() == set())


def test_work_that_may_never_end():
    answer = threading.Event()
    assert wait_for(lambda: 7, cancelled=lambda: True) == 7
    with pytest.raises(ZeroDivisionError):
        wait_for(lambda: 1 // 0, cancelled=lambda: True)
    with pytest.raises(PlatelightError) as caught:
        wait_for(lambda: answer.wait(120), cancelled=lambda: True)
    assert caught.value.code is ErrorCode.CANCELLED
    answer.set()
    wait_until(lambda: threads() == set())


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_tasks_are_done_in_order_and_the_first_failure_is_raised():
    done = []
    behind = WriteBehind(depth=2)
    for number in range(20):
        behind.put(lambda number=number: done.append(number))
    behind.finish()
    assert done == list(range(20)) and threads() == set()

    def fail():
        raise OSError("full")

    behind = WriteBehind(depth=50)
    behind.put(fail)
    behind.put(lambda: done.append("after"))
    with pytest.raises(OSError, match="full"):
        behind.finish()
    assert "after" not in done
    with pytest.raises(OSError, match="full"):
        behind.put(lambda: None)
    behind.close()
    assert threads() == set()
