"""The engine's end of the wire: read a line, dispatch, answer; jobs one at a time, cancel at any time. Knows messages, not tensors.

Everything that isn't needed to answer `hello` is imported when a request needs it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator
from typing import Any, BinaryIO

from .failures import explain
from .identity import version
from .memory import keep_freed_memory
from .protocol import (
    PROTOCOL_VERSION,
    Cancel,
    CancelResult,
    DoctorResult,
    DownloadModel,
    ErrorCode,
    Estimate,
    Hello,
    HelloResult,
    ListModels,
    ListModelsResult,
    PlatelightError,
    Progress,
    Shutdown,
    ShutdownResult,
    Stage,
    Tune,
    decode,
    encode_error,
    encode_notification,
    encode_result,
)
from .protocol.bounds import read_lines
from .protocol.codec import message_id

Job = Generator[object, None, object]
"""Messages on the way, and the result at the end."""

_GRACE_SECONDS = 3.0
_MOST_WAITING = 1000
"""Lines that wait for a reader before progress is left out: a job must not wait for one, nor fill the memory."""


def main() -> int:
    """Serve on this process's standard streams until the other side is gone. Returns the exit code."""
    wire = take_standard_output()
    keep_freed_memory()
    if not sys.stdin.isatty():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for Blender, which then closes our input
    clean = Server(sys.stdin.buffer, wire).run()
    if not clean:
        # A network is still at work, or nobody reads; files appear whole or not at all, so nothing is lost.
        os._exit(0)
    sys.stderr.flush()
    return 0


def take_standard_output() -> BinaryIO:
    """Keep descriptor 1 for the wire and point it to stderr for everyone else: prints, progress bars, C libraries."""
    wire = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return wire


class Server:
    """Reads requests in the calling thread, works in others and writes in one more, so that a full pipe stops neither."""

    def __init__(self, requests: BinaryIO, wire: BinaryIO) -> None:
        self._requests = requests
        self._outbox = Outbox(wire)
        self._greeted = False
        self._estimates = Lane("estimate", self._answer)
        self._downloads = Lane("download", self._answer)

    def run(self) -> bool:
        """Serve until `shutdown` or the end of input. Returns whether all work had ended by then."""
        for line in read_lines(self._requests):
            if not self._hear(line.decode("utf-8", errors="replace")):
                break
        self._estimates.stop()
        self._downloads.stop()
        ended = self._estimates.join(_GRACE_SECONDS) and self._downloads.join(_GRACE_SECONDS)
        return self._outbox.close(_GRACE_SECONDS) and ended

    def _hear(self, line: str) -> bool:
        """Take one line in; False when it is time to go. Whatever it is, it gets an answer."""
        try:
            incoming = decode(line)
            if incoming.is_result or incoming.id is None:
                raise PlatelightError(ErrorCode.BAD_MESSAGE, "only requests are understood here")
        except PlatelightError as error:
            self._fail(message_id(line), error)
            return True
        try:
            return self._dispatch(incoming.id, incoming.body)
        except Exception as error:  # noqa: BLE001 - it is answered
            self._fail(incoming.id, _failure(error))
            return True

    def _dispatch(self, request_id: int, message: Any) -> bool:
        """Answer a request or hand it to a lane; False when it is time to go."""
        if isinstance(message, Hello):
            self._send(encode_result(request_id, self._greet(message)))
        elif not self._greeted:
            raise PlatelightError(ErrorCode.PROTOCOL_MISMATCH, "the first message must be hello")
        elif isinstance(message, Estimate | Tune):
            self._require_new(message.job)
            if self._estimates.put(message.job, request_id, lambda: _events(message, self._estimates)) > 0:
                self._send(encode_notification(Progress(job=message.job, stage=Stage.QUEUED, done=0, total=0)))
        elif isinstance(message, DownloadModel):
            self._require_new(message.job)
            self._downloads.put(message.job, request_id, lambda: _download(message, self._downloads))
        elif isinstance(message, Cancel):
            if not (self._estimates.cancel(message.job) or self._downloads.cancel(message.job)):
                raise PlatelightError(ErrorCode.UNKNOWN_JOB, message.job)
            self._send(encode_result(request_id, CancelResult(job=message.job)))
        elif isinstance(message, Shutdown):
            self._send(encode_result(request_id, ShutdownResult()))
            return False
        else:
            work = _list_models if isinstance(message, ListModels) else _examine
            threading.Thread(target=self._reply, args=(request_id, work), daemon=True).start()
        return True

    def _greet(self, hello: Hello) -> HelloResult:
        if hello.protocol != PROTOCOL_VERSION:
            detail = f"the add-on speaks protocol {hello.protocol}, the engine {PROTOCOL_VERSION}"
            raise PlatelightError(ErrorCode.PROTOCOL_MISMATCH, detail)
        self._greeted = True
        return HelloResult(protocol=PROTOCOL_VERSION, engine=f"Platelight {version()}, Python {sys.version.split()[0]}")

    def _require_new(self, job: str) -> None:
        if self._estimates.has(job) or self._downloads.has(job):
            raise PlatelightError(ErrorCode.BAD_MESSAGE, f"there is a job {job} already")

    def _reply(self, request_id: int, work: Callable[[], Any]) -> None:
        try:
            self._send(encode_result(request_id, work()))
        except Exception as error:  # noqa: BLE001 - it is answered
            self._fail(request_id, _failure(error))

    def _answer(self, request_id: int, outcome: Any) -> None:
        """What a lane has to say: a notification, a failure, or the result that ends a job."""
        if isinstance(outcome, BaseException):
            self._fail(request_id, _failure(outcome))
        elif hasattr(outcome, "METHOD"):
            self._outbox.put(encode_notification(outcome), may_be_lost=isinstance(outcome, Progress))
        else:
            self._send(encode_result(request_id, outcome))

    def _fail(self, request_id: int | None, error: PlatelightError) -> None:
        self._send(encode_error(request_id, error))

    def _send(self, line: str) -> None:
        self._outbox.put(line)


