"""Estimates run to their end in this process, and what they leave on disk."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from engine.job.estimate import run
from engine.models.interface import Estimator
from engine.protocol import Estimate, EstimateResult, EstimateSettings, FramesReady, Notice, PlatelightError, Progress, Source

SMALL = EstimateSettings(model="preview", max_resolution=64, precision="fp32", device="cpu")


def request(source: Path, out: Path, **changes: object) -> Estimate:
    """A small job of the embedded model. Fields of `Source` and `EstimateSettings` may be named among the changes."""

    def pick(cls: type) -> dict[str, object]:
        return {field.name: changes.pop(field.name) for field in dataclasses.fields(cls) if field.name in changes}

    settings, plate = dataclasses.replace(SMALL, **pick(EstimateSettings)), Source(path=str(source), **pick(Source))
    return Estimate(job="test", source=plate, out=str(out), settings=settings, **changes)


@dataclasses.dataclass
class Outcome:
    """What a job said."""

    result: EstimateResult
    progress: list[Progress]
    ready: list[FramesReady]
    notices: list[str]


def finish(job: Estimate, estimator: Estimator | None = None) -> Outcome:
    """Run a job to its end."""
    outcome = Outcome(None, [], [], [])
    events = run(job, estimator=estimator)
    while True:
        try:
            event = next(events)
        except StopIteration as stop:
            outcome.result = stop.value
            return outcome
        assert event.job == job.job
        if isinstance(event, Notice):
            outcome.notices.append(event.text)
        else:
            (outcome.progress if isinstance(event, Progress) else outcome.ready).append(event)


def refused(job, estimator=None) -> PlatelightError:
    with pytest.raises(PlatelightError) as caught:
        finish(job, estimator)
    return caught.value


class Unwilling:
    """Stands in the way of any work: a job that reuses everything never gets to it."""

    def __init__(self, estimator):
        self.info, self.revision = estimator.info, estimator.revision
        self.precision, self.device = estimator.precision, estimator.device

    def stream(self, *args, **kwargs):
        raise AssertionError("the frames were there already")


def exr_bytes(out: Path) -> dict[str, bytes]:
    """All passes under `out`, by name."""
    return {path.name: path.read_bytes() for path in sorted(out.glob("normal/*.exr"))}


def leftovers(out: Path) -> list[str]:
    """What lies beside the passes and their records."""
    return sorted(path.name for path in out.glob("*/*") if path.suffix not in (".exr", ".json") or path.name.startswith("."))
