"""Deciding what a job has to do, given what lies on disk. Pure functions."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..protocol import (
    ErrorCode,
    EstimateSettings,
    MadeFrames,
    PassRecord,
    PlatelightError,
    done_frames,
)
from . import ranges
from .on_disk import Making, OnDisk, differences, frame_ranges, is_of
from .request import CHOICES

_NAMED = 3


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
class Plan:
    """What a job has to do.

    `pieces`: all its frames, in order. `base`: of each pass, what is known of finished frames that are made in the same way, None
    for nothing. `earlier`: of each pass, the frames that were made in other ways. `present`: frames of which all passes have a
    file.
    """

    pieces: tuple[Piece, ...]
    base: tuple[MadeFrames | None, ...]
    earlier: tuple[tuple[MadeFrames, ...], ...]
    present: frozenset[int]

    @property
    def to_make(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in self.pieces if not piece.there)

    @property
    def there(self) -> int:
        """How many of the frames are finished."""
        return sum(piece.count for piece in self.pieces if piece.there)

    @property
    def cuts(self) -> tuple[int, ...]:
        """Frames that are known to begin a shot."""
        return tuple(sorted({cut for made in self.base if made for cut in made.cuts}))

    @property
    def black(self) -> tuple[int, ...]:
        """Those of the cuts that begin a run of black frames."""
        return tuple(sorted({cut for made in self.base if made for cut in made.black}))

    @property
    def joins(self) -> tuple[Piece, ...]:
        """The pieces to be made right before or after frames that were there."""
        pairs = itertools.pairwise(self.pieces)
        beside = {piece for pair in pairs if pair[0].there != pair[1].there for piece in pair if not piece.there}
        return tuple(piece for piece in self.pieces if piece in beside)


def decide(there: Sequence[OnDisk], making: Making, *, wanted: range, overwrite: bool) -> Plan:
    """Return what to do, given what is there. Finished frames are kept, whichever run has made them.

    Args:
        there: of each pass, in the order in which their records are written.
        making: what would be made now; ``auto`` settings match whatever was resolved then.
        wanted: the frames asked for.
        overwrite: whether frames that Platelight wrote may be replaced.

    Raises:
        PlatelightError: `passes_differ`, naming the differences; `foreign_files`, naming some of the files of other programs.
    """
    if not overwrite and (found := _all_there(there, making, wanted=wanted)):
        return _plan(there, making, [Piece(first=wanted[0], last=wanted[-1], there=True)], base=found)
    changes = all_differences(there, making)
    last = there[-1]  # records are written one after the other: this one never promises what the others lack
    fits = not changes and all(each.present for each in there)
    finished = _finished(there, [each.present for each in there], wanted=wanted) if fits else set()
    refuse_foreign(there, kept=set() if overwrite else finished)
    if not overwrite:
        _refuse_others(there, changes)
    if not fits or last.record is None:
        return _plan(there, making, [Piece(first=wanted[0], last=wanted[-1])], base=[_alike(each, making) for each in there])
    pieces = _pieces(last.record, wanted=wanted, finished=finished, overwrite=overwrite)
    return _plan(there, making, pieces, base=[each.present for each in there])


def _pieces(record: PassRecord, *, wanted: range, finished: set[int], overwrite: bool) -> list[Piece]:
    """Return the frames asked for, where those that are `finished` were made in the same way."""
    run = range(record.first, record.last + 1)
    if overwrite:
        # What is there of an interrupted run is what it has replaced already.
        return [Piece(first=wanted[0], last=wanted[-1], resume=run == wanted and not record.complete)]
    # A state is kept of one run only: it is of use where that run comes first, and whole.
    comes_first = all(frame in finished for frame in wanted if frame < record.first)
    interrupted = run if not record.complete and run[0] in wanted and run[-1] in wanted and comes_first else range(0)
    if not finished.issuperset(ranges.within(done_frames(record), wanted).difference(interrupted)):
        # Files were lost: what takes their place is made in one run with its surroundings.
        return [Piece(first=wanted[0], last=wanted[-1])]
    finished = finished.difference(interrupted)
    runs = itertools.groupby(wanted, key=lambda frame: (frame in finished, frame in interrupted))
    pieces = [(done, resume, list(frames)) for (done, resume), frames in runs]
    return [Piece(first=frames[0], last=frames[-1], there=done, resume=resume) for done, resume, frames in pieces]


def all_differences(there: Sequence[OnDisk], making: Making) -> tuple[str, ...]:
    """Return how the passes' records differ from what would be made, in words."""
    found = [change for each in there if each.present for change in differences(each.present, making)]
    return tuple(dict.fromkeys(found))


