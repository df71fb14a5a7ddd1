"""Loading the networks from a folder in the layout of the hub, with diffusers' and transformers' own classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKLTemporalDecoder, EulerDiscreteScheduler
from transformers import CLIPVisionModelWithProjection

from ...device import Compute
from ...protocol import ErrorCode, PlatelightError
from ..folder import guarded, hide_progress_bars, network, read_json
from ..folder import weight_file as weight_file
from .unet import FrameConditionedUNet


@dataclass(frozen=True, kw_only=True)
class Networks:
    """The parts of a checkpoint. `image_mean`, `image_std`: of the CLIP tower's input, red, green, blue."""

    tower: CLIPVisionModelWithProjection
    unet: FrameConditionedUNet
    vae: AutoencoderKLTemporalDecoder
    scheduler: EulerDiscreteScheduler
    image_mean: tuple[float, float, float]
    image_std: tuple[float, float, float]


def load_networks(folder: Path, *, compute: Compute) -> Networks:
    """Load all networks in the precision chosen, on the CPU.

    The VAE's encoder stays in float32 where the precision is float16 and the checkpoint asks for it (`force_upcast`): its
    activations leave float16's range. bfloat16 has the range and needs no such thing.

    Raises:
        PlatelightError: `model_incomplete` or `model_invalid`, naming the file.
    """
    hide_progress_bars()
    preprocessor = read_json(folder / "feature_extractor" / "preprocessor_config.json")
    read_json(folder / "model_index.json")
    read_json(folder / "scheduler" / "scheduler_config.json")
    scheduler = guarded(
        folder / "scheduler" / "scheduler_config.json",
        lambda: EulerDiscreteScheduler.from_pretrained(folder / "scheduler", local_files_only=True),
    )
    tower = network(CLIPVisionModelWithProjection, folder=folder / "image_encoder", stem="model", dtype=compute.dtype)
    unet = network(FrameConditionedUNet, folder=folder / "unet", stem="diffusion_pytorch_model", dtype=compute.dtype)
    half = compute.dtype == torch.float16
    vae = network(
        AutoencoderKLTemporalDecoder,
        folder=folder / "vae",
        stem="diffusion_pytorch_model",
        dtype=torch.float32 if half else compute.dtype,
    )
    if half:
        vae.decoder.to(torch.float16)
        if not vae.config.force_upcast:
            vae.to(torch.float16)
    try:
        mean, std = tuple(preprocessor["image_mean"]), tuple(preprocessor["image_std"])
    except (KeyError, TypeError) as error:
        file = folder / "feature_extractor" / "preprocessor_config.json"
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file} has no image_mean and image_std") from error
    return Networks(tower=tower, unet=unet, vae=vae, scheduler=scheduler, image_mean=mean, image_std=std)
