"""Deciding what a job has to do, before anything is read or written. Pure functions."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..models.table import ModelInfo
from ..protocol import (
    DoneRange,
    ErrorCode,
    Estimate,
    EstimateSettings,
    PassRecord,
    PlatelightError,
    done_frames,
    settings_differences,
    weights_difference,
)
from ..protocol.messages import MOST_TOKENS, WIDEST

_CLIP = re.compile(r"[\w+-][\w.+-]*")
_CHOICES = {"precision": ("auto", "fp32", "bf16", "fp16"), "device": ("auto", "cpu", "cuda", "mps")}


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Frames `first` to `last` of a job: `there` already, or to be made in one run, which may `resume` an interrupted one."""

    first: int
    last: int
    there: bool = False
    resume: bool = False

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    @property
    def frames(self) -> range:
        return range(self.first, self.last + 1)


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a job has to do. `pieces`: all its frames, in order. `replace`: all the clip's passes go once the first frame is there.
    """

    pieces: tuple[Piece, ...]
    replace: bool = False

    @property
    def there(self) -> int:
        """How many of the frames are finished."""
        return sum(piece.count for piece in self.pieces if piece.there)

    @property
    def joins(self) -> tuple[Piece, ...]:
        """The pieces to be made right before or after frames that were there."""
        pairs = itertools.pairwise(self.pieces)
        beside = {piece for pair in pairs if pair[0].there != pair[1].there for piece in pair if not piece.there}
        return tuple(piece for piece in self.pieces if piece in beside)


@dataclass(frozen=True, kw_only=True)
class Making:
    """What passes are made from and how; compared with what a record says. `revision` is empty where it isn't known.

    `stamp`: gives the text that stands for the clip's own frames from one to another, as `ClipReader.stamp`.
    """

    settings: EstimateSettings
    stamp: Callable[[int, int], str]
    color_space: str
    revision: str


def check_request(request: Estimate) -> None:
    """Raises: `setting_invalid`, naming the setting and what it may be."""
    settings = request.settings
    _demand(settings.max_resolution >= 0, "max_resolution", settings.max_resolution, "0 for native, or pixels")
    _demand(settings.window >= 0, "window", settings.window, "0 for the model's own, or frames")
    _demand(settings.overlap >= -1, "overlap", settings.overlap, "-1 for the model's own, or frames")
    _demand(settings.decode_chunk_size >= 1, "decode_chunk_size", settings.decode_chunk_size, "at least 1 frame")
    _demand(0 <= settings.tokens <= MOST_TOKENS, "tokens", settings.tokens, f"0 for the model's own, or up to {MOST_TOKENS}")
    _demand(0 <= settings.fov <= WIDEST, "fov", settings.fov, f"0 to have it estimated, or up to {WIDEST:g} degrees")
    _demand(request.handles >= 0, "handles", request.handles, "at least 0 frames")
    for name, choices in _CHOICES.items():
        _demand(getattr(settings, name) in choices, name, getattr(settings, name), "one of " + ", ".join(choices))
    clip = request.source.clip
    _demand(not clip or _CLIP.fullmatch(clip) is not None, "clip", clip, "letters, digits, and . _ + -")


def effective(settings: EstimateSettings, model: ModelInfo) -> EstimateSettings:
    """The settings as they count: the model's full name, its own window where that is asked for, and fixed values where the model
    doesn't care.

    Raises:
        PlatelightError: `setting_invalid`.
    """
    is_file = settings.temporal not in ("auto", "none")
    _demand(model.tunable or not is_file, "temporal", settings.temporal, f"auto with {model.title}, which has no temporal blocks")
    temporal = str(Path(settings.temporal).expanduser().absolute()) if is_file else settings.temporal
    settings = dataclasses.replace(
        settings, model=model.name, temporal=temporal if model.tunable else "auto",
        tokens=(settings.tokens or model.tokens) if model.tokens else 0, fov=settings.fov if model.tells_lens else 0.0,
    )
    if not model.temporal:
        return dataclasses.replace(settings, window=1, overlap=0, decode_chunk_size=1)
    if model.own_windows:
        return dataclasses.replace(settings, window=model.window, overlap=model.overlap)
    window = settings.window or model.window
    overlap = min(model.overlap, window - 1) if settings.overlap == -1 else settings.overlap
    _demand(overlap < window, "overlap", overlap, f"0 to less than the window, {window}")
    return dataclasses.replace(settings, window=window, overlap=overlap)


def wanted_passes(request: Estimate, model: ModelInfo) -> tuple[str, ...]:
    """The model's passes that are asked for, in the model's order.

    Raises:
        PlatelightError: `setting_invalid` for one that it doesn't make.
    """
    for name in request.passes:
        _demand(name in model.passes, "pass", name, f"{' or '.join(model.passes)} with {model.title}")
    return tuple(name for name in model.passes if name in request.passes) if request.passes else model.passes


def plan_range(request: Estimate, *, clip_first: int, clip_last: int, held: int) -> tuple[int, int]:
    """The frames to estimate: the range asked for, widened by the handles as far as the clip goes.

    Args:
        held: frames behind `clip_last` up to this one show its last picture, so that its passes serve for them.

    Raises:
        PlatelightError: `range_outside_clip`, `setting_invalid` for a range that ends before it starts.
    """
    first = clip_first if request.first is None else request.first
    last = clip_last if request.last is None else request.last
    _demand(first <= last, "first", first, f"at most the last frame, {last}")
    if first < clip_first or last > held:
        detail = f"{first} to {last} was asked for, the clip has {clip_first} to {clip_last}"
        raise PlatelightError(ErrorCode.RANGE_OUTSIDE_CLIP, detail)
    return max(clip_first, min(first, clip_last) - request.handles), min(clip_last, last + request.handles)


@dataclass(frozen=True, kw_only=True)
class There:
    """What there is of one pass. `record`: None where none can be read. `frames`: those that have a file. `strangers`: those of
    these that are not known to be made as the record says; all of them where there is none."""

    record: PassRecord | None
    frames: frozenset[int]
    strangers: frozenset[int]


def speaking(there: Sequence[There]) -> list[There]:
    """`there` without records that speak of nothing: where none of the frames that they know has a file, they forbid nothing."""
    if any(each.frames - each.strangers for each in there):
        return list(there)
    return [There(record=None, frames=each.frames, strangers=each.frames) for each in there]


def recorded_frames(record: PassRecord | None) -> set[int]:
    """Frames that a record's runs have made: those that are finished, and of the last run also those that it may have got to."""
    if record is None:
        return set()
    return {frame for done in done_frames(record) for frame in done}.union(range(record.first, record.last + 1))


