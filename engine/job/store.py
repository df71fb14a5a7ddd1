"""What a job keeps beside its passes: the record of how they were made, and the state from which it can continue."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import zipfile
from pathlib import Path

import numpy as np

from .. import exr, files
from ..models.interface import ResumePoint
from ..models.table import ModelInfo
from ..protocol import EstimateSettings, PassRecord, PlatelightError, pass_folder, record_file, tuned_file
from ..protocol.codec import from_fields
from .plan import There, recorded_frames

_STATE_FIELDS = ("emitted", "read_from", "context", "made")
_STATE_FORMAT = 2
"""A state in another one is not understood: its run starts again."""


def read_record(out: Path, *, pass_name: str, clip: str) -> PassRecord | None:
    """The record of a pass, None where there is none or it can't be understood (then the passes count as strangers)."""
    try:
        fields = json.loads(record_file(out, pass_name=pass_name, clip=clip).read_text(encoding="utf-8"))
        return from_fields(PassRecord, fields)
    except (OSError, ValueError, PlatelightError):
        return None


def write_record(out: Path, record: PassRecord) -> None:
    """Raises: `disk_full`, `output_not_writable`."""
    text = json.dumps(dataclasses.asdict(record), indent=1) + "\n"
    path = record_file(out, pass_name=record.pass_name, clip=record.clip)
    files.replace(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def what_is_there(out: Path, *, pass_name: str, clip: str) -> There:
    """The record of a pass and its frames that have a file with something in it.

    A frame that the record doesn't know is none of a stranger's where its file says of itself that it was made in the same way, as
    a run that was killed leaves them.
    """
    record = read_record(out, pass_name=pass_name, clip=clip)
    found = {frame: entry for frame, entry in _files(out, pass_name=pass_name, clip=clip) if entry.stat().st_size > 0}
    known, made = recorded_frames(record), settings_text(record.settings) if record else ""
    strangers = frozenset(
        frame for frame, entry in found.items()
        if frame not in known
        and not (record and exr.read_making(Path(entry.path)) == exr.Made(revision=record.revision, settings=made))
    )
    return There(record=record, frames=frozenset(found), strangers=strangers)


def settings_text(settings: EstimateSettings) -> str:
    """As the files of a pass say it of themselves."""
    return json.dumps(dataclasses.asdict(settings))


def bytes_of(out: Path, *, pass_name: str, clip: str, frames: range | None = None) -> int:
    """What the files of a pass take, of all its frames or of some."""
    found = _files(out, pass_name=pass_name, clip=clip)
    return sum(entry.stat().st_size for frame, entry in found if frames is None or frame in frames)


def remove_frames(out: Path, *, pass_name: str, clip: str) -> set[int]:
    """Delete all files of a pass of this clip; returns their frames. Raises: `output_not_writable`."""
    found = _files(out, pass_name=pass_name, clip=clip)
    for _, entry in found:
        files.remove(Path(entry.path))
    return {frame for frame, _ in found}


def _files(out: Path, *, pass_name: str, clip: str) -> list[tuple[int, os.DirEntry[str]]]:
    name = re.compile(re.escape(clip) + r"\.(\d{4,})\.exr")
    with os.scandir(pass_folder(out, pass_name)) as entries:
        return [(int(match.group(1)), entry) for entry in entries if (match := name.fullmatch(entry.name))]


def tuned_blocks(out: Path, *, model: ModelInfo, clip: str) -> Path | None:
    """The temporal blocks that were trained on this clip, if there are any."""
    file = tuned_file(out, model=model.name, clip=clip)
    return file if model.tunable and file.is_file() else None


def resume_file(out: Path, *, pass_name: str, clip: str) -> Path:
    return pass_folder(out, pass_name) / f"{clip}.resume"


def write_resume(path: Path, point: ResumePoint, *, made: PassRecord) -> None:
    """Keep `point`; `made` says of which run it is. Raises: `disk_full`, `output_not_writable`."""
    fields = {
        "emitted": np.int64(point.emitted), "read_from": np.int64(point.read_from), "context": np.int64(point.context),
        "made": np.frombuffer(_identity(made).encode(), dtype=np.uint8),
    }
    arrays = {f"array_{name}": array for name, array in point.arrays.items()}

    def save(temporary: Path) -> None:
        with open(temporary, "wb") as file:
            np.savez(file, **fields, **arrays)

    files.replace(path, save)


def read_resume(path: Path, *, made: PassRecord) -> ResumePoint | None:
    """The state kept in `path`, None where there is none, or it is of another run than `made`, or it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as held:
            if bytes(held["made"]).decode() != _identity(made):
                return None
            arrays = {name.removeprefix("array_"): held[name] for name in held.files if name not in _STATE_FIELDS}
            places = {name: int(held[name]) for name in ("emitted", "read_from", "context")}
            return ResumePoint(**places, arrays=arrays)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _identity(record: PassRecord) -> str:
    """What two runs must share for one to continue the other."""
    kept = dataclasses.replace(record, done=0, complete=False, source_path="", others=(), cuts=(), black=())
    return json.dumps([_STATE_FORMAT, dataclasses.asdict(kept)], sort_keys=True)
