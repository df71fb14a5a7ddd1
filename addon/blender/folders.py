"""Where a plate's passes lie, and what is known of those that are there."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

import bpy

from ..contract import PassRecord, Source, read_record, record_file
from ..identity import user_folder
from . import paths, sequences
from .clips import ClipTarget

FOLDER = "platelight"
_SAMPLE_BYTES = 1 << 16


def plain_folder(target: ClipTarget) -> str:
    """Absolute: ``//platelight/<clip>`` beside the project, or in the extension's own folder while that is not saved."""
    root = project_folder() if bpy.data.filepath else unsaved_folder()
    return str(root / target.source.clip)


def project_folder() -> Path:
    """Return the folder of passes beside a saved project, absolute."""
    return paths.absolute(f"//{FOLDER}")


def unsaved_folder() -> Path:
    """Return the folder of passes of projects that are not saved, absolute."""
    return user_folder() / "passes"


def default_folder(target: ClipTarget, *, claimed: Iterable[tuple[str, Source]] = ()) -> str:
    """Return the plain folder; where another clip of the same name has its passes there, the next that is free: ``<clip>_2``, ...

    Args:
        claimed: folders that have no passes yet but will have, and whose.
    """
    plain, clip = plain_folder(target), target.source.clip
    for number in itertools.count(1):
        out = plain if number == 1 else f"{plain}_{number}"
        paths = [source.path for folder, source in claimed if (folder, source.clip) == (out, clip)]
        paths += [record.source_path for record in existing_records(out, target)]
        if all(is_clip(path, target) for path in paths):
            break
    return out


def existing_records(out: str, target: ClipTarget) -> list[PassRecord]:
    """Return what is known of the passes that are there already, whichever they are."""
    there = sorted(folder.name for folder in Path(out).iterdir()) if Path(out).is_dir() else []
    found = [existing_record(out, target, pass_name=name) for name in there]
    return [record for record in found if record]


def existing_record(out: str, target: ClipTarget, *, pass_name: str) -> PassRecord | None:
    """Return what is known of a pass that is there already; None without one, and for one that cannot be read (it is then made
    anew)."""
    return read_record(record_file(out, pass_name=pass_name, clip=target.source.clip))


def is_clip(path: str, target: ClipTarget) -> bool:
    """Return whether passes made from `path` are of the target's clip: of the same files, of a copy of them, or of files that are
    gone,
    as after the project has moved. Only the engine, which looks at all frames, can then tell for sure."""
    then, now = Path(path), Path(target.source.path)
    if target.is_sequence and sequences.same_run(then.name, now.name):
        now = now.with_name(then.name)
    if paths.same(then, now) or not then.is_file():
        return True
    return now.is_file() and _sample(then) == _sample(now)


def _sample(file: Path) -> tuple[int, bytes, bytes]:
    """Return a file's size and both its ends."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        start = stream.read(_SAMPLE_BYTES)
        stream.seek(max(size - _SAMPLE_BYTES, 0))
        return size, start, stream.read(_SAMPLE_BYTES)
