"""Reading the record of a pass: what can't be a record is none."""

from __future__ import annotations

from pathlib import Path

from . import bounds
from .bounds import LARGEST_FILE, parse_json
from .codec import from_fields
from .errors import PlatelightError
from .passes import PassRecord


def read_record(file: Path) -> PassRecord | None:
    """Return the record in `file`, None where there is none or it can't be understood."""
    data = read_regular(file, at_most=LARGEST_FILE + 1)
    if data is None or len(data) > LARGEST_FILE:
        return None
    try:
        return from_fields(PassRecord, parse_json(data))
    except (ValueError, PlatelightError):
        return None


def read_regular(file: Path, *, at_most: int) -> bytes | None:
    """Return the first bytes of a regular file, None where there is no such file or it can't be read. Never wait for a pipe."""
    try:
        return bounds.read_regular(file, at_most=at_most)
    except (OSError, ValueError):
        return None
