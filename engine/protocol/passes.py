"""Where passes lie and what is known of them: the names of files, and the record beside them that lets a job continue."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path

from .bounds import MOST_FRAMES, Count, Frame
from .frame_numbers import Place, last_place, marked_place
from .licences import PaidWork
from .messages import EstimateSettings


def clip_name(path: str, *, is_sequence: bool, place: Place | None = None) -> str:
    """Return the clip's name in file names: the stem of a movie, the stem without its frame number for a sequence.

    ``plate_v2.mov`` -> ``plate_v2``; ``plate.0101.exr`` or ``plate.####.exr`` -> ``plate``; ``shot_0101_graded.png`` ->
    ``shot_graded``; ``0001.png`` -> the folder's name.

    Args:
        place: of a sequence, where it has its frame number; where it is marked or in the last digits by default.
    """
    file = Path(path.replace("\\", "/"))
    stem = file.stem
    if is_sequence and (place := place or marked_place(file.name) or last_place(file.name)):
        before, after = place.before, place.after.removesuffix(file.suffix)
        before = before[:-1] if before.endswith((".", "_", "-")) else before
        stem = (before + after if before else after.lstrip("._-")) or file.parent.name
    return re.sub(r"[^\w.+-]+", "_", stem).strip("._") or "clip"


def pass_folder(out: str | Path, pass_name: str) -> Path:
    return Path(out) / pass_name


def pass_file(out: str | Path, *, pass_name: str, clip: str, frame: int) -> Path:
    """``out/normal/clip.0001.exr``: at least four digits of the source frame number."""
    return pass_folder(out, pass_name) / f"{clip}.{frame:04d}.exr"


def record_file(out: str | Path, *, pass_name: str, clip: str) -> Path:
    """Return the record of a pass; JSON fields of `PassRecord`."""
    return pass_folder(out, pass_name) / f"{clip}.json"


def tuned_file(out: str | Path, *, model: str, clip: str) -> Path:
    """Temporal blocks of `model` (a name or a folder) that were trained on a clip, beside its passes:
    ``out/tuned/<clip>.<model>.safetensors``."""
    return Path(out) / "tuned" / f"{clip}.{Path(model.replace(chr(92), '/')).name}.safetensors"


@dataclass(frozen=True, kw_only=True)
class DoneRange:
    """Frames `first` to `last` are finished. `source_stamp` tells one state of their source files from another."""

    first: Frame
    last: Frame
    source_stamp: str

    def __post_init__(self) -> None:
        _check_range(self.first, self.last)


@dataclass(frozen=True, kw_only=True)
class FrameRange:
    """Frames `first` to `last`."""

    first: Frame
    last: Frame

    def __post_init__(self) -> None:
        _check_range(self.first, self.last)


@dataclass(frozen=True, kw_only=True)
class MadeFrames:
    """Frames of a pass that were made in one way.

    `sources`: ranges with the state of their source files. `frames`: which frames of these are finished and still on disk.
    The other fields are those of `PassRecord`.
    """

    color_space: str
    revision: str
    settings: EstimateSettings
    sources: tuple[DoneRange, ...]
    frames: tuple[FrameRange, ...]
    cuts: tuple[Frame, ...] = ()
    black: tuple[Frame, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PassRecord:
    """How the frames of a pass were made.

    `source_stamp` tells one state of the source's files from another; `settings` are as resolved (no ``auto``);
    `first`, `last`: the range of the last run, handles included; `done`: frames written from `first` on; `complete`: all are.
    `others`: what earlier runs have finished in the same way outside of that range, such as for another strip of the clip.
    `cuts`: frames that are known to begin a shot; `black`: those of them that begin a run of black frames. Models that look for
    cuts carry nothing across them. `relative`: of a depth, whether it is in a unit of the shot's own rather than in metres.
    `licence`, `paid`: of the model that made the frames, and whether it may be used in paid work; older records say nothing.
    `earlier`: frames on disk that earlier runs have made with other settings, and that no run has replaced yet.
    """

    pass_name: str
    clip: str
    source_path: str
    source_stamp: str
    color_space: str
    revision: str
    settings: EstimateSettings
    first: Frame
    last: Frame
    done: Count
    complete: bool
    others: tuple[DoneRange, ...] = ()
    cuts: tuple[Frame, ...] = ()
    black: tuple[Frame, ...] = ()
    relative: bool = False
    licence: str = ""
    paid: PaidWork = PaidWork.ASK
    earlier: tuple[MadeFrames, ...] = ()

    def __post_init__(self) -> None:
        _check_range(self.first, self.last)
        if not 0 <= self.done <= self.last - self.first + 1:
            raise ValueError(f"{self.done} of the frames {self.first} to {self.last} cannot be done")


def _check_range(first: int, last: int) -> None:
    """Raises:
    ValueError: for what is no range of a clip's frames.
    """
    if not 0 <= last - first < MOST_FRAMES:
        raise ValueError(f"{first} to {last} is no range of frames")


def done_frames(record: PassRecord) -> tuple[range, ...]:
    """Return all frames that are finished, those of an interrupted run included."""
    own = range(record.first, record.first + record.done)
    return (*(range(other.first, other.last + 1) for other in record.others), own)


def made_frames(record: PassRecord) -> tuple[MadeFrames, ...]:
    """Return what a record knows of each way in which frames were made, the present one first."""
    own = DoneRange(first=record.first, last=record.last, source_stamp=record.source_stamp)
    present = MadeFrames(
        color_space=record.color_space,
        revision=record.revision,
        settings=record.settings,
        sources=(*record.others, own),
        frames=tuple(FrameRange(first=run[0], last=run[-1]) for run in done_frames(record) if run),
        cuts=record.cuts,
        black=record.black,
    )
    return (present, *record.earlier)


_OWN = {"window": 0, "overlap": -1, "tokens": 0}
"""Values that stand for what the model was made for."""


def settings_differences(then: EstimateSettings, now: EstimateSettings) -> tuple[str, ...]:
    """Return what changed, in words: ``("max_resolution 512 -> 1024",)``. ``auto`` and what the model was made for match now
    whatever they
    were resolved to then."""
    changes = []
    for field in dataclasses.fields(EstimateSettings):
        old, new = getattr(then, field.name), getattr(now, field.name)
        if new not in (old, "auto") and new != _OWN.get(field.name):
            changes.append(f"{field.name} {old} -> {new}")
    return tuple(changes)
