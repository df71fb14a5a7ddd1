"""What a step computes for each model: a module whose forward pass takes a clip to its losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor, nn

from ..models.depth_anything.model import load_depth_model
from ..models.dinov2 import PATCH
from ..models.marigold.model import load_normals_model
from ..models.moge.model import NORMAL, POINTS, load_geometry_model
from ..models.moge.shot import sized
from ..models.preview import network, temporal
from ..models.temporal.trained import FILE
from ..protocol import ErrorCode, PlatelightError
from .clips import Clip
from .config import AnyConfig, DepthConfig, GeometryConfig, NormalsConfig, PreviewConfig
from .deferred import deferred
from .flow import away_from_edges
from .losses import affine_invariant_clip, angle_loss, depth_prior_loss, prior_loss, stability_loss
from .reference import Known


@dataclass(frozen=True, kw_only=True)
class Losses:
    """`total`: what is minimised, a scalar with its gradient. `parts`: what it is made of, detached scalars."""

    total: Tensor
    parts: dict[str, Tensor]


class DepthStage(nn.Module):
    """Depth Anything V2: its DPT and temporal blocks learn from the frozen image model's depth and from flow."""

    def __init__(self, config: DepthConfig) -> None:
        super().__init__()
        self.config = config
        self.omega_reg = config.omega_reg
        folder, start = Path(config.model), _start(config)
        self.video = load_depth_model(folder, temporal=start, fresh=config.temporal)
        self.image = self.video.image_model()
        self._head_learned = config.head or _holds_head(start or folder / FILE)
        self.multiple = self.video.patch
        for parameter in self.video.head_parameters():
            parameter.requires_grad_(config.head)

    def forward(self, clip: Clip) -> Losses:
        config = self.config
        tokens, grid = self.video.encode(clip.frames), self.video.grid(*clip.frames.shape[-2:])
        with torch.no_grad():
            target = self.image.decode(tokens[clip.chosen, None], grid=grid).float()
        depth = self.video.decode(tokens, grid=grid).float()[:, None]
        prior = depth_prior_loss(depth[clip.chosen], target, form=config.prior)
        pairs = away_from_edges(clip.pairs, depth, distance=config.edge_distance, thresholds=config.canny)
        stable = stability_loss(affine_invariant_clip(depth) if config.spread else depth, pairs)
        return _sum(prior, stable, self.omega_reg)

    @torch.no_grad()
    def answers(self, frames: Tensor, *, cuts: Sequence[int], of_image: bool = False) -> Tensor:
        """Return depth [T, 1, H, W] over the clip's deviation, of the video model or of the frozen image model."""
        model = self.image if of_image else self.video
        depth = model.decode(model.encode(frames), grid=model.grid(*frames.shape[-2:]), cuts=cuts).float()
        return affine_invariant_clip(depth[:, None])

    def export(self, file: Path) -> None:
        """Write the blocks and, where it has learned, now or before, the DPT."""
        self.video.save_temporal(file, head=self._head_learned)


class NormalsStage(nn.Module):
    """Marigold-E2E-FT: its temporal blocks learn from the frozen U-Net's latents and, decoded a few frames at a time, from flow."""

    multiple = 64

    def __init__(self, config: NormalsConfig) -> None:
        super().__init__()
        self.config = config
        self.omega_reg = config.omega_reg
        self.video = load_normals_model(Path(config.model), temporal=_start(config), fresh=config.temporal)
        if config.gradient_checkpointing:
            self.video.image_unet.enable_gradient_checkpointing()

    def forward(self, clip: Clip) -> Losses:
        images = self.video.encode(clip.frames)
        with torch.no_grad():
            target = self.video.unet(images[clip.chosen, None], temporal=False)[0]
        latents = self.video.unet(images)
        size = tuple(clip.frames.shape[-2:])
        stable = deferred(
            latents,
            decode=lambda part: self.video.decode(part, size=size),
            loss=lambda normals: stability_loss(normals, clip.pairs),
            chunk=self.config.decode_chunk_size,
        )
        return _sum(prior_loss(latents[clip.chosen], target, form=self.config.prior), stable, self.omega_reg)

    @torch.no_grad()
    def answers(self, frames: Tensor, *, cuts: Sequence[int], of_image: bool = False) -> Tensor:
        """Return unit normals [T, 3, H, W], of the video model or of the frozen image model."""
        latents = self.video.unet(self.video.encode(frames), cuts=cuts, temporal=not of_image)
        size, parts = tuple(frames.shape[-2:]), latents.split(self.config.decode_chunk_size)
        return F.normalize(torch.cat([self.video.decode(part, size=size) for part in parts]), dim=1)

    def export(self, file: Path) -> None:
        """Write the blocks."""
        self.video.save_temporal(file)


