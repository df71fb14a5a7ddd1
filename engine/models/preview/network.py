"""`PreviewNet`: a small feed-forward network from one frame to camera-space unit normals and relative depth.

A U-Net. On the way down it is EfficientNet-Lite0 (see `backbone`), which comes to training knowing pictures; at 1/32 of the frame
attention looks over all of it; on the way up residual blocks join the scales, each adds its part of the normal, and a thin
branch that sees the pixels themselves brings the edges back. (Without the parts of the coarser scales all had to pass the
thin branch, which never learned left from right.) Nothing is normalised over the frame or the batch, so that a pixel's
estimate doesn't depend on crop statistics. Every layer runs in channels-last and in bfloat16 as well as in float32.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn
from torch.nn import functional as F

from ..revision import PREVIEW_WEIGHTS as WEIGHTS
from .backbone import PASSED_WIDTHS, Backbone

MULTIPLE = 32


@dataclass(frozen=True, kw_only=True)
class PreviewConfig:
    """Sizes of the network's way up; the backbone's are its own.

    Attributes:
        widths: channels at 1/4, 1/8, 1/16 and 1/32 of the frame.
        blocks: residual blocks at each of them.
        heads: attention heads at the coarsest scale.
        middle_width: channels at 1/2.
        detail_width: channels at full size.
    """

    widths: tuple[int, ...] = (40, 72, 128, 256)
    blocks: tuple[int, ...] = (1, 1, 2, 2)
    heads: int = 8
    middle_width: int = 16
    detail_width: int = 8


@dataclass(frozen=True, kw_only=True)
class Features:
    """What the way down hands to the way up.

    Attributes:
        frames: `[T, 3, H, W]` in [-1, 1].
        half: `[T, 16, H/2, W/2]`.
        sides: `[T, widths[k], H/s, W/s]` for s = 4, 8, 16, 32; the last has looked over the whole frame.
    """

    frames: Tensor
    half: Tensor
    sides: list[Tensor]


class PreviewNet(nn.Module):
    """Frames to camera-space normals and depth, each frame by itself."""

    def __init__(self, config: PreviewConfig | None = None):
        super().__init__()
        self.config = config = config or PreviewConfig()
        widths, blocks, middle = config.widths, config.blocks, config.middle_width
        self.backbone = Backbone()
        self.side = nn.ModuleList(
            nn.Conv2d(passed, width, 1) for passed, width in zip((*PASSED_WIDTHS[1:-1], PASSED_WIDTHS[-1] + 2), widths, strict=True)
        )
        self.context = nn.ModuleList(_Attention(widths[-1], config.heads) for _ in range(blocks[-1]))
        self.up = nn.ModuleList(_stack(width, count) for width, count in zip(widths, blocks, strict=True))
        self.lift = nn.ModuleList(nn.Sequential(_Norm(b), nn.Conv2d(b, a, 1)) for a, b in pairwise(widths))
        self.coarse = nn.ModuleList(nn.Conv2d(width, 3, 1) for width in widths)
        self.middle_side = nn.Conv2d(PASSED_WIDTHS[0], middle, 1)
        self.middle_pixels = nn.Conv2d(12, middle, 3, padding=1)
        self.to_middle = nn.Sequential(_Norm(widths[0]), nn.Conv2d(widths[0], middle, 1))
        self.middle_block = _Residual(middle)
        self.pixels = nn.Conv2d(3, config.detail_width, 3, padding=1)
        self.to_detail = nn.Sequential(_Norm(middle), nn.Conv2d(middle, config.detail_width, 1))
        self.detail_block = nn.Conv2d(config.detail_width, config.detail_width, 3, padding=1)
        self.head = nn.Conv2d(config.detail_width, 3, 3, padding=1)
        self.coarse_depth = nn.ModuleList(nn.Conv2d(width, 1, 1) for width in widths)
        self.depth_head = nn.Conv2d(config.detail_width, 1, 3, padding=1)
        for name, part in self.named_children():
            if name != "backbone":
                part.apply(_keep_variance)
        for part in (*self.coarse, *self.coarse_depth, self.depth_head):
            nn.init.zeros_(part.weight)

    def forward(self, frames: Tensor) -> Tensor:
        """Return normals alone; see `normals_and_depth`."""
        return self.normals_and_depth(frames)[0]

    def normals_and_depth(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Estimates a normal and a depth for every pixel.

        Args:
            frames: `[T, 3, H, W]` display-referred sRGB in [0, 1], of any size from 1x1 up; float32, bfloat16 or float16
                like the weights.

        Returns:
            `[T, 3, H, W]` unit normals, camera space, +X right, +Y up, +Z toward the camera, and `[T, 1, H, W]` the natural
            logarithm of the distance along the camera's axis, its unit not known; both in the dtype of `frames`.
        """
        height, width = frames.shape[-2:]
        raw = self.raw(self.features(prepared(frames)))[..., :height, :width]
        return unit_normals(raw).to(frames.dtype), raw[:, 3:]

    def features(self, frames: Tensor) -> Features:
        """Return the way down: what `raw` needs of `[T, 3, H, W]` frames in [-1, 1], sides multiples of `MULTIPLE`."""
        half, *passed = self.backbone(frames)
        passed[-1] = torch.cat([passed[-1], _place(passed[-1])], dim=1)
        sides = [side(part) for side, part in zip(self.side, passed, strict=True)]
        x = sides[-1]
        for block in self.context:
            x = block(x)
        return Features(frames=frames, half=half, sides=[*sides[:-1], x])

    def raw(self, features: Features, *, finest: bool = True) -> Tensor:
        """Return the way up: `[T, 4, H, W]`, normals that are not unit length yet and log depth; a quarter of the size unless
        `finest`."""
        x = self.up[-1](features.sides[-1])
        coarse = self._coarse(x, level=-1)
        for level in reversed(range(len(self.lift))):
            x = self.up[level](features.sides[level] + _doubled(self.lift[level](x)))
            coarse = self._coarse(x, level=level) + _doubled(coarse)
        if not finest:
            return coarse
        pixels = F.pixel_unshuffle(features.frames, 2)
        x = self.middle_block(_doubled(self.to_middle(x)) + self.middle_side(features.half) + self.middle_pixels(pixels))
        x = F.relu(_doubled(self.to_detail(x)) + self.pixels(features.frames))
        x = x + F.relu(self.detail_block(x))
        weight, bias = (torch.cat([getattr(head, name) for head in (self.head, self.depth_head)]) for name in ("weight", "bias"))
        return F.conv2d(x, weight, bias, padding=1) + _doubled(_doubled(coarse))

    def _coarse(self, x: Tensor, *, level: int) -> Tensor:
        return torch.cat([self.coarse[level](x), self.coarse_depth[level](x)], dim=1)


