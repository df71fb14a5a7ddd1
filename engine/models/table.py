"""The models the engine knows: what they are for, under which licence, how large, and in which axes they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..protocol import Stage
from ..protocol.bounds import read_json
from ..protocol.model_hashes import HASHES, REVISIONS


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """`axes`: signs that turn the model's x, y, z into +X right, +Y up, +Z toward the camera.

    `family`: the subpackage of `engine.models` that runs it. `files`: what a complete folder holds, relative paths.
    `size_bytes`: of those files. `default_resolution`: long side in pixels. `stages`: those a frame passes through.
    `temporal`: whether frames see each other, so that window, overlap and decode chunk change the result. `window`, `overlap`: in
    frames, what it was made for. `tunable`: whether its temporal blocks can be trained on a shot, to be found beside the passes.
    `relative_depth`: of a model with a depth pass, whether it is in a unit of the shot's own rather than in metres.
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
    window: int = 14
    overlap: int = 4
    tunable: bool = False
    relative_depth: bool = True

    @property
    def revision(self) -> str:
        """The commit of its repository that `hashes` are of; ``""`` for the newest."""
        return REVISIONS.get(self.name, "")

    @property
    def hashes(self) -> Mapping[str, str]:
        """SHA-256 of its files, as far as they are known."""
        return HASHES.get(self.name, {})


PREVIEW = ModelInfo(
    name="preview",
    title="Preview (embedded)",
    purpose="Rough normals and depth at once, with no download and no GPU: to block a relight and try the tool, not for finals",
    licence="GPL-3.0-or-later",
    family="preview",
    passes=("normal", "depth"),
    default_resolution=512,
    stages=(Stage.ENCODE, Stage.UNET, Stage.DECODE),
    window=16,
    overlap=2,
    tunable=True,
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

_DEPTH_PURPOSE = "Relative depth for point lights, falloff and cards; stable with trained temporal blocks, else frame by frame"


def _depth_anything(size: str, *, licence: str, size_bytes: int, about: str) -> ModelInfo:
    """Depth Anything V2 in one of its sizes. 924 pixels on the long side of a 16:9 plate are its own 518 on the short one."""
    return ModelInfo(
        name=f"depth-anything-{size.lower()}",
        title=f"Depth Anything V2 {size}",
        purpose=f"{_DEPTH_PURPOSE}. {about}",
        licence=licence,
        family="depth_anything",
        passes=("depth",),
        hub_id=f"depth-anything/Depth-Anything-V2-{size}-hf",
        files=("config.json", "preprocessor_config.json", "model.safetensors"),
        size_bytes=size_bytes,
        default_resolution=924,
        stages=(Stage.ENCODE, Stage.UNET, Stage.DECODE),
        window=110,
        overlap=10,
        tunable=True,
    )


_NON_COMMERCIAL = "CC-BY-NC-4.0: not for commercial work"
DEPTH_ANYTHING = (
    _depth_anything("Small", licence="Apache-2.0", size_bytes=99_200_000, about="The quickest"),
    _depth_anything("Base", licence=_NON_COMMERCIAL, size_bytes=390_000_000, about="Finer; wants a GPU"),
    _depth_anything("Large", licence=_NON_COMMERCIAL, size_bytes=1_341_000_000, about="The finest; wants a GPU"),
)

MARIGOLD = ModelInfo(
    name="marigold-e2e-ft",
    title="Marigold E2E-FT",
    purpose="Fine normals, frame by frame, temporally stable with trained temporal blocks; wants a GPU",
    licence="Apache-2.0 weights; derived from Stable Diffusion 2 (CreativeML Open RAIL++-M)",
    family="marigold",
    passes=("normal",),
    axes=(-1, 1, 1),
    hub_id="GonzaloMG/marigold-e2e-ft-normals",
    files=(
        "model_index.json",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "text_encoder/model.safetensors",
        "tokenizer/merges.txt",
        "tokenizer/vocab.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
    ),
    size_bytes=5_160_000_000,
    default_resolution=768,
    stages=(Stage.ENCODE, Stage.UNET, Stage.DECODE),
    window=32,
    overlap=6,
    tunable=True,
)

MODELS: dict[str, ModelInfo] = {model.name: model for model in (PREVIEW, NORMALCRAFTER, *DEPTH_ANYTHING, MARIGOLD)}


def is_folder(model: str) -> bool:
    """Whether a `--model` value names a checkpoint folder rather than a model of the table."""
    return model not in MODELS and Path(model).expanduser().is_dir()


def of_folder(folder: Path) -> ModelInfo:
    """The model of the table that a checkpoint folder is laid out like; NormalCrafter where that can't be told."""
    if _field(folder / "config.json", "model_type") == DEPTH_ANYTHING[0].family:
        return DEPTH_ANYTHING[0]
    kind = _field(folder / "model_index.json", "_class_name")
    return MARIGOLD if kind.startswith(("StableDiffusionPipeline", "Marigold")) else NORMALCRAFTER


def _field(file: Path, name: str) -> str:
    """A text in a JSON file, empty where there is none."""
    try:
        content = read_json(file)
    except (OSError, ValueError):
        return ""
    return str(content.get(name, "")) if isinstance(content, dict) else ""
