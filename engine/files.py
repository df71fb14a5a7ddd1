"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .failures import FULL_DISK, output_error

_TEMPORARY = ".part"
_ATTEMPTS = 4


def lasting_errors(platform: str) -> tuple[int, ...]:
    """The errors that trying again won't mend. Windows says `EACCES` too while a virus scanner or a reader has the file open (its
    errors 5, 32 and 33), and `make_folder` has proven that files may be written."""
    denied = () if platform == "win32" else (errno.EACCES,)
    return (*denied, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EEXIST, *FULL_DISK)


_LASTING = lasting_errors(sys.platform)


def replace(path: Path, write_to: Callable[[Path], None]) -> None:
    """Make `path` appear whole: `write_to` fills a file beside it, which is flushed and then takes the name.

    Raises:
        PlatelightError: `disk_full`, `output_not_writable`.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_TEMPORARY}")

    def attempt() -> None:
        try:
            write_to(temporary)
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError:
            _discard(temporary)
            raise

    _again(attempt, path)


def remove(path: Path) -> None:
    """Delete a file, if it is there.

    Raises:
        PlatelightError: `output_not_writable`.
    """
    _again(lambda: path.unlink(missing_ok=True), path)


def _again(attempt: Callable[[], None], path: Path) -> None:
    """Trouble that may pass (a network drive that blinks) is tried again a few times."""
    for number in range(_ATTEMPTS):
        try:
            return attempt()
        except OSError as error:
            if error.errno in _LASTING or number == _ATTEMPTS - 1:
                raise output_error(error, path) from error
            time.sleep(0.1 * 4**number)


def make_folder(folder: Path) -> None:
    """Make `folder` and prove that a file can be written there.

    Raises:
        PlatelightError: `disk_full`, `output_not_writable`.
    """
    probe = folder / f".probe.{os.getpid()}{_TEMPORARY}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise output_error(error, folder) from error


def remove_leftovers(folder: Path, *, clip: str) -> None:
    """Delete what a killed run left half-written for `clip`. Call it only while holding the clip's lock."""
    for entry in os.scandir(folder):
        if entry.name.startswith(f".{clip}.") and entry.name.endswith(_TEMPORARY):
            _discard(Path(entry.path))


def _discard(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # the next run finds it again
