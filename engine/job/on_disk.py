"""What is known of the frames on disk, and whether they are what would be made now. Pure functions."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..protocol import (
    EstimateSettings,
    FrameRange,
    MadeFrames,
    PassHeader,
    PassRecord,
    PlatelightError,
    done_frames,
    made_frames,
    settings_differences,
    weights_difference,
)
from ..protocol.codec import from_fields
from . import ranges


@dataclass(frozen=True, kw_only=True)
class Making:
    """What frames are made from and how; compared with what a record says. `revision` is empty where it isn't known.

    `clip`: all frames of the clip. `stamp`: gives the text that stands for its files from one frame to another, as
    `ClipReader.stamp`.
    """

    settings: EstimateSettings
    stamp: Callable[[int, int], str]
    clip: range
    color_space: str
    revision: str


@dataclass(frozen=True, kw_only=True)
class OnDisk:
    """What lies on disk of one pass of a clip.

    `record`: None where none can be read. `frames`: all that have a file with something in it; of
    the frames asked for, those whose file is whole. `headers`: of the frames asked
    for, those whose file Platelight wrote for this clip and pass, with what it says of itself. `foreign`: the frames asked for
    that have a file of another program. `foreign_files`: files of other programs under the names of the record and of the state.
    """

    folder: Path
    record: PassRecord | None
    frames: frozenset[int]
    headers: Mapping[int, PassHeader]
    foreign: Mapping[int, str]
    foreign_files: tuple[str, ...] = ()

    @property
    def made(self) -> tuple[MadeFrames, ...]:
        """What is known of each way in which frames were made, without those of which no file is left."""
        known = made_frames(self.record) if self.record else ()
        return tuple(made for made in known if self._is_there(made))

    @property
    def present(self) -> MadeFrames | None:
        """What the record says of the last run's way, None where it speaks of nothing: it then forbids nothing."""
        if self.record is None:
            return None
        runs = (*done_frames(self.record), range(self.record.first, self.record.last + 1))
        return made_frames(self.record)[0] if any(ranges.contains(runs, frame) for frame in self.frames) else None

    def _is_there(self, made: MadeFrames) -> bool:
        runs = frame_ranges(made)
        return any(ranges.contains(runs, frame) for frame in self.frames)


def differences(made: MadeFrames, making: Making) -> tuple[str, ...]:
    """Return how `made` differs from what would be made now, in words."""
    changes = list(settings_differences(made.settings, making.settings))
    if made.color_space != making.color_space:
        changes.append(f"colour space {made.color_space or 'default'} -> {making.color_space or 'default'}")
    if making.revision and (weights := weights_difference(made, revision=making.revision, temporal=making.settings.temporal)):
        changes.append(weights)
    if not _same_sources(made, making):
        changes.append("the clip's own frames")
    return tuple(changes)


def frame_ranges(made: MadeFrames) -> tuple[range, ...]:
    return tuple(range(run.first, run.last + 1) for run in made.frames)


def give_up(made: MadeFrames, taken: range) -> MadeFrames:
    """Return what is left of `made` when the frames `taken` are replaced."""
    left = ranges.without(frame_ranges(made), taken)
    return dataclasses.replace(made, frames=tuple(FrameRange(first=run[0], last=run[-1]) for run in left))


def is_made_so(header: PassHeader, *, settings: EstimateSettings, revision: str, color_space: str) -> bool:
    """Return whether a file says of itself that it was made in this way. Files of version 0.1 don't tell their colour space."""
    try:
        then = from_fields(EstimateSettings, json.loads(header.settings))
    except (ValueError, RecursionError, PlatelightError):
        return False
    alike = not settings_differences(then, settings) and header.revision == revision
    return alike and header.color_space in (None, color_space)


def is_of(header: PassHeader, made: MadeFrames) -> bool:
    return is_made_so(header, settings=made.settings, revision=made.revision, color_space=made.color_space)


def _same_sources(made: MadeFrames, making: Making) -> bool:
    """Return whether the source files of all ranges are as they were; an interrupted run's range is known from its beginning."""
    return all(
        run.first in making.clip and run.last in making.clip and making.stamp(run.first, run.last) == run.source_stamp
        for run in made.sources
    )
