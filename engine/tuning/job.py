"""One request to tune: what `tune` says, as messages of the wire."""

from __future__ import annotations

import time
from collections.abc import Generator

from ..failures import explain
from ..models import registry
from ..protocol import PlatelightError, Progress, Stage, Tune, TuneResult
from .tune import tune


def run(request: Tune) -> Generator[Progress, None, TuneResult]:
    """Tune a model to a plate. Closing the generator cancels; nothing is kept then.

    Yields:
        `Progress` after each step. `done` counts steps; `total` is `Tune.steps`, 0 where minutes decide.

    Raises:
        PlatelightError: with the code of whatever went wrong. The blocks that were in use stay.
    """
    yield Progress(job=request.job, stage=Stage.LOADING, done=0, total=request.steps)
    registry.release()
    begun, steps = time.monotonic(), tune(request)
    try:
        while True:
            try:
                at = next(steps)
            except StopIteration as stop:
                tuned = stop.value
                break
            if at.step == 1:
                begun = time.monotonic()  # loading is not the pace of training
            spent = time.monotonic() - begun
            left = spent * (1 - at.fraction) / at.fraction if at.fraction > 0 and at.step > 1 else None
            yield Progress(
                job=request.job,
                stage=Stage.TUNING,
                done=at.step,
                total=request.steps,
                fraction=min(1.0, at.fraction),
                seconds_left=left,
            )
    except PlatelightError:
        raise
    except Exception as error:
        raise explain(error) from error
    finally:
        steps.close()
    return TuneResult(
        job=request.job,
        unit=tuned.unit,
        per_frame=tuned.per_frame,
        before=tuned.before.change,
        after=tuned.after.change,
        away=tuned.after.away,
        bound=tuned.bound,
        steps=tuned.steps,
        file=str(tuned.file or ""),
    )
