"""Reading ahead and writing behind, each in a thread of its own, so that the networks never wait for a disk."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..protocol import ErrorCode, PlatelightError

T = TypeVar("T")
_POLL_SECONDS = 0.1
_GIVE_UP_SECONDS = 1.0


def wait_for(work: Callable[[], T], *, cancelled: Callable[[], bool]) -> T:
    """Do `work`, which may never end: a drive may not answer. It has a thread of its own, which is left behind when cancelled.

    Raises:
        PlatelightError: `cancelled`, and what `work` raises.
    """

    def once() -> Iterator[T]:
        yield work()

    ahead = ReadAhead(once(), depth=1, cancelled=cancelled)
    try:
        return next(ahead)
    finally:
        ahead.close()


@dataclass(frozen=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True)
class _End:
    """`error`: why there is no more; None where all was read."""

    error: Exception | None


class ReadAhead(Generic[T]):
    """An iterator over `source` that is up to `depth` items ahead of whoever pulls. What `source` raises, pulling raises.

    While `source` doesn't answer, pulling asks `cancelled`, and raises the error of that name where it says so.
    """

    def __init__(self, source: Iterator[T], *, depth: int, cancelled: Callable[[], bool] = lambda: False) -> None:
        self._cancelled = cancelled
        self._items: queue.Queue[_Item[T] | _End] = queue.Queue(maxsize=depth)
        self._stopped = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, args=(source,), name="read-ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> ReadAhead[T]:
        return self

    def __next__(self) -> T:
        if self._ended:
            raise StopIteration
        item = self._next_entry()
        if isinstance(item, _Item):
            return item.value
        self._ended = True
        raise item.error or StopIteration

    def close(self) -> None:
        """Stop reading and wait for the thread, which ends after the item it is at. One that doesn't answer is left behind."""
        self._stopped.set()
        self._ended = True
        self._thread.join(_GIVE_UP_SECONDS)

    def _next_entry(self) -> _Item[T] | _End:
        while True:
            try:
                return self._items.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if self._cancelled():
                    raise PlatelightError(ErrorCode.CANCELLED) from None

    def _run(self, source: Iterator[T]) -> None:
        try:
            for item in source:
                if not self._put(_Item(item)):
                    return
            self._put(_End(None))
        except Exception as error:  # noqa: BLE001 - it is handed over and raised where the items are pulled
            self._put(_End(error))

    def _put(self, entry: _Item[T] | _End) -> bool:
        while not self._stopped.is_set():
            try:
                self._items.put(entry, timeout=_POLL_SECONDS)
                return True
            except queue.Full:
                continue
        return False


class WriteBehind:
    """Does tasks one after the other in a thread, at most `depth` waiting. After a failure the rest are dropped; `put`, `check`
    and `finish` raise it."""

    def __init__(self, *, depth: int) -> None:
        self._tasks: queue.Queue[Callable[[], None] | None] = queue.Queue(maxsize=depth)
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="write-behind", daemon=True)
        self._thread.start()

    def put(self, task: Callable[[], None]) -> None:
        """Queue a task; waits while too many are queued."""
        self.check()
        self._tasks.put(task)

    def check(self) -> None:
        """Raise what a task has raised."""
        if self._failure is not None:
            raise self._failure

    def finish(self) -> None:
        """Wait until all tasks are done. Raises what a task has raised."""
        self.close()
        self.check()

    def close(self) -> None:
        """Wait until all tasks are done or one has failed."""
        if self._thread.is_alive():
            self._tasks.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            if self._failure is None:
                try:
                    task()
                except Exception as error:  # noqa: BLE001 - it is handed over and raised by put and finish
                    self._failure = error
