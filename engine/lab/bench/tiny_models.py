"""Checkpoint folders in the public layouts, tiny and filled with random numbers: what they cost shows that everything runs, and how
much is spent around the networks; what they answer means nothing."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, AutoencoderKLTemporalDecoder, DDIMScheduler, EulerDiscreteScheduler, UNet2DConditionModel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    DepthAnythingConfig,
    DepthAnythingForDepthEstimation,
    Dinov2Config,
)

from ...models.normalcrafter.unet import FrameConditionedUNet
from .random_weights import SCHEDULER

BACKBONE = {
    "model_type": "dinov2",
    "image_size": 70,
    "patch_size": 14,
    "hidden_size": 24,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "mlp_ratio": 2,
    "out_indices": [1, 2, 3, 4],
    "apply_layernorm": True,
    "reshape_hidden_states": False,
}
PREPROCESSOR = {
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "ensure_multiple_of": 14,
    "image_mean": [0.485, 0.456, 0.406],
    "image_processor_type": "DPTImageProcessor",
    "image_std": [0.229, 0.224, 0.225],
    "keep_aspect_ratio": True,
    "resample": 3,
    "rescale_factor": 0.00392156862745098,
    "size": {"height": 518, "width": 518},
}


def normalcrafter(folder: Path, *, seed: int = 0) -> Path:
    """As ``Yanrui95/NormalCrafter``."""
    torch.manual_seed(seed)
    unet = FrameConditionedUNet(
        in_channels=8,
        out_channels=4,
        block_out_channels=(32, 32, 64, 64),
        num_attention_heads=(2, 2, 4, 4),
        cross_attention_dim=32,
        addition_time_embed_dim=32,
        projection_class_embeddings_input_dim=96,
        layers_per_block=1,
    )
    vae = AutoencoderKLTemporalDecoder(
        block_out_channels=(32,) * 4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=4,
        force_upcast=True,
    )
    tower = CLIPVisionModelWithProjection(
        CLIPVisionConfig(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, projection_dim=32)
    )
    for name, part in (("unet", unet), ("vae", vae), ("scheduler", EulerDiscreteScheduler(**SCHEDULER))):
        part.save_pretrained(folder / name)
    tower.save_pretrained(folder / "image_encoder", variant="fp16")
    (folder / "feature_extractor").mkdir()
    means = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25], "image_processor_type": "CLIPImageProcessor"}
    (folder / "feature_extractor" / "preprocessor_config.json").write_text(json.dumps(means))
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "StableVideoDiffusionPipeline"}))
    return folder


def depth_anything(folder: Path, *, metric: bool = False, seed: int = 0) -> Path:
    """As ``depth-anything/Depth-Anything-V2-*-hf``: config.json, model.safetensors, preprocessor_config.json."""
    torch.manual_seed(seed)
    config = DepthAnythingConfig(
        backbone_config=Dinov2Config(**BACKBONE),
        reassemble_hidden_size=24,
        neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=16,
        head_hidden_size=8,
        depth_estimation_type="metric" if metric else "relative",
        max_depth=20 if metric else 1,
    )
    model = DepthAnythingForDepthEstimation(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1 and ("neck" in name or "head" in name):
                parameter.mul_(6)
        model.head.conv3.bias.fill_(0.5)
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR))
    return folder


def marigold(folder: Path, *, steps: int | None = None, seed: int = 0) -> Path:
    """As ``GonzaloMG/marigold-e2e-ft-normals``: a StableDiffusionPipeline whose U-Net takes 8 channels."""
    index = {"_class_name": "StableDiffusionPipeline", **({"default_denoising_steps": steps} if steps else {})}
    return _stable_diffusion(folder, index=index, targets=1, seed=seed)


APPEARANCE = {
    "target_names": ["albedo", "material"],
    "albedo": {"prediction_space": "srgb"},
    "material": {"prediction_space": "stack", "sub_target_names": ["roughness", "metallicity", None]},
    "roughness": {"prediction_space": "linear"},
    "metallicity": {"prediction_space": "linear"},
}
LIGHTING = {
    "target_names": ["albedo", "shading", "residual"],
    "albedo": {"prediction_space": "linear"},
    "shading": {"prediction_space": "linear", "up_to_scale": True},
    "residual": {"prediction_space": "linear"},
}


def marigold_intrinsics(folder: Path, *, lighting: bool = False, steps: int = 3, seed: int = 0) -> Path:
    """As ``prs-eth/marigold-iid-appearance-v1-1``, or ``-lighting-v1-1``: two or three targets beside the image."""
    targets = LIGHTING if lighting else APPEARANCE
    index = {
        "_class_name": "MarigoldIntrinsicsPipeline",
        "prediction_type": "intrinsics",
        "target_properties": targets,
        "default_denoising_steps": steps,
        "default_processing_resolution": 768,
    }
    return _stable_diffusion(folder, index=index, targets=len(targets["target_names"]), seed=seed)


def _stable_diffusion(folder: Path, *, index: dict[str, object], targets: int, seed: int) -> Path:
    """Write the folders of a tiny Stable Diffusion that has the image and `targets` pictures in its latents."""
    torch.manual_seed(seed)
    unet = UNet2DConditionModel(
        in_channels=4 * (1 + targets),
        out_channels=4 * targets,
        block_out_channels=(16, 32),
        layers_per_block=1,
        cross_attention_dim=16,
        attention_head_dim=(2, 4),
        norm_num_groups=8,
        use_linear_projection=True,
        sample_size=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=4,
        sample_size=64,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )
    text = CLIPTextModel(
        CLIPTextConfig(
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            vocab_size=8,
            max_position_embeddings=77,
            bos_token_id=0,
            eos_token_id=1,
        )
    )
    scheduler = DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        timestep_spacing="trailing",
    )
    for name, part in (("unet", unet), ("vae", vae), ("text_encoder", text), ("scheduler", scheduler)):
        part.save_pretrained(folder / name)
    _tokenizer(folder / "tokenizer")
    parts: dict[str, str | list[str | None]] = {
        "_diffusers_version": "0.30.0",
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    if "target_properties" not in index:
        parts |= {"feature_extractor": [None, None], "safety_checker": [None, None]}
    (folder / "model_index.json").write_text(json.dumps(parts | index))
    return folder


def _tokenizer(folder: Path) -> None:
    folder.mkdir()
    vocabulary = {"<|startoftext|>": 0, "<|endoftext|>": 1, "a</w>": 2, "b</w>": 3, "a": 4, "b": 5, "ab</w>": 6, "!": 7}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\na b</w>\n")
