"""The temporal block: frames of one shot attend to each other at every pixel; what is added to the image model starts at zero.

Buffer Anytime (arXiv 2411.17249) describes it as several temporal attention layers and a zero-initialised output projection, as in
AnimateDiff. What it doesn't print is chosen as Video-Depth-Anything and AnimateDiff have it: group norm, linear in, layers of two
self-attentions and a gated feed-forward each, sinusoidal positions, eight heads. `TemporalSettings` says so and may say otherwise.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import nn

from ...protocol.bounds import Between

PIECE_VALUES = 1 << 25
"""Values of the widest layer that are worked on at a time, in whole rows: pixels don't see each other, so memory need not grow with
them."""


@dataclass(frozen=True, kw_only=True)
class TemporalSettings:
    """Of all blocks of a model. `layers`: in a block. `attentions`: in a layer. `width`: the layers' channels as a share of the
    image model's, at 1 as published; a quarter needs a twelfth of the weights."""

    layers: Annotated[int, Between(1, 16)] = 2
    attentions: Annotated[int, Between(1, 8)] = 2
    heads: Annotated[int, Between(1, 64)] = 8
    width: Annotated[float, Between(0.0, 4.0)] = 1.0


def shots(frames: int, cuts: Sequence[int]) -> Iterator[slice]:
    """Yield the frames of each shot.

    Args:
        frames: how many there are.
        cuts: ascending indices of frames that begin a shot, the first frame of all left out or not.

    Raises:
        ValueError: where they aren't ascending or lie outside.
    """
    edges = [0, *(cut for cut in cuts if cut), frames]
    if any(after <= before for before, after in itertools.pairwise(edges)):
        raise ValueError(f"cuts {tuple(cuts)} don't ascend within {frames} frames")
    for before, after in itertools.pairwise(edges):
        yield slice(before, after)


class TemporalBlock(nn.Module):
    """Adds to features what the frames of their shot say. New, it adds exactly zero."""

    def __init__(self, channels: int, *, settings: TemporalSettings) -> None:
        super().__init__()
        unit = 2 * settings.heads
        inner = max(1, round(channels * settings.width / unit)) * unit
        self.norm = nn.GroupNorm(math.gcd(32, channels), channels, eps=1e-6)
        self.proj_in = nn.Linear(channels, inner)
        self.layers = nn.ModuleList(TemporalLayer(inner, settings=settings) for _ in range(settings.layers))
        self.proj_out = nn.Linear(inner, channels)
        nn.init.zeros_(self.proj_out.weight)
        nn.init.zeros_(self.proj_out.bias)

    def forward(self, features: torch.Tensor, *, cuts: Sequence[int] = ()) -> torch.Tensor:
        """Args:
            features: [T, C, H, W], the frames in order.
            cuts: indices of frames that begin a shot; no frame sees one of another shot.

        Returns:
            [T, C, H, W].
        """
        frames, _, height, width = features.shape
        normed, result = self.norm(features), features.clone()
        rows = max(1, PIECE_VALUES // (frames * width * 8 * self.proj_in.out_features))
        for top in range(0, height, rows):
            result[:, :, top : top + rows] += self._added(normed[:, :, top : top + rows], cuts)
        return result

    def _added(self, normed: torch.Tensor, cuts: Sequence[int]) -> torch.Tensor:
        """Return what is added to some rows [T, C, h, W]."""
        frames, channels, height, width = normed.shape
        hidden = self.proj_in(normed.permute(2, 3, 0, 1).reshape(height * width, frames, channels))
        parts = []
        for shot in shots(frames, cuts):
            part = hidden[:, shot]
            for layer in self.layers:
                part = layer(part)
            parts.append(part)
        added = self.proj_out(torch.cat(parts, dim=1))
        return added.view(height, width, frames, channels).permute(2, 3, 0, 1)


class TemporalLayer(nn.Module):
    """Self-attentions over time, each with a residual, then a gated feed-forward."""

    def __init__(self, channels: int, *, settings: TemporalSettings) -> None:
        super().__init__()
        self.heads = settings.heads
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(settings.attentions))
        self.to_qkv = nn.ModuleList(nn.Linear(channels, 3 * channels, bias=False) for _ in range(settings.attentions))
        self.to_out = nn.ModuleList(nn.Linear(channels, channels) for _ in range(settings.attentions))
        self.norm = nn.LayerNorm(channels)
        self.gate = nn.Linear(channels, 8 * channels)
        self.out = nn.Linear(4 * channels, channels)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Of one shot: [P, T, C] to [P, T, C]."""
        pixels, frames, channels = hidden.shape
        where = positions(frames, channels, like=hidden)
        for norm, to_qkv, to_out in zip(self.norms, self.to_qkv, self.to_out, strict=True):
            split = to_qkv(norm(hidden) + where).view(pixels, frames, 3, self.heads, -1)
            query, key, value = split.permute(2, 0, 3, 1, 4)
            attended = F.scaled_dot_product_attention(query, key, value)
            hidden = hidden + to_out(attended.transpose(1, 2).reshape(pixels, frames, channels))
        values, gates = self.gate(self.norm(hidden)).chunk(2, dim=-1)
        return hidden + self.out(values * F.gelu(gates))


def positions(frames: int, channels: int, *, like: torch.Tensor) -> torch.Tensor:
    """Sinusoids [T, C] that say which frame of its shot each is (Vaswani et al. 2017, section 3.5), for any number of frames."""
    time = torch.arange(frames, device=like.device, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, channels, 2, device=like.device, dtype=torch.float32) * (-math.log(10_000.0) / channels))
    return torch.stack([(time * rate).sin(), (time * rate).cos()], dim=-1).flatten(1).to(like.dtype)
