"""What a trainer says after each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Step:
    """An optimizer step that is done, mean over clips and processes. `step` counts from 1. `parts`: the losses and measures of
    the stage by name. `gradient`: its length before clipping. `frames`: of all processes. `seconds`: the step took.
    `processor_seconds`: this process's share of them on all cores, which other work on the machine hardly changes; 0 where
    it isn't measured."""

    step: int
    steps: int
    loss: float
    parts: Mapping[str, float]
    learning_rate: float
    gradient: float
    frames: int
    seconds: float
    processor_seconds: float = 0.0
