"""MoGe-2's network (arXiv 2507.02546): DINOv2, a neck that all heads share, and heads for points, normals, mask and metric scale.

Sizes come from the tensors; what they can't tell (kinds of layers, which layers of the ViT are taken) from the file's own
configuration, or else is as in the released models.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from .. import dinov2
from ..tensors import Tensors
from .camera import view_plane

LEVELS = 5
"""Of the neck and the heads; each has twice the sides of the one before, the first those of the ViT's grid."""
_NORM_GROUP = 32
ACTIVATIONS = {"relu": nn.ReLU, "leaky_relu": lambda: nn.LeakyReLU(0.2), "silu": nn.SiLU, "elu": nn.ELU}
REMAPS = ("linear", "sinh", "exp", "sinh_exp")
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def grid_for(tokens: int, *, size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the ViT's grid: about `tokens` patches in the shape of a picture of `size`, height and width."""
    aspect = size[1] / size[0]
    return max(1, round((tokens / aspect) ** 0.5)), max(1, round((tokens * aspect) ** 0.5))


class Encoder(nn.Module):
    """DINOv2 and what is taken of some of its layers."""

    def __init__(self, held: Tensors) -> None:
        """Raises: ValueError, KeyError, RuntimeError for tensors that don't fit."""
        super().__init__()
        self.backbone = dinov2.build(held.below("encoder.backbone."))
        depth = len(self.backbone.encoder.layer)
        taken = len({name.split(".")[0] for name in held.below("encoder.output_projections.")})
        layers = held.config.get("encoder", {}).get("intermediate_layers")
        if isinstance(layers, int):
            layers = list(range(depth - layers, depth))
        self.layers = tuple(layers or (math.ceil((number + 1) * depth / taken) - 1 for number in range(taken)))
        if len(self.layers) != taken or not all(0 <= layer < depth for layer in self.layers):
            raise ValueError(f"layers {self.layers} don't fit {taken} projections of a ViT of {depth} layers")
        self.output_projections = nn.ModuleList(
            _conv(held.tensors[f"encoder.output_projections.{number}.weight"]) for number in range(taken)
        )
        # Files hold these too, but rounded where they are in half precision.
        self.register_buffer("image_mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("image_std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, frame: torch.Tensor, *, grid: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Features [1, C, rows, columns] and class token [1, C] of a frame [1, 3, H, W], sRGB in [0, 1], of any size."""
        size = tuple(side * dinov2.PATCH for side in grid)
        sized = F.interpolate(frame, size, mode="bilinear", align_corners=False, antialias=True)
        pixels = ((sized - self.image_mean) / self.image_std).to(self.output_projections[0].weight.dtype)
        found = dinov2.features(self.backbone, pixels, layers=self.layers)
        maps = [tokens[:, 1:].transpose(1, 2).unflatten(2, grid).contiguous() for tokens in found]
        projected = [project(each) for project, each in zip(self.output_projections, maps, strict=True)]
        return torch.stack(projected, dim=1).sum(dim=1), found[-1][:, 0]


class ConvStack(nn.Module):
    """Convolutions at `LEVELS` sizes: neck or head. Each level adds its input to the level before, made twice as large."""

    def __init__(self, tensors: Mapping[str, torch.Tensor], *, kinds: Mapping[str, Any]) -> None:
        """Args:
            tensors: for their names and shapes.
            kinds: of the configuration, what these don't tell.

        Raises:
            ValueError: for kinds that aren't known.
        """
        super().__init__()
        self.input_blocks = _blocks(tensors, "input_blocks")
        self.output_blocks = _blocks(tensors, "output_blocks")
        self.resamplers = nn.ModuleList(_resampler(tensors, level, kinds) for level in range(LEVELS - 1))
        self.res_blocks = nn.ModuleList(_residuals(tensors, level, kinds) for level in range(LEVELS))

    def level(self, number: int, before: torch.Tensor | None, feature: torch.Tensor) -> torch.Tensor:
        """Return a level's features [T, C, h, w].

        Args:
            before: features of the level before, None at the first.
            feature: the level's input [T, C', h, w].
        """
        taken = self.input_blocks[number](feature)
        return self.res_blocks[number](taken if before is None else self.resamplers[number - 1](before) + taken)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the last level's output of inputs of all levels."""
        hidden = None
        for number, feature in enumerate(features):
            hidden = self.level(number, hidden, feature)
        return self.output_blocks[-1](hidden)


class Residual(nn.Module):
    """Two convolutions and what went in."""

    def __init__(self, tensors: Mapping[str, torch.Tensor], *, kinds: Mapping[str, Any]) -> None:
        super().__init__()
        activation = _chosen(ACTIVATIONS, kinds.get("activation", "relu"), "activation")
        first, second = (_conv(tensors[f"layers.{number}.weight"]) for number in (2, 5))
        norms = [
            _norm(kinds.get(name, "none"), channels)
            for name, channels in (("res_block_in_norm", first.in_channels), ("res_block_hidden_norm", first.out_channels))
        ]
        self.layers = nn.Sequential(norms[0], activation(), first, norms[1], activation(), second)
        skip = tensors.get("skip_connection.weight")
        self.skip_connection = nn.Identity() if skip is None else _conv(skip)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return self.layers(hidden) + self.skip_connection(hidden)


class MoGe(nn.Module):
    """The image network. `heads`: those of ``points``, ``normal`` and ``mask`` that it has."""

    def __init__(self, held: Tensors) -> None:
        """Raises: ValueError, KeyError, RuntimeError for tensors that don't fit."""
        super().__init__()
        self.encoder = Encoder(held)
        self.neck = ConvStack(held.below("neck."), kinds=held.config.get("neck", {}))
        self.heads = tuple(name for name in ("points", "normal", "mask") if held.below(f"{name}_head."))
        for name in self.heads:
            head = f"{name}_head"
            self.add_module(head, ConvStack(held.below(f"{head}."), kinds=held.config.get(head, {})))
        self.scale_head = _perceptron(held.below("scale_head."))
        self.remap = str(held.config.get("remap_output", "exp"))
        if self.remap not in REMAPS:
            raise ValueError(f"remap_output {self.remap!r} is none of {', '.join(REMAPS)}")
        own = {f"encoder.backbone.{name}": tensor for name, tensor in self.encoder.backbone.state_dict().items()}
        elsewhere = ("encoder.backbone.", "encoder.image_", "refiner.")
        rest = {name: tensor for name, tensor in held.tensors.items() if not name.startswith(elsewhere)}
        self.load_state_dict(own | rest)
        self.eval().requires_grad_(False)

    def encode(self, frame: torch.Tensor, *, grid: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Features [1, C, rows, columns] and the logarithm of the metric scale [1] of a frame [1, 3, H, W], any size."""
        features, token = self.encoder(frame, grid=grid)
        return features, self.scale_head(token.to(self.scale_head[0].weight.dtype))[:, 0]

    def input(self, level: int, features: torch.Tensor, *, aspect: float) -> torch.Tensor:
        """Return what the neck takes at a level, [T, C', h, w]: where on the picture each place is, and at the first the features
        before.

        Args:
            features: [T, C, h, w], from `encode`.
            aspect: width over height of the picture.
        """
        frames, _, height, width = features.shape
        plane = view_plane(height << level, width << level, aspect=aspect, like=features).expand(frames, -1, -1, -1)
        return plane if level else torch.cat([features, plane], dim=1)

    def head(self, name: str, levels: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return what one of the `heads` says of the neck's levels: [T, C, 16 h, 16 w], before any remapping."""
        return self.get_submodule(f"{name}_head")(levels)


def remap(raw: torch.Tensor, *, kind: str) -> torch.Tensor:
    """Return points [T, 3, H, W] from what the head says, resized to the picture."""
    xy, z = raw[:, :2], raw[:, 2:]
    if kind == "exp":
        return torch.cat([xy * z.exp(), z.exp()], dim=1)
    if kind == "sinh_exp":
        return torch.cat([xy.sinh(), z.exp()], dim=1)
    return raw.sinh() if kind == "sinh" else raw


def _conv(weight: torch.Tensor) -> nn.Conv2d:
    """As published: edges repeat."""
    out, into, _, side = weight.shape
    return nn.Conv2d(into, out, side, padding=side // 2, padding_mode="replicate" if side > 1 else "zeros")


def _blocks(tensors: Mapping[str, torch.Tensor], name: str) -> nn.ModuleList:
    """Return one for each level: a 1 x 1 convolution where there is one."""
    weights = (tensors.get(f"{name}.{level}.weight") for level in range(LEVELS))
    return nn.ModuleList(nn.Identity() if weight is None else _conv(weight) for weight in weights)


def _resampler(tensors: Mapping[str, torch.Tensor], level: int, kinds: Mapping[str, Any]) -> nn.Sequential:
    first, second, third = (tensors.get(f"resamplers.{level}.{number}.weight") for number in range(3))
    kind = kinds.get("resamplers", ())
    kind = kind if isinstance(kind, str) else dict(enumerate(kind)).get(level, "bilinear")
    if third is not None and first is not None:
        return nn.Sequential(_conv(first), nn.PixelShuffle(2), _conv(third))
    if first is not None and second is not None:
        into, out, *_ = first.shape
        return nn.Sequential(nn.ConvTranspose2d(into, out, 2, stride=2), _conv(second))
    if second is None or kind not in ("bilinear", "nearest"):
        raise ValueError(f"resampler {level} is {kind!r}, which is not known")
    corners = {"align_corners": False} if kind == "bilinear" else {}
    return nn.Sequential(nn.Upsample(scale_factor=2, mode=kind, **corners), _conv(second))


def _residuals(tensors: Mapping[str, torch.Tensor], level: int, kinds: Mapping[str, Any]) -> nn.Sequential:
    blocks: list[Residual] = []
    for number in itertools.count():
        prefix = f"res_blocks.{level}.{number}."
        own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        if not own:
            return nn.Sequential(*blocks)
        blocks.append(Residual(own, kinds=kinds))


def _norm(kind: str, channels: int) -> nn.Module:
    known = {
        "none": nn.Identity,
        "layer_norm": lambda: nn.GroupNorm(1, channels),
        "instance_norm": lambda: nn.InstanceNorm2d(channels),
        "group_norm": lambda: nn.GroupNorm(channels // _NORM_GROUP, channels),
    }
    return _chosen(known, kind, "norm")()


def _chosen(known: Mapping[str, Any], kind: str, what: str) -> Any:
    if kind not in known:
        raise ValueError(f"{what} {kind!r} is none of {', '.join(known)}")
    return known[kind]


def _perceptron(tensors: Mapping[str, torch.Tensor]) -> nn.Sequential:
    """Return linear layers with ReLU between them."""
    weights = [tensors[name] for name in sorted(tensors, key=lambda name: int(name.split(".")[0])) if name.endswith(".weight")]
    layers = [layer for weight in weights for layer in (nn.Linear(weight.shape[1], weight.shape[0]), nn.ReLU())]
    return nn.Sequential(*layers[:-1])
