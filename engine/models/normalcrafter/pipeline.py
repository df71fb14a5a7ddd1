"""One step of each network, in the order and with the numbers of the released inference code."""

from __future__ import annotations

import torch

from ...device import Compute
from ..blend import crossfade
from .checkpoint import Networks
from .clip_embedding import embed
from .fast import accelerate

FRAMES_PER_SECOND = 7
MOTION_BUCKET = 127
NOISE_AUGMENTATION = 0.0


class Pipeline:
    """The networks on their device. Tensors in and out stay there; latents are float32 between networks.

    `plain`: leave the networks as diffusers has them on a CPU too, in PyTorch's default memory formats, for comparison.
    """

    def __init__(self, networks: Networks, *, compute: Compute, plain: bool = False) -> None:
        self.networks = networks
        self.compute = compute
        for network in (networks.tower, networks.unet, networks.vae):
            network.to(compute.device)
        if compute.device.type == "cpu" and not plain:
            accelerate(networks)

    @torch.inference_mode()
    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """CLIP tokens [T, 1, C] of padded images [T, 3, H, W] in [0, 1]."""
        networks = self.networks
        return embed(networks.tower, images, mean=networks.image_mean, std=networks.image_std)

    @torch.inference_mode()
    def encode(self, images: torch.Tensor) -> torch.Tensor:
        """Latents [T, 4, h, w], unscaled, of padded images [T, 3, H, W] in [0, 1]."""
        vae = self.networks.vae
        pixels = (images * 2.0 - 1.0).to(vae.quant_conv.weight.dtype)
        return vae.encode(pixels).latent_dist.mode().to(self.compute.dtype)

    @torch.inference_mode()
    def predict(self, *, images: torch.Tensor, tokens: torch.Tensor, previous: torch.Tensor | None) -> torch.Tensor:
        """Return the one denoising step of a window, from zero noise: deterministic.

        Args:
            images: [T, 4, h, w], image latents.
            tokens: [T, 1, C].
            previous: [n, 4, h, w] float32, predicted latents of the first n frames by the previous window.

        Returns:
            [T, 4, h, w] float32 latents, the first n merged linearly with `previous`.
        """
        scheduler, unet = self.networks.scheduler, self.networks.unet
        scheduler.set_timesteps(1, device=self.compute.device)
        timestep = scheduler.timesteps[0]
        latents = torch.zeros(images.shape, device=images.device)
        if previous is not None:
            latents[: len(previous)] = previous
        scaled = scheduler.scale_model_input(latents, timestep).to(unet.dtype)
        sample = torch.cat([scaled, images.to(unet.dtype)], dim=1).contiguous()
        ids = torch.tensor([[FRAMES_PER_SECOND, MOTION_BUCKET, NOISE_AUGMENTATION]], device=self.compute.device)
        velocity = unet(sample, timestep, tokens=tokens, added_time_ids=ids.to(unet.dtype))
        return crossfade(scheduler.step(velocity.float(), timestep, latents).prev_sample, previous)

    @torch.inference_mode()
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Return images [T, 3, H, W] float32 in [-1, 1] of one decode chunk; its temporal convolutions see these frames only."""
        vae = self.networks.vae
        scaled = (latents / vae.config.scaling_factor).to(vae.decoder.conv_in.weight.dtype).contiguous()
        decoded = vae.decode(scaled, num_frames=len(latents), return_dict=False)[0]
        return decoded.float().clamp(-1.0, 1.0)
