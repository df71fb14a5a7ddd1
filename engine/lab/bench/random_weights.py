"""The full-size architecture with random weights: for measuring speed and memory where the real weights are not at hand."""

from __future__ import annotations

import math

import torch
from diffusers import AutoencoderKLTemporalDecoder, EulerDiscreteScheduler
from torch import nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from ...device import Compute
from ...models.normalcrafter.checkpoint import Networks
from ...models.normalcrafter.unet import FrameConditionedUNet

UNET = {
    "in_channels": 8,
    "out_channels": 4,
    "block_out_channels": (320, 640, 1280, 1280),
    "num_attention_heads": (5, 10, 20, 20),
    "cross_attention_dim": 1024,
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 768,
    "layers_per_block": 2,
    "num_frames": 25,
}
VAE = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "latent_channels": 4,
    "layers_per_block": 2,
    "sample_size": 768,
    "scaling_factor": 0.18215,
    "force_upcast": True,
}
CLIP = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 16,
    "patch_size": 14,
    "image_size": 224,
    "projection_dim": 1024,
    "hidden_act": "gelu",
}
SCHEDULER = {
    "prediction_type": "v_prediction",
    "timestep_spacing": "leading",
    "timestep_type": "continuous",
    "use_karras_sigmas": True,
    "sigma_min": 0.002,
    "sigma_max": 700.0,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
    "interpolation_type": "linear",
    "num_train_timesteps": 1000,
}
NOISE_VALUES = 1 << 20


def svd_networks(*, compute: Compute) -> Networks:
    """Return the networks of the published checkpoint, 2.25 billion parameters, filled with noise of a sensible size."""
    with torch.device("meta"):
        tower = CLIPVisionModelWithProjection(CLIPVisionConfig(**CLIP))
        unet, vae = FrameConditionedUNet(**UNET), AutoencoderKLTemporalDecoder(**VAE)
    noise = torch.randn(NOISE_VALUES, generator=torch.Generator().manual_seed(0)).to(compute.dtype)
    for network in (tower, unet, vae):
        nn.Module.to(network, compute.dtype).to_empty(device="cpu")
        _fill(network, noise)
        network.eval().requires_grad_(False)
    if compute.dtype == torch.float16:
        vae.encoder.float()
        vae.quant_conv.float()
    return Networks(
        tower=tower,
        unet=unet,
        vae=vae,
        scheduler=EulerDiscreteScheduler(**SCHEDULER),
        image_mean=(0.5, 0.5, 0.5),
        image_std=(0.25, 0.25, 0.25),
    )


def _fill(network: nn.Module, noise: torch.Tensor) -> None:
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim < 2:
                parameter.fill_(0.0 if name.endswith("bias") or "mix_factor" in name else 1.0)
                continue
            flat, scaled = parameter.view(-1), noise / math.sqrt(parameter[0].numel())
            for begin in range(0, len(flat), NOISE_VALUES):
                piece = flat[begin : begin + NOISE_VALUES]
                piece.copy_(scaled[: len(piece)])
        for name, buffer in network.named_buffers():
            if name.endswith("position_ids"):
                buffer.copy_(torch.arange(buffer.shape[-1]))
            else:
                buffer.zero_()
