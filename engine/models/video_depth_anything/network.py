"""Video Depth Anything's network (arXiv 2501.12375): DINOv2 and a DPT whose frames see each other at four places.

Names and arithmetic are those of the published checkpoints; all sizes come from the tensors.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from .. import dinov2
from ..temporal.block import positions
from ..tensors import Tensors

FRAMES = 32
"""Frames of a window: what it was trained with."""
_HEADS = 8
_GROUPS = 32
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_LAYERS = {12: (2, 5, 8, 11), 24: (4, 11, 17, 23)}
"""Layers of the ViT that are taken, by its depth."""
_ENCODING = ".pos_encoder.pe"
"""Sinusoids; they are computed, since files in half precision have them rounded."""


class VideoDepthNetwork(nn.Module):
    """Relative inverse depth, or metres."""

    def __init__(self, held: Tensors) -> None:
        """Raises: ValueError, KeyError, RuntimeError for tensors that don't fit."""
        super().__init__()
        backbone = dinov2.build(held.below("pretrained."))
        depth = len(backbone.encoder.layer)
        if depth not in _LAYERS:
            raise ValueError(f"a ViT of {depth} layers; one of {' or '.join(map(str, _LAYERS))} is needed")
        self.layers = _LAYERS[depth]
        head = {name: tensor for name, tensor in held.below("head.").items() if not name.endswith(_ENCODING)}
        self.head = TemporalDPT(head)
        self.head.load_state_dict(head)
        self.pretrained = backbone
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(_STD).view(1, 3, 1, 1), persistent=False)
        self.eval().requires_grad_(False)

    def encode(self, frame: torch.Tensor) -> torch.Tensor:
        """Return what the ViT says of a frame [1, 3, H, W], sRGB in [0, 1], sides multiples of 14: [L, N, C] of its patches."""
        pixels = ((frame - self.mean) / self.std).to(self.head.projects[0].weight.dtype)
        return torch.cat([found[:, 1:] for found in dinov2.features(self.pretrained, pixels, layers=self.layers)])

    def decode(self, tokens: Sequence[torch.Tensor], *, grid: tuple[int, int], chunk: int) -> torch.Tensor:
        """Return depth of a window.

        Args:
            tokens: of each frame, from `encode`; `FRAMES` of them.
            grid: rows and columns of patches.
            chunk: frames that go through the convolutions together; more needs more memory.

        Returns:
            [T, 14 h, 14 w] float32, not negative.
        """
        return self.head(tokens, grid=grid, chunk=chunk)


