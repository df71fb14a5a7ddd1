"""What TensorBoard shows of a run."""

from __future__ import annotations

from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from ....tuning.failures import not_written
from .step import Step


class Log:
    """Scalars of every step below a folder; what an interrupted run logged beyond `step` is taken back."""

    def __init__(self, folder: Path, *, step: int) -> None:
        self._folder = folder
        try:
            self._writer = SummaryWriter(str(folder), purge_step=step + 1)
        except OSError as error:
            raise not_written(error, folder) from error

    def write(self, step: Step) -> None:
        """Add a step.

        Raises:
            PlatelightError: the disk is full or can't be written to.
        """
        values = {
            "loss/total": step.loss,
            **{f"loss/{name}": value for name, value in step.parts.items()},
            "run/learning_rate": step.learning_rate,
            "run/gradient": step.gradient,
            "run/frames_per_second": step.frames / max(step.seconds, 1e-9),
            "run/seconds": step.seconds,
            "run/processor_seconds": step.processor_seconds,
        }
        try:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step.step)
        except OSError as error:
            raise not_written(error, self._folder) from error

    def close(self) -> None:
        self._writer.close()
