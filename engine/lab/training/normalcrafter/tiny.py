"""A NormalCrafter small enough to learn on two CPU cores: the real one's layout and kinds of layers, a few million weights.

Its U-Net, CLIP tower and DINOv2 are random. Its VAE has learned to give back plates, as that of Stable Video Diffusion has, for
"without decoder tuning" to mean something. Frames shrink 4 times instead of 8: at 64 pixels a latent of 8 by 8 has no room for
them. No layer that is normalised last has 32 channels: in the 32 groups that are fixed there, each would lose its own mean and with
it which way a surface faces. Nothing that is measured on it says how good a real NormalCrafter would be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from diffusers import AutoencoderKLTemporalDecoder, EulerDiscreteScheduler, UNetSpatioTemporalConditionModel
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection, Dinov2Config, Dinov2Model

from ...bench.random_weights import SCHEDULER
from ..run.schedules import learning_rate
from .config import VaeConfig
from .export import replace_folder
from .feed import Feed

UNET = {
    "in_channels": 8,
    "out_channels": 4,
    "block_out_channels": (64, 64, 64, 64),
    "num_attention_heads": (4, 4, 4, 4),
    "cross_attention_dim": 32,
    "addition_time_embed_dim": 32,
    "projection_class_embeddings_input_dim": 96,
    "layers_per_block": 1,
    "num_frames": 14,
    "sample_size": 8,
}
VAE = {
    "block_out_channels": (64, 64, 64),
    "down_block_types": ("DownEncoderBlock2D",) * 3,
    "latent_channels": 4,
    "layers_per_block": 1,
    "sample_size": 64,
    "force_upcast": False,
}
CLIP = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "patch_size": 32,
    "image_size": 224,
    "projection_dim": 32,
}
DINO = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "patch_size": 8, "image_size": 64}
DINO_SPREAD = 0.2
"""Deviation of the random DINOv2's weights: with the usual 0.02 all patches would look alike to it."""

PIPELINE = {
    "_class_name": "StableVideoDiffusionPipeline",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "image_encoder": ["transformers", "CLIPVisionModelWithProjection"],
    "scheduler": ["diffusers", "EulerDiscreteScheduler"],
    "unet": ["diffusers", "UNetSpatioTemporalConditionModel"],
    "vae": ["diffusers", "AutoencoderKLTemporalDecoder"],
}
PREPROCESSOR = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
ENCODER = "dino"


def make_tiny(config: VaeConfig) -> Iterator[tuple[int, float]]:
    """Write a checkpoint in the layout of Stable Video Diffusion to ``config.out``, and a DINOv2 to its subfolder ``dino``.

    Args:
        config: data, steps and learning rate for the VAE; ``config.model`` isn't read.

    Yields:
        Steps done, and the VAE's mean absolute error over values in [-1, 1].

    Raises:
        PlatelightError: the data can't be read, or the disk is full.
    """
    torch.manual_seed(config.seed)
    unet, vae = UNetSpatioTemporalConditionModel(**UNET), AutoencoderKLTemporalDecoder(**VAE)
    tower = CLIPVisionModelWithProjection(CLIPVisionConfig(**CLIP))
    dino = Dinov2Model(Dinov2Config(**DINO, initializer_range=DINO_SPREAD))
    if config.steps:
        yield from _learn_plates(vae, config)

    def fill(folder: Path) -> None:
        for network, name in ((unet, "unet"), (vae, "vae"), (tower, "image_encoder"), (dino, ENCODER)):
            network.save_pretrained(folder / name, safe_serialization=True)
        EulerDiscreteScheduler(**SCHEDULER).save_pretrained(folder / "scheduler")
        (folder / "feature_extractor").mkdir()
        (folder / "feature_extractor" / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR), encoding="utf-8")
        (folder / "model_index.json").write_text(json.dumps(PIPELINE), encoding="utf-8")

    replace_folder(Path(config.out), fill)


def _learn_plates(vae: AutoencoderKLTemporalDecoder, config: VaeConfig) -> Iterator[tuple[int, float]]:
    """Train encoder and decoder to give back frames, then scale the latents to unit variance as the published one does."""
    feed = Feed(config, process=0)
    optimizer = torch.optim.AdamW(vae.parameters(), lr=config.learning_rate, fused=True)
    variance = 1.0
    try:
        for step in range(config.steps):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(
                    step, base=config.learning_rate, warm_up=config.warm_up, total=config.steps, final_share=config.final_share
                )
            images = feed.next().frames * 2.0 - 1.0
            latents = vae.encode(images).latent_dist.mode()
            loss = (vae.decode(latents, num_frames=len(images)).sample - images).abs().mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(vae.parameters(), config.clip_norm)
            optimizer.step()
            optimizer.zero_grad()
            variance += (float(latents.detach().var()) - variance) * max(0.02, 1 / (step + 1))
            yield step + 1, float(loss.detach())
    finally:
        feed.close()
    vae.register_to_config(scaling_factor=variance**-0.5)
