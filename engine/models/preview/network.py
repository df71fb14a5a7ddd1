"""`PreviewNet`: a small feed-forward network from one frame to camera-space unit normals.

A U-Net: pixels are folded 4x4 at the entrance, four scales of residual blocks follow, the
coarsest with attention over the whole frame, and two steps of upsampling come back to full size beside a thin branch that
sees the pixels themselves. Channels are normalised per pixel (LayerNorm), never over the frame: a
pixel's estimate doesn't depend on batch or crop statistics, and since the output is normalised as well, nothing else would
keep signals from growing without bound in training. Every layer runs in channels-last and in bfloat16 as well as in float32.
"""

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn
from torch.nn import functional as F

WEIGHTS = Path(__file__).with_name("preview.safetensors")
MULTIPLE = 32


@dataclass(frozen=True, kw_only=True)
class PreviewConfig:
    """Sizes of the network.

    Attributes:
        widths: channels at 1/4, 1/8, 1/16 and 1/32 of the frame.
        blocks: residual blocks at each of them, on the way down and again on the way up.
        heads: attention heads at the coarsest scale.
        middle_width: channels at 1/2.
        detail_width: channels at full size.
    """

    widths: tuple[int, ...] = (48, 96, 160, 256)
    blocks: tuple[int, ...] = (1, 2, 2, 2)
    heads: int = 8
    middle_width: int = 16
    detail_width: int = 8


class PreviewNet(nn.Module):
    """Frames to camera-space normals, each frame by itself."""

    def __init__(self, config: PreviewConfig | None = None):
        super().__init__()
        self.config = config = config or PreviewConfig()
        widths, blocks = config.widths, config.blocks
        self.fold = nn.PixelUnshuffle(4)
        self.stem = nn.Conv2d(3 * 16 + 2, widths[0], 3, padding=1)
        self.down = nn.ModuleList(_stack(width, count) for width, count in zip(widths, blocks, strict=True))
        self.shrink = nn.ModuleList(nn.Sequential(_Norm(a), nn.Conv2d(a, b, 2, stride=2)) for a, b in pairwise(widths))
        self.context = nn.ModuleList(_Attention(widths[-1], config.heads) for _ in range(blocks[-1]))
        self.up = nn.ModuleList(_stack(width, count) for width, count in zip(widths[:-1], blocks[:-1], strict=True))
        self.lift = nn.ModuleList(nn.Sequential(_Norm(b), nn.Conv2d(b, a, 1)) for a, b in pairwise(widths))
        self.middle_pixels = nn.Conv2d(12, config.middle_width, 3, padding=1)
        self.to_middle = nn.Sequential(_Norm(widths[0]), nn.Conv2d(widths[0], config.middle_width, 1))
        self.middle_block = _Residual(config.middle_width)
        self.pixels = nn.Conv2d(3, config.detail_width, 3, padding=1)
        self.to_detail = nn.Sequential(_Norm(config.middle_width), nn.Conv2d(config.middle_width, config.detail_width, 1))
        self.detail_block = nn.Conv2d(config.detail_width, config.detail_width, 3, padding=1)
        self.head = nn.Conv2d(config.detail_width, 3, 3, padding=1)
        self.apply(_keep_variance)

    def forward(self, frames: Tensor) -> Tensor:
        """Estimates a normal for every pixel.

        Args:
            frames: `[T, 3, H, W]` display-referred sRGB in [0, 1], of any size from 1x1 up; float32, bfloat16 or float16
                like the weights.

        Returns:
            `[T, 3, H, W]` unit normals, camera space, +X right, +Y up, +Z toward the camera, in the dtype of `frames`.
        """
        height, width = frames.shape[-2:]
        raw = self._raw(_padded(frames - 0.5) * 2)[..., :height, :width]
        return F.normalize(raw.float(), dim=1).to(frames.dtype)

    def _raw(self, frames: Tensor) -> Tensor:
        x = self.fold(frames)
        x = self.stem(torch.cat([x, _place(x)], dim=1))
        passed = []
        for level, stack in enumerate(self.down):
            x = stack(self.shrink[level - 1](x) if level else x)
            passed.append(x)
        for block in self.context:
            x = block(x)
        for level in reversed(range(len(self.lift))):
            x = self.up[level](passed[level] + _doubled(self.lift[level](x)))
        x = _doubled(self.to_middle(x)) + self.middle_pixels(F.pixel_unshuffle(frames, 2))
        x = self.middle_block(x)
        x = F.relu(_doubled(self.to_detail(x)) + self.pixels(frames))
        return self.head(x + F.relu(self.detail_block(x)))


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
    """Starts convolutions so that signals keep their size."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
        nn.init.zeros_(module.bias)
    if isinstance(module, _Residual):
        module.second.weight.data *= 1.7


def _stack(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*[_Residual(width) for _ in range(count)])


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _padded(frames: Tensor) -> Tensor:
    """Frames grown at the right and the bottom to a multiple of `MULTIPLE`, repeating the last pixel."""
    height, width = frames.shape[-2:]
    return F.pad(frames, (0, -width % MULTIPLE, 0, -height % MULTIPLE), mode="replicate")


def _place(x: Tensor) -> Tensor:
    """Two channels: where each cell lies across and up the frame, [-1, 1] along the longer side."""
    frames, _, rows, columns = x.shape
    longer = max(rows, columns)
    up = (rows - 1 - 2 * torch.arange(rows, device=x.device, dtype=torch.float32)) / longer
    across = (2 * torch.arange(columns, device=x.device, dtype=torch.float32) + 1 - columns) / longer
    place = torch.stack([across.expand(rows, columns), up[:, None].expand(rows, columns)]).to(x.dtype)
    return place.expand(frames, 2, rows, columns)


def load(path: Path | None = None) -> PreviewNet:
    """The trained network, float32, in evaluation mode.

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
    """What a weight file says about itself: the network's sizes and the training run."""
    return {"format": "pt", "model": "preview", "revision": revision, "config": json.dumps(asdict(config))}
