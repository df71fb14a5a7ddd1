"""Turning what libraries raise into what a person can act on."""

from __future__ import annotations

import errno
import sys

from .protocol import ErrorCode, PlatelightError

FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def explain(error: BaseException) -> PlatelightError:
    """The failure behind an exception; `internal` where nobody foresaw it."""
    if isinstance(error, PlatelightError):
        return error
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM) or _torch_ran_out(error):
        return PlatelightError(ErrorCode.OUT_OF_MEMORY, str(error).splitlines()[0][:200] if str(error) else "of the machine")
    if isinstance(error, ImportError):
        return PlatelightError(ErrorCode.ENGINE_INCOMPLETE, str(error))
    if isinstance(error, OSError) and error.filename:
        return PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{error.filename}: {error.strerror}")
    return PlatelightError(ErrorCode.INTERNAL, f"{type(error).__name__}: {error}".splitlines()[0][:300])


def _torch_ran_out(error: BaseException) -> bool:
    if "torch" not in sys.modules:
        return False
    from .device import is_out_of_memory

    return is_out_of_memory(error)
