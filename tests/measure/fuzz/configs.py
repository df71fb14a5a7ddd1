"""Damaged checkpoints of every layout: configurations, headers of weights and pickles of tensors, loaded as a job loads them."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from engine.models import registry, tensors
from engine.protocol import ErrorCode, EstimateSettings, PlatelightError

from . import mutate

GOLDEN = Path(__file__).parents[2] / "samples" / "golden"
SETTINGS = EstimateSettings(precision="fp32", device="cpu")


def seeds(folder: Path) -> list[Path]:
    """Return whole checkpoint folders, one of each layout and kind of file."""
    found = [folder / name for name in ("normalcrafter", "moge", "moge_safetensors", "video_depth_anything")]
    shutil.copytree(GOLDEN / "checkpoint", found[0])
    for place, file in ((1, "moge/model.pt"), (2, "moge/model.pt"), (3, "video_depth_anything/video_depth_anything_tiny.pth")):
        found[place].mkdir()
        shutil.copy(GOLDEN / file, found[place])
    tensors.convert(found[2] / "model.pt")
    return found


def prepare(folder: Path, *, seed: int) -> Callable[[int], str]:
    whole = seeds(folder)

    def case(number: int) -> str:
        rng = mutate.generator(seed, number)
        here = folder / "case"
        shutil.rmtree(here, ignore_errors=True)
        checkpoint = rng.choice(whole)
        shutil.copytree(checkpoint, here)
        hurt = rng.choice(sorted(path for path in here.rglob("*") if path.is_file()))
        if hurt.suffix == ".json" and rng.random() < 0.9:
            fields = json.loads(hurt.read_text())
            for _ in range(rng.choice((1, 1, 3))):
                fields = mutate.other(fields, rng)
            hurt.write_text(mutate.text_of(fields, rng), encoding="utf-8", errors="replace")
        else:
            hurt.write_bytes(mutate.damaged(hurt.read_bytes(), rng, head=3000))
        try:
            registry.load(dataclasses.replace(SETTINGS, model=str(here)))
        except PlatelightError as error:
            if error.code is ErrorCode.INTERNAL:
                raise
            return f"{checkpoint.name} {hurt.suffix}: refused {error.code}"
        finally:
            registry.release()
        return f"{checkpoint.name} {hurt.suffix}: loaded"

    return case
