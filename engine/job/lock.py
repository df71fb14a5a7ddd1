"""One writer at a time. The operating system holds the lock, so that it ends with the process that took it, however it ends.

The package `filelock` isn't used: it leaves the lock file in the artist's folder, it can't say who holds the lock, and where the
storage has no locks it keeps others out by a file that a killed engine leaves behind.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..failures import output_error
from ..files import is_link
from ..protocol import ErrorCode, PlatelightError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_FAR_BEHIND_THE_TEXT = 1 << 20
_READ_AND_WRITE = 0o666
_WORDS = b"process "
_MOST_BYTES = 200
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Neither follow a link nor wait for the other end of a pipe."""


@contextlib.contextmanager
def hold(path: Path) -> Iterator[bool]:
    """Hold the lock file `path` while the block runs, and remove it afterwards.

    Yields:
        False where the file system knows no locks: nothing then keeps a second writer out.

    Raises:
        PlatelightError: `output_in_use`, naming who holds it; `output_not_writable`, `disk_full` where it can't be made.
    """
    taken = _take(path)
    if taken.is_ours:
        _say_who(taken.descriptor)
    try:
        yield taken.locked
    finally:
        if taken.is_ours and sys.platform != "win32":
            _remove(path, taken.descriptor)
        os.close(taken.descriptor)
        if taken.is_ours and sys.platform == "win32":
            _remove(path)


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """`is_ours`: whether the file may be written to and removed."""

    descriptor: int
    locked: bool
    is_ours: bool


def _take(path: Path) -> _Taken:
    while True:
        descriptor, created = _open(path)
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno not in _TAKEN:
                return _Taken(descriptor=descriptor, locked=False, is_ours=created)
            with os.fdopen(descriptor, "rb") as file:
                holder = file.read(_MOST_BYTES).decode(errors="replace")
            raise PlatelightError(ErrorCode.OUTPUT_IN_USE, f"{path.parent} by {holder or 'a process just started'}") from error
        if _is_still(descriptor, path):
            return _Taken(descriptor=descriptor, locked=True, is_ours=created or _is_lock_file(descriptor))
        os.close(descriptor)  # whoever held it removed the file between our opening and locking it


def _open(path: Path) -> tuple[int, bool]:
    """Make the lock file, or open the one that is there; returns also whether it was made. To lock a file of another user, and to
    tell who holds it, reading is enough."""
    while True:
        if is_link(path):
            raise PlatelightError(ErrorCode.OUTPUT_NOT_WRITABLE, f"{path} is a link")
        try:
            with contextlib.suppress(FileExistsError):
                return _create(path), True
            descriptor = _open_existing(path)
        except OSError as error:
            raise output_error(error, path) from error
        if descriptor is None:
            continue
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor, False
        os.close(descriptor)
        raise PlatelightError(ErrorCode.OUTPUT_NOT_WRITABLE, f"{path} is not a file")


def _open_existing(path: Path) -> int | None:
    """Return None where whoever held the file has just removed it. Raises: OSError."""
    try:
        return os.open(path, os.O_RDWR | _SAFELY)
    except FileNotFoundError:
        return None
    except PermissionError:
        return os.open(path, os.O_RDONLY | _SAFELY)


def _create(path: Path) -> int:
    """Make the file with the rights of its folder: who may write there may take the lock, whatever the umask. Raises: OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _SAFELY, _READ_AND_WRITE)
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # storage without modes; it locks all the same
            os.fchmod(descriptor, stat.S_IMODE(os.stat(path.parent).st_mode) & _READ_AND_WRITE)
    return descriptor


def _is_lock_file(descriptor: int) -> bool:
    """Return whether an engine wrote the file, so that it may be written to and removed: it has one name only, and says nothing
    else."""
    try:
        status = os.fstat(descriptor)
        os.lseek(descriptor, 0, os.SEEK_SET)
        said = os.read(descriptor, _MOST_BYTES + 1)
    except OSError:
        return False
    return status.st_nlink == 1 and len(said) <= _MOST_BYTES and (not said or said.startswith(_WORDS))


def _say_who(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # the lock holds without; a file opened for reading only can't be written
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, _WORDS + f"{os.getpid()} on {socket.gethostname()}".encode()[: _MOST_BYTES - len(_WORDS)])


def _remove(path: Path, descriptor: int | None = None) -> None:
    """Remove the lock file unless another has taken its place, as where somebody deleted it while it was held."""
    with contextlib.suppress(OSError):  # another user's, or on Windows open in the next one's hands; nobody holds it
        if descriptor is None or _is_still(descriptor, path):
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
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False