class GeometryStage(nn.Module):
    """MoGe: its temporal blocks learn from the frozen image model's normals and depth and from flow, both through the same neck."""

    multiple = PATCH

    def __init__(self, config: GeometryConfig) -> None:
        super().__init__()
        self.config = config
        self.omega_reg = config.omega_reg
        self.video = load_geometry_model(Path(config.model), temporal=_start(config), fresh=config.temporal)

    def forward(self, clip: Clip) -> Losses:
        features = self._features(clip.frames)
        answer = self._answer(features, clip.frames)
        with torch.no_grad():
            target = self._answer(features[clip.chosen, None], clip.frames, temporal=False)[0]
        chosen = answer[clip.chosen]
        prior = angle_loss(chosen[:3], target[:3]) + (chosen[3] - target[3]).abs().mean()
        return _sum(prior, stability_loss(answer, clip.pairs), self.omega_reg)

    @torch.no_grad()
    def answers(self, frames: Tensor, *, cuts: Sequence[int], of_image: bool = False) -> Tensor:
        """Return unit normals [T, 3, H, W], of the video model or of the frozen image model."""
        return self._answer(self._features(frames), frames, cuts=cuts, temporal=not of_image)[:, :3]

    def export(self, file: Path) -> None:
        """Write the blocks."""
        self.video.save_temporal(file)

    def _features(self, frames: Tensor) -> Tensor:
        height, width = frames.shape[-2:]
        tokens = min(self.config.tokens, max(1, (height // PATCH) * (width // PATCH)))
        return torch.stack([self.video.encode(frame, tokens=tokens).features for frame in frames])

    def _answer(self, features: Tensor, frames: Tensor, *, cuts: Sequence[int] = (), temporal: bool = True) -> Tensor:
        """Return unit normals and the logarithm of depth, [T, 4, H, W], at the size of the frames."""
        height, width = frames.shape[-2:]
        planes = self.video.decode(features, aspect=width / height, cuts=cuts, chunk=1, temporal=temporal, refine=False)
        whole = sized(planes, (height, width))
        return torch.cat([F.normalize(whole[:, NORMAL], dim=1), whole[:, POINTS][:, 2:]], dim=1)


class PreviewStage(nn.Module):
    """The embedded model: its temporal blocks learn from its own per-frame normals and from flow."""

    multiple = network.MULTIPLE

    def __init__(self, config: PreviewConfig) -> None:
        super().__init__()
        self.config = config
        self.omega_reg = config.omega_reg
        try:
            net = network.load(Path(config.model) if config.model else None)
        except (FileNotFoundError, ValueError, RuntimeError) as error:
            raise PlatelightError(ErrorCode.MODEL_INVALID, str(error)) from error
        self.video = temporal.load(Path(config.start), net) if config.start else temporal.TemporalPreview(net)

    def forward(self, clip: Clip) -> Losses:
        known = clip.known or self.know(clip.frames)
        raw = self.video.raw(known.features)
        answer = torch.cat([network.unit_normals(raw), raw[:, 3:]], dim=1)
        held = slice(None) if self.config.prior_frames == "all" else slice(clip.chosen, clip.chosen + 1)
        prior = angle_loss(answer[held, :3], known.target[held, :3]) + (answer[held, 3] - known.target[held, 3]).abs().mean()
        return _sum(prior, stability_loss(answer, clip.pairs), self.omega_reg)

    @torch.no_grad()
    def know(self, frames: Tensor) -> Known:
        """Return what the frozen network says of frames [T, 3, H, W] by themselves; both sides grown to multiples of `multiple`."""
        features = self.video.features(network.prepared(_last(frames)))
        raw = self.video.net.raw(features)
        return Known(features=features, target=torch.cat([network.unit_normals(raw), raw[:, 3:]], dim=1))

    @torch.no_grad()
    def answers(self, frames: Tensor, *, cuts: Sequence[int], of_image: bool = False) -> Tensor:
        """Return unit normals [T, 3, H, W], of the video model or of the frozen image model."""
        return self.video.image(_last(frames))[0] if of_image else self.video(_last(frames), cuts=cuts)

    def export(self, file: Path) -> None:
        """Write the blocks."""
        self.video.save_temporal(file)


Stage = DepthStage | NormalsStage | GeometryStage | PreviewStage


def build(config: AnyConfig) -> Stage:
    """Return the stage of a configuration; only what it trains requires gradients.

    Raises:
        PlatelightError: the model can't be loaded.
    """
    match config:
        case DepthConfig():
            return DepthStage(config)
        case NormalsConfig():
            return NormalsStage(config)
        case GeometryConfig():
            return GeometryStage(config)
        case PreviewConfig():
            return PreviewStage(config)


def _start(config: AnyConfig) -> Path | None:
    return Path(config.start) if config.start else None


def _holds_head(file: Path) -> bool:
    """Return whether a file of temporal blocks, if it is there, holds a trained DPT too."""
    if not file.is_file():
        return False
    with safe_open(str(file), framework="pt") as opened:
        return any(not name.startswith("temporal.") for name in opened.keys())  # noqa: SIM118 - it is no dict


def _last(frames: Tensor) -> Tensor:
    return frames.contiguous(memory_format=torch.channels_last)


def _sum(prior: Tensor, stable: Tensor, omega_reg: float) -> Losses:
    return Losses(total=omega_reg * prior + stable, parts={"prior": prior.detach(), "stable": stable.detach()})
