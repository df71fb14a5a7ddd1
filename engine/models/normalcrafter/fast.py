"""The same networks, faster on a CPU: channels-last throughout, temporal convolutions as matrix products, steps that share a trip
to memory, and nothing computed that is known beforehand. Results differ from diffusers' modules by rounding only.

Profiled on the full-size networks: convolutions are at the speed of a matrix product, and most of the rest went into fresh memory,
GroupNorm and layout changes. On other devices the networks stay as diffusers has them.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers.models.attention_processor import Attention
from diffusers.models.resnet import ResnetBlock2D, SpatioTemporalResBlock
from diffusers.models.transformers.transformer_temporal import TransformerSpatioTemporalModel
from diffusers.models.upsampling import Upsample2D
from torch import nn

from .checkpoint import Networks
from .rows import as_images, as_rows, norm_silu, temporal_convolution

GROUP_BYTES = 1 << 26
"""Frames go through the spatial layers together as long as one of their tensors stays below this."""


def accelerate(networks: Networks) -> None:
    """Replace layers in place. The VAE's encoder keeps its own GroupNorm, whose rounding the published results contain."""
    for network in (networks.unet, networks.vae.decoder):
        _replace(network)
    for module in networks.vae.encoder.modules():
        if isinstance(module, ResnetBlock2D):
            module.nonlinearity = nn.SiLU(inplace=True)
    for network in (networks.unet, networks.vae):
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                module.to(memory_format=torch.channels_last)


def _replace(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, SpatioTemporalResBlock):
            setattr(module, name, ResBlock(child))
        elif isinstance(child, Upsample2D) and child.conv is not None:
            setattr(module, name, Upsample(child.conv))
        else:
            if isinstance(child, TransformerSpatioTemporalModel):
                _use_one_token(child)
            _replace(child)


