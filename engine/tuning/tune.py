"""Shot tuning: the temporal blocks learn the user's own shot, for which the method needs no truth, in a set number of minutes.

Nothing is kept that strays further from the frame-by-frame answer than a stated bound, or isn't calmer than what was there.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..device import choose
from ..frames.plate import Plate
from ..models import registry
from ..protocol import ErrorCode, PlatelightError, Tune, tuned_file
from .failures import not_finite, not_written
from .shot import Measured, Shot, stage_config
from .stages import Stage, build

BOUNDS = {"normal": 4.0, "depth": 8.0}
"""How far from the frame-by-frame answer a tuned one may be on average: degrees, and percent of the depth's own deviation. Where
the blocks in use are further away already, the tuned ones may be as far."""

UNITS = {"normal": "degrees", "depth": "% of the depth's spread"}
CHECKS = 4
FIRMER = 2.0
"""By so much the image prior is made to count more where a check finds the answer beyond the bound."""
WORTHWHILE = 0.98
"""Change must fall at least to this share of what it was for new blocks to be kept."""


@dataclass(frozen=True, kw_only=True)
class TuneProgress:
    """`fraction` of the minutes or the steps. `now`: the last measurement."""

    fraction: float
    step: int
    loss: float
    now: Measured


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What came of it. `per_frame`: change of the frame-by-frame answer. `before`: with the blocks that were in use. `after`: with
    those that are from now on. `unit`: of all of them. `file`: of the new blocks, None where none were good enough."""

    per_frame: float
    before: Measured
    after: Measured
    bound: float
    unit: str
    steps: int
    file: Path | None


def tune(request: Tune) -> Generator[TuneProgress, None, Tuned]:
    """Train on a shot; yield after each step.

    Returns:
        `Tuned`, as the generator's return value.

    Raises:
        PlatelightError: a setting is wrong; shot or model can't be used; the loss is not a number; the disk is full.
    """
    _check(request)
    info, out = registry.info(request.model), Path(request.out).expanduser().absolute()
    device = choose(device=request.device, precision="fp32").device
    limit = info.default_resolution if request.max_resolution is None else request.max_resolution
    plate = Plate(request.source, max_resolution=limit)
    clip_title = request.source.clip or plate.clip_name
    file = tuned_file(out, model=info.name, clip=clip_title)
    config = stage_config(info, start=file, flow=request.flow)
    stage = build(config).to(device)
    shot = Shot(plate, first=request.first, last=request.last, config=config, stage=stage)
    before = shot.measure(stage)
    bound = request.bound or max(BOUNDS[info.passes[0]], before.away)
    best = _Best(stage, measured=before, bound=bound)
    optimizer = torch.optim.AdamW(best.trained, lr=config.learning_rate, weight_decay=config.weight_decay)
    rng = np.random.default_rng(config.seed)
    step, loss, now, checks, begun = 0, 0.0, before, 1, time.monotonic()
    while (fraction := _fraction(request, step=step, seconds=time.monotonic() - begun)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * min(1.0, (step + 1) / config.warm_up) * config.final_share**fraction
        clip = shot.clips[int(rng.integers(len(shot.clips)))]
        losses = stage(dataclasses.replace(clip, chosen=int(rng.integers(len(clip.frames)))).to(device))
        step, loss = step + 1, float(losses.total.detach())
        if not np.isfinite(loss):
            raise not_finite("The loss", step=step, out=out)
        losses.total.backward()
        torch.nn.utils.clip_grad_norm_(best.trained, config.clip_norm)
        optimizer.step()
        optimizer.zero_grad()
        if fraction * CHECKS >= checks:
            checks += 1
            now = best.look(shot.measure(stage))
            stage.omega_reg = firmer(stage.omega_reg, away=now.away, bound=bound)
        yield TuneProgress(fraction=fraction, step=step, loss=loss, now=now)
    best.look(shot.measure(stage))
    kept = best.restore()
    if kept:
        _write(stage, file)
    return Tuned(
        per_frame=shot.per_frame,
        before=before,
        after=best.measured if kept else before,
        bound=bound,
        unit=UNITS[info.passes[0]],
        steps=step,
        file=file if kept else None,
    )


def _check(request: Tune) -> None:
    if not request.minutes > 0:
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"minutes {request.minutes}; it may be a number above 0")
    if not request.bound >= 0:
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"bound {request.bound}; it may be 0 for the model's own, or above")


def _fraction(request: Tune, *, step: int, seconds: float) -> float:
    """Return how much of a tuning is done, 1 and above at its end."""
    return max(seconds / (60 * request.minutes), step / request.steps if request.steps else 0.0)


def firmer(omega_reg: float, *, away: float, bound: float) -> float:
    """Return the weight of the image prior after a check that found the answer `away` from the frame-by-frame one."""
    return FIRMER * omega_reg if away > bound else omega_reg


class _Best:
    """The calmest blocks so far of those within the bound. `trained`: the parameters that learn."""

    def __init__(self, stage: Stage, *, measured: Measured, bound: float) -> None:
        self.trained = [value for value in stage.parameters() if value.requires_grad]
        self.measured, self._bound = measured, bound
        self._needed = WORTHWHILE * measured.change
        self._kept: list[torch.Tensor] = []

    def look(self, measured: Measured) -> Measured:
        """Keep the parameters as they are now, if they are better."""
        if measured.away <= self._bound and measured.change < min(self.measured.change, self._needed):
            self.measured = measured
            self._kept = [value.detach().clone() for value in self.trained]
        return measured

    @torch.no_grad()
    def restore(self) -> bool:
        """Put the best back; whether there is any."""
        for value, kept in zip(self.trained, self._kept, strict=False):
            value.copy_(kept)
        return bool(self._kept)


def _write(stage: Stage, file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        stage.export(file)
    except (OSError, PlatelightError) as error:
        raise not_written(error, file) from error


def describe(result: Tuned) -> str:
    """Return what came of it, in a few lines for a person."""
    unit, before, after = result.unit, result.before, result.after
    text = f"Change from frame to frame: {result.per_frame:.2f} {unit} frame by frame, {before.change:.2f} before tuning.\n"
    if result.file is None:
        found = f"In {result.steps} steps nothing calmer was found within {result.bound:g} {unit} of the frame-by-frame answer"
        return f"{text}{found}: all stays as it was."
    less, away = 100 * (1 - after.change / before.change), f"{after.away:.2f} {unit} from the frame-by-frame answer"
    found = f"{after.change:.2f} after {result.steps} steps, {less:.0f} % less; {away}, at most {result.bound:g} were allowed"
    return f"{text}{found}.\nEstimate again into the same folder, over the passes that are there, to use it: {result.file}"
