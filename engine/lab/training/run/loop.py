"""The loop of every training: rate, losses, gradient, step, log and checkpoint, in the same order for all."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from ....tuning.failures import not_finite
from .log import Log
from .schedules import learning_rate
from .step import Step

LOGS = "logs"


class LoopConfig(Protocol):
    """What a loop asks of a configuration."""

    @property
    def out(self) -> str: ...

    @property
    def steps(self) -> int: ...

    @property
    def learning_rate(self) -> float: ...

    @property
    def warm_up(self) -> int: ...

    @property
    def final_share(self) -> float: ...

    @property
    def checkpoint_every(self) -> int: ...


class Loop(ABC):
    """A training at the step where it goes on. A subclass sets `optimizer`, `done` and `log`, and says what a step measures.

    `done`: steps so far. `log`: None in processes that write none. `skips_infinite`: a gradient that overflows leaves a step out,
    as the loss scaling of float16 has it, and is no error.
    """

    optimizer: torch.optim.Optimizer
    done: int
    log: Log | None
    skips_infinite = False

    def __init__(self, config: LoopConfig) -> None:
        self._plan, self.out = config, Path(config.out)

    def steps(self) -> Iterator[Step]:
        """Train to the last step; yields after each.

        Raises:
            PlatelightError: a loss or a gradient is not a number; the disk is full.
        """
        while self.done < self._plan.steps:
            step = self._step()
            self.done += 1
            if self.log:
                self.log.write(step)
            if self.done % self._plan.checkpoint_every == 0 or self.done == self._plan.steps:
                self.save()
            yield step
        self.finish()

    @abstractmethod
    def measure(self) -> tuple[dict[str, float], int]:
        """Add up the gradients of a step. Return the mean of each loss by name, with ``total``, and how many frames there were."""

    @abstractmethod
    def clip(self) -> float:
        """Shorten the gradient; return its length before."""

    @abstractmethod
    def save(self) -> None:
        """Keep what is needed to go on from here."""

    def stepped(self) -> None:  # noqa: B027 - most have nothing to do here
        """Do what follows each step of the optimizer: nothing."""

    def finish(self) -> None:  # noqa: B027
        """Do what follows the last step: nothing."""

    def close(self) -> None:
        """End what runs beside."""
        if self.log:
            self.log.close()

    def _step(self) -> Step:
        plan, began, worked = self._plan, time.monotonic(), time.process_time()
        rate = learning_rate(
            self.done, base=plan.learning_rate, warm_up=plan.warm_up, total=plan.steps, final_share=plan.final_share
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        values, frames = self.measure()
        if not math.isfinite(values["total"]):
            raise not_finite("The loss", step=self.done + 1, out=self.out)
        gradient = self.clip()
        if not math.isfinite(gradient) and not self.skips_infinite:
            raise not_finite("The gradient", step=self.done + 1, out=self.out)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.stepped()
        return Step(
            step=self.done + 1,
            steps=plan.steps,
            loss=values.pop("total"),
            parts=values,
            learning_rate=rate,
            gradient=gradient,
            frames=frames,
            seconds=time.monotonic() - began,
            processor_seconds=time.process_time() - worked,
        )


def means(measured: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return the mean of each value over the clips of a step."""
    return {key: torch.stack([entry[key].float() for entry in measured]).mean() for key in measured[0]}
