"""MoGe-3's refiner: a sparse 3D U-Net over the voxels that a point map touches, which corrects the logarithm of its depth.

The published code runs these convolutions in a CUDA library. Here they are gathers and matrix products, which run everywhere and
add in one order: the same frame gives the same bits. Voxels are (row, column, bin of log depth), one for each pixel of the map.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from .camera import view_plane

STEPS = 3
"""Times that the published code refines."""
BINS = 256
"""Of log depth, to 1; `refiner_depth_resolution` of the configuration."""
_FACTOR = 2


@dataclass(frozen=True, kw_only=True)
class Voxels:
    """Voxels at one level. `places`: int64 [M, 3], in ascending order. `extent`: how many there may be each way.

    `near`: [27, M], for each of the 27 places around (and at) a voxel the number of the one there, M where there is none.
    """

    places: torch.Tensor
    extent: tuple[int, int, int]
    near: torch.Tensor

    @classmethod
    def at(cls, places: torch.Tensor, extent: tuple[int, int, int]) -> Voxels:
        keys = _keys(places, extent)
        steps = [torch.tensor(step, device=places.device) for step in itertools.product((-1, 0, 1), repeat=3)]
        return cls(places=places, extent=extent, near=torch.stack([_numbers(keys, places + step, extent) for step in steps]))

    def coarser(self) -> tuple[Voxels, torch.Tensor, torch.Tensor]:
        """Return the voxels of half the resolution, the number there of the one that each voxel is in [M], and of each of those the
        numbers of the voxels in it [8, N], M where there are fewer."""
        across, down, deep = (-(-side // _FACTOR) for side in self.extent)
        extent = (across, down, deep)
        keys, parent = torch.unique(_keys(self.places // _FACTOR, extent), return_inverse=True)
        _, columns, depth = (side + 2 for side in extent)
        places = torch.stack([keys // (columns * depth), keys // depth % columns, keys % depth], dim=1) - 1
        own = _keys(self.places, self.extent)
        corners = [torch.tensor(corner, device=places.device) for corner in itertools.product(range(_FACTOR), repeat=3)]
        children = torch.stack([_numbers(own, places * _FACTOR + corner, self.extent) for corner in corners])
        return Voxels.at(places, extent), parent, children


class Refiner(nn.Module):
    """See the module."""

    def __init__(self, tensors: Mapping[str, torch.Tensor], *, bins: int = BINS) -> None:
        """Args:
            tensors: by their published names, for the sizes.
            bins: of log depth.

        Raises:
            KeyError: where tensors are missing.
        """
        super().__init__()
        self.bins = bins
        levels = 1 + len({name.split(".")[1] for name in tensors if name.startswith("downsample_blocks.")})
        self.input_proj, self.encoder_fuse, self.out_proj = (
            _linear(tensors[f"{name}.weight"]) for name in ("input_proj", "encoder_fuse", "out_proj")
        )
        self.fuse_proj = nn.Sequential(_linear(tensors["fuse_proj.0.weight"]), nn.SiLU(), _linear(tensors["fuse_proj.2.weight"]))
        self.down_stages = nn.ModuleList(_stage(tensors, f"down_stages.{level}.") for level in range(levels))
        self.downsample_blocks = nn.ModuleList(_Linear(tensors, f"downsample_blocks.{level}.") for level in range(levels - 1))
        self.bottleneck_stage = _stage(tensors, "bottleneck_stage.")
        self.upsample_blocks = nn.ModuleList(_Linear(tensors, f"upsample_blocks.{level}.") for level in range(levels - 1))
        self.up_stages = nn.ModuleList(_stage(tensors, f"up_stages.{level}.") for level in range(levels - 1))

    def forward(self, points: torch.Tensor, features: torch.Tensor, *, steps: int = STEPS) -> torch.Tensor:
        """Return points with a finer depth.

        Args:
            points: [T, 3, H, W] as the head gives them: x / z, y / z and the logarithm of z.
            features: [T, C, H / 2^n, W / 2^n], what the neck takes at its first level.
        """
        return torch.cat([self._refined(*each, steps=steps) for each in zip(points.float(), features.float(), strict=True)])

    def _refined(self, points: torch.Tensor, features: torch.Tensor, *, steps: int) -> torch.Tensor:
        """[1, 3, H, W] of one frame."""
        log_depth = points[2]
        for _ in range(steps):
            log_depth = log_depth + self._correction(log_depth, features)
        return torch.cat([points[:2], log_depth[None]])[None]

    def _correction(self, log_depth: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        """[H, W] to be added."""
        height, width = log_depth.shape
        depth = torch.round(log_depth * self.bins).long()
        depth = depth - depth.min()
        rows, columns = (torch.arange(side, device=depth.device) for side in (height, width))
        places = torch.stack([rows[:, None].expand_as(depth), columns.expand_as(depth), depth], dim=-1).flatten(0, 1)
        voxels = Voxels.at(places, (height, width, int(depth.max()) + 1))
        inputs = torch.cat([view_plane(height, width, like=log_depth), log_depth[None]]).flatten(1).T
        return self._network(self.input_proj(inputs), voxels, features)[:, 0].unflatten(0, (height, width))

    def _network(self, hidden: torch.Tensor, voxels: Voxels, features: torch.Tensor) -> torch.Tensor:
        """[M, 1] of inputs [M, C]."""
        passed: list[tuple[torch.Tensor, Voxels, torch.Tensor]] = []
        for stage, narrow in itertools.zip_longest(self.down_stages, self.downsample_blocks):
            hidden = _through(stage, hidden, voxels)
            if narrow is None:
                break
            coarse, parent, children = voxels.coarser()
            passed.append((hidden, voxels, parent))
            counts = (children < len(hidden)).sum(dim=0)[:, None]
            hidden = narrow.linear(_gathered(hidden, children).sum(dim=0) / counts)
            voxels = coarse
        seen = self.encoder_fuse(features[:, voxels.places[:, 0], voxels.places[:, 1]].T)
        hidden = self.fuse_proj(torch.cat([hidden, seen], dim=-1))
        hidden = _through(self.bottleneck_stage, hidden, voxels)
        for widen, stage in zip(self.upsample_blocks, self.up_stages, strict=True):
            beside, voxels, parent = passed.pop()
            hidden = _through(stage, widen.linear(hidden)[parent] + beside, voxels)
        return self.out_proj(hidden)


class SparseConv(nn.Module):
    """A 3 x 3 x 3 convolution at the voxels that are there; the others count as zero. `weight`: [out, 3, 3, 3, in]."""

    def __init__(self, weight: torch.Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty_like(weight))
        self.bias = nn.Parameter(weight.new_empty(len(weight)))

    def forward(self, hidden: torch.Tensor, voxels: Voxels) -> torch.Tensor:
        kernels = self.weight.flatten(1, 3).unbind(1)
        result = self.bias.expand(len(hidden), -1)
        for kernel, numbers in zip(kernels, voxels.near, strict=True):
            result = result + F.linear(_gathered(hidden, numbers), kernel)
        return result


class _Residual(nn.Module):
    def __init__(self, tensors: Mapping[str, torch.Tensor], prefix: str) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(len(tensors[f"{prefix}norm1.weight"]), eps=1e-6)
        self.conv1, self.conv2 = (SparseConv(tensors[f"{prefix}conv{number}.weight"]) for number in (1, 2))

    def forward(self, hidden: torch.Tensor, voxels: Voxels) -> torch.Tensor:
        inner = self.conv1(F.silu(self.norm1(hidden)), voxels)
        return hidden + self.conv2(F.silu(inner), voxels)


class _Linear(nn.Module):
    """A linear layer under the name that files have for it."""

    def __init__(self, tensors: Mapping[str, torch.Tensor], prefix: str) -> None:
        super().__init__()
        self.linear = _linear(tensors[f"{prefix}linear.weight"])


def _linear(weight: torch.Tensor) -> nn.Linear:
    return nn.Linear(weight.shape[1], weight.shape[0])


def _stage(tensors: Mapping[str, torch.Tensor], prefix: str) -> nn.ModuleList:
    count = len({name.removeprefix(prefix).split(".")[0] for name in tensors if name.startswith(prefix)})
    return nn.ModuleList(_Residual(tensors, f"{prefix}{number}.") for number in range(count))


def _through(stage: nn.ModuleList, hidden: torch.Tensor, voxels: Voxels) -> torch.Tensor:
    for block in stage:
        hidden = block(hidden, voxels)
    return hidden


def _gathered(hidden: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    """Rows by their numbers; one past the last is zero."""
    return torch.cat([hidden, hidden.new_zeros(1, hidden.shape[1])])[numbers]


def _keys(places: torch.Tensor, extent: tuple[int, int, int]) -> torch.Tensor:
    """Return one number for each place, ascending as the places are; there is room for one more all around."""
    _, columns, depth = (side + 2 for side in extent)
    row, column, bin_ = (places + 1).unbind(1)
    return (row * columns + column) * depth + bin_


def _numbers(keys: torch.Tensor, places: torch.Tensor, extent: tuple[int, int, int]) -> torch.Tensor:
    """Return which of the sorted `keys` are at `places`, as many as there are keys where none is."""
    wanted = _keys(places, extent)
    found = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
    return torch.where(keys[found] == wanted, found, len(keys))
