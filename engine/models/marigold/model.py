"""Marigold-E2E-FT normals (Martin Garcia et al., WACV 2025) as a video model: a Stable Diffusion 2 U-Net that answers in one step,
frozen as its VAE is, with a temporal block after each of its spatial layers (`video`).

encode (VAE) -> unet (one step from zero latents at the last timestep, empty prompt) -> decode (VAE) can be called apart: training
decodes a few frames at a time and goes back through the U-Net once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel

from ...protocol import ErrorCode, PlatelightError
from ..folder import guarded, hide_progress_bars, network, read_json
from ..temporal import trained
from ..temporal.block import TemporalSettings
from .video import STEM, VideoUNet, empty_prompt

FAMILY = "marigold"


@dataclass(frozen=True, kw_only=True)
class Networks:
    """`prompt`: the empty prompt's embedding [1, 2, C]. `gain`: what turns the U-Net's answer to zero latents at `timestep` into
    clean latents."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    prompt: torch.Tensor
    timestep: int
    gain: float


def load_normals_model(
    folder: Path,
    *,
    temporal: Path | None = None,
    fresh: TemporalSettings | None = None,
    per_frame: bool = False,
    dtype: torch.dtype = torch.float32,
) -> VideoNormals:
    """Load a checkpoint in the layout of ``GonzaloMG/marigold-e2e-ft-normals``, on the CPU.

    Args:
        folder: holds model_index.json and the folders scheduler, text_encoder, tokenizer, unet and vae.
        temporal, fresh, per_frame: as `temporal.trained.equip`.

    Raises:
        PlatelightError: `model_incomplete`, `model_invalid`, naming the file.
    """
    hide_progress_bars()
    model = VideoNormals(load_networks(folder, dtype=dtype))
    trained.equip(model, folder=folder, temporal=temporal, fresh=fresh, per_frame=per_frame)
    return model


def load_networks(folder: Path, *, dtype: torch.dtype) -> Networks:
    """Return the image model's parts. Raises: `model_incomplete`, `model_invalid`."""
    index = read_json(folder / "model_index.json")
    if index.get("default_denoising_steps") is not None:
        told = f"{folder} wants {index['default_denoising_steps']} steps; only models that answer in one step are for video"
        raise PlatelightError(ErrorCode.MODEL_INVALID, told)
    file = folder / "scheduler" / "scheduler_config.json"
    read_json(file)
    scheduler = guarded(file, lambda: DDIMScheduler.from_pretrained(folder / "scheduler", local_files_only=True))
    unet = network(UNet2DConditionModel, folder=folder / "unet", stem=STEM, dtype=dtype)
    if unet.config.in_channels != 2 * unet.config.out_channels:
        told = f"{folder / 'unet'} takes {unet.config.in_channels} channels; one that takes image and normals, 8 of them, is needed"
        raise PlatelightError(ErrorCode.MODEL_INVALID, told)
    timestep = scheduler.config.num_train_timesteps - 1
    return Networks(
        unet=unet,
        vae=network(AutoencoderKL, folder=folder / "vae", stem=STEM, dtype=dtype),
        prompt=empty_prompt(folder, dtype=dtype),
        timestep=timestep,
        gain=guarded(file, lambda: clean_gain(scheduler, timestep=timestep)),
    )


def clean_gain(scheduler: DDIMScheduler, *, timestep: int) -> float:
    """Return what the U-Net's answer to zero latents is multiplied with to give clean latents: x0 of Song et al. 2021 (DDIM),
    equation
    12, and of Salimans & Ho 2022, with x = 0. -0.997667 for Stable Diffusion 2 at its last step.

    Raises:
        ValueError: for a kind of prediction that isn't known.
    """
    kept = float(scheduler.alphas_cumprod[timestep])
    gains = {"v_prediction": -((1.0 - kept) ** 0.5), "epsilon": -(((1.0 - kept) / kept) ** 0.5), "sample": 1.0}
    kind = scheduler.config.prediction_type
    if kind not in gains:
        raise ValueError(f"prediction_type {kind!r} is none of {', '.join(gains)}")
    return gains[kind]


class VideoNormals(VideoUNet):
    """Normals are in the model's own axes: x to the left, y up, z toward the camera."""

    family = FAMILY

    def __init__(self, networks: Networks) -> None:
        super().__init__(unet=networks.unet, vae=networks.vae, prompt=networks.prompt)
        self.timestep, self.gain = networks.timestep, networks.gain

    def unet(self, latents: torch.Tensor, *, cuts: Sequence[int] = (), temporal: bool = True) -> torch.Tensor:
        """Normal latents of frames that see each other; gradients reach the temporal blocks.

        Args:
            latents: [T, 4, h, w], from `encode`.
            cuts: indices of frames that begin a shot.
            temporal: False for the image model's own answer.

        Returns:
            [T, 4, h, w], scaled, float32. With the U-Net's gradient checkpointing, which computes it once more on the way back,
            the frames must be of one shot.
        """
        sample = torch.cat([latents, torch.zeros_like(latents)], dim=1)
        return self.denoise(sample, timestep=self.timestep, cuts=cuts, temporal=temporal).float() * self.gain

    def decode(self, latents: torch.Tensor, *, size: tuple[int, int]) -> torch.Tensor:
        """Return normals [T, 3, H, W] float32 in [-1, 1], not of unit length, of latents from `unet`; frames don't see each other.

        Args:
            size: height and width of the frames, without the padding.
        """
        return self.decode_latents(latents, size=size)

    def forward(self, frames: torch.Tensor, *, cuts: Sequence[int] = ()) -> torch.Tensor:
        """Return normals [T, 3, H, W] of frames [T, 3, H, W]: `encode`, `unet` and `decode` in one."""
        return self.decode(self.unet(self.encode(frames), cuts=cuts), size=tuple(frames.shape[-2:]))
