"""Reading the record of a pass: what can't be a record is none, and no number in it can cost memory or time."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from .codec import from_fields
from .errors import PlatelightError
from .passes import DoneRange, FrameRange, PassRecord

_MOST_BYTES = 4 << 20
_FRAMES = range(-(2**31), 2**31)


def read_record(file: Path) -> PassRecord | None:
    """Return the record in `file`, None where there is none or it can't be understood."""
    data = read_regular(file, at_most=_MOST_BYTES + 1)
    if data is None or len(data) > _MOST_BYTES:
        return None
    try:
        record = from_fields(PassRecord, json.loads(data))
    except (ValueError, RecursionError, PlatelightError):
        return None
    return record if _is_sane(record) else None


def read_regular(file: Path, *, at_most: int) -> bytes | None:
    """Return the first bytes of a regular file, None where there is no such file or it can't be read. Never wait for a pipe."""
    try:
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError):
        return None
    try:
        with os.fdopen(descriptor, "rb") as opened:
            return opened.read(at_most) if stat.S_ISREG(os.fstat(opened.fileno()).st_mode) else None
    except OSError:
        return None


def _is_sane(record: PassRecord) -> bool:
    """Whether every range is one, no frame number is beyond all clips, and no more is done than there is to do."""
    whole = all(run.first in _FRAMES and run.last in _FRAMES and run.first <= run.last for run in _ranges(record))
    return whole and all(cut in _FRAMES for cut in _cuts(record)) and 0 <= record.done <= record.last - record.first + 1


def _ranges(record: PassRecord) -> Iterator[DoneRange | FrameRange]:
    yield FrameRange(first=record.first, last=record.last)
    yield from record.others
    for made in record.earlier:
        yield from made.sources
        yield from made.frames


def _cuts(record: PassRecord) -> Iterator[int]:
    yield from (*record.cuts, *record.black)
    for made in record.earlier:
        yield from (*made.cuts, *made.black)
