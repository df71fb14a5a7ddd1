"""Deciding what a job has to do, before anything is read or written. Pure functions."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from enum import Enum

from .protocol import ErrorCode, Estimate, EstimateSettings, PassRecord, PlatelightError, settings_differences

_CLIP = re.compile(r"[\w+-][\w.+-]*")
_CHOICES = {"precision": ("auto", "fp32", "bf16", "fp16"), "device": ("auto", "cpu", "cuda", "mps")}


class Action(Enum):
    """`REUSE`: all is there. `RESUME`: continue an interrupted run. `FRESH`: start at the first frame; files that are there and
    stay out of the range are kept. `REPLACE`: as `FRESH`, after removing all passes of this clip."""

    REUSE = "reuse"
    RESUME = "resume"
    FRESH = "fresh"
    REPLACE = "replace"


@dataclass(frozen=True, kw_only=True)
class Making:
    """What passes are made from and how; compared with what a record says. `revision` is empty where it isn't known."""

    settings: EstimateSettings
    source_stamp: str
    color_space: str
    revision: str


def check_request(request: Estimate) -> None:
    """Raises: `setting_invalid`, naming the setting and what it may be."""
    settings = request.settings
    _demand(settings.max_resolution >= 0, "max_resolution", settings.max_resolution, "0 for native, or pixels")
    _demand(settings.window >= 1, "window", settings.window, "at least 1 frame")
    _demand(0 <= settings.overlap < settings.window, "overlap", settings.overlap, "0 to less than the window")
    _demand(settings.decode_chunk_size >= 1, "decode_chunk_size", settings.decode_chunk_size, "at least 1 frame")
    _demand(request.handles >= 0, "handles", request.handles, "at least 0 frames")
    for name, choices in _CHOICES.items():
        _demand(getattr(settings, name) in choices, name, getattr(settings, name), "one of " + ", ".join(choices))
    clip = request.source.clip
    _demand(not clip or _CLIP.fullmatch(clip) is not None, "clip", clip, "letters, digits, and . _ + -")


def plan_range(request: Estimate, *, clip_first: int, clip_last: int) -> tuple[int, int]:
    """The frames to estimate: the range asked for, widened by the handles as far as the clip goes.

    Raises:
        PlatelightError: `range_outside_clip`, `setting_invalid` for a range that ends before it starts.
    """
    first = clip_first if request.first is None else request.first
    last = clip_last if request.last is None else request.last
    _demand(first <= last, "first", first, f"at most the last frame, {last}")
    if first < clip_first or last > clip_last:
        detail = f"{first} to {last} was asked for, the clip has {clip_first} to {clip_last}"
        raise PlatelightError(ErrorCode.RANGE_OUTSIDE_CLIP, detail)
    return max(clip_first, first - request.handles), min(clip_last, last + request.handles)


def decide(
    record: PassRecord | None, making: Making, *, first: int, last: int, present: set[int], overwrite: bool
) -> Action:
    """What to do, given what is there.

    Args:
        record: what is known of the passes in the folder.
        making: what would be made now; ``auto`` settings match whatever was resolved then.
        first, last: the frames wanted.
        present: frames that have a file.
        overwrite: whether what is there may be replaced.

    Raises:
        PlatelightError: `passes_differ`, naming the differences.
    """
    wanted = range(first, last + 1)
    if record is None:
        strangers = sum(frame in present for frame in wanted)
        if strangers and not overwrite:
            detail = f"{strangers} of the files are there without a record of how they were made"
            raise PlatelightError(ErrorCode.PASSES_DIFFER, detail)
        return Action.REPLACE if strangers else Action.FRESH
    changes = differences(record, making)
    if changes:
        if not overwrite:
            raise PlatelightError(ErrorCode.PASSES_DIFFER, ", ".join(changes))
        return Action.REPLACE
    if (record.first, record.last) == (first, last) and not record.complete:
        return Action.RESUME  # with `overwrite` too: what is there then is what the interrupted run has replaced already
    finished = range(record.first, record.first + record.done)
    if not overwrite and all(frame in finished and frame in present for frame in wanted):
        return Action.REUSE
    return Action.FRESH


def differences(record: PassRecord, making: Making) -> tuple[str, ...]:
    """What would be made otherwise than the record says, in words."""
    changes = list(settings_differences(record.settings, making.settings))
    if record.color_space != making.color_space:
        changes.append(f"colour space {record.color_space or 'default'} -> {making.color_space or 'default'}")
    if making.revision and record.revision != making.revision:
        changes.append(f"weights of the model {record.revision} -> {making.revision}")
    if record.source_stamp != making.source_stamp:
        changes.append("the clip's own frames")
    return tuple(changes)


def adopt(settings: EstimateSettings, record: PassRecord) -> EstimateSettings:
    """`settings` with ``auto`` replaced by what the record's run resolved it to, so that a continued run does the same."""
    return dataclasses.replace(settings, **{
        name: getattr(record.settings, name) for name in _CHOICES if getattr(settings, name) == "auto"
    })


def _demand(right: bool, name: str, value: object, may_be: str) -> None:
    if not right:
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"{name} {value!r}; it may be {may_be}")
