"""Marigold's intrinsic images (Ke et al. 2025, "Marigold: Affordable Adaptation of Diffusion-Based Image Generators") over a shot.

The published networks, diffusers' `MarigoldIntrinsicsPipeline`, go from noise to the targets in a few DDIM steps. Here all frames
begin with the same noise: another noise in each frame would make the targets boil.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel

from ...protocol import ErrorCode, PlatelightError
from ..folder import guarded, hide_progress_bars, network, read_json
from ..marigold.video import STEM, VideoUNet, empty_prompt
from ..temporal import trained
from ..temporal.block import TemporalSettings

FAMILY = "marigold_intrinsics"
PASS_NAMES = {"albedo": "albedo", "shading": "shading", "roughness": "roughness", "metallicity": "metallic"}
"""From the targets of a checkpoint to passes. Other targets, such as the residual, are no passes."""
_MOST_STEPS = 100
_SEED = 0


@dataclass(frozen=True, kw_only=True)
class Target:
    """A pass in the pictures of the VAE. `picture`: its number. `channel`: 0 to 2, None for all three. `is_srgb`: it must be made
    linear."""

    name: str
    picture: int
    channel: int | None
    is_srgb: bool


def load_intrinsics_model(
    folder: Path,
    *,
    temporal: Path | None = None,
    fresh: TemporalSettings | None = None,
    per_frame: bool = False,
    dtype: torch.dtype = torch.float32,
) -> VideoIntrinsics:
    """Load a checkpoint in the layout of ``prs-eth/marigold-iid-appearance-v1-1`` or ``-lighting-v1-1``, on the CPU.

    Args:
        folder: holds model_index.json and the folders scheduler, text_encoder, tokenizer, unet and vae.
        temporal, fresh, per_frame: as `temporal.trained.equip`.

    Raises:
        PlatelightError: `model_incomplete`, `model_invalid`, naming the file.
    """
    hide_progress_bars()
    file = folder / "model_index.json"
    index = read_json(file)
    targets = guarded(file, lambda: targets_of(index.get("target_properties") or {}))
    steps = index.get("default_denoising_steps")
    if not isinstance(steps, int) or not 1 <= steps <= _MOST_STEPS:
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file}: default_denoising_steps is {steps!r}, not 1 to {_MOST_STEPS}")
    settings = folder / "scheduler" / "scheduler_config.json"
    read_json(settings)
    scheduler = guarded(settings, lambda: DDIMScheduler.from_pretrained(settings.parent, local_files_only=True))
    unet = network(UNet2DConditionModel, folder=folder / "unet", stem=STEM, dtype=dtype)
    vae = network(AutoencoderKL, folder=folder / "vae", stem=STEM, dtype=dtype)
    latent = vae.config.latent_channels
    pictures = len(index["target_properties"]["target_names"])
    if (unet.config.in_channels, unet.config.out_channels) != ((1 + pictures) * latent, pictures * latent):
        told = f"{folder / 'unet'} takes {unet.config.in_channels} channels and gives {unet.config.out_channels}"
        raise PlatelightError(
            ErrorCode.MODEL_INVALID, f"{told}; {pictures} targets need {(1 + pictures) * latent} and {pictures * latent}"
        )
    prompt = empty_prompt(folder, dtype=dtype)
    model = VideoIntrinsics(unet=unet, vae=vae, prompt=prompt, scheduler=scheduler, steps=steps, targets=targets)
    trained.equip(model, folder=folder, temporal=temporal, fresh=fresh, per_frame=per_frame)
    return model


def targets_of(properties: dict[str, Any]) -> tuple[Target, ...]:
    """Return the passes of a checkpoint, from the `target_properties` of its model_index.json.

    Raises:
        ValueError: there are none, or their space is unknown.
    """
    found = []
    for picture, name in enumerate(properties.get("target_names", ())):
        about = properties.get(name, {})
        space = about.get("prediction_space", "srgb")
        if space not in ("srgb", "linear", "stack"):
            raise ValueError(f"{name} is in the space {space!r}, which isn't known")
        if space == "stack":
            parts = about.get("sub_target_names", ())
            found += [
                Target(name=PASS_NAMES[part], picture=picture, channel=channel, is_srgb=False)
                for channel, part in enumerate(parts[:3])
                if part in PASS_NAMES
            ]
        elif name in PASS_NAMES:
            found.append(Target(name=PASS_NAMES[name], picture=picture, channel=None, is_srgb=space == "srgb"))
    if not found:
        raise ValueError("target_properties names no albedo, roughness, metallicity or shading")
    return tuple(found)


def to_linear(values: torch.Tensor) -> torch.Tensor:
    """Return linear light of sRGB values in [0, 1] (IEC 61966-2-1)."""
    return torch.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


class VideoIntrinsics(VideoUNet):
    """`targets`: the passes it gives."""

    family = FAMILY

    def __init__(
        self,
        *,
        unet: UNet2DConditionModel,
        vae: AutoencoderKL,
        prompt: torch.Tensor,
        scheduler: DDIMScheduler,
        steps: int,
        targets: tuple[Target, ...],
    ) -> None:
        super().__init__(unet=unet, vae=vae, prompt=prompt)
        scheduler.set_timesteps(steps)
        self.scheduler, self.targets = scheduler, targets

    def noise(self, latents: torch.Tensor) -> torch.Tensor:
        """Return what all frames begin with, [1, C, h, w] float32: the same for every device, window and run."""
        shape = (1, self.image_unet.config.out_channels, *latents.shape[-2:])
        return torch.randn(shape, generator=torch.Generator().manual_seed(_SEED)).to(latents.device)

    def unet(
        self,
        latents: torch.Tensor,
        *,
        cuts: Sequence[int] = (),
        temporal: bool = True,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return target latents [T, C, h, w], scaled, float32, of frames that see each other.

        Args:
            latents: [T, 4, h, w], from `encode`.
            cuts: indices of frames that begin a shot.
            temporal: False for the image model's own answer.
            noise: [1, C, h, w] or [T, C, h, w] in place of the fixed one.
        """
        state = (self.noise(latents) if noise is None else noise).float().expand(len(latents), -1, -1, -1)
        for timestep in self.scheduler.timesteps.tolist():
            answer = self.denoise(torch.cat([latents.float(), state], dim=1), timestep=timestep, cuts=cuts, temporal=temporal)
            state = self.scheduler.step(answer.float(), timestep, state, return_dict=False)[0]
        return state

    def pictures(self, latents: torch.Tensor, *, size: tuple[int, int]) -> torch.Tensor:
        """Return the targets as the published pipeline gives them, [T, targets, 3, H, W] float32 in [0, 1]."""
        channels = self.vae.config.latent_channels
        apart = latents.reshape(-1, channels, *latents.shape[-2:])
        decoded = torch.cat([self.decode_latents(each[None], size=size) for each in apart])
        return ((decoded + 1.0) / 2.0).view(len(latents), -1, *decoded.shape[1:])

    def decode(self, latents: torch.Tensor, *, size: tuple[int, int]) -> dict[str, torch.Tensor]:
        """Return each pass by its name, [T, 3 or 1, H, W] float32: colours linear, roughness and metallicity 0 to 1."""
        pictures = self.pictures(latents, size=size)
        passes = {}
        for target in self.targets:
            values = pictures[:, target.picture]
            values = values if target.channel is None else values[:, target.channel : target.channel + 1]
            passes[target.name] = to_linear(values) if target.is_srgb else values
        return passes
