"""What a job says of its passes while it makes them, so that a later one can continue, add to them, or tell that they differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from .. import files
from ..models.interface import ResumePoint
from ..protocol import DoneRange, PassRecord
from . import store
from .plan import Piece


class Records:
    """The records of a job's passes. They never promise more than there is.

    Args:
        out: folder of the passes.
        made: how each pass is made; the ranges in it don't matter, its cuts are what is known of the clip's.
        kept: frames that are finished already.
        stamp: as `ClipReader.stamp`.
    """

    def __init__(
        self, out: Path, made: tuple[PassRecord, ...], *, kept: Iterable[range], stamp: Callable[[int, int], str]
    ) -> None:
        self._out, self._made, self._stamp = out, made, stamp
        self._kept = [run for run in kept if run]
        self._state = store.resume_file(out, pass_name=made[0].pass_name, clip=made[0].clip)

    @property
    def cuts(self) -> tuple[int, ...]:
        """Frames of the clip that are known to begin a shot, in order."""
        return self._made[0].cuts

    def add_cut(self, frame: int, *, black: bool) -> None:
        """A shot begins at `frame`, of black frames or not; the next `save` tells."""
        cuts = tuple(sorted({*self._made[0].cuts, frame}))
        dark = tuple(sorted({*self._made[0].black, *((frame,) if black else ())}))
        self._made = tuple(dataclasses.replace(made, cuts=cuts, black=dark) for made in self._made)

    def begin(self, piece: Piece, present: Collection[int]) -> ResumePoint | None:
        """A piece is about to be made: where an interrupted run of it can go on, None when it starts at its first frame.

        Args:
            present: frames that have a file.
        """
        self._kept = [part for run in self._kept for part in _outside(run, piece) if part]
        others = tuple(
            DoneRange(first=run[0], last=run[-1], source_stamp=self._stamp(run[0], run[-1]))
            for run in sorted(self._kept, key=lambda run: run.start)
        )
        stamp = self._stamp(piece.first, piece.last)
        self._made = tuple(
            dataclasses.replace(
                made, first=piece.first, last=piece.last, source_stamp=stamp, done=0, complete=False, others=others
            )
            for made in self._made
        )
        point = store.read_resume(self._state, made=self._made[0]) if piece.resume else None
        if point is None or not all(piece.first + index in present for index in range(point.emitted)):
            return None
        return point

    def save(self, *, done: int, resume: ResumePoint | None) -> None:
        """`done` frames of the piece are finished; the state goes first, so that a record never promises more than it.

        Raises:
            PlatelightError: `disk_full`, `output_not_writable`.
        """
        piece = range(self._made[0].first, self._made[0].last + 1)
        complete = done == len(piece)
        if resume is not None and not complete:
            store.write_resume(self._state, resume, made=self._made[0])
        for made in self._made:
            store.write_record(self._out, dataclasses.replace(made, done=done, complete=complete))
        if resume is None or complete:
            files.remove(self._state)
        if complete and piece not in self._kept:
            self._kept.append(piece)


def _outside(run: range, piece: Piece) -> tuple[range, range]:
    """What of `run` lies before and after a piece."""
    return range(run.start, min(run.stop, piece.first)), range(max(run.start, piece.last + 1), run.stop)