class Outbox:
    """What waits to be written to the wire, and the thread that writes it. Nobody else ever waits for the other side to read."""

    def __init__(self, wire: BinaryIO) -> None:
        self._wire = wire
        self._changed = threading.Condition()
        self._waiting: deque[str] = deque()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="outbox", daemon=True)
        self._thread.start()

    def put(self, line: str, *, may_be_lost: bool = False) -> None:
        """Queue a line. `may_be_lost`: leave it out while too many wait."""
        with self._changed:
            if not (may_be_lost and len(self._waiting) >= _MOST_WAITING):
                self._waiting.append(line)
                self._changed.notify()

    def close(self, seconds: float) -> bool:
        """Write what waits, for `seconds` at most; returns whether all of it is written."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        # The other side may be gone; its end of file is on its way to the reading loop, which ends everything.
        with contextlib.suppress(OSError):
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._waiting or self._closed)
                    if not self._waiting:
                        return
                    data = self._waiting.popleft().encode()
                while data:
                    data = data[self._wire.write(data) :]
        with self._changed:
            self._waiting = deque(maxlen=0)  # from here on nothing waits


class Lane:
    """A queue of jobs and the thread that does one after the other."""

    def __init__(self, name: str, answer: Callable[[int, Any], None]) -> None:
        self._answer = answer
        self._changed = threading.Condition()
        self._waiting: dict[str, tuple[int, Callable[[], Job]]] = {}
        self._current = ""
        self._cancelled = False
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def put(self, job: str, request_id: int, start: Callable[[], Job]) -> int:
        """Queue a job: `start` makes the generator that does it. Returns how many are before it."""
        with self._changed:
            before = len(self._waiting) + bool(self._current)
            self._waiting[job] = (request_id, start)
            self._changed.notify()
            return before

    def has(self, job: str) -> bool:
        with self._changed:
            return job in self._waiting or job == self._current

    def cancel(self, job: str) -> bool:
        """End a job after the step it is at, or take it off the queue. Returns whether it was here."""
        with self._changed:
            waiting = self._waiting.pop(job, None)
            if job == self._current:
                self._cancelled = True
            elif waiting is None:
                return False
        if waiting is not None:
            self._answer(waiting[0], PlatelightError(ErrorCode.CANCELLED))
        return True

    def is_cancelled(self) -> bool:
        """Return whether the job being done is to end."""
        return self._cancelled

    def stop(self) -> None:
        """Cancel everything and let the thread end."""
        with self._changed:
            self._stopped = self._cancelled = True
            self._waiting.clear()
            self._changed.notify()

    def join(self, seconds: float) -> bool:
        """Wait for the thread; returns whether it has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopped)
                if self._stopped:
                    return
                self._current = next(iter(self._waiting))
                request_id, start = self._waiting.pop(self._current)
                self._cancelled = False
            outcome = self._do(request_id, start)
            with self._changed:
                self._current = ""
            self._answer(request_id, outcome)

    def _do(self, request_id: int, start: Callable[[], Job]) -> Any:
        """Drive one job to its end; returns its result or the exception that ended it."""
        try:
            with contextlib.closing(start()) as events:
                while not self._cancelled:
                    try:
                        event = next(events)
                    except StopIteration as stop:
                        return stop.value
                    self._answer(request_id, event)
            return PlatelightError(ErrorCode.CANCELLED)
        except Exception as error:  # noqa: BLE001 - it is answered
            return error


def _events(message: Estimate | Tune, lane: Lane) -> Job:
    if isinstance(message, Tune):
        from .tuning.job import run as tune

        return tune(message)
    from .job.estimate import run

    return run(message, cancelled=lane.is_cancelled)


def _download(message: DownloadModel, lane: Lane) -> Job:
    from .models.download import run

    return run(message, cancelled=lane.is_cancelled)


def _list_models() -> ListModelsResult:
    from .models import registry

    return ListModelsResult(models=registry.entries())


def _examine() -> DoctorResult:
    from .doctor import examine

    return examine()


def _failure(error: BaseException) -> PlatelightError:
    """Return what to answer; what nobody foresaw goes to the log as well."""
    explained = explain(error)
    if explained.code in (ErrorCode.INTERNAL, ErrorCode.ENGINE_INCOMPLETE):
        traceback.print_exception(error, file=sys.stderr)
    return explained
