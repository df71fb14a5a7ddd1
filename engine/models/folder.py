"""Reading checkpoint folders with the libraries' own classes: safetensors and JSON only, and every failure names its file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from diffusers.utils import logging as diffusers_logging
from safetensors import SafetensorError
from transformers.utils import logging as transformers_logging

from ..protocol import ErrorCode, PlatelightError
from .weights import PICKLES

T = TypeVar("T")


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


def network(cls: type, *, folder: Path, stem: str, dtype: torch.dtype) -> Any:
    """A network of `cls` from its own folder, frozen, for inference, on the CPU.

    Raises:
        PlatelightError: `model_incomplete`, `model_invalid`.
    """
    read_json(folder / "config.json")
    file = weight_file(folder, stem=stem)
    variant = "fp16" if file.name.endswith(".fp16.safetensors") else None
    types = {"torch_dtype": dtype} if hasattr(cls, "load_config") else {"dtype": dtype}
    model, report = guarded(
        file,
        lambda: cls.from_pretrained(
            folder, variant=variant, use_safetensors=True, local_files_only=True, output_loading_info=True, **types
        ),
    )
    for kind in ("missing_keys", "mismatched_keys", "unexpected_keys"):
        if report.get(kind):
            key = sorted(str(key) for key in report[kind])[0]
            detail = f"{file}: {kind.replace('_', ' ')}, {len(report[kind])} of them, such as {key}"
            raise PlatelightError(ErrorCode.MODEL_INVALID, detail)
    return model.eval().requires_grad_(False)


def read_json(file: Path) -> dict[str, Any]:
    """Raises:
    PlatelightError: `model_incomplete`, `model_invalid`.
    """
    if not file.is_file():
        raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(file))
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file} is not JSON") from error
    if not isinstance(content, dict):
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file} is not a JSON object")
    return content


def guarded(file: Path, load: Callable[[], T]) -> T:
    """What `load` gives; what the libraries raise over a bad file becomes `model_invalid`, naming `file`."""
    try:
        return load()
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, AttributeError, SafetensorError) as error:
        first_line = (str(error).splitlines() or [type(error).__name__])[0]
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file}: {first_line[:200]}") from error
