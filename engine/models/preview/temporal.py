"""Temporal blocks for `PreviewNet`: the embedded model's frames see each other, in Buffer Anytime's way (arXiv 2411.17249).

A block follows the residual blocks of a scale. Each cell attends to its own place in all frames of the shot and takes over what
those have that it hasn't: values are differences from the frame's own features, so a frame alone, and a shot that stands still,
are left exactly as they are. The projection starts at zero, so before training all frames are.

What crawls in this model's normals is broad, not fine: blurred over 16 pixels they still change three quarters as much. So blocks
at 1/4 of the frame and coarser are enough, and no motion needs to be made up for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
from torch import Tensor, nn

from ...protocol import ErrorCode, PlatelightError
from ...protocol.bounds import Between
from ...protocol.models import PREVIEW
from ..revision import PREVIEW_BLOCKS as TEMPORAL
from ..temporal import trained
from ..temporal.block import shots
from .network import Features, PreviewNet

WEIGHTS = TEMPORAL
"""The blocks that come with the extension."""

_PREFIX = "temporal."
_FADING = 0.2
"""Of a frame's say with each frame of distance, before training."""


@dataclass(frozen=True, kw_only=True)
class TemporalConfig:
    """`levels`: scales that have a block, 0 for 1/4 of the frame to 3 for 1/32. `heads`: of attention, each for its share of the
    channels. `width`: of a head's queries and keys."""

    levels: tuple[Annotated[int, Between(0, 3)], ...] = (0, 1, 2, 3)
    heads: Annotated[int, Between(1, 64)] = 4
    width: Annotated[int, Between(1, 256)] = 8


class TemporalBlock(nn.Module):
    """Attention over time at one scale, added to what comes in."""

    def __init__(self, channels: int, config: TemporalConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm = nn.LayerNorm(channels)
        self.ask = nn.Linear(channels, config.heads * config.width)
        self.key = nn.Linear(channels, config.heads * config.width)
        self.fading = nn.Parameter(torch.full((config.heads, 1, 1), _FADING).log())
        self.out = nn.Linear(channels, channels, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: Tensor) -> Tensor:
        """[T, C, h, w] to the same; the frames follow each other and are of one shot."""
        cells = x.permute(2, 3, 0, 1)
        known = self.norm(cells)
        ask, key = (part(known).unflatten(-1, (self.heads, -1)).transpose(-2, -3) for part in (self.ask, self.key))
        time = torch.arange(len(x), device=x.device, dtype=x.dtype)
        away = (time[:, None] - time).abs() * self.fading.exp().to(x.dtype)
        shares = (ask @ key.transpose(-1, -2) * ask.shape[-1] ** -0.5 - away).softmax(-1)
        values = cells.unflatten(-1, (self.heads, -1)).transpose(-2, -3)
        taken = (shares @ values - values).transpose(-2, -3).flatten(-2)
        return x + self.out(taken).permute(2, 3, 0, 1)


class TemporalPreview(nn.Module):
    """A `PreviewNet` with temporal blocks. The network's own weights are frozen and stay where they are."""

    def __init__(self, net: PreviewNet, config: TemporalConfig | None = None) -> None:
        """`net`: gets hooks that do nothing unless it is run through this."""
        super().__init__()
        self.config = config = config or TemporalConfig()
        self.net = net.requires_grad_(False)
        self.blocks = nn.ModuleList(TemporalBlock(net.config.widths[level], config) for level in config.levels)
        self._active = False
        for level, block in zip(config.levels, self.blocks, strict=True):
            net.up[level].register_forward_hook(lambda _, __, x, block=block: block(x) if self._active else None)

    def forward(self, frames: Tensor, *, cuts: Sequence[int] = ()) -> Tensor:
        """Return normals alone; see `normals_and_depth`."""
        return self.normals_and_depth(frames, cuts=cuts)[0]

    def normals_and_depth(self, frames: Tensor, *, cuts: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
        """As `PreviewNet`, of consecutive frames [T, 3, H, W]; `cuts`: indices of frames that begin a shot."""
        with self._seeing():
            parts = [self.net.normals_and_depth(frames[shot]) for shot in shots(len(frames), cuts)]
        return torch.cat([normals for normals, _ in parts]), torch.cat([depth for _, depth in parts])

    def features(self, frames: Tensor) -> Features:
        """As `PreviewNet.features`."""
        return self.net.features(frames)

    def raw(self, features: Features) -> Tensor:
        """As `PreviewNet.raw`, of the features of frames of one shot, so that those that windows share need not be made twice."""
        with self._seeing():
            return self.net.raw(features)

    @torch.no_grad()
    def image(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """`normals_and_depth` of each frame by itself, whatever the blocks have learned."""
        return self.net.normals_and_depth(frames)

    def temporal_parameters(self) -> list[nn.Parameter]:
        """Of the blocks."""
        return list(self.blocks.parameters())

    @contextlib.contextmanager
    def _seeing(self) -> Iterator[None]:
        """While this lasts the frames that the network is given see each other."""
        self._active = True
        try:
            yield
        finally:
            self._active = False

    def save_temporal(self, file: Path) -> None:
        """Write the blocks alone, in half precision, whole or not at all.

        Raises:
            PlatelightError: `disk_full`, `output_not_writable`.
        """
        tensors = {f"{_PREFIX}{name}": value.half() for name, value in self.blocks.state_dict().items()}
        trained.save(file, trained.Trained(settings=self.config, tensors=tensors), family=PREVIEW.family)


def load(file: Path, net: PreviewNet) -> TemporalPreview:
    """`net` with the blocks of a file, in evaluation mode.

    Raises:
        PlatelightError: `model_incomplete` when it isn't there; `model_invalid` when it is something else, or of a network of other
            widths; naming the file.
    """
    found = trained.read(file, family=PREVIEW.family, settings=TemporalConfig)
    try:
        model = TemporalPreview(net, found.settings)
        model.blocks.load_state_dict({name.removeprefix(_PREFIX): value.float() for name, value in found.tensors.items()})
    except (RuntimeError, IndexError) as error:
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file} is of another network: {error}".splitlines()[0][:300]) from error
    return model.eval()
