"""One writer at a time. The operating system holds the lock, so that it ends with the process that took it, however it ends."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from ..failures import output_error
from ..protocol import ErrorCode, PlatelightError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_FAR_BEHIND_THE_TEXT = 1 << 20
_FOR_EVERYONE = 0o666


@contextlib.contextmanager
def hold(path: Path) -> Iterator[bool]:
    """Hold the lock file `path` while the block runs, and remove it afterwards.

    Yields:
        False where the file system knows no locks: nothing then keeps a second writer out.

    Raises:
        PlatelightError: `output_in_use`, naming who holds it; `output_not_writable`, `disk_full` where it can't be made.
    """
    descriptor, locked = _take(path)
    try:
        _say_who(descriptor)
        yield locked
    finally:
        if sys.platform != "win32":
            _remove(path)
        os.close(descriptor)
        if sys.platform == "win32":
            _remove(path)


def _take(path: Path) -> tuple[int, bool]:
    while True:
        descriptor = _open(path)
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno not in _TAKEN:
                return descriptor, False
            with os.fdopen(descriptor, "rb") as file:
                holder = file.read(200).decode(errors="replace")
            raise PlatelightError(ErrorCode.OUTPUT_IN_USE, f"{path.parent} by {holder or 'a process just started'}") from error
        if _is_still(descriptor, path):
            return descriptor, True
        os.close(descriptor)  # whoever held it removed the file between our opening and locking it


def _open(path: Path) -> int:
    """Of a file that another user has left, reading is enough to lock it and to tell who holds it."""
    try:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _FOR_EVERYONE)
        except PermissionError:
            return os.open(path, os.O_RDONLY)
    except OSError as error:
        raise output_error(error, path) from error
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # another user's, or storage without modes; it locks all the same
            os.fchmod(descriptor, _FOR_EVERYONE)  # whatever the umask took away
    return descriptor


def _say_who(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # the lock holds without; a file opened for reading only can't be written
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())


def _remove(path: Path) -> None:
    with contextlib.suppress(PermissionError):  # another user's, or on Windows open in the next one's hands; nobody holds it
        path.unlink(missing_ok=True)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        os.lseek(descriptor, _FAR_BEHIND_THE_TEXT, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_still(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
