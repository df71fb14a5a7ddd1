"""Reading ahead and writing behind: order, bounds, failures, and no thread left over."""

from __future__ import annotations

import threading

import pytest

from engine.job.streams import ReadAhead, WriteBehind


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
