"""Recognise a checkpoint folder, of a model in the table or a person's own, by the names of its files."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ..protocol.bounds import read_json
from ..protocol.models import (
    DEPTH_ANYTHING,
    MARIGOLD,
    MARIGOLD_INTRINSICS,
    MODELS,
    MOGE,
    NORMALCRAFTER,
    VIDEO_DEPTH_ANYTHING,
    ModelInfo,
)

MOGE_FILES = ("model", "moge*")
"""Names, without a suffix, of the files that hold MoGe's tensors."""
VIDEO_DEPTH_FILES = ("*video_depth_anything*",)
"""The same of Video Depth Anything; what begins with `METRIC` answers in metres."""
METRIC = "metric"
TENSOR_FILES = (".safetensors", ".pt", ".pth")
"""Suffixes of files of bare tensors, the preferred one first."""


def find_tensors(folder: Path, names: Sequence[str]) -> Path | None:
    """Return the file of bare tensors in a folder, if there is one. `names`: without a suffix, as `Path.glob` takes them."""
    candidates = (sorted(folder.glob(f"{name}{suffix}")) for suffix in TENSOR_FILES for name in names)
    return next((found[0] for found in candidates if found), None)


def is_folder(model: str) -> bool:
    """Return whether a `--model` value names a checkpoint folder rather than a model of the table."""
    return model not in MODELS and Path(model).expanduser().is_dir()


def of_folder(folder: Path) -> ModelInfo:
    """Return the model of the table that a checkpoint folder is laid out like; NormalCrafter where that can't be told."""
    if _field(folder / "config.json", "model_type") == DEPTH_ANYTHING[0].family:
        return DEPTH_ANYTHING[0]
    if file := find_tensors(folder, VIDEO_DEPTH_FILES):
        return dataclasses.replace(VIDEO_DEPTH_ANYTHING[1 if file.name.startswith(METRIC) else 0], files=(file.name,))
    if not (folder / "config.json").exists() and (file := find_tensors(folder, MOGE_FILES)):
        return dataclasses.replace(MOGE[0], files=(file.name,))
    kind = _field(folder / "model_index.json", "_class_name")
    if kind.startswith("MarigoldIntrinsics"):
        return MARIGOLD_INTRINSICS[1 if "shading" in _field(folder / "model_index.json", "target_properties") else 0]
    return MARIGOLD if kind.startswith(("StableDiffusionPipeline", "Marigold")) else NORMALCRAFTER


def _field(file: Path, name: str) -> str:
    """Return a text in a JSON file, empty where there is none."""
    try:
        content = read_json(file)
    except (OSError, ValueError):
        return ""
    return str(content.get(name, "")) if isinstance(content, dict) else ""
