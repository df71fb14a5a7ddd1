"""The loop of every stage: on one device or, through accelerate, on many."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object, set_seed
from torch import Tensor

from ....models.revision import revision
from ..run.checkpoints import optimizer_tensors
from ..run.log import Log
from ..run.loop import LOGS, Loop, means
from ..run.step import Step
from . import checkpoint
from .config import AnyConfig
from .export import leave_model, load, load_head
from .feed import Feed
from .layers import trained
from .stages import Losses, build


def train(config: AnyConfig) -> Iterator[Step]:
    """Run a stage to its last step; yields after each. Goes on from the newest checkpoint in ``config.out`` if there is one.

    Leaves in ``config.out``: ``checkpoints/``, ``logs/`` for TensorBoard, and at the end ``model/``, a whole checkpoint in the
    layout of the hub, and ``head.safetensors`` of the regularisation.

    Raises:
        PlatelightError: model, encoder or data can't be used; a loss is not a number; the disk is full.
    """
    if config.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
    run = _Run(config)
    try:
        yield from run.steps()
    finally:
        run.close()


class _Run(Loop):
    """A stage in this process, at the step where it goes on."""

    def __init__(self, config: AnyConfig) -> None:
        super().__init__(config)
        self.config = config
        self.accelerator = Accelerator(
            mixed_precision="no" if config.precision == "fp32" else config.precision, cpu=config.device == "cpu"
        )
        set_seed(config.seed)
        self.stage = build(load(config.model, vae=config.vae), config)
        load_head(self.stage)
        self.stage.move(self.accelerator.device)
        self.trained = trained(self.stage)
        self.average = {name: value.detach().clone() for name, value in self.trained.items()} if config.average else {}
        optimizer = torch.optim.AdamW(
            self.trained.values(),
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            fused=self.accelerator.device.type == "cpu",  # one call for all: for many small tensors ten times as fast
        )
        self.base = "".join(revision(Path(folder)) for folder in (config.model, config.vae) if folder)
        progress = self._restore(optimizer)
        self.done = progress.step if progress else 0
        process = self.accelerator.process_index
        self.feed = Feed(config, process=process, at=progress.positions[process] if progress else None)
        self.model, self.optimizer = self.accelerator.prepare(self.stage, optimizer)
        self.skips_infinite = self.accelerator.scaler is not None
        if progress and progress.scaler and self.accelerator.scaler:
            self.accelerator.scaler.load_state_dict(progress.scaler)
        self.log = Log(self.out / LOGS, step=self.done) if self.accelerator.is_main_process else None

    def finish(self) -> None:
        """Leave the model as the engine loads it."""
        if self.accelerator.is_main_process:
            leave_model(self.stage, self.config, average=self.average)
        self.accelerator.wait_for_everyone()

    def close(self) -> None:
        """See `Loop.close`."""
        self.feed.close()
        super().close()

    def measure(self) -> tuple[dict[str, float], int]:
        """See `Loop.measure`; the means are those of all processes."""
        accelerator, accumulation = self.accelerator, self.config.accumulation
        measured: list[dict[str, Tensor]] = []
        for turn in range(accumulation):
            sample = self.feed.next().to(accelerator.device)
            with contextlib.nullcontext() if turn == accumulation - 1 else accelerator.no_sync(self.model):
                losses: Losses = self.model(sample)
                accelerator.backward(losses.total / accumulation)
            frames = losses.total.new_tensor(float(len(sample.frames)))
            measured.append({"total": losses.total.detach(), "frames": frames, **losses.parts})
        values = self._over_processes(means(measured))
        return values, round(values.pop("frames") * accumulation * accelerator.num_processes)

    def _over_processes(self, values: dict[str, Tensor]) -> dict[str, float]:
        """Return the mean of each value over all processes, the same in all of them: they stop together."""
        stacked = self.accelerator.reduce(torch.stack(list(values.values())), "mean")
        return dict(zip(values, stacked.tolist(), strict=True))

    def clip(self) -> float:
        """Shorten the gradient; the head's apart, so that a head that only measures doesn't touch the network. The network's."""
        self.accelerator.unscale_gradients(self.optimizer)
        head = [parameter for name, parameter in self.trained.items() if name.startswith("head.")]
        network = [parameter for name, parameter in self.trained.items() if not name.startswith("head.")]
        torch.nn.utils.clip_grad_norm_(head, self.config.clip_norm)
        return float(torch.nn.utils.clip_grad_norm_(network, self.config.clip_norm))

    @torch.no_grad()
    def stepped(self) -> None:
        """Let the averages follow."""
        keep = min(self.config.average, (self.done + 1) / (self.done + 10))
        for name, kept in self.average.items():
            kept.lerp_(self.trained[name], 1 - keep)

    def _restore(self, optimizer: torch.optim.Optimizer) -> checkpoint.Progress | None:
        folder = checkpoint.newest(self.out)
        if folder is None:
            return None
        progress = checkpoint.read_progress(folder, config=self.config, base=self.base, processes=self.accelerator.num_processes)
        checkpoint.restore(
            folder, trained=self.trained, optimizer=optimizer, average=self.average, process=self.accelerator.process_index
        )
        return progress

    def save(self) -> None:
        """See `Loop.save`: each process leaves its part."""
        accelerator = self.accelerator
        folder = checkpoint.folder_of(self.out, self.done)
        positions = tuple(gather_object([self.feed.position]))
        if accelerator.is_main_process:
            checkpoint.begin(folder)
        accelerator.wait_for_everyone()
        part = checkpoint.unfinished(folder)
        checkpoint.write_tensors(checkpoint.random_state(), part / f"process-{accelerator.process_index}.safetensors")
        accelerator.wait_for_everyone()
        if accelerator.is_main_process:
            checkpoint.write_tensors(self.trained, part / checkpoint.WEIGHTS)
            checkpoint.write_tensors(optimizer_tensors(self.optimizer), part / checkpoint.OPTIMIZER)
            if self.average:
                checkpoint.write_tensors(self.average, part / checkpoint.AVERAGE)
            scaler = accelerator.scaler.state_dict() if accelerator.scaler else {}
            progress = checkpoint.Progress(step=self.done, positions=positions, base=self.base, scaler=scaler)
            checkpoint.finish(folder, config=self.config, progress=progress)
        accelerator.wait_for_everyone()
