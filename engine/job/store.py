"""What lies on disk for a clip and one of its passes: its frames, its record, and the state of an interrupted run.

A file is replaced or removed only where it says of itself that Platelight wrote it for this clip and pass.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from .. import exr, files
from ..protocol import (
    PASSES,
    ErrorCode,
    EstimateSettings,
    PassHeader,
    PassRecord,
    PlatelightError,
    done_frames,
    is_pass_of,
    is_whole_pass,
    pass_file,
    pass_folder,
    read_pass_header,
    read_record,
    record_file,
)
from ..protocol.records import read_regular
from . import ranges
from .lock import hold
from .on_disk import OnDisk
from .state import ResumeState, is_state_file, read_state, write_state

_NEW_FIELDS = ("earlier",)
"""Fields of a record that version 0.1 doesn't know: left out where they are empty, so that it understands what it can."""
_BEGINNING = 4096
_LEAST_COMPRESSED = 0.15
"""Nothing that looks like a normal pass compresses below this share; less free space than that can't be enough."""


class PassStore:
    """The files of one pass of a clip.

    Args:
        out: the folder of all passes.
        source: path or name of the plate; with the one in the record it tells which files of version 0.1 are of this clip.
    """

    def __init__(self, out: Path, *, pass_name: str, clip: str, source: str, is_sequence: bool) -> None:
        self.out, self.pass_name, self.clip = out, pass_name, clip
        self.folder = pass_folder(out, pass_name)
        self._record_file = record_file(out, pass_name=pass_name, clip=clip)
        self._state_file = self.folder / f"{clip}.resume"
        self._lock_file = self.folder / f".{clip}.lock"
        self._own_names = re.compile(rf"{re.escape(clip)}\.(?:-?\d+\.exr|json|resume)")
        self._sources: tuple[str, ...] = (source,)
        self._is_sequence = is_sequence
        self._emptied: frozenset[int] = frozenset()

    @contextlib.contextmanager
    def held(self) -> Iterator[bool]:
        """Make the folder and keep other writers of this clip out while the block runs; see `hold`. Half-written files that killed
        engines have left are removed.

        Raises:
            PlatelightError: `disk_full`, `output_not_writable`, `output_in_use`.
        """
        files.make_folder(self.folder)
        with hold(self._lock_file) as locked:
            if locked:
                self._remove_leftovers()
            yield locked

    def tidy(self) -> None:
        """Remove what killed engines have left of a pass that this job does not make. Where another engine is writing it, or the
        folder can't be written, nothing happens."""
        with contextlib.suppress(PlatelightError, OSError):
            if files.is_link(self.folder):
                return
            if not (files.find_leftovers(self.folder, self._own_names) or is_state_file(self._state_file)):
                return
            with hold(self._lock_file) as locked:
                if locked:
                    self._remove_leftovers()

    def look(self, wanted: range) -> OnDisk:
        """Return what is there; of the frames `wanted`, also whose files they are."""
        record = read_record(self._record_file)
        if record:
            self._sources = (self._sources[0], record.source_path)
        known = (*done_frames(record), range(record.first, record.last + 1)) if record else ()
        entries = self._entries()
        empty = {frame for frame, entry in entries.items() if _is_empty(entry)}
        self._emptied = frozenset(frame for frame in empty if ranges.contains(known, frame))
        headers = {frame: header for frame in wanted if frame in entries and (header := self.header(frame))}
        cut_off = {frame for frame in headers if not is_whole_pass(self.path(frame))}
        foreign = {
            frame: entries[frame].name
            for frame in wanted
            if frame in entries and frame not in headers and frame not in self._emptied
        }
        return OnDisk(
            folder=self.folder,
            record=record,
            frames=frozenset(frame for frame, entry in entries.items() if _has_content(entry)) - cut_off,
            headers=headers,
            foreign=foreign,
            foreign_files=tuple(self._foreign_files(record)),
        )

    def header(self, frame: int) -> PassHeader | None:
        """Return what the file of a frame says of itself, None unless Platelight wrote it for this clip and pass."""
        path = self.path(frame)
        header = None if files.is_link(path) else read_pass_header(path)
        if header and is_pass_of(
            header, pass_name=self.pass_name, clip=self.clip, frame=frame, sources=self._sources, is_sequence=self._is_sequence
        ):
            return header
        return None

    def path(self, frame: int) -> Path:
        return pass_file(self.out, pass_name=self.pass_name, clip=self.clip, frame=frame)

    def write(self, frame: int, values: np.ndarray, *, origin: exr.Origin) -> None:
        """Write a frame, (H, W, C) as `exr.fill` has it; what is there under its name goes in the same moment.

        Raises:
            PlatelightError: `disk_full`, `output_not_writable`; `foreign_files` for a file of another program.
        """

        def fill(temporary: Path) -> None:
            exr.fill(temporary, values, pass_name=self.pass_name, origin=origin)
            self._refuse(frame)

        files.replace(self.path(frame), fill)

    def write_record(self, record: PassRecord) -> None:
        """Raises: `disk_full`, `output_not_writable`."""
        fields = dataclasses.asdict(record)
        text = json.dumps({name: value for name, value in fields.items() if value or name not in _NEW_FIELDS}, indent=1) + "\n"
        files.replace(self._record_file, lambda temporary: temporary.write_text(text, encoding="utf-8"))

    def write_state(self, state: ResumeState, *, made: PassRecord) -> None:
        """Keep a state from which a later run can go on; `made` says of which run. Raises: `disk_full`, `output_not_writable`."""
        write_state(self._state_file, state, made=made)

    def read_state(self, *, made: PassRecord) -> ResumeState | None:
        """Return the state that is kept of this run, None where there is none."""
        return read_state(self._state_file, made=made)

    def remove_state(self) -> None:
        """Raises: `output_not_writable`."""
        if is_state_file(self._state_file):
            files.remove(self._state_file)

    def remove_stale_state(self) -> None:
        """Remove a state that no run can use: one is of use to the interrupted run that the record tells of. A run that was killed
        at its end leaves one behind. Raises: `output_not_writable`."""
        record = read_record(self._record_file)
        if record is None or record.complete or self.read_state(made=record) is None:
            self.remove_state()

    def _remove_leftovers(self) -> None:
        self.remove_stale_state()
        files.remove_leftovers(self.folder, self._own_names)

    def outside(self, wanted: range) -> Mapping[int, PassHeader]:
        """Return the headers of the clip's other frames, as far as Platelight wrote them."""
        return {frame: header for frame in self._entries() if frame not in wanted and (header := self.header(frame))}

    def remove(self, frames: Mapping[int, PassHeader]) -> set[int]:
        """Delete frames that are still what they were when `outside` looked; returns those that are gone.

        Raises:
            PlatelightError: `output_not_writable`.
        """
        gone = {frame for frame, header in frames.items() if self.header(frame) == header}
        for frame in sorted(gone):
            files.remove(self.path(frame))
        return gone

    def bytes_of(self, frames: range) -> int:
        """Return what the files of `frames` take on disk."""
        return sum(_size(entry) for frame, entry in self._entries().items() if frame in frames)

    def _entries(self) -> dict[int, os.DirEntry[str]]:
        """Return what lies in the folder under the names of the clip's frames, whatever it is."""
        number = re.compile(re.escape(self.clip) + r"\.(-?\d{1,10})\.exr")
        with os.scandir(self.folder) as entries:
            found = [(int(match[1]), entry) for entry in entries if (match := number.fullmatch(entry.name))]
        return {frame: entry for frame, entry in found if entry.name == self.path(frame).name}

    def _foreign_files(self, record: PassRecord | None) -> Iterator[str]:
        begins = re.compile(rf'\s*\{{\s*"pass_name"\s*:\s*"{re.escape(self.pass_name)}"\s*,\s*"clip"\s*:'.encode())
        if record is None and _is_other_file(self._record_file, lambda data: begins.match(data) is not None):
            yield self._record_file.name
        if os.path.lexists(self._state_file) and not is_state_file(self._state_file):
            yield self._state_file.name

    def _refuse(self, frame: int) -> None:
        """Raises: `foreign_files` where a file of another program has the name of this frame."""
        path = self.path(frame)
        if os.path.lexists(path) and frame not in self._emptied and self.header(frame) is None:
            raise PlatelightError(ErrorCode.FOREIGN_FILES, f"{path.name} in {self.folder}")


