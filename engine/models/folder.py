"""Reading checkpoint folders with the libraries' own classes: safetensors and JSON only, and every failure names its file."""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from diffusers.utils import logging as diffusers_logging
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers.utils import logging as transformers_logging

from ..protocol import ErrorCode, PlatelightError
from ..protocol.bounds import read_json as parse_file
from .weights import PICKLES

T = TypeVar("T")

LARGEST_CONFIG = 1 << 20
"""Bytes of a configuration."""

_MOST, _MOST_LAYERS, _MOST_ITEMS, _DEEPEST = 1 << 16, 128, 1024, 16
"""The largest number in a configuration, the largest that counts layers, the longest list and the deepest value. No published
checkpoint comes near; what is built from larger ones fills the memory before its weights turn out not to fit."""


_RAISED = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    AttributeError,
    ImportError,
    AssertionError,
    SafetensorError,
    StrictDataclassError,
)
"""What the libraries raise over a bad file."""


def hide_progress_bars() -> None:
    """None of the libraries' own: the job tells how far it is, and a bar fills logs."""
    for library in (transformers_logging, diffusers_logging):
        library.disable_progress_bar()


def weight_file(folder: Path, *, stem: str) -> Path:
    """Return the safetensors file of one network, with or without the ``fp16`` suffix.

    Raises:
        PlatelightError: `model_incomplete`, or `model_invalid` where there are only pickles, which are never read, and where there
            is an index: the libraries would read whatever files it names, pickles too.
    """
    if index := next(folder.glob("*.index*.json"), None):
        detail = f"{index} splits the weights into files of its own choice; put them in one file and remove it"
        raise PlatelightError(ErrorCode.MODEL_INVALID, detail)
    names = (f"{stem}.safetensors", f"{stem}.fp16.safetensors")
    for name in names:
        if (folder / name).is_file():
            return folder / name
    pickles = sorted(file for file in folder.glob("*") if file.suffix in PICKLES)
    if pickles:
        detail = f"{pickles[0]} may run code when it is read; {names[0]} is needed instead"
        raise PlatelightError(ErrorCode.MODEL_INVALID, detail)
    raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(folder / names[0]))


def network(cls: Any, *, folder: Path, stem: str, dtype: torch.dtype) -> Any:
    """Return a network of `cls`, a class of diffusers or transformers, from its own folder, frozen, for inference, on the CPU.

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
    """Read a configuration.

    Raises:
        PlatelightError: `model_incomplete`; `model_invalid` also for numbers that no model needs.
    """
    if not file.is_file():
        raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(file))
    try:
        content = parse_file(file, most=LARGEST_CONFIG)
    except (OSError, ValueError) as error:
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file} is not JSON") from error
    if not isinstance(content, dict):
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file} is not a JSON object")
    if told := _too_large(content):
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file}: {told}")
    return content


def _too_large(content: dict[str, Any]) -> str:
    """Return what in a configuration is larger than any model needs, in words, else empty."""
    waiting = [(name, value, 0) for name, value in content.items()]
    while waiting:
        name, value, depth = waiting.pop()
        if depth > _DEEPEST:
            return f"{name[:80]} is nested more than {_DEEPEST} deep"
        if isinstance(value, dict):
            waiting += [(inner, item, depth + 1) for inner, item in value.items()]
        elif isinstance(value, list):
            if len(value) > _MOST_ITEMS:
                return f"{name[:80]} has {len(value)} values"
            waiting += [(name, item, depth + 1) for item in value]
        elif isinstance(value, int | float):
            most = _MOST_LAYERS if "layers" in name and isinstance(value, int) else _MOST
            if not -most <= value <= most:  # NaN too
                return f"{name[:80]} is {reprlib.repr(value)}, more than {most}"
    return ""


def guarded(file: Path, load: Callable[[], T]) -> T:
    """Return what `load` gives; what the libraries raise over a bad file becomes `model_invalid`, naming `file`."""
    try:
        return load()
    except _RAISED as error:
        told = " ".join(line.strip() for line in str(error).splitlines()[:2]) or type(error).__name__  # torch names tensors second
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file}: {told[:300]}") from error
