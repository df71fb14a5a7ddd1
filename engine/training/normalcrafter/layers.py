"""Which parameters a stage trains."""

from __future__ import annotations

from torch import nn

TEMPORAL = ("temporal_res_block", "temporal_transformer_blocks", "time_pos_embed", "time_mixer")
"""Parts of the U-Net that see other frames, or say which frame it is and how much the others count."""


def is_temporal(name: str) -> bool:
    """Whether a parameter of the U-Net belongs to a temporal layer."""
    return any(part in TEMPORAL for part in name.split("."))


def train_only(module: nn.Module, *, spatial: bool = False) -> None:
    """Let the parameters of `module` learn: all of them, or with `spatial` those outside temporal layers."""
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(not (spatial and is_temporal(name)))


def trained(module: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that learn, by name."""
    return {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
