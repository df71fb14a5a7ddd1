"""Files that appear whole or not at all: the one way in which the engine replaces a file that somebody may be reading."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .failures import FULL_DISK, output_error

_TEMPORARY = ".part"
_ATTEMPTS = 4
_TOKEN = r"[0-9a-f]+"
"""What makes a temporary name unique: random digits; those of version 0.1 were a process id."""
_PROBE = re.compile(rf"\.probe\.{_TOKEN}{re.escape(_TEMPORARY)}")


def lasting_errors(platform: str) -> tuple[int, ...]:
    """Return the errors that trying again won't mend. Windows says `EACCES` too while a virus scanner or a reader has the file open
    (its errors 5, 32 and 33), and `make_folder` has proven that files may be written."""
    denied = () if platform == "win32" else (errno.EACCES,)
    return (*denied, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EEXIST, *FULL_DISK)


_LASTING = lasting_errors(sys.platform)


def replace(path: Path, write_to: Callable[[Path], object]) -> None:
    """Make `path` appear whole: `write_to` fills a file beside it, which is flushed and then takes the name.

    Raises:
        PlatelightError: `disk_full`, `output_not_writable`.
    """

    def attempt() -> None:
        temporary = path.with_name(_temporary_name(path.name))
        try:
            _create(temporary)
            write_to(temporary)
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            _discard(temporary)
            raise

    _again(attempt, path)


def remove(path: Path) -> None:
    """Delete a file, if it is there.

    Raises:
        PlatelightError: `output_not_writable`.
    """
    _again(lambda: path.unlink(missing_ok=True), path)


def make_folder(folder: Path) -> None:
    """Make `folder` and prove that a file can be written there.

    Raises:
        PlatelightError: `disk_full`, `output_not_writable`.
    """
    probe = folder / _temporary_name("probe")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _create(probe)
        probe.unlink(missing_ok=True)  # another engine may have taken it for a leftover
    except OSError as error:
        raise output_error(error, folder) from error


def remove_leftovers(folder: Path, name: re.Pattern[str]) -> None:
    """Delete what `find_leftovers` finds. Call it only while nobody else may be writing files of these names."""
    for path in find_leftovers(folder, name):
        _discard(path)


def find_leftovers(folder: Path, name: re.Pattern[str]) -> list[Path]:
    """Return what killed engines left in `folder`: probes, and half-written files whose final name matches.

    Nothing in a folder that is a link or that is not there.
    """
    if is_link(folder) or not folder.is_dir():
        return []
    half_written = re.compile(rf"\.(?:{name.pattern})\.{_TOKEN}{re.escape(_TEMPORARY)}")
    with os.scandir(folder) as entries:
        return [Path(entry.path) for entry in entries if _is_leftover(entry, half_written)]


def is_link(path: Path) -> bool:
    """Return whether `path` is a link or, on Windows, a junction."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    junction = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", None)
    return stat.S_ISLNK(status.st_mode) or (junction is not None and getattr(status, "st_reparse_tag", 0) == junction)


def _is_leftover(entry: os.DirEntry[str], half_written: re.Pattern[str]) -> bool:
    try:
        if not entry.is_file(follow_symlinks=False):
            return False
        is_probe = _PROBE.fullmatch(entry.name) is not None and entry.stat(follow_symlinks=False).st_size == 0
    except OSError:
        return False  # it went just now
    return is_probe or half_written.fullmatch(entry.name) is not None


def _temporary_name(name: str) -> str:
    """Return a name that no other engine chooses: those in containers may all have the same process id."""
    return f".{name}.{secrets.token_hex(8)}{_TEMPORARY}"


def _create(path: Path) -> None:
    """Make an empty file where nothing is; links are not followed."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    os.close(os.open(path, flags, 0o666))


def _again(attempt: Callable[[], None], path: Path) -> None:
    """Try again a few times what may be trouble that passes, such as a network drive that blinks."""
    for number in range(_ATTEMPTS):
        try:
            return attempt()
        except OSError as error:
            if error.errno in _LASTING or number == _ATTEMPTS - 1:
                raise output_error(error, path) from error
            time.sleep(0.1 * 4**number)


def _discard(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # the next run finds it again
