"""The loop of every model's training, on one device."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from ....device import choose
from ....models.preview import network
from ....models.revision import revision
from ....protocol import PlatelightError
from ....tuning.failures import TrainingStopped, not_written
from ....tuning.settings_rules import changed_setting
from ....tuning.stages import Losses, Stage, build
from ..run.checkpoints import read_state, write_state
from ..run.config_file import from_table
from ..run.log import Log
from ..run.loop import LOGS, Loop, means
from ..run.step import Step
from .config import FREE, AnyTraining
from .feed import Feed

STATE, SETTINGS, EXPORT = "state.safetensors", "settings.json", "temporal.safetensors"


def train(config: AnyTraining) -> Iterator[Step]:
    """Train the temporal blocks of a model to the last step; yields after each. Goes on from ``config.out`` if there is a state.

    Leaves in ``config.out``: ``state.safetensors`` to go on from, ``logs/`` for TensorBoard, and
    ``temporal.safetensors``, the blocks as the engine loads them.

    Raises:
        PlatelightError: model or data can't be used; a loss is not a number; the disk is full.
    """
    run = _Run(config)
    try:
        yield from run.steps()
    finally:
        run.close()


class _Run(Loop):
    """A run at the step where it goes on."""

    def __init__(self, config: AnyTraining) -> None:
        super().__init__(config)
        self.config = config
        self.device = choose(device=config.device, precision="fp32").device
        torch.manual_seed(config.seed)
        self.stage: Stage = build(config).to(self.device)
        self.trained = {name: value for name, value in self.stage.named_parameters() if value.requires_grad}
        self.optimizer = torch.optim.AdamW(self.trained.values(), lr=config.learning_rate, weight_decay=config.weight_decay)
        self._remember()
        self.done = self._restore()
        drawn = self.done * config.accumulation
        self.feed = Feed(config, multiple=self.stage.multiple, start=drawn, device=self.device.type)
        self.log = Log(self.out / LOGS, step=self.done)

    def close(self) -> None:
        """See `Loop.close`."""
        self.feed.close()
        super().close()

    def measure(self) -> tuple[dict[str, float], int]:
        """See `Loop.measure`."""
        config, frames = self.config, 0
        measured: list[dict[str, Tensor]] = []
        for _ in range(config.accumulation):
            clip = self.feed.next().to(self.device)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=config.precision == "bf16"):
                losses: Losses = self.stage(clip)
            (losses.total / config.accumulation).backward()
            measured.append({"total": losses.total.detach(), **losses.parts})
            frames += len(clip.frames)
        return {key: float(value) for key, value in means(measured).items()}, frames

    def clip(self) -> float:
        """See `Loop.clip`."""
        return float(torch.nn.utils.clip_grad_norm_(self.trained.values(), self.config.clip_norm))

    def _kept(self) -> nn.Module:
        """Return what is trained as one module; a module's names may hold no points."""
        return nn.ParameterDict({name.replace(".", "/"): value for name, value in self.trained.items()})

    def _remember(self) -> None:
        """Keep the settings, and which weights it starts from, beside the state.

        Raises:
            PlatelightError: the folder holds another run, or can't be written to.
        """
        file = self.out / SETTINGS
        remedy = "Choose another folder for out, or what it was begun with."
        base = base_revision(self.config)
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            if file.is_file() and (self.out / STATE).is_file():
                known = json.loads(file.read_text("utf-8"))
                before = from_table(known["config"], type(self.config), source=str(file), folder=self.out)
                if name := changed_setting(before, self.config, free=FREE):
                    said = f"{self.out} was begun with {name} = {getattr(before, name)!r}, not {getattr(self.config, name)!r}"
                    raise TrainingStopped(said, remedy=remedy)
                if known["base"] != base:
                    raise TrainingStopped(f"{self.out} was begun from other weights of the model than there are now", remedy=remedy)
            content = {"base": base, "config": dataclasses.asdict(self.config)}
            file.write_text(json.dumps(content, indent=1), encoding="utf-8")
        except (ValueError, KeyError, TypeError) as error:
            raise TrainingStopped(f"{file} is damaged: {error!r}"[:300], remedy=remedy) from error
        except OSError as error:
            raise not_written(error, file) from error

    def _restore(self) -> int:
        """Weights and moments as they were; the number of steps done, 0 for a new run."""
        file = self.out / STATE
        if not file.is_file():
            return 0
        try:
            numbers = read_state(file, networks={"trained": self._kept()}, optimizer=self.optimizer)
            return int(numbers["step"])
        except (OSError, SafetensorError, RuntimeError, KeyError) as error:
            remedy = "Remove it to begin anew, or start from the model that it was made with."
            raise TrainingStopped(f"{file} cannot be gone on from: {error}"[:300], remedy=remedy) from error

    def save(self) -> None:
        """See `Loop.save`."""
        file = self.out / STATE
        try:
            write_state(file, networks={"trained": self._kept()}, optimizer=self.optimizer, numbers={"step": self.done})
            self.stage.export(self.out / EXPORT)
        except PlatelightError as error:
            raise not_written(error, file) from error


def base_revision(config: AnyTraining) -> str:
    """Return which weights of the image model a run starts from."""
    path = Path(config.model) if config.model else network.WEIGHTS
    if path.is_file():
        return revision(path.parent, (path.name,))
    return revision(path, ("*.json", "*.safetensors", "*/*.json", "*/*.safetensors"))