def adopt(settings: EstimateSettings, made: MadeFrames | None) -> EstimateSettings:
    """Return `settings` with ``auto`` replaced by what an earlier run resolved it to, so that a continued run does the same."""
    if made is None:
        return settings
    return dataclasses.replace(
        settings, **{name: getattr(made.settings, name) for name in CHOICES if getattr(settings, name) == "auto"}
    )


def refuse_foreign(there: Sequence[OnDisk], *, kept: Iterable[int]) -> None:
    """Refuse a job that would replace files of other programs. `kept`: frames that it does not write.

    Raises:
        PlatelightError: `foreign_files`.
    """
    kept = set(kept)
    for each in there:
        names = [*each.foreign_files, *(name for frame, name in sorted(each.foreign.items()) if frame not in kept)]
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            raise PlatelightError(ErrorCode.FOREIGN_FILES, f"{', '.join(names[:_NAMED])}{more} in {each.folder}")


def _refuse_others(there: Sequence[OnDisk], changes: tuple[str, ...]) -> None:
    """Raises: `passes_differ` where the records or the files asked for are made in other ways."""
    if changes:
        raise PlatelightError(ErrorCode.PASSES_DIFFER, ", ".join(changes))
    unknown = sum(len(each.headers) for each in there if each.present is None)
    if unknown:
        raise PlatelightError(ErrorCode.PASSES_DIFFER, f"{unknown} of the files are there without a record of how they were made")
    if others := sum(map(_others, there)):
        raise PlatelightError(ErrorCode.PASSES_DIFFER, f"{others} of the files were made with other settings")


def _others(each: OnDisk) -> int:
    """Return how many of the files asked for were made in another way than the record's last run. That run may replace what it
    was begun
    for: it was asked whether it may."""
    record = each.record
    if record is None or each.present is None:
        return 0
    begun = range(0) if record.complete else range(record.first, record.last + 1)
    return sum(frame not in begun and not is_of(header, each.present) for frame, header in each.headers.items())


def _all_there(there: Sequence[OnDisk], making: Making, *, wanted: range) -> list[MadeFrames] | None:
    """Return what is known of the frames where all that are wanted are there and made in the right way, by whichever run."""
    found = [
        next(
            (
                made
                for made in each.made
                if len(_finished([each], [made], wanted=wanted)) == len(wanted) and not differences(made, making)
            ),
            None,
        )
        for each in there
    ]
    return None if None in found else [made for made in found if made]


def _finished(there: Sequence[OnDisk], made: Sequence[MadeFrames | None], *, wanted: range) -> set[int]:
    """Return the frames asked for that are finished in all passes, each as `made` has it. A file that another program has put in
    the place
    of a finished one is left as it is."""
    return set.intersection(
        *(
            {
                frame
                for frame in ranges.within(frame_ranges(known), wanted)
                if frame in each.frames and (frame in each.foreign or (frame in each.headers and is_of(each.headers[frame], known)))
            }
            for each, known in zip(there, made, strict=True)
            if known
        )
    )


def _alike(each: OnDisk, making: Making) -> MadeFrames | None:
    """Return what is known of frames of a pass that are made as they would be now."""
    return next((made for made in each.made if not differences(made, making)), None)


def _plan(there: Sequence[OnDisk], making: Making, pieces: Sequence[Piece], *, base: Sequence[MadeFrames | None]) -> Plan:
    return Plan(
        pieces=tuple(pieces),
        base=tuple(base),
        earlier=tuple(tuple(made for made in each.made if differences(made, making)) for each in there),
        present=frozenset.intersection(*(each.frames for each in there)),
    )
