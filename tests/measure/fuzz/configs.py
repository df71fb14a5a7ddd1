"""Damaged checkpoints: configurations and headers of weights, read before memory is taken."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from engine.device import choose
from engine.models import weights
from engine.models.normalcrafter.checkpoint import load_networks
from engine.protocol import ErrorCode, PlatelightError

from . import mutate

CHECKPOINT = Path(__file__).parents[2] / "samples" / "golden" / "checkpoint"


def prepare(folder: Path, *, seed: int) -> Callable[[int], str]:
    compute = choose(device="cpu", precision="fp32")

    def case(number: int) -> str:
        rng = mutate.generator(seed, number)
        here = folder / "case"
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(CHECKPOINT, here)
        hurt = rng.choice(sorted(path for path in here.rglob("*") if path.is_file()))
        if hurt.suffix == ".json" and rng.random() < 0.9:
            fields = json.loads(hurt.read_text())
            for _ in range(rng.choice((1, 1, 3))):
                fields = mutate.other(fields, rng)
            hurt.write_text(mutate.text_of(fields, rng), encoding="utf-8", errors="replace")
        else:
            hurt.write_bytes(mutate.damaged(hurt.read_bytes(), rng, head=3000))
        try:
            if hurt.suffix == ".safetensors":
                weights.check_safetensors(hurt)
            load_networks(here, compute=compute)
        except PlatelightError as error:
            if error.code is ErrorCode.INTERNAL:
                raise
            return f"{hurt.suffix}: refused {error.code}"
        return f"{hurt.suffix}: loaded"

    return case
