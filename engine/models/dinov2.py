"""DINOv2 as its published checkpoints have it, on transformers' layers: names are translated, sizes come from the tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from transformers import Dinov2Config, Dinov2Model
from transformers.models.dinov2.modeling_dinov2 import Dinov2Embeddings

PATCH = 14
HEAD_CHANNELS = 64
"""Channels of an attention head, in every published size."""
_OFFSET = 0.1
"""What the published code adds to the grid before it resizes the position embeddings."""

_NAMES = (
    (r"^patch_embed\.proj\.", "embeddings.patch_embeddings.projection."),
    (r"^cls_token$", "embeddings.cls_token"),
    (r"^mask_token$", "embeddings.mask_token"),
    (r"^pos_embed$", "embeddings.position_embeddings"),
    (r"^norm\.", "layernorm."),
    (r"^blocks\.", "encoder.layer."),
    (r"\.attn\.proj\.", ".attention.o_proj."),
    (r"\.ls(\d)\.gamma$", r".layer_scale\1.lambda1"),
    (r"\.mlp\.w3\.", ".mlp.down_proj."),
)
_SPLIT = {".attn.qkv.": ("attention.q_proj", "attention.k_proj", "attention.v_proj"), ".mlp.w12.": ("mlp.gate_proj", "mlp.up_proj")}


def grid_of(height: int, width: int) -> tuple[int, int]:
    """Patches in a column and in a row of an image whose sides are multiples of `PATCH`."""
    return height // PATCH, width // PATCH


def build(tensors: Mapping[str, torch.Tensor]) -> Dinov2Model:
    """Return the network that fits published tensors, filled with them.

    Args:
        tensors: by their published names, without a prefix.

    Raises:
        ValueError, KeyError, RuntimeError: where tensors are missing, left over or of another shape.
    """
    channels = tensors["pos_embed"].shape[-1]
    side = round((tensors["pos_embed"].shape[1] - 1) ** 0.5)
    gated = "blocks.0.mlp.w12.weight" in tensors
    hidden = tensors["blocks.0.mlp.w3.weight" if gated else "blocks.0.mlp.fc1.weight"].shape[1 if gated else 0]
    config = Dinov2Config(
        hidden_size=channels,
        num_hidden_layers=1 + max(int(name.split(".")[1]) for name in tensors if name.startswith("blocks.")),
        num_attention_heads=max(1, channels // HEAD_CHANNELS),
        mlp_ratio=4 if gated else hidden // channels,
        image_size=side * PATCH,
        patch_size=PATCH,
        use_swiglu_ffn=gated,
        use_mask_token="mask_token" in tensors,
    )
    with torch.device("meta"):
        network = Dinov2Model(config)
        network.embeddings = _Embeddings(config)
    network.load_state_dict(_renamed(tensors), assign=True)
    return network.eval().requires_grad_(False)


def features(network: Dinov2Model, pixels: torch.Tensor, *, layers: Sequence[int]) -> list[torch.Tensor]:
    """Return what some of the layers say, normed.

    Args:
        pixels: [B, 3, H, W], normalised; sides are multiples of `PATCH`.
        layers: ascending numbers of layers, from 0.

    Returns:
        Of each layer [B, 1 + N, C]: the class token, then the patches row by row.
    """
    hidden = network.embeddings(pixels)
    found = []
    for number, layer in enumerate(network.encoder.layer[: layers[-1] + 1]):
        hidden = layer(hidden)
        if number in layers:
            found.append(network.layernorm(hidden))
    return found


class _Embeddings(Dinov2Embeddings):
    """Position embeddings resized as the published code does it, by a scale a little larger than the grid's."""

    def interpolate_pos_encoding(self, embeddings: torch.Tensor, height: int, width: int) -> torch.Tensor:
        """[1, 1 + N, C] for an image of that size."""
        known = self.position_embeddings
        side = round((known.shape[1] - 1) ** 0.5)
        rows, columns = grid_of(height, width)
        if (rows, columns) == (side, side):
            return known
        square = known[:, 1:].float().unflatten(1, (side, side)).permute(0, 3, 1, 2)
        scale = ((rows + _OFFSET) / side, (columns + _OFFSET) / side)
        resized = F.interpolate(square, scale_factor=scale, mode="bicubic")
        return torch.cat([known[:, :1], resized.permute(0, 2, 3, 1).flatten(1, 2).to(known.dtype)], dim=1)


def _renamed(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Published tensors under transformers' names; joined projections are taken apart."""
    found = {}
    for name, tensor in tensors.items():
        parts = next((parts for joined, parts in _SPLIT.items() if joined in name), None)
        here = name
        for pattern, replacement in _NAMES:
            here = re.sub(pattern, replacement, here)
        if parts is None:
            found[here] = tensor
            continue
        block, kind = ".".join(here.split(".")[:3]), here.rsplit(".", 1)[1]
        for part, piece in zip(parts, tensor.chunk(len(parts)), strict=True):
            found[f"{block}.{part}.{kind}"] = piece.contiguous()
    return found
