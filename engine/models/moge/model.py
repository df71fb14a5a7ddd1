"""MoGe as a video model: the ViT frozen, a temporal block behind each of the neck's coarser levels, which all heads share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ...protocol import ErrorCode, PlatelightError
from ..folder import guarded
from ..layouts import MOGE_FILES
from ..temporal import trained
from ..temporal.block import TemporalBlock, TemporalSettings
from ..tensors import Tensors, find, read
from .network import LEVELS, MoGe, grid_for
from .refiner import BINS, Refiner

FAMILY = "moge"
BLOCKS = 3
"""Levels of the neck with a temporal block: those of the ViT's grid, and of two and four times its sides."""
POINTS, NORMAL, MASK = slice(0, 3), slice(3, 6), slice(6, 7)
"""Where each is in the planes of a prediction."""
_NEEDED = ("points", "normal", "mask")


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """What the ViT says of a frame. `features`: [C, h, w]. `log_scale`: logarithm of what turns its points into metres."""

    features: torch.Tensor
    log_scale: float


def load_geometry_model(
    folder: Path,
    *,
    temporal: Path | None = None,
    fresh: TemporalSettings | None = None,
    per_frame: bool = False,
    dtype: torch.dtype = torch.float32,
) -> VideoGeometry:
    """Load a checkpoint in the layout of ``Ruicheng/moge-2-*-normal``, on the CPU.

    Args:
        folder: holds model.pt, or the same as model.safetensors; other names that begin with moge will do.
        temporal, fresh, per_frame: as `temporal.trained.equip`.
        dtype: of the ViT; neck and heads are in float32 where that is bfloat16, which is too coarse for the logarithm of a depth.

    Raises:
        PlatelightError: `model_incomplete`, `model_invalid`, naming the file.
    """
    file = find(folder, MOGE_FILES)
    held = read(file).to(torch.float32)
    model = guarded(file, lambda: VideoGeometry(held))
    if missing := [name for name in _NEEDED if name not in model.image.heads]:
        told = f"{file} has no {missing[0]} head; a MoGe-2 or MoGe-3 with normals is needed"
        raise PlatelightError(ErrorCode.MODEL_INVALID, told)
    model.reduce(dtype)
    trained.equip(model, folder=folder, temporal=temporal, fresh=fresh, per_frame=per_frame)
    return model


class VideoGeometry(trained.TunableModel):
    """`image`: the image model, frozen. `refiner`: MoGe-3's, None for MoGe-2. `temporal`: a block for each of the `BLOCKS` levels,
    None for none."""

    family = FAMILY
    temporal: nn.ModuleList | None

    def __init__(self, held: Tensors) -> None:
        """Raises: ValueError, KeyError, RuntimeError for tensors that don't fit."""
        super().__init__()
        self.image = MoGe(held)
        self.refiner: Refiner | None = None
        if refining := held.below("refiner."):
            self.refiner = Refiner(refining, bins=int(held.config.get("refiner_depth_resolution", BINS)))
            self.refiner.load_state_dict(refining)
            self.refiner.eval().requires_grad_(False)
        self.settings: TemporalSettings | None = None
        self.temporal = None

    def reduce(self, dtype: torch.dtype) -> None:
        """Go over to a type; see `load_geometry_model`. The metric scale and the refiner stay in float32."""
        heads = torch.float32 if dtype is torch.bfloat16 else dtype
        self.image.to(heads)
        self.image.encoder.to(dtype)
        self.image.scale_head.to(torch.float32)

    def add_temporal(self, settings: TemporalSettings) -> None:
        """Build blocks that change nothing until they are trained."""
        weights = [self.image.neck.input_blocks[level].weight for level in range(BLOCKS)]
        blocks = nn.ModuleList(TemporalBlock(len(weight), settings=settings) for weight in weights)
        self.settings, self.temporal = settings, blocks.to(weights[0].device, weights[0].dtype)

    @torch.no_grad()
    def encode(self, frame: torch.Tensor, *, tokens: int) -> Encoded:
        """Return what the ViT says of one frame by itself.

        Args:
            frame: float [3, H, W], display-referred sRGB in [0, 1], any size.
            tokens: about how many patches it is seen in.
        """
        weight = self.image.encoder.output_projections[0].weight
        image = frame[None].to(weight.device, torch.float32)
        features, log_scale = self.image.encode(image, grid=grid_for(tokens, size=tuple(frame.shape[-2:])))
        heads = self.image.neck.input_blocks[0].weight.dtype
        return Encoded(features=features[0].to(heads), log_scale=float(log_scale[0]))

    def decode(
        self,
        features: torch.Tensor,
        *,
        aspect: float,
        cuts: Sequence[int] = (),
        chunk: int = 0,
        temporal: bool = True,
        refine: bool = True,
    ) -> torch.Tensor:
        """Neck and heads of frames that see each other; gradients reach the temporal blocks.

        Args:
            features: [T, C, h, w], from `encode`.
            aspect: width over height of the picture.
            cuts: indices of frames that begin a shot.
            chunk: frames that go through the convolutions together, 0 for all; more needs more memory.
            temporal: False for the image model's own answer.
            refine: False to leave MoGe-3's refiner out.

        Returns:
            [T, 7, 16 h, 16 w] float32, as the heads give them: points (x / z, y / z, log z), normals, the mask's logit.
        """
        pieces = list(_pieces(len(features), chunk))
        levels: list[torch.Tensor] = []
        for number, block in enumerate((self.temporal if temporal else None) or ()):
            found = [self._level(number, [level[piece] for level in levels], features[piece], aspect=aspect) for piece in pieces]
            levels.append(block(torch.cat(found), cuts=cuts))
        return torch.cat(
            [self._planes([level[piece] for level in levels], features[piece], aspect=aspect, refine=refine) for piece in pieces]
        )

    def _level(self, number: int, levels: Sequence[torch.Tensor], features: torch.Tensor, *, aspect: float) -> torch.Tensor:
        """Return the neck's next level."""
        return self.image.neck.level(number, levels[-1] if levels else None, self.image.input(number, features, aspect=aspect))

    def _planes(self, levels: Sequence[torch.Tensor], features: torch.Tensor, *, aspect: float, refine: bool) -> torch.Tensor:
        """Return the rest of the neck, and the heads."""
        levels = list(levels)
        for number in range(len(levels), LEVELS):
            levels.append(self._level(number, levels, features, aspect=aspect))
        given = [output(level) for output, level in zip(self.image.neck.output_blocks, levels, strict=True)]
        points, normal, mask = (self.image.head(name, given).float() for name in _NEEDED)
        if self.refiner is not None and refine:
            points = self.refiner(points, self.image.input(0, features, aspect=aspect))
        return torch.cat([points, normal, mask], dim=1)


def _pieces(frames: int, chunk: int) -> Iterator[slice]:
    chunk = chunk or frames
    for start in range(0, frames, chunk):
        yield slice(start, min(start + chunk, frames))
