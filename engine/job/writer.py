"""From what a model says of a piece's frames to files and records, in a thread of its own."""

from __future__ import annotations

import functools
import queue
from collections.abc import Iterator, Sequence

import numpy as np

from .. import exr
from ..frames.plate import Plate
from ..models.interface import Cut, Estimator, Output, ResumePoint
from ..normals import convert_axes, normalise
from ..protocol import PASSES, EstimateSettings, FramesReady
from .plan import Piece
from .records import Records
from .request import Asked
from .store import PassStore, settings_text
from .streams import WriteBehind

_BEHIND_FRAMES = 32


class PieceWriter:
    """Writes the frames of one piece, and what the records say of them, in the order in which they come.

    `written`: how many frames are on disk in all passes.
    """

    def __init__(
        self,
        piece: Piece,
        *,
        asked: Asked,
        settings: EstimateSettings,
        plate: Plate,
        estimator: Estimator,
        stores: Sequence[PassStore],
        records: Records,
        resume: ResumePoint | None,
    ) -> None:
        self.written = 0
        self._piece, self._asked, self._settings, self._plate, self._estimator = piece, asked, settings, plate, estimator
        self._stores = {store.pass_name: store for store in stores}
        self._records, self._resume = records, resume
        self._begun = False
        self._news: queue.SimpleQueue[FramesReady] = queue.SimpleQueue()
        self._behind = WriteBehind(depth=_BEHIND_FRAMES)

    def take(self, event: Output | Cut | ResumePoint) -> None:
        """Queue what follows from an event of the model. Raises what the writing of an earlier one has raised."""
        if isinstance(event, Output):
            if event.pass_name in self._stores:
                self._take_frames(event)
        elif isinstance(event, Cut):
            frame = self._piece.first + event.index
            self._behind.put(lambda: self._records.add_cuts([frame], black=[frame] if event.black else []))
        elif isinstance(event, ResumePoint) and self._begun:
            self._behind.put(lambda: self._records.save(done=event.emitted, resume=event))
        self._behind.check()

    def news(self) -> Iterator[FramesReady]:
        """Yield which files have become final since it was last asked."""
        while not self._news.empty():
            yield self._news.get()

    def finish(self) -> None:
        """Wait until all is written, and say that the piece is complete. Raises what the writing has raised."""
        self._behind.finish()
        self._records.save(done=self._piece.count, resume=None)

    def close(self) -> None:
        """Wait until all that was taken is written, or one thing has failed."""
        self._behind.close()

    def _take_frames(self, output: Output) -> None:
        """Queue the frames of an output: first what the records have to say of them, last the news that they are there."""
        start = self._piece.first + output.start
        frames = range(start, start + len(output.values))
        if not self._begun:
            self._begun = True
            self._behind.put(self._begin)
        self._behind.put(lambda: self._records.give_up(frames))
        for frame, values in zip(frames, output.values, strict=True):
            self._behind.put(functools.partial(self._write, output, frame, values))
        ready = FramesReady(job=self._asked.job, pass_name=output.pass_name, first=frames[0], last=frames[-1])
        self._behind.put(lambda: self._news.put(ready))

    def _begin(self) -> None:
        """The first frame is computed: only now the records change, so that a job that gets nowhere costs nothing."""
        self._records.save(done=self._resume.emitted if self._resume else 0, resume=self._resume)

    def _write(self, output: Output, frame: int, values: np.ndarray) -> None:
        """Write one frame of a pass, (H, W, C) as `Output` has it: directions in the camera's axes and of unit length."""
        info = self._estimator.info
        if PASSES[output.pass_name].is_direction:
            values = normalise(convert_axes(values, axes=info.axes))
        origin = exr.Origin(
            clip=self._asked.clip,
            model=info.name,
            revision=self._estimator.revision,
            settings=settings_text(self._settings),
            source=self._asked.source.name,
            frame=frame,
            plate_size=self._plate.plate_size,
            color_space=self._asked.color_space,
            relative_depth=info.relative_depth,
            windows=self._plate.windows(frame),
            fov=output.fov,
            licence=info.licence,
        )
        self._stores[output.pass_name].write(frame, values, origin=origin)
        if output.pass_name == self._asked.passes[-1]:
            self.written += 1