def check_space(stores: Sequence[PassStore], frames: Sequence[range], *, count: int, size: tuple[int, int]) -> None:
    """Refuse a job whose files can't fit, before hours of work.

    Args:
        frames: those that are written; what they take the place of counts as free.
        count: how many of them.
        size: width and height of a pass.

    Raises:
        PlatelightError: `disk_full`.
    """
    least = count * size[0] * size[1] * sum(PASSES[store.pass_name].bytes_per_pixel for store in stores) * _LEAST_COMPRESSED
    free = shutil.disk_usage(stores[0].out).free + sum(store.bytes_of(run) for store in stores for run in frames)
    if free < least:
        detail = f"{stores[0].out} has {free / 1e9:.2f} GB free, the passes need at least {least / 1e9:.2f} GB"
        raise PlatelightError(ErrorCode.DISK_FULL, detail)


def settings_text(settings: EstimateSettings) -> str:
    """Return the settings as the files of a pass tell them."""
    return json.dumps(dataclasses.asdict(settings))


def _is_other_file(path: Path, is_ours: Callable[[bytes], bool]) -> bool:
    """Return whether something is there that Platelight did not write. An empty file holds nothing that could be lost."""
    if not os.path.lexists(path):
        return False
    data = None if files.is_link(path) else read_regular(path, at_most=_BEGINNING)
    return data is None or not (data == b"" or is_ours(data))


def _has_content(entry: os.DirEntry[str]) -> bool:
    return entry.is_file() and _size(entry) > 0


def _is_empty(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) and _size(entry) == 0


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except FileNotFoundError:
        return 0  # a link that leads nowhere, or a file that has just gone
