"""One job: frames -> passes -> EXR, a generator that yields how far it is. It knows no wire."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

from .. import exr
from ..failures import explain
from ..frames.plate import Plate
from ..memory import release_freed_memory
from ..models import registry
from ..models.interface import Estimator, ResumePoint, Step
from ..protocol import (
    PASSES,
    ErrorCode,
    Estimate,
    EstimateResult,
    FramesReady,
    Lens,
    Notice,
    PlatelightError,
    Progress,
    Stage,
    tuned_file,
)
from . import notices, outside
from .on_disk import Making, OnDisk
from .plan import Piece, Plan, adopt, decide
from .progress import Meter
from .records import Records, begun_records
from .request import Asked, check_request, check_source, settle, wanted_passes
from .store import PassStore, check_space
from .streams import ReadAhead, wait_for
from .writer import PieceWriter

Event = Progress | FramesReady | Notice

_AHEAD_BYTES = 128 << 20
_AHEAD_FRAMES = 16


def run(
    request: Estimate, *, estimator: Estimator | None = None, cancelled: Callable[[], bool] = lambda: False
) -> Generator[Event, None, EstimateResult]:
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


def _run(request: Estimate, estimator: Estimator | None, cancelled: Callable[[], bool]) -> Generator[Event, None, EstimateResult]:
    begun = time.perf_counter()
    check_request(request)
    model = estimator.info if estimator else registry.info(request.settings.model)
    passes = wanted_passes(request, model)
    yield Progress(job=request.job, stage=Stage.READING, done=0, total=0)
    wait_for(lambda: check_source(request, passes=passes), cancelled=cancelled)
    plate = wait_for(lambda: Plate(request.source, max_resolution=request.settings.max_resolution), cancelled=cancelled)
    for text in plate.notices:  # first, for they may say why the range is not what somebody expects
        yield Notice(job=request.job, text=text)
    asked = settle(request, model=model, plate=plate)
    plate.clip.check(asked.first, asked.last)
    every = {
        name: PassStore(asked.out, pass_name=name, clip=asked.clip, source=asked.source.name, is_sequence=asked.is_sequence)
        for name in PASSES
    }
    stores = tuple(every[name] for name in asked.passes)
    for name in every.keys() - set(asked.passes):
        every[name].tidy()
    with contextlib.ExitStack() as held:
        for store in stores:
            if not held.enter_context(store.held()):
                yield Notice(job=asked.job, text=notices.unlocked(store.folder))
        job = _Job(asked, plate=plate, stores=stores, cancelled=cancelled)
        written = yield from job.run(estimator)
    return EstimateResult(
        job=asked.job,
        clip=asked.clip,
        passes=asked.passes,
        first=asked.first,
        last=asked.last,
        frames_written=written,
        frames_reused=len(asked.frames) - written,
        seconds=time.perf_counter() - begun,
        cuts=job.cuts,
        lenses=job.lenses(),
    )


class _Job:
    """A job whose folders are held. `written`: how many frames it has written. `cuts`: frames asked for that begin a shot."""

    def __init__(self, asked: Asked, *, plate: Plate, stores: tuple[PassStore, ...], cancelled: Callable[[], bool]) -> None:
        self._asked, self._plate, self._stores, self._cancelled = asked, plate, stores, cancelled
        self._stamp = functools.cache(self._stamp_of)
        self._tuned = _tuned_blocks(asked)
        self.written = 0
        self.cuts: tuple[int, ...] = ()

    def run(self, estimator: Estimator | None) -> Generator[Event, None, int]:
        """Make what is missing; returns how many frames were written.

        What is there is compared twice: before the model is loaded, which takes long, and after, when ``auto`` is resolved.
        """
        asked = self._asked
        there = [store.look(asked.frames) for store in self._stores]
        making = Making(
            settings=asked.settings,
            stamp=self._stamp,
            clip=range(self._plate.clip.first, self._plate.clip.last + 1),
            color_space=asked.color_space,
            revision=estimator.revision
            if estimator
            else registry.revision(asked.model, settings=asked.settings, tuned=self._tuned),
        )
        plan = decide(there, making, wanted=asked.frames, overwrite=asked.overwrite)
        if plan.to_make:
            yield Progress(job=asked.job, stage=Stage.LOADING, done=0, total=len(asked.frames))
            estimator = estimator or self._load(plan, there)
            settings = dataclasses.replace(asked.settings, precision=estimator.precision, device=estimator.device)
            making = dataclasses.replace(making, settings=settings, revision=estimator.revision)
            plan = decide(there, making, wanted=asked.frames, overwrite=asked.overwrite)
        for text in notices.kept_foreign(there, plan):
            yield Notice(job=asked.job, text=text)
        if plan.to_make and estimator:
            yield from self._make(plan, making, estimator)
        else:
            self.cuts = self._inside(plan.cuts)
            yield from self._announce(asked.first, asked.last)
            yield Progress(job=asked.job, stage=Stage.WRITING, done=len(asked.frames), total=len(asked.frames), fraction=1.0)
        return self.written

    def _stamp_of(self, first: int, last: int) -> str:
        """As `ClipReader.stamp`."""
        return wait_for(lambda: self._plate.clip.stamp(first, last), cancelled=self._cancelled)

    def _load(self, plan: Plan, there: Sequence[OnDisk]) -> Estimator:
        """Return the model, on the device and in the precision of the last run where the choice is free."""
        asked = self._asked
        continues = any(piece.resume for piece in plan.pieces)
        adopted = adopt(asked.settings, there[-1].present if continues or not asked.overwrite else None)
        try:
            return registry.load(adopted, tuned=self._tuned)
        except PlatelightError as error:
            if error.code is not ErrorCode.DEVICE_UNAVAILABLE or adopted.device == asked.settings.device:
                raise
            return registry.load(asked.settings, tuned=self._tuned)  # made on a device that is not here; the comparison will tell

    def _make(self, plan: Plan, making: Making, estimator: Estimator) -> Generator[Event, None, None]:
        """Make the pieces in order, so that what is announced grows without gaps."""
        asked, count = self._asked, len(self._asked.frames)
        records = Records(self._stores, begun_records(asked, making, estimator), plan=plan, stamp=self._stamp)
        begun = plan.to_make[0]
        point = records.begin(begun)
        reused = plan.there + (point.emitted if point else 0)
        frames = [piece.frames for piece in plan.to_make]
        check_space(self._stores, frames, count=count - reused, size=self._plate.size)
        if asked.model.temporal and asked.settings.temporal != registry.PER_FRAME and plan.joins:
            yield Notice(job=asked.job, text=notices.joined(plan.joins))
        meter = Meter(
            job=asked.job,
            stages=asked.model.stages,
            count=count,
            reused=reused,
            read_from=reused + (point.read_from + point.context - point.emitted if point else 0),
        )
        for piece in plan.pieces:
            if piece.there:
                yield from self._announce(piece.first, piece.last)
            else:
                resume = point if piece is begun else records.begin(piece)
                yield from self._stream(piece, making, estimator, records=records, meter=meter, resume=resume)
        for text in (*outside.settle(asked, making, stores=self._stores, records=records), *notices.of_plate(self._plate)):
            yield Notice(job=asked.job, text=text)
        self.cuts = self._inside(records.cuts)
        if self.cuts:
            yield Notice(job=asked.job, text=notices.cuts(self.cuts))

    def _stream(
        self, piece: Piece, making: Making, estimator: Estimator, *, records: Records, meter: Meter, resume: ResumePoint | None
    ) -> Generator[Event, None, None]:
        """Make a piece, or the rest of it."""
        done, read_from = (resume.emitted, resume.read_from) if resume else (0, 0)
        if done:
            yield from self._announce(piece.first, piece.first + done - 1)
        meter.begin_run()
        frame_bytes = self._plate.size[0] * self._plate.size[1] * 12
        ahead = ReadAhead(
            self._plate.frames(piece.first + read_from, piece.last) if read_from < piece.count else iter(()),
            depth=max(2, min(_AHEAD_FRAMES, _AHEAD_BYTES // frame_bytes)),
            cancelled=self._cancelled,
        )
        writer = PieceWriter(
            piece,
            asked=self._asked,
            settings=making.settings,
            plate=self._plate,
            estimator=estimator,
            stores=self._stores,
            records=records,
            resume=resume,
        )
        yield meter.progress(Stage.READING, written=self.written)
        with contextlib.closing(writer), contextlib.closing(ahead):
            for event in estimator.stream(ahead, count=piece.count, settings=making.settings, resume=resume):
                if isinstance(event, Step):
                    meter.add(event)
                    yield from writer.news()
                    yield meter.progress(event.stage, written=self.written + writer.written)
                else:
                    writer.take(event)
            yield meter.progress(Stage.WRITING, written=self.written + writer.written)
            writer.finish()
        self.written += writer.written
        yield from writer.news()
        yield meter.progress(Stage.WRITING, written=self.written)

    def lenses(self) -> tuple[Lens, ...]:
        """Return the field of view of each shot, as its first file says it."""
        if not self._asked.model.tells_lens:
            return ()
        shots = (self._asked.first, *self.cuts)
        told = [Lens(first=first, fov=fov) for first in shots if (fov := exr.read_fov(self._stores[0].path(first)))]
        return tuple(told)

    def _inside(self, cuts: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(cut for cut in cuts if self._asked.first < cut <= self._asked.last)

    def _announce(self, first: int, last: int) -> Iterator[FramesReady]:
        for name in self._asked.passes:
            yield FramesReady(job=self._asked.job, pass_name=name, first=first, last=last)


def _tuned_blocks(asked: Asked) -> Path | None:
    """Return the temporal blocks that were trained on this clip, if there are any."""
    file = tuned_file(asked.out, model=asked.model.name, clip=asked.clip)
    return file if asked.model.tunable and file.is_file() else None
