"""Depth Anything V2 as a video model: the ViT frozen, a temporal block in each of the three gaps between the DPT's fusion stages.

The networks are transformers' own; only the loop over the fusion stages is written out, so that blocks fit between them and frames
can go through in pieces.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from transformers import DepthAnythingForDepthEstimation

from ...protocol import ErrorCode, PlatelightError
from ..folder import guarded, hide_progress_bars, network, read_json
from ..temporal import trained
from ..temporal.block import TemporalBlock, TemporalSettings

FAMILY = "depth_anything"


def load_depth_model(
    folder: Path,
    *,
    temporal: Path | None = None,
    fresh: TemporalSettings | None = None,
    per_frame: bool = False,
    dtype: torch.dtype = torch.float32,
) -> VideoDepth:
    """Load a checkpoint in the layout of ``depth-anything/Depth-Anything-V2-*-hf``, on the CPU.

    Args:
        folder: holds config.json, model.safetensors and preprocessor_config.json.
        temporal, fresh, per_frame: as `temporal.trained.equip`.

    Raises:
        PlatelightError: `model_incomplete`, `model_invalid`, naming the file.
    """
    hide_progress_bars()
    config, preprocessor = read_json(folder / "config.json"), read_json(folder / "preprocessor_config.json")
    if config.get("model_type") != FAMILY:
        told = f"{folder / 'config.json'} is of a {config.get('model_type', 'nameless')} model, not of depth_anything"
        raise PlatelightError(ErrorCode.MODEL_INVALID, told)
    image = network(DepthAnythingForDepthEstimation, folder=folder, stem="model", dtype=dtype)
    model = guarded(
        folder / "preprocessor_config.json",
        lambda: VideoDepth(image, mean=tuple(preprocessor["image_mean"]), std=tuple(preprocessor["image_std"])),
    )
    trained.equip(model, folder=folder, temporal=temporal, fresh=fresh, per_frame=per_frame)
    return model


class VideoDepth(trained.TunableModel):
    """`image`: the image model. `temporal`: a block for each gap between its fusion stages, None for none. `metric`: whether the
    answer is a distance in metres; otherwise it is an inverse distance, up to a scale and a shift."""

    family = FAMILY
    temporal: nn.ModuleList | None

    def __init__(
        self, image: DepthAnythingForDepthEstimation, *, mean: tuple[float, float, float], std: tuple[float, float, float]
    ) -> None:
        """Args:
            mean, std: of the image model's input, red, green, blue.

        Raises:
            ValueError: for an image model that no published one is like.
        """
        super().__init__()
        config = image.config
        levels = len(config.neck_hidden_sizes)
        if config.head_in_index not in (-1, levels - 1) or not isinstance(config.patch_size, int):
            raise ValueError("a head that takes the last fusion stage, and square patches, are needed")
        self.image = image
        self.patch = config.patch_size
        self.metric = config.depth_estimation_type == "metric"
        self.settings: TemporalSettings | None = None
        self.temporal = None
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)
        self.image.requires_grad_(False)

    def add_temporal(self, settings: TemporalSettings) -> None:
        """Build blocks that change nothing until they are trained."""
        weight = self.image.head.conv1.weight
        gaps = len(self.image.neck.fusion_stage.layers) - 1
        blocks = nn.ModuleList(TemporalBlock(self.image.config.fusion_hidden_size, settings=settings) for _ in range(gaps))
        self.settings, self.temporal = settings, blocks.to(weight.device, weight.dtype)

    def head_parameters(self) -> list[nn.Parameter]:
        """Of the DPT: neck and head. Frozen until ``requires_grad_`` says otherwise."""
        return [*self.image.neck.parameters(), *self.image.head.parameters()]

    def save_temporal(self, file: Path, *, head: bool = False) -> None:
        """Write the blocks, and with `head` the DPT as well."""
        if self.settings is None:
            raise ValueError("this model has no temporal blocks")
        kept = ("temporal.", "image.neck.", "image.head.") if head else ("temporal.",)
        tensors = {name: tensor for name, tensor in self.state_dict().items() if name.startswith(kept)}
        trained.save(file, trained.Trained(settings=self.settings, tensors=tensors), family=self.family)

    def image_model(self) -> VideoDepth:
        """Return the image model as it is now, frozen, without blocks; the ViT is shared. For a target while the head is
        trained."""
        image = copy.copy(self.image)
        image._modules = {**self.image._modules, "neck": copy.deepcopy(self.image.neck), "head": copy.deepcopy(self.image.head)}
        twin = VideoDepth(image, mean=tuple(self.mean.flatten().tolist()), std=tuple(self.std.flatten().tolist()))
        return twin.to(self.mean.device)

    def forward(self, frames: torch.Tensor, *, cuts: Sequence[int] = (), chunk: int = 0) -> torch.Tensor:
        """Return depth of frames that see each other.

        Args:
            frames: float [T, 3, H, W], display-referred sRGB in [0, 1], any size; multiples of 14 need no resizing.
            cuts: indices of frames that begin a shot.
            chunk: frames that go through the DPT together, 0 for all; more needs more memory.

        Returns:
            [T, H, W], not negative: relative inverse distance, or metres where `metric`. Gradients reach blocks and head.
        """
        grid = self.grid(*frames.shape[-2:])
        depth = self.decode(self.encode(frames), grid=grid, cuts=cuts, chunk=chunk)
        if depth.shape[-2:] == frames.shape[-2:]:
            return depth
        return F.interpolate(depth[:, None], size=frames.shape[-2:], mode="bilinear", align_corners=False)[:, 0]

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Patches in a column and in a row, of frames of that size."""
        return max(1, round(height / self.patch)), max(1, round(width / self.patch))

    @torch.no_grad()
    def encode(self, frames: torch.Tensor) -> torch.Tensor:
        """Return the ViT's answer [T, L, N, C], L the levels of the DPT; the frames go in one by one, so that each gives the same
        numbers in any company. Frames as in `forward`."""
        rows, columns = self.grid(*frames.shape[-2:])
        size = (rows * self.patch, columns * self.patch)
        return torch.stack([self._tokens(frame[None], size=size) for frame in frames])

    def decode(
        self, tokens: torch.Tensor | Sequence[torch.Tensor], *, grid: tuple[int, int], cuts: Sequence[int] = (), chunk: int = 0
    ) -> torch.Tensor:
        """Return the DPT with its temporal blocks.

        Args:
            tokens: [T, L, N, C], from `encode`; or of each frame [L, N, C].
            grid: from `grid`.
            cuts, chunk: as in `forward`.

        Returns:
            [T, 14 h, 14 w].
        """
        layers = self.image.neck.fusion_stage.layers
        fused: torch.Tensor | None = None
        for stage, layer in enumerate(layers):
            level = len(layers) - 1 - stage
            size = self._size(level - 1, grid) if level else None
            parts = []
            for piece in _pieces(len(tokens), chunk):
                feature = self._feature(torch.stack([frame[level] for frame in tokens[piece]]), level=level, grid=grid)
                part = layer(feature, size=size) if fused is None else layer(fused[piece], feature, size=size)
                parts.append(part if level else self.image.head([part], *grid))
            fused = parts[0] if len(parts) == 1 else torch.cat(parts)
            del parts
            if level and self.temporal is not None:
                fused = self.temporal[stage](fused, cuts=cuts)
        return fused

    def _tokens(self, frame: torch.Tensor, *, size: tuple[int, int]) -> torch.Tensor:
        """[L, N, C] of one frame [1, 3, H, W]."""
        if frame.shape[-2:] != size:
            frame = F.interpolate(frame.float(), size=size, mode="bicubic", antialias=True, align_corners=False).clamp(0.0, 1.0)
        pixels = ((frame - self.mean) / self.std).to(self.image.head.conv1.weight.dtype)
        return torch.cat(list(self.image.backbone.forward_with_filtered_kwargs(pixels).feature_maps))

    def _feature(self, tokens: torch.Tensor, *, level: int, grid: tuple[int, int]) -> torch.Tensor:
        """Return one level's features [T, C, h, w] of its tokens [T, N, C], as the neck makes them."""
        neck = self.image.neck
        images = tokens[:, 1:].unflatten(1, grid).permute(0, 3, 1, 2).contiguous()
        return neck.convs[level](neck.reassemble_stage.layers[level](images))

    def _size(self, level: int, grid: tuple[int, int]) -> tuple[int, int]:
        """Height and width of a level's features."""
        factor = self.image.config.reassemble_factors[level]
        if factor >= 1:
            return grid[0] * int(factor), grid[1] * int(factor)
        stride = int(1 / factor)
        return (grid[0] - 1) // stride + 1, (grid[1] - 1) // stride + 1


def _pieces(frames: int, chunk: int) -> Iterator[slice]:
    chunk = chunk or frames
    for start in range(0, frames, chunk):
        yield slice(start, min(start + chunk, frames))