class TemporalDPT(nn.Module):
    """The DPT's neck and head with motion modules."""

    def __init__(self, tensors: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.projects = nn.ModuleList(_conv(tensors[f"projects.{level}.weight"]) for level in range(4))
        channels = [project.out_channels for project in self.projects]
        self.resize_layers = nn.ModuleList(
            [
                nn.ConvTranspose2d(channels[0], channels[0], 4, stride=4),
                nn.ConvTranspose2d(channels[1], channels[1], 2, stride=2),
                nn.Identity(),
                nn.Conv2d(channels[3], channels[3], 3, stride=2, padding=1),
            ]
        )
        self.scratch = Scratch(tensors)
        features = self.scratch.layer1_rn.out_channels
        self.motion_modules = nn.ModuleList(MotionModule(width) for width in (channels[2], channels[3], features, features))

    def forward(self, tokens: Sequence[torch.Tensor], *, grid: tuple[int, int], chunk: int) -> torch.Tensor:
        """See `VideoDepthNetwork.decode`."""
        pieces = [slice(start, start + chunk) for start in range(0, len(tokens), chunk)]
        scratch = self.scratch
        third, fourth = (torch.cat([self._level(tokens[piece], level, grid) for piece in pieces]) for level in (2, 3))
        third, fourth = scratch.layer3_rn(self.motion_modules[0](third)), scratch.layer4_rn(self.motion_modules[1](fourth))
        path = self.motion_modules[2](scratch.refinenet4(fourth, size=third.shape[2:]))
        twice = (2 * grid[0], 2 * grid[1])
        path = self.motion_modules[3](scratch.refinenet3(path, third, size=twice))
        answers = []
        for piece in pieces:
            first, second = (self._level(tokens[piece], level, grid) for level in (0, 1))
            first, second = scratch.layer1_rn(first), scratch.layer2_rn(second)
            fine = scratch.refinenet2(path[piece], second, size=first.shape[2:])
            fine = scratch.refinenet1(fine, first, size=tuple(2 * side for side in first.shape[2:]))
            sized = _resize(scratch.output_conv1(fine), (dinov2.PATCH * grid[0], dinov2.PATCH * grid[1]))
            answers.append(scratch.output_conv2(sized.float())[:, 0])
        return torch.cat(answers)

    def _level(self, tokens: Sequence[torch.Tensor], level: int, grid: tuple[int, int]) -> torch.Tensor:
        maps = torch.stack([frame[level] for frame in tokens]).transpose(1, 2).unflatten(2, grid).contiguous()
        return self.resize_layers[level](self.projects[level](maps))


class Scratch(nn.Module):
    """The DPT's fusion, under the name that the files have for it."""

    def __init__(self, tensors: dict[str, torch.Tensor]) -> None:
        super().__init__()
        for level in range(1, 5):
            self.add_module(f"layer{level}_rn", _conv(tensors[f"scratch.layer{level}_rn.weight"], bias=False))
        features = self.layer1_rn.out_channels
        for level in range(1, 5):
            self.add_module(f"refinenet{level}", Fusion(features))
        self.output_conv1 = _conv(tensors["scratch.output_conv1.weight"])
        first, last = (_conv(tensors[f"scratch.output_conv2.{number}.weight"]) for number in (0, 2))
        self.output_conv2 = nn.Sequential(first, nn.ReLU(), last, nn.ReLU())


class Fusion(nn.Module):
    """Adds a level to what comes from the coarser one, and makes it larger."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.out_conv = nn.Conv2d(channels, channels, 1)
        self.resConfUnit1, self.resConfUnit2 = ResidualUnit(channels), ResidualUnit(channels)

    def forward(self, hidden: torch.Tensor, level: torch.Tensor | None = None, *, size: tuple[int, int]) -> torch.Tensor:
        if level is not None:
            hidden = hidden + self.resConfUnit1(level)
        return self.out_conv(_resize(self.resConfUnit2(hidden), size))


class ResidualUnit(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden + self.conv2(F.relu(self.conv1(F.relu(hidden))))


class MotionModule(nn.Module):
    """Frames of a window attend to each other at every pixel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.temporal_transformer = _Transformer(channels)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """[T, C, h, w] to the same."""
        frames, channels, height, width = features.shape
        inner = self.temporal_transformer
        hidden = inner.proj_in(inner.norm(features).permute(2, 3, 0, 1).reshape(height * width, frames, channels))
        for block in inner.transformer_blocks:
            hidden = block(hidden)
        added = inner.proj_out(hidden).view(height, width, frames, channels).permute(2, 3, 0, 1)
        return features + added


class _Transformer(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(_GROUPS, channels, eps=1e-6)
        self.proj_in, self.proj_out = nn.Linear(channels, channels), nn.Linear(channels, channels)
        self.transformer_blocks = nn.ModuleList([_Block(channels)])


class _Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention_blocks = nn.ModuleList(_Attention(channels) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(2))
        self.ff, self.ff_norm = _FeedForward(channels), nn.LayerNorm(channels)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """[P, T, C] to the same."""
        for attention, norm in zip(self.attention_blocks, self.norms, strict=True):
            hidden = hidden + attention(norm(hidden))
        return hidden + self.ff(self.ff_norm(hidden))


class _Attention(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels, bias=False) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        placed = hidden + positions(*hidden.shape[1:], like=hidden)
        split = (layer(placed).unflatten(-1, (_HEADS, -1)).transpose(1, 2) for layer in (self.to_q, self.to_k, self.to_v))
        attended = F.scaled_dot_product_attention(*split)
        return self.to_out[0](attended.transpose(1, 2).flatten(2))


class _FeedForward(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        gate = nn.Module()
        gate.proj = nn.Linear(channels, 8 * channels)
        self.net = nn.ModuleList([gate, nn.Identity(), nn.Linear(4 * channels, channels)])

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        values, gates = self.net[0].proj(hidden).chunk(2, dim=-1)
        return self.net[2](values * F.gelu(gates))


def _conv(weight: torch.Tensor, *, bias: bool = True) -> nn.Conv2d:
    out, into, side, _ = weight.shape
    return nn.Conv2d(into, out, side, padding=side // 2, bias=bias)


def _resize(hidden: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    return F.interpolate(hidden, size=tuple(size), mode="bilinear", align_corners=True)
