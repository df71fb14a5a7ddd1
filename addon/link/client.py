"""A conversation with one engine process: requests out; results, errors and notifications in, without ever blocking."""

from __future__ import annotations

import queue
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract import (
    PROTOCOL_VERSION,
    ErrorCode,
    FramesReady,
    Hello,
    HelloResult,
    Notice,
    PlatelightError,
    Progress,
    Shutdown,
    decode,
    encode_request,
    read_result,
)
from .process import ChildProcess, Ended

HELLO_TIMEOUT = 60.0
"""Seconds that a cold disk, or ssh, may take to answer."""

MOST_AT_ONCE = 1000
"""Lines that one `poll` takes in, so that an engine that floods cannot hold Blender up."""


@dataclass(frozen=True, kw_only=True)
class Garbage:
    """Something on the wire that is not a message. `text` says what."""

    text: str


Event = Progress | FramesReady | Notice | Garbage
OnResult = Callable[[Any], None]
OnError = Callable[[PlatelightError], None]


@dataclass(frozen=True, kw_only=True)
class _Pending:
    message: Any
    on_result: OnResult
    on_error: OnError


class Client:
    """Starts the engine and says hello; requests made before its answer wait for it.

    `ready`: the engine has answered. `failure`: why the conversation is over, else None. `engine`: the version it gave.

    Raises:
        PlatelightError: `engine_missing` when the command cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        log: Path | None = None,
        hello_timeout: float = HELLO_TIMEOUT,
    ) -> None:
        self.ready = False
        self.failure: PlatelightError | None = None
        self.engine = ""
        self._process = ChildProcess(command, cwd=cwd, env=env, log=log)
        self._last_id = 0
        self._pending: dict[int, _Pending] = {}
        self._held: list[_Pending] = []
        self._timeout = hello_timeout
        self._deadline = time.monotonic() + hello_timeout
        hello = Hello(protocol=PROTOCOL_VERSION, client="platelight")
        self._send(_Pending(message=hello, on_result=self._greeted, on_error=self._refused))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self._pending or self._held)

    def request(self, message: Any, *, on_result: OnResult, on_error: OnError) -> None:
        """Ask. Exactly one of the two is called, once, from `poll`, however the conversation ends."""
        pending = _Pending(message=message, on_result=on_result, on_error=on_error)
        if self.ready and not self.failure:
            self._send(pending)
        else:
            self._held.append(pending)

    def poll(self, hear: Callable[[Event], None]) -> None:
        """Take in what has come, in the order in which the engine said it: `hear` gets the notifications, and requests are answered
        between them, so that nothing said of a job before its end is heard after it.
        """
        for _ in range(MOST_AT_ONCE):
            try:
                line = self._process.lines.get_nowait()
            except queue.Empty:
                break
            if isinstance(line, Ended):
                self._fail(self._death(line))
            elif not self.failure:
                for event in self._take(line.decode(errors="replace")):
                    hear(event)
        if not self.ready and not self.failure and time.monotonic() > self._deadline:
            self._fail(PlatelightError(ErrorCode.ENGINE_SILENT, f"nothing within {self._timeout:.0f} s{self._last_words()}"))
        if self.failure:
            self._give_up(self.failure)

    def close(self, *, wait: bool = True) -> None:
        """End the engine, gently at first. Whoever still waits for an answer gets none: call it when nobody does."""
        stop = self._process.stop if wait else self._process.stop_soon
        stop(last_words=encode_request(self._last_id + 1, Shutdown()))

    def kill(self) -> None:
        """End the engine at once; `poll` then reports it as died."""
        self._process.kill()

    def abandon(self, error: PlatelightError) -> None:
        """End the engine at once, and tell `error` to all who wait for an answer."""
        self.kill()
        self.failure = self.failure or error
        self._give_up(self.failure)

    def _send(self, pending: _Pending) -> None:
        self._last_id += 1
        self._pending[self._last_id] = pending
        self._process.send(encode_request(self._last_id, pending.message))

    def _take(self, line: str) -> list[Event]:
        try:
            incoming = decode(line)
        except PlatelightError as error:
            return [Garbage(text=error.sentence)]
        if isinstance(incoming.body, Progress | FramesReady | Notice):
            return [incoming.body]
        if not incoming.is_result:
            return [Garbage(text=f"The engine made a request: {line.strip()[:80]}")]
        if incoming.id is None and isinstance(incoming.body, PlatelightError):
            self._fail(incoming.body)  # it could not read one of our lines, and cannot say which
            return []
        pending = self._pending.pop(incoming.id, None) if incoming.id is not None else None
        if pending is None:
            return [Garbage(text=f"The engine answered something nobody asked: {line.strip()[:80]}")]
        self._answer(pending, incoming.body)
        return []

    def _answer(self, pending: _Pending, body: Any) -> None:
        if not isinstance(body, PlatelightError):
            try:
                body = read_result(pending.message, body)
            except PlatelightError as error:
                body = error
        if isinstance(body, PlatelightError):
            pending.on_error(body)
        else:
            pending.on_result(body)

    def _greeted(self, result: HelloResult) -> None:
        if result.protocol != PROTOCOL_VERSION:
            versions = f"the add-on speaks {PROTOCOL_VERSION}, the engine {result.protocol}"
            self._fail(PlatelightError(ErrorCode.PROTOCOL_MISMATCH, versions))
            return
        self.ready, self.engine = True, result.engine
        held, self._held = self._held, []
        for pending in held:
            self._send(pending)

    def _refused(self, error: PlatelightError) -> None:
        if error.code in (ErrorCode.BAD_MESSAGE, ErrorCode.UNKNOWN_METHOD):
            error = PlatelightError(ErrorCode.PROTOCOL_MISMATCH, error.detail)
        self._fail(error)

    def _fail(self, error: PlatelightError) -> None:
        if self.failure is None:
            self.failure = error
            self._process.stop_soon()

    def _give_up(self, failure: PlatelightError) -> None:
        waiting = [p for p in (*self._pending.values(), *self._held) if not isinstance(p.message, Hello)]
        self._pending.clear()
        self._held.clear()
        for pending in waiting:
            pending.on_error(failure)

    def _death(self, ended: Ended) -> PlatelightError:
        missing = re.search(r"No module named '?([\w.]+)", "\n".join(self._process.tail(5)))
        if not self.ready and missing:
            return PlatelightError(ErrorCode.ENGINE_INCOMPLETE, missing.group(1))
        return PlatelightError(ErrorCode.ENGINE_DIED, f"{ended.how}{self._last_words()}")

    def _last_words(self) -> str:
        tail = self._process.tail()
        return f"; its last words: {' | '.join(tail)}" if tail else ""
