"""The state from which an interrupted run goes on: what the model needs, and the cuts that were found so far."""

from __future__ import annotations

import dataclasses
import json
import os
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import files
from ..models.interface import ResumePoint
from ..protocol import PassRecord, PlatelightError
from ..protocol.codec import from_fields
from ..protocol.licences import PaidWork
from ..protocol.records import read_regular

_FORMAT = 2
"""A state in another one is not understood: its run starts again."""
_ARRAY = "array_"
_FIRST = "emitted"
_BEGINNING = b"PK\x03\x04"
_DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    TypeError,
    RuntimeError,
    MemoryError,
    zlib.error,
    struct.error,
    zipfile.BadZipFile,
)
"""What reading a damaged file may raise."""
_UNKNOWN_TO_0_1 = ("earlier", "licence", "paid")
"""Fields of a record that version 0.1 doesn't know; it goes on with states that lack them, and so do we with its own."""
_NAME_AT = 30
"""Where a zip file has the name of its first member."""


@dataclass(frozen=True, kw_only=True)
class ResumeState:
    """`cuts`: frames that are known to begin a shot. `black`: those of them that begin a run of black frames. A state of version
    0.1 has none."""

    point: ResumePoint
    cuts: tuple[int, ...] = ()
    black: tuple[int, ...] = ()


def write_state(path: Path, state: ResumeState, *, made: PassRecord) -> None:
    """Keep `state`; `made` says of which run it is. Raises: `disk_full`, `output_not_writable`."""
    point = state.point
    fields: dict[str, Any] = {
        _FIRST: np.int64(point.emitted),
        "read_from": np.int64(point.read_from),
        "context": np.int64(point.context),
        "made": np.frombuffer(_identity(made).encode(), dtype=np.uint8),
        "cuts": np.array(state.cuts, dtype=np.int64),
        "black": np.array(state.black, dtype=np.int64),
    }
    arrays = {f"{_ARRAY}{name}": array for name, array in point.arrays.items()}

    def save(temporary: Path) -> None:
        with open(temporary, "wb") as file:
            np.savez(file, **(fields | arrays))

    files.replace(path, save)


def read_state(path: Path, *, made: PassRecord) -> ResumeState | None:
    """Return the state in `path`, None where there is none, or it is of another run than `made`, or it is damaged."""
    if not is_state_file(path):
        return None
    try:
        with np.load(path, allow_pickle=False) as held:
            if not _is_same_run(bytes(held["made"]), made):
                return None
            arrays = {name.removeprefix(_ARRAY): held[name] for name in held.files if name.startswith(_ARRAY)}
            places = {name: int(held[name]) for name in (_FIRST, "read_from", "context")}
            found = {name: tuple(held[name].tolist()) for name in ("cuts", "black") if name in held.files}
            return ResumeState(point=ResumePoint(**places, arrays=arrays), **found)
    except _DAMAGE:
        return None


def is_state_file(path: Path) -> bool:
    """Return whether an engine wrote the file, whole or damaged. An empty file holds nothing that could be lost."""
    if files.is_link(path) or not os.path.lexists(path):
        return False
    data = read_regular(path, at_most=_NAME_AT + len(_FIRST))
    return data is not None and (data == b"" or (data.startswith(_BEGINNING) and data[_NAME_AT:] == _FIRST.encode()))


def _identity(record: PassRecord) -> str:
    """Return what two runs must share for one to continue the other."""
    fields = dataclasses.asdict(_run_of(record))
    for name in _UNKNOWN_TO_0_1:
        del fields[name]
    return json.dumps([_FORMAT, fields], sort_keys=True)


def _is_same_run(identity: bytes, record: PassRecord) -> bool:
    try:
        state_format, fields = json.loads(identity)
        return state_format == _FORMAT and from_fields(PassRecord, fields) == _run_of(record)
    except (ValueError, TypeError, RecursionError, PlatelightError):
        return False


def _run_of(record: PassRecord) -> PassRecord:
    """Return a record without what is no part of how its frames are made."""
    known = dataclasses.replace(record, earlier=(), licence="", paid=PaidWork.ASK)
    return dataclasses.replace(known, done=0, complete=False, source_path="", others=(), cuts=(), black=())
