"""Turning what libraries raise into what a person can act on."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from .protocol import ErrorCode, PlatelightError

FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def explain(error: BaseException, *, out: Path | None = None) -> PlatelightError:
    """Return the failure behind an exception; `internal` where nobody foresaw it. `out`: the folder of the passes, where there is
    one."""
    if isinstance(error, PlatelightError):
        return error
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM) or _torch_ran_out(error):
        return PlatelightError(ErrorCode.OUT_OF_MEMORY, str(error).splitlines()[0][:200] if str(error) else "of the machine")
    if isinstance(error, ImportError):
        return PlatelightError(ErrorCode.ENGINE_INCOMPLETE, str(error))
    if isinstance(error, OSError) and error.filename:
        path = Path(os.fsdecode(error.filename))
        if out and path.is_relative_to(out):
            return output_error(error, path)
        return PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path}: {error.strerror}")
    return PlatelightError(ErrorCode.INTERNAL, f"{type(error).__name__}: {error}".splitlines()[0][:300])


def output_error(error: OSError, path: Path) -> PlatelightError:
    """Return the failure of writing `path` as a person should read it."""
    code = ErrorCode.DISK_FULL if error.errno in FULL_DISK else ErrorCode.OUTPUT_NOT_WRITABLE
    return PlatelightError(code, f"{path}: {os.strerror(error.errno) if error.errno else error}")


def _torch_ran_out(error: BaseException) -> bool:
    if "torch" not in sys.modules:
        return False
    from .device import is_out_of_memory

    return is_out_of_memory(error)
