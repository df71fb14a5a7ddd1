"""Jobs beside damaged records and states of earlier runs: they go on, start again or refuse, and never fail otherwise."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from engine.job.estimate import run
from engine.models import registry
from engine.protocol import Estimate, FramesReady, Source

from . import mutate, plates

FRAMES = 6


def prepare(folder: Path, *, seed: int) -> Callable[[int], str]:
    registry.load(plates.SETTINGS)
    whole, half = folder / "whole", folder / "half"
    source = plates.write_movie(folder / "plate.mkv", 3 * FRAMES, codec="ffv1", size=plates.SIZE)
    _run(source, whole)
    _run(source, half, stop=True)

    def case(number: int) -> str:
        rng = mutate.generator(seed, number)
        here = folder / "case"
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(half if rng.random() < 0.6 else whole, here)
        beside = sorted(path for path in here.rglob("*") if path.is_file() and path.suffix != ".exr")
        hurt = rng.choice(beside)
        if hurt.suffix == ".json" and rng.random() < 0.8:
            fields = json.loads(hurt.read_text())
            for _ in range(rng.choice((1, 1, 2, 4))):
                fields = mutate.other(fields, rng)
            hurt.write_text(mutate.text_of(fields, rng), encoding="utf-8", errors="replace")
        else:
            hurt.write_bytes(mutate.damaged(hurt.read_bytes(), rng, head=400))
        request = _request(source, here, overwrite=rng.random() < 0.3)
        told = plates.outcome(request)
        return f"{hurt.suffix or hurt.name}: {told}"

    return case


def _request(source: Path, out: Path, *, overwrite: bool = False) -> Estimate:
    plate = Source(path=str(source), clip="plate")
    return Estimate(job="fuzz", source=plate, out=str(out), first=1, last=3 * FRAMES, settings=plates.SETTINGS, overwrite=overwrite)


def _run(source: Path, out: Path, *, stop: bool = False) -> None:
    """Run a job to its end, or until some frames are there."""
    events = run(_request(source, out))
    for event in events:
        if stop and isinstance(event, FramesReady):
            events.close()
            return
