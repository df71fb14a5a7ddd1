"""One job: frames -> passes -> EXR, a generator that yields how far it is. It knows no wire."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from .. import exr, files
from ..failures import explain
from ..frames.plate import Plate
from ..memory import release_freed_memory
from ..models import registry
from ..models.interface import Cut, Estimator, Output, ResumePoint, Step
from ..models.table import ModelInfo
from ..protocol import (
    PASSES,
    ErrorCode,
    Estimate,
    EstimateResult,
    EstimateSettings,
    FramesReady,
    Lens,
    Notice,
    PassRecord,
    PlatelightError,
    Progress,
    Stage,
    done_frames,
    pass_file,
    pass_folder,
)
from . import notices, plan, space, store
from .lock import hold
from .plan import Making, Piece, Work
from .progress import Meter
from .records import Records
from .streams import ReadAhead, WriteBehind, wait_for
from .writer import PassWriter

Event = Progress | FramesReady | Notice

_AHEAD_BYTES = 128 << 20
_AHEAD_FRAMES = 16
_BEHIND_FRAMES = 32


def run(
    request: Estimate, *, estimator: Estimator | None = None, cancelled: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """Estimate the passes of a clip. Closing the generator cancels: finished frames stay, and a later run continues.

    Args:
        request: what to do.
        estimator: a loaded model to use instead of loading ``request.settings.model``.
        cancelled: whether to end. Asked while the clip doesn't answer, when the generator cannot be closed.

    Yields:
        `Progress` after every step, `FramesReady` as files become final, `Notice` for what the user should know.

    Returns:
        `EstimateResult`, as the generator's return value.

    Raises:
        PlatelightError: with the code of whatever went wrong; frames already written stay valid.
    """
    try:
        return (yield from _run(request, estimator, cancelled))
    except PlatelightError:
        raise
    except Exception as error:
        explained = explain(error, out=Path(request.out).expanduser().absolute())
        if explained.code is ErrorCode.OUT_OF_MEMORY:
            registry.release()
        raise explained from error
    finally:
        release_freed_memory()


def _run(request: Estimate, estimator: Estimator | None, cancelled: Callable[[], bool]) -> Iterator[Event]:
    begun = time.perf_counter()
    plan.check_request(request)
    model = estimator.info if estimator else registry.info(request.settings.model)
    settings, passes = plan.effective(request.settings, model), plan.wanted_passes(request, model)
    yield Progress(job=request.job, stage=Stage.READING, done=0, total=0)
    plate = wait_for(lambda: Plate(request.source, max_resolution=settings.max_resolution), cancelled=cancelled)
    for notice in plate.notices:  # first, for they may say why the range is not what somebody expects
        yield Notice(job=request.job, text=notice)
    first, last = plan.plan_range(request, clip_first=plate.clip.first, clip_last=plate.clip.last, held=plate.clip.held)
    plate.clip.check(first, last)
    out = Path(request.out).expanduser().absolute()
    clip = request.source.clip or plate.clip_name
    with contextlib.ExitStack() as held:
        for pass_name in passes:
            folder = pass_folder(out, pass_name)
            files.make_folder(folder)
            if not held.enter_context(hold(folder / f".{clip}.lock")):
                yield Notice(job=request.job, text=notices.unlocked(folder))
            files.remove_leftovers(folder, clip=clip)
        job = _Job(
            request, settings=settings, model=model, passes=passes, plate=plate, out=out, clip=clip, first=first, last=last,
            cancelled=cancelled,
        )
        written, reused = yield from job.run(estimator)
    return EstimateResult(
        job=request.job, clip=clip, passes=passes, first=first, last=last, frames_written=written, frames_reused=reused,
        seconds=time.perf_counter() - begun, cuts=job.cuts, lenses=job.lenses(),
    )


class _Job:
    """A job whose range is settled and whose folder is locked."""

    def __init__(
        self, request: Estimate, *, settings: EstimateSettings, model: ModelInfo, passes: tuple[str, ...], plate: Plate, out: Path,
        clip: str, first: int, last: int, cancelled: Callable[[], bool],
    ) -> None:
        self.request, self.settings, self.model, self.passes, self.plate = request, settings, model, passes, plate
        self.out, self.clip, self.first, self.last = out, clip, first, last
        self.count = last - first + 1
        self.written = 0
        self._cancelled = cancelled
        self.cuts: tuple[int, ...] = ()
        self._tuned = store.tuned_blocks(out, model=model, clip=clip)
        self._stamp = functools.cache(self._stamp_of)
        self._replaces = False
        self._news: queue.SimpleQueue[FramesReady | Notice] = queue.SimpleQueue()

    def _stamp_of(self, first: int, last: int) -> str:
        """As `ClipReader.stamp`."""
        return wait_for(lambda: self.plate.clip.stamp(first, last), cancelled=self._cancelled)

    def run(self, estimator: Estimator | None) -> Iterator[Event]:
        """Yields events; returns the numbers of frames written and reused.

        What is there is compared twice: before the model is loaded, which takes long, and after, when ``auto`` is resolved.
        """
        there = plan.speaking(
            [store.what_is_there(self.out, pass_name=name, clip=self.clip) for name in self.passes]
        )
        making = Making(
            settings=self.settings, stamp=self._stamp, color_space=self.request.source.color_space,
            revision=estimator.revision if estimator else registry.revision(self.model, settings=self.settings, tuned=self._tuned),
        )
        overwrite = self.request.overwrite
        work = plan.decide(there, making, first=self.first, last=self.last, overwrite=overwrite)
        record = plan.shared_record(there)
        if work.there == self.count:
            self.cuts = self._inside(record.cuts)
            yield from self._announce(self.first, self.last)
            yield Progress(job=self.request.job, stage=Stage.WRITING, done=self.count, total=self.count, fraction=1.0)
            return 0, self.count
        yield Progress(job=self.request.job, stage=Stage.LOADING, done=0, total=self.count)
        continues = any(piece.resume for piece in work.pieces)
        estimator = estimator or self._load(record if continues or not overwrite else None)
        self.settings = dataclasses.replace(self.settings, precision=estimator.precision, device=estimator.device)
        making = dataclasses.replace(making, settings=self.settings, revision=estimator.revision)
        if changes := plan.all_differences(there, making):
            if not overwrite:
                raise PlatelightError(ErrorCode.PASSES_DIFFER, ", ".join(changes))
            work = plan.anew(self.first, self.last, replace=True)
        present = frozenset.intersection(*(each.frames for each in there))
        return (yield from self._make(work, estimator, record=None if work.replace else record, present=present))

    def _make(
        self, work: Work, estimator: Estimator, *, record: PassRecord | None, present: frozenset[int]
    ) -> Iterator[Event]:
        """The pieces in order, so that what is announced grows without gaps; returns as `run` does.

        Args:
            record: of what is kept.
            present: frames of which all passes have a file, before anything is made or removed.
        """
        self._replaces = work.replace
        kept = done_frames(record) if record else ()
        records = Records(self.out, self._made(estimator, record), kept=kept, stamp=self._stamp)
        begun = next(piece for piece in work.pieces if not piece.there)
        point = records.begin(begun, present)
        reused = work.there + (point.emitted if point else 0)
        space.check(
            self.out, work, passes=self.passes, clip=self.clip, count=self.count - reused, size=self.plate.size
        )
        if self.model.temporal and self.settings.temporal != registry.PER_FRAME and work.joins:
            yield Notice(job=self.request.job, text=notices.joined(work.joins))
        meter = Meter(
            job=self.request.job, stages=self.model.stages, count=self.count, reused=reused,
            read_from=reused + (point.read_from + point.context - point.emitted if point else 0),
        )
        for piece in work.pieces:
            if piece.there:
                yield from self._announce(piece.first, piece.last)
            else:
                resume = point if piece is begun else records.begin(piece, present)
                yield from self._stream(piece, estimator, records=records, meter=meter, resume=resume)
        for text in notices.of_plate(self.plate):
            yield Notice(job=self.request.job, text=text)
        self.cuts = self._inside(records.cuts)
        if self.cuts:
            yield Notice(job=self.request.job, text=notices.cuts(self.cuts))
        return self.count - reused, reused

    def _load(self, record: PassRecord | None) -> Estimator:
        """The model, on the device and in the precision of the record where the choice is free."""
        adopted = plan.adopt(self.settings, record) if record else self.settings
        try:
            return registry.load(adopted, tuned=self._tuned)
        except PlatelightError as error:
            if error.code is not ErrorCode.DEVICE_UNAVAILABLE or adopted.device == self.settings.device:
                raise
            return registry.load(self.settings, tuned=self._tuned)  # made on a device that is not here; the comparison will tell

    def _stream(
        self, piece: Piece, estimator: Estimator, *, records: Records, meter: Meter, resume: ResumePoint | None
    ) -> Iterator[Event]:
        """Make a piece, or the rest of it."""
        done, read_from = (resume.emitted, resume.read_from) if resume else (0, 0)
        if done:
            yield from self._announce(piece.first, piece.first + done - 1)
        meter.begin_run()
        writer = PassWriter(
            out=self.out, clip=self.clip, source=self.plate.clip.path.name, plate_size=self.plate.plate_size,
            windows=self.plate.windows, settings=self.settings, estimator=estimator,
        )
        frame_bytes = self.plate.size[0] * self.plate.size[1] * 12
        ahead = ReadAhead(
            self.plate.frames(piece.first + read_from, piece.last) if read_from < piece.count else iter(()),
            depth=max(2, min(_AHEAD_FRAMES, _AHEAD_BYTES // frame_bytes)), cancelled=self._cancelled,
        )
        behind = WriteBehind(depth=_BEHIND_FRAMES)
        begun = False
        yield meter.progress(Stage.READING, written=self.written)
        try:
            for event in estimator.stream(ahead, count=piece.count, settings=self.settings, resume=resume):
                if isinstance(event, Step):
                    meter.add(event)
                    yield from self._drain()
                    yield meter.progress(event.stage, written=self.written)
                elif isinstance(event, Output):
                    if event.pass_name in self.passes:
                        if not begun:
                            behind.put(lambda: self._begin_writing(records, resume=resume))
                            begun = True
                        self._submit(behind, event, start=piece.first + event.start, writer=writer)
                elif isinstance(event, Cut):
                    behind.put(lambda cut=event: records.add_cut(piece.first + cut.index, black=cut.black))
                elif begun:
                    behind.put(lambda point=event: records.save(done=point.emitted, resume=point))
                behind.check()
            yield meter.progress(Stage.WRITING, written=self.written)
            behind.finish()
        finally:
            ahead.close()
            behind.close()
        records.save(done=piece.count, resume=None)
        yield from self._drain()
        yield meter.progress(Stage.WRITING, written=self.written)

    def _begin_writing(self, records: Records, *, resume: ResumePoint | None) -> None:
        """The first frame of a piece is there: only now what it takes the place of goes, so that a job that gets nowhere costs
        nothing that was there."""
        if self._replaces:
            self._replaces = False
            gone = set().union(*(store.remove_frames(self.out, pass_name=name, clip=self.clip) for name in self.passes))
            if outside := len(gone.difference(range(self.first, self.last + 1))):
                told = notices.removed(outside, first=self.first, last=self.last)
                self._news.put(Notice(job=self.request.job, text=told))
        records.save(done=resume.emitted if resume else 0, resume=resume)

    def _submit(self, behind: WriteBehind, output: Output, *, start: int, writer: PassWriter) -> None:
        """Queue the frames of an output, from frame `start` on, and after them the news that they are there."""
        for offset, values in enumerate(output.values):
            behind.put(lambda frame=start + offset, values=values: self._write(output, frame, values, writer))
        ready = FramesReady(job=self.request.job, pass_name=output.pass_name, first=start, last=start + len(output.values) - 1)
        behind.put(lambda: self._news.put(ready))

    def _write(self, output: Output, frame: int, values: np.ndarray, writer: PassWriter) -> None:
        writer.write(output.pass_name, frame=frame, values=values, fov=output.fov)
        if output.pass_name == self.passes[-1]:
            self.written += 1

    def lenses(self) -> tuple[Lens, ...]:
        """Return the field of view of each shot, as its first file says it."""
        if not self.model.tells_lens:
            return ()
        found = []
        for first in (self.first, *self.cuts):
            fov = exr.read_fov(pass_file(self.out, pass_name=self.passes[0], clip=self.clip, frame=first))
            found += [Lens(first=first, fov=fov)] if fov else []
        return tuple(found)

    def _made(self, estimator: Estimator, record: PassRecord | None) -> tuple[PassRecord, ...]:
        """How each pass is made, for the records, with the cuts that a `record` of before knows."""
        return tuple(
            PassRecord(
                pass_name=pass_name, clip=self.clip, source_path=str(self.plate.clip.path), source_stamp="",
                color_space=self.request.source.color_space, revision=estimator.revision, settings=self.settings,
                first=self.first, last=self.last, done=0, complete=False,
                cuts=record.cuts if record else (), black=record.black if record else (),
                relative=PASSES[pass_name].is_distance and estimator.info.relative_depth,
            )
            for pass_name in self.passes
        )

    def _inside(self, cuts: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(cut for cut in cuts if self.first < cut <= self.last)

    def _announce(self, first: int, last: int) -> Iterator[FramesReady]:
        for pass_name in self.passes:
            yield FramesReady(job=self.request.job, pass_name=pass_name, first=first, last=last)

    def _drain(self) -> Iterator[FramesReady | Notice]:
        while not self._news.empty():
            yield self._news.get()
