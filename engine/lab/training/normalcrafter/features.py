"""Semantic feature regularisation (section 3.3 of the paper): a block of the U-Net is pulled toward what a frozen DINO sees."""

from __future__ import annotations

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from ....models.normalcrafter.unet import FrameConditionedUNet
from ....protocol import ErrorCode, PlatelightError

FAMILIES = ("vit", "dinov2", "dinov2_with_registers")
"""DINO is published as a ViT, DINOv2 as the other two."""

IMAGE_MEAN, IMAGE_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet, where the folder has no preprocessor_config.json that says otherwise."""


class SemanticEncoder:
    """A frozen encoder. It is no `nn.Module`, so that nothing registers, trains or saves it."""

    def __init__(self, source: str) -> None:
        """`source`: a folder in the layout of the hub, or an id on the hub.

        Raises:
            PlatelightError: `model_incomplete`, `model_invalid`, naming the folder or the id.
        """
        folder = _folder(source)
        try:
            config = AutoConfig.from_pretrained(folder, local_files_only=True)
            if config.model_type not in FAMILIES:
                detail = f"{source} is a {config.model_type}; the encoder may be one of {', '.join(FAMILIES)}"
                raise PlatelightError(ErrorCode.MODEL_INVALID, detail)
            model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True, dtype=torch.float32)
            mean, std = _statistics(folder)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise PlatelightError(ErrorCode.MODEL_INVALID, f"{source}: {str(error).splitlines()[0][:200]}") from error
        self.model = model.eval().requires_grad_(False)
        self.patch = int(config.patch_size)
        self.width = int(config.hidden_size)
        self._interpolates = {"interpolate_pos_encoding": True} if config.model_type == "vit" else {}
        self._mean, self._std = (torch.tensor(values).view(1, 3, 1, 1) for values in (mean, std))

    def to(self, device: torch.device) -> SemanticEncoder:
        self.model.to(device)
        self._mean, self._std = self._mean.to(device), self._std.to(device)
        return self

    @torch.no_grad()
    def patches(self, frames: Tensor, *, grid: tuple[int, int]) -> Tensor:
        """Features [T, h * w, D] of `frames` [T, 3, H, W] in [0, 1], resized so that the encoder's patches are the grid (h, w)."""
        size = (grid[0] * self.patch, grid[1] * self.patch)
        images = F.interpolate(frames.float(), size=size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
        tokens = self.model((images - self._mean) / self._std, **self._interpolates).last_hidden_state
        return tokens[:, -grid[0] * grid[1] :]


class FeatureHead(nn.Module):
    """h_phi: a perceptron of three layers, the same for every patch."""

    def __init__(self, *, channels: int, hidden: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(channels, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, width)
        )

    def forward(self, features: Tensor) -> Tensor:
        """[T, C, h, w] to [T, h * w, D]."""
        return self.layers(features.flatten(2).transpose(1, 2))


def block(unet: FrameConditionedUNet, layer: str) -> nn.Module:
    """Return the block that `layer`, one of `config.LAYERS`, names; numbers count from 0: up1 is the second of the way up."""
    if layer == "mid":
        return unet.mid_block
    blocks = unet.down_blocks if layer.startswith("down") else unet.up_blocks
    return blocks[int(layer.lstrip("downup"))]


def channels(layer: nn.Module) -> int:
    """Return how many channels the block's output has."""
    return layer.resnets[-1].spatial_res_block.out_channels


class Tap:
    """Keeps the output of a block, [T, C, h, w], from each forward pass."""

    def __init__(self, layer: nn.Module) -> None:
        self.features: Tensor | None = None
        layer.register_forward_hook(self._keep)

    def _keep(self, layer: nn.Module, inputs: tuple, output: Tensor | tuple) -> None:
        self.features = output[0] if isinstance(output, tuple) else output


def _folder(source: str) -> Path:
    path = Path(source).expanduser()
    if path.is_dir():
        return path
    if path.is_absolute() or source.count("/") != 1:
        raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, f"{source}, which is neither a folder nor an id on the hub")
    try:
        return Path(snapshot_download(source, allow_patterns=["*.json", "*.safetensors"]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise PlatelightError(ErrorCode.DOWNLOAD_FAILED, f"{source}: {str(error).splitlines()[0][:200]}") from error


def _statistics(folder: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    file = folder / "preprocessor_config.json"
    if not file.is_file():
        return IMAGE_MEAN, IMAGE_STD
    content = json.loads(file.read_text(encoding="utf-8"))
    return tuple(content["image_mean"]), tuple(content["image_std"])
