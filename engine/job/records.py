"""What a job says of its passes while it makes them, so that a later one can continue, add to them, or tell that they differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from ..models.interface import Estimator, ResumePoint
from ..protocol import PASSES, DoneRange, PassRecord
from . import ranges
from .on_disk import Making, frame_ranges, give_up
from .plan import Piece, Plan
from .request import Asked
from .state import ResumeState
from .store import PassStore


class Records:
    """The records of a job's passes. They never promise more than there is.

    Args:
        stores: of each pass.
        made: how each pass is made; the ranges and cuts in it don't matter.
        plan: what is known of the frames that are there.
        stamp: as `ClipReader.stamp`.
    """

    def __init__(
        self, stores: Sequence[PassStore], made: Sequence[PassRecord], *, plan: Plan, stamp: Callable[[int, int], str]
    ) -> None:
        self._stores, self._stamp = tuple(stores), stamp
        self._present = plan.present
        self._kept = [list(frame_ranges(base)) if base else [] for base in plan.base]
        self._made = [
            dataclasses.replace(record, cuts=plan.cuts, black=plan.black, earlier=earlier)
            for record, earlier in zip(made, plan.earlier, strict=True)
        ]

    @property
    def cuts(self) -> tuple[int, ...]:
        """Frames of the clip that are known to begin a shot, in order."""
        return self._made[0].cuts

    def add_cuts(self, frames: Sequence[int], *, black: Sequence[int]) -> None:
        """Shots begin at `frames`, those in `black` with black frames; the next `save` tells."""
        cuts = tuple(sorted({*self.cuts, *frames}))
        dark = tuple(sorted({*self._made[0].black, *black}))
        self._made = [dataclasses.replace(made, cuts=cuts, black=dark) for made in self._made]

    def begin(self, piece: Piece) -> ResumePoint | None:
        """Say that a piece is about to be made. Return where an interrupted run of it can go on, None when it starts at its first
        frame."""
        self._kept = [ranges.without(kept, piece.frames) for kept in self._kept]
        stamp = self._stamp(piece.first, piece.last)
        self._made = [
            dataclasses.replace(
                made, first=piece.first, last=piece.last, source_stamp=stamp, done=0, complete=False, others=self._stamped(kept)
            )
            for made, kept in zip(self._made, self._kept, strict=True)
        ]
        state = self._stores[0].read_state(made=self._made[0]) if piece.resume else None
        if state is None or not all(piece.first + index in self._present for index in range(state.point.emitted)):
            return None
        self.add_cuts(state.cuts, black=state.black)
        return state.point

    def give_up(self, frames: range) -> None:
        """Say that frames which were made in other ways are about to be replaced."""
        for index, made in enumerate(self._made):
            left = tuple(less for earlier in made.earlier if (less := give_up(earlier, frames)).frames)
            if left != made.earlier:
                self._made[index] = dataclasses.replace(made, earlier=left)
                self._stores[index].write_record(self._made[index])

    def save(self, *, done: int, resume: ResumePoint | None) -> None:
        """Say that `done` frames of the piece are finished. The state goes first, so that a record never promises more than it.

        Raises:
            PlatelightError: `disk_full`, `output_not_writable`.
        """
        piece = range(self._made[0].first, self._made[0].last + 1)
        complete = done == len(piece)
        self._made = [dataclasses.replace(made, done=done, complete=complete) for made in self._made]
        if resume is not None and not complete:
            state = ResumeState(point=resume, cuts=self.cuts, black=self._made[0].black)
            self._stores[0].write_state(state, made=self._made[0])
        for store, made in zip(self._stores, self._made, strict=True):
            store.write_record(made)
        for store in self._stores[0 if resume is None or complete else 1 :]:
            store.remove_state()
        if complete:
            self._kept = [kept if piece in kept else [*kept, piece] for kept in self._kept]

    def is_kept(self, index: int, frame: int) -> bool:
        """Return whether the record of a pass knows a frame as finished and made as the job makes them."""
        return ranges.contains(self._kept[index], frame)

    def is_earlier(self, index: int, frame: int) -> bool:
        """Return whether the record of a pass knows a frame as made in another way."""
        return any(ranges.contains(frame_ranges(made), frame) for made in self._made[index].earlier)

    def forget_earlier(self, index: int) -> None:
        """Say that all frames of a pass that were made in other ways are about to be removed."""
        self._made[index] = dataclasses.replace(self._made[index], earlier=())
        self._stores[index].write_record(self._made[index])

    def _stamped(self, kept: list[range]) -> tuple[DoneRange, ...]:
        return tuple(
            DoneRange(first=run[0], last=run[-1], source_stamp=self._stamp(run[0], run[-1]))
            for run in sorted(kept, key=lambda run: run.start)
        )


def begun_records(asked: Asked, making: Making, estimator: Estimator) -> list[PassRecord]:
    """Return how each pass is made, for the records."""
    return [
        PassRecord(
            pass_name=name,
            clip=asked.clip,
            source_path=str(asked.source),
            source_stamp="",
            color_space=making.color_space,
            revision=making.revision,
            settings=making.settings,
            first=asked.first,
            last=asked.last,
            done=0,
            complete=False,
            relative=PASSES[name].is_distance and estimator.info.relative_depth,
            licence=str(estimator.info.licence),
            paid=estimator.info.licence.paid,
        )
        for name in asked.passes
    ]