class _Norm(nn.LayerNorm):
    """LayerNorm over the channels of each pixel of `[T, C, H, W]`; free of copies in channels-last."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class _Residual(nn.Module):
    """`x + scale * convolutions(norm(x))`; the scale per channel starts small."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = _Norm(width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.scale = nn.Parameter(torch.full((1, width, 1, 1), 0.2))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.scale * self.second(F.silu(self.first(self.norm(x))))


class _Attention(nn.Module):
    """Every coarse cell looks at the whole frame."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.before = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.after = nn.LayerNorm(width)
        self.mix = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        frames, width, rows, columns = x.shape
        tokens = x.flatten(2).transpose(1, 2)
        q, k, v = self.qkv(self.before(tokens)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        tokens = tokens + self.out(seen)
        tokens = tokens + self.mix(self.after(tokens))
        grid = tokens.transpose(1, 2).reshape(frames, width, rows, columns)
        return grid.contiguous(memory_format=torch.channels_last)


def _keep_variance(module: nn.Module) -> None:
    """Start convolutions so that signals keep their size."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
        nn.init.zeros_(module.bias)
    if isinstance(module, _Residual):
        module.second.weight.data *= 1.7


def _stack(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*[_Residual(width) for _ in range(count)])


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def together(features: Sequence[Features]) -> Features:
    """Features of several frames as those of one stack."""
    if len(features) == 1:
        return features[0]
    return Features(
        frames=torch.cat([each.frames for each in features]),
        half=torch.cat([each.half for each in features]),
        sides=[torch.cat(level) for level in zip(*(each.sides for each in features), strict=True)],
    )


def unit_normals(raw: Tensor) -> Tensor:
    """`[T, 3, H, W]` float32 unit normals out of what `PreviewNet.raw` gives."""
    return F.normalize(raw[:, :3].float(), dim=1)


def prepared(frames: Tensor) -> Tensor:
    """Return frames in [0, 1] as `PreviewNet.features` takes them: in [-1, 1], grown at the right and the bottom to a multiple of
    `MULTIPLE` by repeating the last pixel."""
    height, width = frames.shape[-2:]
    return F.pad((frames - 0.5) * 2, (0, -width % MULTIPLE, 0, -height % MULTIPLE), mode="replicate")


def _place(x: Tensor) -> Tensor:
    """Return two channels: where each cell lies across and up the frame, [-1, 1] along the longer side."""
    frames, _, rows, columns = x.shape
    longer = max(rows, columns)
    up = (rows - 1 - 2 * torch.arange(rows, device=x.device, dtype=torch.float32)) / longer
    across = (2 * torch.arange(columns, device=x.device, dtype=torch.float32) + 1 - columns) / longer
    place = torch.stack([across.expand(rows, columns), up[:, None].expand(rows, columns)]).to(x.dtype)
    return place.expand(frames, 2, rows, columns)


def load(path: Path | None = None) -> PreviewNet:
    """Return the trained network, float32, in evaluation mode.

    Args:
        path: a safetensors file whose metadata holds the `config`; the shipped one by default.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file isn't one of this network; names the file.
    """
    path = Path(path or WEIGHTS)
    if not path.is_file():
        raise FileNotFoundError(f"The preview model's weights are missing: {path}")
    with safe_open(str(path), framework="pt") as file:
        about = file.metadata() or {}
        if "config" not in about:
            raise ValueError(f"{path} isn't a file of the preview model: its metadata has no config.")
        stored = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    sizes = json.loads(about["config"])
    sizes |= {name: tuple(sizes[name]) for name in ("widths", "blocks")}
    network = PreviewNet(PreviewConfig(**sizes))
    network.load_state_dict(stored)
    return network.eval()


def metadata(config: PreviewConfig, *, revision: str) -> dict[str, str]:
    """Return what a weight file says about itself: the network's sizes and the training run."""
    return {"format": "pt", "model": "preview", "revision": revision, "config": json.dumps(asdict(config))}
