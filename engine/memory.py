"""How the C library hands out memory: for networks, large blocks are better kept than given back and asked for anew.

By default the GNU C library gives every freed block of some size back to the system, so that each large tensor is fresh memory,
which the kernel must find and clear page by page, at every operation. Elsewhere nothing here does anything.
"""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -3, -4, -8
"""Of glibc's malloc.h."""
_LARGEST = 2**31 - 1
"""Bytes; all that an option can hold. Blocks beyond it still go back at once."""


def keep_freed_memory() -> None:
    """Let this process use the memory of freed tensors for the next ones. Before any thread is started.

    One arena for all threads: a job of the add-on runs in a thread, and the arena of one is given back whenever it is empty,
    whatever the thresholds say.
    """
    library = _glibc()
    if library is None:
        return
    library.mallopt(_ARENA_MAX, 1)
    library.mallopt(_TRIM_THRESHOLD, _LARGEST)
    if not library.mallopt(_MMAP_THRESHOLD, _LARGEST):  # glibc before 2.35 takes 32 MiB at most
        library.mallopt(_MMAP_MAX, 0)


def release_freed_memory() -> None:
    """Give back what has been kept, as at the end of a job."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") else None
