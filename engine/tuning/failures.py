"""Why a training run stopped. It never crosses the wire to the add-on, so it isn't in the protocol's table of errors."""

from __future__ import annotations

import functools
from pathlib import Path

from safetensors import SafetensorError

from ..failures import FULL_DISK
from ..models.tensors import system_error
from ..protocol import ErrorCode, PlatelightError

EXIT_CODE = 60
CONTINUES = "The last good checkpoint is as it was; run the same command again to go on from there"


class TrainingStopped(PlatelightError):
    """A training run that a person must look at.

    Args:
        sentence: what happened, naming the file or the step, without its final stop.
        remedy: what to do about it, one sentence or two.
    """

    def __init__(self, sentence: str, *, remedy: str) -> None:
        super().__init__(ErrorCode.INTERNAL, sentence)
        self._remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        """So that it comes whole from another process."""
        return functools.partial(TrainingStopped, remedy=self._remedy), (self.detail,)

    @property
    def sentence(self) -> str:
        return self.detail

    @property
    def remedy(self) -> str:
        return self._remedy

    @property
    def exit_code(self) -> int:
        return EXIT_CODE


def not_written(error: OSError | SafetensorError | PlatelightError, path: Path) -> TrainingStopped:
    """Return the failure behind a file that could not be written."""
    if isinstance(error, SafetensorError):
        error = system_error(error, path)
    full = isinstance(error, PlatelightError) and error.code is ErrorCode.DISK_FULL
    if full or getattr(error, "errno", None) in FULL_DISK:
        return TrainingStopped(f"The disk is full: {path} could not be written", remedy=f"Free some space. {CONTINUES}.")
    reason = getattr(error, "strerror", None) or str(error).splitlines()[0][:200]
    return TrainingStopped(f"{path} could not be written: {reason}", remedy=f"Choose another folder or its rights. {CONTINUES}.")


def not_finite(what: str, *, step: int, out: Path) -> TrainingStopped:
    """`what`: the loss or the gradient that is not a number; `step` counts from 1."""
    return TrainingStopped(
        f"{what} of step {step} is not a number; nothing of that step was kept in {out}",
        remedy=f"Lower learning_rate or look at the clips of that step. {CONTINUES}.",
    )
