"""A child process that speaks lines on its standard streams: started in a group of its own, read by threads, surely stopped."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..contract import LONGEST_LINE, ErrorCode, PlatelightError, read_lines

MOST_WAITING = 1000
"""Lines that wait to be taken in. A child that says more waits until they are, so that its flood doesn't fill the memory."""

LARGEST_LOG = 5_000_000
"""Bytes; a log that grows beyond becomes the previous one, and a new one begins."""

_LONGEST_TAIL = 500
_KILL_SECONDS = 2.0
_alive: set[ChildProcess] = set()


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The child closed its output. `code` as in `subprocess`: negative for a signal, None when it lived on and was killed."""

    code: int | None

    @property
    def how(self) -> str:
        """``killed (out of memory?)``, ``signal SIGSEGV``, ``exit code 3``."""
        if self.code is None:
            return "it closed its output"
        if self.code == -getattr(signal, "SIGKILL", 9):
            return "killed (out of memory?)"
        if self.code < 0:
            names = {s.value: s.name for s in signal.Signals}
            return f"signal {names.get(-self.code, -self.code)}"
        return f"exit code {self.code}"


class ChildProcess:
    """A running command.

    Args:
        command: program and arguments, run without a shell.
        cwd: its working folder.
        env: its whole environment.
        log: a file that gets everything the child writes to its standard error; its folder exists. What an earlier child wrote
            is kept as `previous` of it.
        merge: take its standard error for output too, as a terminal does.

    Raises:
        PlatelightError: `engine_missing` when it cannot be started; `output_not_writable` for the log.
    """

    def __init__(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path | None = None, merge: bool = False
    ) -> None:
        self.lines: queue.Queue[bytes | Ended] = queue.Queue(MOST_WAITING)
        self._tail: deque[str] = deque(maxlen=40)
        options: dict[str, object] = {"start_new_session": True}
        if sys.platform == "win32":
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        try:
            written = Log(log) if log else None
        except OSError as error:
            raise PlatelightError(ErrorCode.OUTPUT_NOT_WRITABLE, f"{log}: {error.strerror}") from error
        try:
            self._popen = subprocess.Popen(  # type: ignore[call-overload]
                list(command),
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if merge else subprocess.PIPE,
                **options,
            )
        except OSError as error:
            raise PlatelightError(ErrorCode.ENGINE_MISSING, f"{command[0]}: {error.strerror}") from error
        _alive.add(self)
        self._stderr: threading.Thread | None = None
        if not merge:
            self._stderr = threading.Thread(target=self._read_stderr, args=(self._popen.stderr, written), daemon=True)
            self._stderr.start()
        threading.Thread(target=self._read_stdout, args=(self._popen.stdout,), daemon=True).start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def tail(self, count: int = 3) -> list[str]:
        """Return the last lines, not blank, of its standard error."""
        return list(self._tail)[-count:]

    def send(self, line: str) -> None:
        """Write a line. When the child is gone nothing happens here: `lines` brings its `Ended`."""
        with contextlib.suppress(OSError, ValueError):
            self._popen.stdin.write(line.encode())
            self._popen.stdin.flush()

    def stop(self, *, last_words: str = "", grace: float = 3.5) -> None:
        """End the child: last words and end of input, then terminate, then kill, `grace` seconds apart. Blocks meanwhile."""
        if last_words:
            self.send(last_words)
        with contextlib.suppress(OSError):  # it died with unread input
            self._popen.stdin.close()
        for end in (None, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            if end is not None:
                self._signal(end)
            try:
                self._popen.wait(timeout=grace)
                break
            except subprocess.TimeoutExpired:
                continue
        self.kill()

    def stop_soon(self, *, last_words: str = "") -> None:
        """The same without waiting."""
        threading.Thread(target=self.stop, kwargs={"last_words": last_words}, daemon=True).start()

    def kill(self) -> None:
        """End the child and what it started, at once. One that waits for a drive that does not answer ends when that does."""
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(timeout=_KILL_SECONDS)
        _alive.discard(self)

    def _signal(self, number: int) -> None:
        if sys.platform == "win32":
            if self.running:
                self._popen.kill()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # the whole group has ended
            os.killpg(self._popen.pid, number)

    def _read_stdout(self, stream: IO[bytes]) -> None:
        for line in read_lines(stream):
            self.lines.put(line)
        try:
            code = self._popen.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            code = None
            self.kill()
        if self._stderr:
            self._stderr.join(timeout=1.0)
        _alive.discard(self)
        self.lines.put(Ended(code=code))

    def _read_stderr(self, stream: IO[bytes], log: Log | None) -> None:
        while line := stream.readline(LONGEST_LINE):
            if text := line.decode(errors="replace").strip():
                self._tail.append(text[:_LONGEST_TAIL])
            if log:
                with contextlib.suppress(OSError):  # a full disk must not block the child: its lines have to be read on
                    log.write(line)
        if log:
            with contextlib.suppress(OSError):
                log.close()


class Log:
    """A file of at most `LARGEST_LOG` bytes; what was in it before, or came before the last of them, is kept as `previous`.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keep()
        self._stream = path.open("wb")

    def write(self, line: bytes) -> None:
        if self._stream.tell() + len(line) > LARGEST_LOG:
            self._stream.close()
            self._keep()
            self._stream = self._path.open("wb")
        self._stream.write(line)
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()

    def _keep(self) -> None:
        """An engine that starts because the last one died must not wipe what that one said."""
        if self._path.is_file() and self._path.stat().st_size:
            with contextlib.suppress(OSError):  # on Windows it can't be moved while the last engine is still ending
                self._path.replace(previous(self._path))


def previous(log: Path) -> Path:
    """``engine.log`` -> ``engine.previous.log``."""
    return log.with_suffix(f".previous{log.suffix}")


def kill_all() -> None:
    """No child outlives Blender."""
    for child in list(_alive):
        child.kill()