def shared_record(there: Sequence[There]) -> PassRecord | None:
    """What is known of all passes that a run makes together, None where one has no record. Their records are written one after the
    other, so the last one never promises what the others lack."""
    return None if any(each.record is None for each in there) else there[-1].record


def decide(there: Sequence[There], making: Making, *, first: int, last: int, overwrite: bool) -> Work:
    """What to do, given what is there. Finished frames are kept, whichever run has made them.

    Args:
        there: of each pass, in the order in which their records are written.
        making: what would be made now; ``auto`` settings match whatever was resolved then.
        first, last: the frames wanted.
        overwrite: whether what is there may be replaced.

    Raises:
        PlatelightError: `passes_differ`, naming the differences.
    """
    wanted = range(first, last + 1)
    strangers = sum(len(each.strangers.intersection(wanted)) for each in there)
    if strangers and not overwrite:
        detail = f"{strangers} of the files are there without a record of how they were made"
        raise PlatelightError(ErrorCode.PASSES_DIFFER, detail)
    if changes := all_differences(there, making):
        if not overwrite:
            raise PlatelightError(ErrorCode.PASSES_DIFFER, ", ".join(changes))
        return anew(first, last, replace=True)
    record, present = shared_record(there), frozenset.intersection(*(each.frames for each in there))
    if record is None:
        return anew(first, last, replace=bool(strangers))
    run = range(record.first, record.last + 1)
    if overwrite:
        # What is there of an interrupted run is what it has replaced already.
        return Work(pieces=(Piece(first=first, last=last, resume=run == wanted and not record.complete),))
    finished = {frame for done in done_frames(record) for frame in done}
    # A state is kept of one run only: it is of use where that run comes first, and whole.
    comes_first = finished.issuperset(range(first, record.first))
    interrupted = run if not record.complete and run[0] in wanted and run[-1] in wanted and comes_first else range(0)
    finished.difference_update(interrupted)
    if any(frame in finished and frame not in present for frame in wanted):
        return anew(first, last)  # files were lost: what takes their place is made in one run with its surroundings
    runs = itertools.groupby(wanted, key=lambda frame: (frame in finished, frame in interrupted))
    pieces = [(there, resume, list(frames)) for (there, resume), frames in runs]
    return Work(pieces=tuple(
        Piece(first=frames[0], last=frames[-1], there=there, resume=resume) for there, resume, frames in pieces
    ))


def anew(first: int, last: int, *, replace: bool = False) -> Work:
    """Make all frames, whatever is there."""
    return Work(pieces=(Piece(first=first, last=last),), replace=replace)


def all_differences(there: Sequence[There], making: Making) -> tuple[str, ...]:
    """What would be made otherwise than the passes' records say, in words."""
    found = [change for each in there if each.record for change in differences(each.record, making)]
    return tuple(dict.fromkeys(found))


def differences(record: PassRecord, making: Making) -> tuple[str, ...]:
    """What would be made otherwise than a record says, in words."""
    changes = list(settings_differences(record.settings, making.settings))
    if record.color_space != making.color_space:
        changes.append(f"colour space {record.color_space or 'default'} -> {making.color_space or 'default'}")
    if making.revision and (
        weights := weights_difference(record, revision=making.revision, temporal=making.settings.temporal)
    ):
        changes.append(weights)
    if any(making.stamp(done.first, done.last) != done.source_stamp for done in _stamped(record)):
        changes.append("the clip's own frames")
    return tuple(changes)


def _stamped(record: PassRecord) -> tuple[DoneRange, ...]:
    """The ranges whose source files the record knows: an interrupted run's is whole from its beginning."""
    return (*record.others, DoneRange(first=record.first, last=record.last, source_stamp=record.source_stamp))


def adopt(settings: EstimateSettings, record: PassRecord) -> EstimateSettings:
    """`settings` with ``auto`` replaced by what the record's run resolved it to, so that a continued run does the same."""
    return dataclasses.replace(settings, **{
        name: getattr(record.settings, name) for name in _CHOICES if getattr(settings, name) == "auto"
    })


def _demand(right: bool, name: str, value: object, may_be: str) -> None:
    if not right:
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"{name} {value!r}; it may be {may_be}")