class ResBlock(nn.Module):
    """diffusers' SpatioTemporalResBlock for one video, whose time embedding is the same in every frame."""

    def __init__(self, block: SpatioTemporalResBlock) -> None:
        super().__init__()
        self.spatial, temporal = block.spatial_res_block, block.temporal_res_block
        self.norms = nn.ModuleList([temporal.norm1, temporal.norm2])
        self.embedding = temporal.time_emb_proj
        # The blend a * x + (1 - a) * (x + f(x)) is x + (1 - a) * f(x): the factor goes into the last weights.
        mix = block.time_mixer
        share = torch.sigmoid(mix.mix_factor.detach().float())
        share = share if mix.switch_spatial_to_temporal_mix else 1.0 - share
        dtype = temporal.conv1.weight.dtype
        self.taps1 = _taps(temporal.conv1.weight.detach().float(), dtype)
        self.taps2 = _taps(temporal.conv2.weight.detach().float() * share, dtype)
        self.bias1 = temporal.conv1.bias.detach()
        self.bias2 = (temporal.conv2.bias.detach().float() * share).to(dtype)

    def forward(
        self, hidden_states: torch.Tensor, temb: torch.Tensor | None = None, image_only_indicator: torch.Tensor | None = None
    ) -> torch.Tensor:
        """[T, C, H, W] to [T, D, H, W]. `temb`: [T, E], of which the first row is used."""
        embedding = None if temb is None else F.silu(temb[:1])
        images = hidden_states.contiguous(memory_format=torch.channels_last)
        frames, channels, height, width = images.shape
        out = images.new_empty(frames, height, width, self.spatial.out_channels).permute(0, 3, 1, 2)
        frame_bytes = height * width * max(channels, out.shape[1]) * images.element_size()
        group = max(GROUP_BYTES // frame_bytes, 1)
        for begin in range(0, frames, group):
            self._spatial(images[begin : begin + group], embedding, out=out[begin : begin + group])
        self._temporal(as_rows(out), embedding)
        return out

    def _spatial(self, images: torch.Tensor, embedding: torch.Tensor | None, *, out: torch.Tensor) -> None:
        block, (height, width) = self.spatial, images.shape[-2:]
        rows = as_rows(images)
        hidden = as_images(norm_silu(rows, block.norm1, across_frames=False, out=torch.empty_like(rows)), height, width)
        bias = block.conv1.bias
        if embedding is not None:
            bias = bias + block.time_emb_proj(embedding)[0]
        hidden = F.conv2d(hidden, block.conv1.weight, bias, padding=1)
        rows = as_rows(hidden)
        norm_silu(rows, block.norm2, across_frames=False, out=rows)
        hidden = F.conv2d(hidden, block.conv2.weight, block.conv2.bias, padding=1)
        shortcut = images
        if block.conv_shortcut is not None:
            weight = block.conv_shortcut.weight[:, :, 0, 0]
            shortcut = as_images(F.linear(as_rows(images), weight, block.conv_shortcut.bias), height, width)
        torch.add(hidden, shortcut, out=out)

    def _temporal(self, rows: torch.Tensor, embedding: torch.Tensor | None) -> None:
        hidden = norm_silu(rows, self.norms[0], across_frames=True, out=torch.empty_like(rows))
        bias = self.bias1
        if embedding is not None:
            bias = bias + self.embedding(embedding)[0]
        hidden = temporal_convolution(hidden, self.taps1, out=torch.empty_like(rows), bias=bias)
        norm_silu(hidden, self.norms[1], across_frames=True, out=hidden)
        rows.add_(self.bias2)
        temporal_convolution(hidden, self.taps2, out=rows)


class Upsample(nn.Module):
    """Doubling by nearest neighbour, then a 3x3 convolution: four 2x2 convolutions of the small image, one for each of the four
    pixels that take the place of one, since two or four of the nine neighbours are the same pixel: 4/9 of the products."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        weight = convolution.weight.detach().float()
        rows = (
            torch.stack([weight[:, :, 0], weight[:, :, 1] + weight[:, :, 2]], 2),
            torch.stack([weight[:, :, 0] + weight[:, :, 1], weight[:, :, 2]], 2),
        )
        for down, row in enumerate(rows):
            for right, kernel in enumerate(
                (torch.stack([row[..., 0], row[..., 1] + row[..., 2]], 3), torch.stack([row[..., 0] + row[..., 1], row[..., 2]], 3))
            ):
                kernel = kernel.to(convolution.weight.dtype).contiguous(memory_format=torch.channels_last)
                self.register_buffer(f"kernel_{down}{right}", kernel, persistent=False)
        self.bias = convolution.bias

    def forward(self, hidden_states: torch.Tensor, output_size: int | None = None) -> torch.Tensor:
        """[T, C, H, W] to [T, D, 2 H, 2 W]."""
        images = hidden_states.contiguous(memory_format=torch.channels_last)
        frames, _, height, width = images.shape
        out = images.new_empty(frames, 2 * height, 2 * width, len(self.bias)).permute(0, 3, 1, 2)
        group = max(GROUP_BYTES // (images[0].numel() * images.element_size()), 1)
        for begin in range(0, frames, group):
            for down in (0, 1):
                for right in (0, 1):
                    kernel = getattr(self, f"kernel_{down}{right}")
                    pixels = F.conv2d(images[begin : begin + group], kernel, self.bias, padding=1)
                    target = out[begin : begin + group, :, down::2, right::2]
                    target.copy_(pixels[:, :, down : down + height, right : right + width])
        return out


class OneToken(nn.Module):
    """Cross-attention to a single token: whatever is asked, the answer is that token's value."""

    def __init__(self, attention: Attention, *, shared: bool) -> None:
        super().__init__()
        self.value, self.out, self.shared = attention.to_v, attention.to_out[0], shared

    def forward(self, hidden_states: torch.Tensor, encoder_hidden_states: torch.Tensor, **_: object) -> torch.Tensor:
        """[B, 1, C], to be added to every one of `hidden_states`; [1, 1, C] where the token is the same for all of them."""
        token = encoder_hidden_states[:1] if self.shared else encoder_hidden_states
        return self.out(self.value(token))


def _use_one_token(transformer: TransformerSpatioTemporalModel) -> None:
    for block in transformer.transformer_blocks:
        block.attn2, block.norm2 = OneToken(block.attn2, shared=False), nn.Identity()
    for block in transformer.temporal_transformer_blocks:
        block.attn2, block.norm2 = OneToken(block.attn2, shared=True), nn.Identity()


def _taps(weight: torch.Tensor, dtype: torch.dtype) -> tuple[torch.Tensor, ...]:
    """Return the three matrices [C, D] of a temporal convolution's weight [D, C, 3, 1, 1]."""
    return tuple(weight[:, :, tap, 0, 0].t().to(dtype).contiguous() for tap in range(3))
