"""How far a job is and how long it will take, from what each stage has cost so far."""

from __future__ import annotations

import time

from ..models.interface import Step
from ..protocol import Progress, Stage

_GUESS = {Stage.CLIP: 0.02, Stage.ENCODE: 0.1, Stage.UNET: 0.35, Stage.DECODE: 0.53}
"""Shares of a frame's time before anything is measured; only their proportions matter."""


class Meter:
    """Counts work. A stage's cost is what it was measured to take per frame; stages not met yet are guessed from the others.

    The pace is wall time over network time, so that waiting for frames or for the disk counts too.
    """

    def __init__(self, *, job: str, stages: tuple[Stage, ...], count: int, reused: int, read_from: int) -> None:
        """Args:
        stages: those that the model passes through.
        count: frames of the whole range; of them `reused` are done and `read_from` have been read by an earlier run.
        """
        self._job = job
        self._count = count
        self._reused = reused
        self._total = {stage: count - (reused if stage == Stage.DECODE else max(read_from, reused)) for stage in stages}
        self._frames = dict.fromkeys(stages, 0)
        self._seconds = dict.fromkeys(stages, 0.0)
        self._begun = time.perf_counter()
        self._window = (0, 0)
        self._windows_before = 0

    def begin_run(self) -> None:
        """The windows of another run follow; they are counted on."""
        self._windows_before = self._window[1]

    def add(self, step: Step) -> None:
        self._window = (self._windows_before + step.window, self._windows_before + step.windows)
        if step.stage in self._frames:
            self._frames[step.stage] += step.frames
            self._seconds[step.stage] += step.seconds

    def progress(self, stage: Stage, *, written: int) -> Progress:
        """Where the job stands. `written`: frames of this run that are on disk."""
        measured = all(self._frames[name] for name in self._frames)
        left, whole = self._costs()
        elapsed = time.perf_counter() - self._begun
        done_cost = whole - left
        pace = elapsed / done_cost if done_cost > 0 else 0.0
        to_do = self._count - self._reused
        fraction = (self._reused + to_do * (done_cost / whole if whole else 0.0)) / self._count
        return Progress(
            job=self._job,
            stage=stage,
            done=self._reused + written,
            total=self._count,
            rate=to_do / (whole * pace) if measured and whole * pace > 0 else 0.0,
            seconds_left=left * pace if measured else None,
            window=self._window[0],
            windows=self._window[1],
            fraction=min(1.0, fraction),
        )

    def _costs(self) -> tuple[float, float]:
        """Network seconds still to do, and of the whole run."""
        known = [stage for stage in self._frames if self._frames[stage]]
        guessed = sum(_GUESS[stage] for stage in known)
        scale = sum(self._seconds[stage] / self._frames[stage] for stage in known) / guessed if guessed else 1.0
        left = whole = 0.0
        for stage, total in self._total.items():
            frames = self._frames[stage]
            cost = self._seconds[stage] / frames if frames else _GUESS[stage] * scale
            whole += cost * total
            left += cost * max(0, total - frames)
        return left, whole
