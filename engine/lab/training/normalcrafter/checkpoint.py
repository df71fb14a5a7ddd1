"""Where a run stands, on disk: a folder ``step-0000100`` that appears whole or not at all, from which it goes on bit for bit.

``weights.safetensors`` holds what is trained, ``optimizer.safetensors`` its moments, ``average.safetensors`` the averaged weights
where there are any, ``process-0.safetensors`` the random state of each process, and ``state.json`` the rest. No pickles.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ....tuning.failures import TrainingStopped, not_written
from ....tuning.settings_rules import changed_setting
from ..run.checkpoints import optimizer_entries
from ..run.config_file import from_table
from .config import FREE, STAGES, AnyConfig, stage_name
from .feed import Position

WEIGHTS, OPTIMIZER, AVERAGE, STATE = "weights.safetensors", "optimizer.safetensors", "average.safetensors", "state.json"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """`step`: optimizer steps done. `positions`: in the data, of each process. `base`: fingerprint of the model it started from.
    `scaler`: of float16's loss scaling, empty without it."""

    step: int
    positions: tuple[Position, ...]
    base: str
    scaler: dict[str, Any]


def folder_of(out: Path, step: int) -> Path:
    return out / "checkpoints" / f"step-{step:07d}"


def newest(out: Path) -> Path | None:
    """Return the last whole checkpoint of a run, None before the first."""
    found = sorted(path.parent for path in out.glob(f"checkpoints/step-*/{STATE}") if path.parent.suffix != ".part")
    return found[-1] if found else None


def unfinished(folder: Path) -> Path:
    """Where `folder` is written before it gets its name."""
    return folder.with_name(folder.name + ".part")


def begin(folder: Path) -> None:
    """Make an empty folder to write into.

    Raises:
        PlatelightError: as `write_tensors`.
    """
    part = unfinished(folder)
    try:
        if part.exists():
            shutil.rmtree(part)
        part.mkdir(parents=True)
    except OSError as error:
        raise not_written(error, part) from error


def write_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """One safetensors file.

    Raises:
        PlatelightError: the disk is full or can't be written to; what was begun is removed.
    """
    try:
        save_file({name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}, path)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise not_written(error, path) from error


def random_state() -> dict[str, Tensor]:
    """Of torch's own generators in this process; data and noise are drawn from numbers that `Position` counts."""
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def finish(folder: Path, *, config: AnyConfig, progress: Progress) -> None:
    """Write the state, give `folder` its name and drop the oldest beyond ``config.keep``.

    Raises:
        PlatelightError: as `write_tensors`.
    """
    content = {"stage": stage_name(config), "config": _plain(config), **dataclasses.asdict(progress)}
    part = unfinished(folder)
    try:
        (part / STATE).write_text(json.dumps(content, indent=1), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise not_written(error, part / STATE) from error
    whole = sorted(path for path in folder.parent.glob("step-*") if path.suffix != ".part")
    for old in whole[: -config.keep]:
        shutil.rmtree(old)


def read_progress(folder: Path, *, config: AnyConfig, base: str, processes: int) -> Progress:
    """Return the state of a checkpoint, known to belong to this run.

    Raises:
        PlatelightError: it is damaged, or was made with other settings, another model or another number of processes.
    """
    file = folder / STATE
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        before = from_table(content["config"], STAGES[content["stage"]], source=str(file), folder=folder)
        positions = tuple(Position(**position) for position in content["positions"])
        progress = Progress(step=content["step"], positions=positions, base=content["base"], scaler=content["scaler"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = f"Remove {folder} to go on from the one before."
        raise TrainingStopped(f"{file} is damaged: {error!r}"[:300], remedy=remedy) from error
    remedy = "Choose another folder for out, or the settings it was begun with."
    if type(before) is not type(config):
        raise TrainingStopped(f"{folder} is of the stage {content['stage']}, not {stage_name(config)}", remedy=remedy)
    name = changed_setting(before, config, free=FREE)
    if name:
        said = f"{folder} was made with {name} = {getattr(before, name)!r}, not {getattr(config, name)!r}"
        raise TrainingStopped(said, remedy=remedy)
    if progress.base != base:
        raise TrainingStopped(f"{folder} was begun from other weights than {config.model} has now", remedy=remedy)
    if len(positions) != processes:
        raise TrainingStopped(f"{folder} was made by {len(positions)} processes, not {processes}", remedy=remedy)
    return progress


def restore(
    folder: Path,
    *,
    trained: Mapping[str, nn.Parameter],
    optimizer: torch.optim.Optimizer,
    average: Mapping[str, Tensor],
    process: int,
) -> None:
    """Put weights, moments, averages and random state back, in place.

    Raises:
        PlatelightError: a file is missing or damaged, or a tensor is of another size, naming both.
    """
    load_into(folder / WEIGHTS, trained)
    if average:
        load_into(folder / AVERAGE, average)
    entries = optimizer_entries(_read(folder / OPTIMIZER))
    parameters = list(trained.values())
    for index, entry in entries.items():  # none for a parameter that no frame has passed through
        for key in ("exp_avg", "exp_avg_sq"):
            _same_size(folder / OPTIMIZER, f"{index}.{key}", entry.get(key), parameters[index])
    optimizer.load_state_dict(optimizer.state_dict() | {"state": entries})
    state = _read(folder / f"process-{process}.safetensors")
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


def load_into(file: Path, targets: Mapping[str, Tensor]) -> None:
    """Copy a safetensors file into tensors of the same names and sizes.

    Raises:
        PlatelightError: as `restore`.
    """
    found = _read(file)
    for name in sorted(found.keys() | targets.keys()):
        if name not in targets:
            raise _other_size(file, f"{name} is not in the network")
        _same_size(file, name, found.get(name), targets[name])
    with torch.no_grad():
        for name, target in targets.items():
            target.copy_(found[name])


def _read(file: Path) -> dict[str, Tensor]:
    try:
        return load_file(file)
    except (OSError, SafetensorError) as error:
        remedy = f"Remove {file.parent} or restore the file."
        raise TrainingStopped(f"{file} cannot be read: {error}"[:300], remedy=remedy) from error


def _same_size(file: Path, name: str, found: Tensor | None, target: Tensor) -> None:
    if found is None or found.shape != target.shape:
        there = "missing" if found is None else f"of the size {list(found.shape)}"
        raise _other_size(file, f"{name} is {there}, the network's is {list(target.shape)}")


def _other_size(file: Path, what: str) -> TrainingStopped:
    return TrainingStopped(f"{file} is of another network: {what}", remedy="Start from the model that it was made with.")


def _plain(config: AnyConfig) -> dict[str, Any]:
    return {key: value for key, value in dataclasses.asdict(config).items() if value is not None}
