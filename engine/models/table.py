"""The models the engine knows: what they are for, under which licence, how large, and in which axes they answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..protocol import Stage


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """`axes`: signs that turn the model's x, y, z into +X right, +Y up, +Z toward the camera.

    `family`: the subpackage of `engine.models` that runs it. `files`: what a complete folder holds, relative paths.
    `size_bytes`: of those files. `default_resolution`: long side in pixels. `stages`: those a frame passes through.
    `temporal`: whether frames see each other, so that window, overlap and decode chunk change the result.
    """

    name: str
    title: str
    purpose: str
    licence: str
    family: str
    passes: tuple[str, ...]
    axes: tuple[int, int, int] = (1, 1, 1)
    hub_id: str = ""
    files: tuple[str, ...] = ()
    size_bytes: int = 0
    default_resolution: int = 1024
    stages: tuple[Stage, ...] = (Stage.CLIP, Stage.ENCODE, Stage.UNET, Stage.DECODE)
    temporal: bool = True


PREVIEW = ModelInfo(
    name="preview",
    title="Preview (embedded)",
    purpose="Rough normals at once, with no download and no GPU: for blocking a relight and for trying the tool, not for finals",
    licence="GPL-3.0-or-later",
    family="preview",
    passes=("normal",),
    default_resolution=512,
    stages=(Stage.UNET,),
    temporal=False,
)

NORMALCRAFTER = ModelInfo(
    name="normalcrafter",
    title="NormalCrafter",
    purpose="Temporally consistent normals for finals; wants a GPU",
    licence="Apache-2.0 weights; derived from Stable Video Diffusion (stable-video-diffusion-community licence)",
    family="normalcrafter",
    passes=("normal",),
    hub_id="Yanrui95/NormalCrafter",
    files=(
        "model_index.json",
        "feature_extractor/preprocessor_config.json",
        "image_encoder/config.json",
        "image_encoder/model.fp16.safetensors",
        "scheduler/scheduler_config.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
    ),
    size_bytes=4_510_000_000,
)

MODELS: dict[str, ModelInfo] = {model.name: model for model in (PREVIEW, NORMALCRAFTER)}


def is_folder(model: str) -> bool:
    """Whether a `--model` value names a checkpoint folder rather than a model of the table."""
    return model not in MODELS and Path(model).expanduser().is_dir()
