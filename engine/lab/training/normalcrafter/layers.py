"""Which parameters a stage trains, and how its temporal convolutions run."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

TEMPORAL = ("temporal_res_block", "temporal_transformer_blocks", "time_pos_embed", "time_mixer")
"""Parts of the U-Net that see other frames, or say which frame it is and how much the others count."""


def is_temporal(name: str) -> bool:
    """Return whether a parameter of the U-Net belongs to a temporal layer."""
    return any(part in TEMPORAL for part in name.split("."))


def train_only(module: nn.Module, *, spatial: bool = False) -> None:
    """Let the parameters of `module` learn: all of them, or with `spatial` those outside temporal layers."""
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(not (spatial and is_temporal(name)))


def trained(module: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters that learn, by name."""
    return {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}


class FoldedConvolution(nn.Module):
    """A 3-D convolution over frames only, as a 2-D one over (frames, pixels): the same numbers under the same names.

    With more than one frame, the 3-D one's gradient in bfloat16 was not a number on a CPU (torch 2.13); in float32 it is a little
    slower there.
    """

    def __init__(self, convolution: nn.Conv3d) -> None:
        super().__init__()
        self.weight, self.bias = convolution.weight, convolution.bias
        self.padding = (convolution.padding[0], 0)

    def forward(self, images: Tensor) -> Tensor:
        """[B, C, T, H, W] to [B, D, T, H, W]."""
        folded = F.conv2d(images.flatten(3), self.weight.flatten(3), self.bias, padding=self.padding)
        return folded.unflatten(3, images.shape[3:])


def fold_convolutions(module: nn.Module) -> None:
    """Replace the convolutions over frames in place; other 3-D ones stay."""
    for name, child in module.named_children():
        if isinstance(child, nn.Conv3d) and child.kernel_size[1:] == (1, 1) and child.stride == (1, 1, 1) and child.groups == 1:
            setattr(module, name, FoldedConvolution(child))
        else:
            fold_convolutions(child)
