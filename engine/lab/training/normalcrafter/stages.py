"""What each stage computes: a module whose forward pass takes a sample to its losses. All that is frozen runs in float32."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ....models.normalcrafter.checkpoint import Networks
from ....models.normalcrafter.clip_embedding import embed
from ....models.normalcrafter.pipeline import FRAMES_PER_SECOND, MOTION_BUCKET, NOISE_AUGMENTATION
from ..run.schedules import noise_level
from .config import AnyConfig, LatentConfig, PixelConfig, Regularisation, VaeConfig
from .features import FeatureHead, SemanticEncoder, Tap, block, channels
from .layers import fold_convolutions, train_only
from .losses import (
    angular_loss,
    denoising_loss,
    feature_loss,
    preconditioning,
    reconstruction_loss,
    valid_cells,
)
from .samples import Sample

ENCODE_AT_ONCE = 2
"""Frames the frozen encoder takes together: it is the largest thing in memory otherwise."""


@dataclass(frozen=True, kw_only=True)
class Losses:
    """`total`: what is minimised, a scalar with its gradient. `parts`: what it is made of, and measures, detached scalars."""

    total: Tensor
    parts: dict[str, Tensor]


class VaeStage(nn.Module):
    """The temporal decoder learns to give back normals from their latents; the encoder stays as it is."""

    def __init__(self, networks: Networks, config: VaeConfig) -> None:
        super().__init__()
        self.decoder = networks.vae.decoder
        self.networks, self.config = networks, config
        train_only(self.decoder)
        # With one layer a block, as small models have, it holds an attention that nothing passes through: several processes would
        # wait for its gradient.
        middle = self.decoder.mid_block
        middle.attentions[len(middle.resnets) - 1 :].requires_grad_(False)
        if config.gradient_checkpointing:
            networks.vae.enable_gradient_checkpointing()

    def move(self, device: torch.device) -> None:
        """Take what is needed to a device: the VAE only."""
        self.networks.vae.to(device)

    def forward(self, sample: Sample) -> Losses:
        latents = encode(self.networks, sample.normals)
        estimate = decode(self.networks, latents)
        reconstruction = reconstruction_loss(estimate, sample.normals, valid=sample.valid)
        angular = angular_loss(estimate, sample.normals, valid=sample.valid)
        total = self.config.reconstruction_weight * reconstruction + self.config.angular_weight * angular
        return Losses(total=total, parts={"reconstruction": reconstruction.detach(), "degrees": degrees(angular)})


class UnetStage(nn.Module):
    """What the two stages of the U-Net share: its input, and the regularisation of its features."""

    def __init__(self, networks: Networks, *, regularisation: Regularisation | None, checkpointing: bool) -> None:
        super().__init__()
        self.unet = networks.unet
        self.networks, self.regularisation = networks, regularisation
        if checkpointing:
            self.unet.enable_gradient_checkpointing()
        if regularisation is not None:
            layer = block(self.unet, regularisation.layer)
            self.tap, self.encoder = Tap(layer), SemanticEncoder(regularisation.encoder)
            self.head = FeatureHead(channels=channels(layer), hidden=regularisation.hidden, width=self.encoder.width)

    def move(self, device: torch.device) -> None:
        """Take everything to a device, the frozen parts too."""
        for network in (self, self.networks.tower, self.networks.vae):
            network.to(device)
        if self.regularisation is not None:
            self.encoder.to(device)

    def predict(self, sample: Sample, *, noisy: Tensor, sigma: float) -> Tensor:
        """Denoised latents [T, 4, h, w] for `noisy` ones and the sample's frames."""
        constants = preconditioning(sigma)
        tokens = self._tokens(sample.frames)
        images = encode(self.networks, sample.frames * 2.0 - 1.0)
        ids = torch.tensor([[FRAMES_PER_SECOND, MOTION_BUCKET, NOISE_AUGMENTATION]], device=noisy.device)
        timestep = torch.tensor(constants.timestep, device=noisy.device)
        inputs = torch.cat([noisy * constants.scale, images], dim=1)
        velocity = self.unet(inputs, timestep, tokens=tokens, added_time_ids=ids)
        return noisy * constants.skip + velocity.float() * constants.out

    def regularise(self, loss: Tensor, sample: Sample) -> tuple[Tensor, dict[str, Tensor]]:
        """`loss` with L_reg added, and the mean cosine, once `predict` has run."""
        chosen = self.regularisation
        if chosen is None:
            return loss, {}
        assert self.tap.features is not None
        features = self.tap.features.detach() if chosen.detached else self.tap.features
        with torch.autocast(sample.frames.device.type, enabled=False):
            semantic = self.encoder.patches(sample.frames, grid=features.shape[-2:])
        regular = feature_loss(self.head(features).float(), semantic)
        return loss + chosen.weight * regular, {"cosine": -regular.detach()}

    @torch.no_grad()
    def _tokens(self, frames: Tensor) -> Tensor:
        networks = self.networks
        with torch.autocast(frames.device.type, enabled=False):
            return embed(networks.tower, frames, mean=networks.image_mean, std=networks.image_std)


