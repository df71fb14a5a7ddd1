"""Loading the networks from a folder in the layout of the hub, with diffusers' and transformers' own classes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLTemporalDecoder, EulerDiscreteScheduler
from diffusers.utils import logging as diffusers_logging
from safetensors import SafetensorError
from transformers import CLIPVisionModelWithProjection
from transformers.utils import logging as transformers_logging

from ...device import Compute
from ...protocol import ErrorCode, PlatelightError
from .unet import FrameConditionedUNet

PICKLES = (".bin", ".ckpt", ".pt", ".pth")


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
    preprocessor = _json(folder / "feature_extractor" / "preprocessor_config.json")
    _json(folder / "model_index.json")
    _json(folder / "scheduler" / "scheduler_config.json")
    scheduler = _guarded(
        folder / "scheduler" / "scheduler_config.json",
        lambda: EulerDiscreteScheduler.from_pretrained(folder / "scheduler", local_files_only=True),
    )
    tower = _load(CLIPVisionModelWithProjection, folder=folder / "image_encoder", stem="model", dtype=compute.dtype)
    unet = _load(FrameConditionedUNet, folder=folder / "unet", stem="diffusion_pytorch_model", dtype=compute.dtype)
    half = compute.dtype == torch.float16
    vae = _load(
        AutoencoderKLTemporalDecoder, folder=folder / "vae", stem="diffusion_pytorch_model",
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


def hide_progress_bars() -> None:
    """None of the libraries' own: the job tells how far it is, and a bar fills logs."""
    for library in (transformers_logging, diffusers_logging):
        library.disable_progress_bar()


def weight_file(folder: Path, *, stem: str) -> Path:
    """The safetensors file of one network, with or without the ``fp16`` suffix.

    Raises:
        PlatelightError: `model_incomplete`, or `model_invalid` where there are only pickles, which are never read.
    """
    names = (f"{stem}.safetensors", f"{stem}.fp16.safetensors")
    for name in names:
        if (folder / name).is_file():
            return folder / name
    pickles = sorted(file for file in folder.glob("*") if file.suffix in PICKLES)
    if pickles:
        detail = f"{pickles[0]} may run code when it is read; {names[0]} is needed instead"
        raise PlatelightError(ErrorCode.MODEL_INVALID, detail)
    raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(folder / names[0]))


def _load(cls: type, *, folder: Path, stem: str, dtype: torch.dtype) -> Any:
    _json(folder / "config.json")
    file = weight_file(folder, stem=stem)
    variant = "fp16" if file.name.endswith(".fp16.safetensors") else None
    types = {"torch_dtype": dtype} if hasattr(cls, "load_config") else {"dtype": dtype}
    model, report = _guarded(file, lambda: cls.from_pretrained(
        folder, variant=variant, use_safetensors=True, local_files_only=True, output_loading_info=True, **types
    ))
    for kind in ("missing_keys", "mismatched_keys", "unexpected_keys"):
        if report.get(kind):
            key = sorted(str(key) for key in report[kind])[0]
            detail = f"{file}: {kind.replace('_', ' ')}, {len(report[kind])} of them, such as {key}"
            raise PlatelightError(ErrorCode.MODEL_INVALID, detail)
    return model.eval().requires_grad_(False)


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(file))
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file} is not JSON") from error
    if not isinstance(content, dict):
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file} is not a JSON object")
    return content


def _guarded(file: Path, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, AttributeError, SafetensorError) as error:
        first_line = (str(error).splitlines() or [type(error).__name__])[0]
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file}: {first_line[:200]}") from error