class LatentStage(UnetStage):
    """Stage 1: the whole U-Net learns to denoise latents of normals."""

    def __init__(self, networks: Networks, config: LatentConfig) -> None:
        super().__init__(networks, regularisation=config.regularisation, checkpointing=config.gradient_checkpointing)
        self.config = config
        train_only(self.unet)

    def forward(self, sample: Sample) -> Losses:
        config = self.config
        rng = np.random.default_rng(sample.seed)
        sigma = noise_level(
            rng,
            sigma_max=sigma_max(self.networks),
            share_at_max=config.share_at_max,
            mean=config.noise_mean,
            deviation=config.noise_deviation,
        )
        truth = encode(self.networks, sample.normals) * self.networks.vae.config.scaling_factor
        # Drawn on the CPU, so that it is the same on every device. The paper prints sigma^2 here and must mean sigma.
        noise = torch.from_numpy(rng.standard_normal(tuple(truth.shape), dtype=np.float32)).to(truth.device)
        denoised = self.predict(sample, noisy=truth + sigma * noise, sigma=sigma)
        cells = valid_cells(sample.valid, size=truth.shape[-2:])
        denoising = denoising_loss(denoised, truth, sigma=sigma, valid=cells)
        total, measured = self.regularise(denoising, sample)
        return Losses(total=total, parts={"denoising": denoising.detach(), **measured})


class PixelStage(UnetStage):
    """Stage 2: the U-Net's spatial layers learn from the angle of decoded normals, in the very step that inference takes."""

    def __init__(self, networks: Networks, config: PixelConfig) -> None:
        super().__init__(networks, regularisation=config.regularisation, checkpointing=config.gradient_checkpointing)
        train_only(self.unet, spatial=True)
        if config.gradient_checkpointing:
            networks.vae.enable_gradient_checkpointing()

    def forward(self, sample: Sample) -> Losses:
        angular = angular_loss(self.estimate(sample), sample.normals, valid=sample.valid)
        total, measured = self.regularise(angular, sample)
        return Losses(total=total, parts={"degrees": degrees(angular), **measured})

    def estimate(self, sample: Sample) -> Tensor:
        """Return normals [T, 3, H, W], not of unit length, from zero latents at the highest noise level."""
        frames, _, height, width = sample.frames.shape
        factor = 2 ** (len(self.networks.vae.config.block_out_channels) - 1)
        noisy = sample.frames.new_zeros(frames, 4, height // factor, width // factor)
        latents = self.predict(sample, noisy=noisy, sigma=sigma_max(self.networks))
        return decode(self.networks, latents / self.networks.vae.config.scaling_factor)


Stage = VaeStage | LatentStage | PixelStage


def build(networks: Networks, config: AnyConfig) -> Stage:
    """Return the stage of a configuration; only what it trains requires gradients."""
    for network in (networks.unet, networks.vae):
        fold_convolutions(network)
    match config:
        case VaeConfig():
            return VaeStage(networks, config)
        case LatentConfig():
            return LatentStage(networks, config)
        case PixelConfig():
            return PixelStage(networks, config)


def degrees(angle: Tensor) -> Tensor:
    """Of radians, detached."""
    return torch.rad2deg(angle.detach())


def sigma_max(networks: Networks) -> float:
    """Return the noise level of the one step that inference takes: 700 for Stable Video Diffusion."""
    networks.scheduler.set_timesteps(1)
    return float(networks.scheduler.sigmas[0])


@torch.no_grad()
def encode(networks: Networks, images: Tensor) -> Tensor:
    """Latents [T, 4, h, w], unscaled, of `images` [T, 3, H, W] in [-1, 1]."""
    with torch.autocast(images.device.type, enabled=False):
        parts = [networks.vae.encode(part).latent_dist.mode() for part in images.split(ENCODE_AT_ONCE)]
    return torch.cat(parts)


def decode(networks: Networks, latents: Tensor) -> Tensor:
    """Return images [T, 3, H, W], around [-1, 1] and not clamped, of unscaled latents; their frames see each other."""
    return networks.vae.decode(latents, num_frames=len(latents), return_dict=False)[0].float()
