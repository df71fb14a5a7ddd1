"""Files of bare tensors, as research code publishes them: safetensors, or pickles of which only tensors are taken."""

from __future__ import annotations

import errno
import json
import pickle
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .. import files
from ..protocol import ErrorCode, PlatelightError
from .layouts import TENSOR_FILES, find_tensors

CONFIG = "model_config"
"""Where a file says how its network is built: in a pickle beside the tensors, in safetensors as JSON in the metadata."""
_STATE = "model"
_FULL_IN_WORDS = ("no space left", "disk quota", "file too large")
_SYSTEM_ERROR = re.compile(r"os error (\d+)")
_PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True, kw_only=True)
class Tensors:
    """What a file holds. `config`: plain values, empty where the file has none."""

    tensors: dict[str, torch.Tensor]
    config: dict[str, Any] = field(default_factory=dict)

    def below(self, prefix: str) -> dict[str, torch.Tensor]:
        """Return the tensors whose names begin with `prefix`, without it."""
        return {name.removeprefix(prefix): tensor for name, tensor in self.tensors.items() if name.startswith(prefix)}

    def to(self, dtype: torch.dtype) -> Tensors:
        """Return the same with all numbers in one type."""
        return Tensors(tensors={name: tensor.to(dtype) for name, tensor in self.tensors.items()}, config=self.config)


def find(folder: Path, names: Sequence[str]) -> Path:
    """Return the one file of a folder that holds the network; safetensors come before what they were made from.

    Args:
        names: of the file without its suffix, as `Path.glob` takes them.

    Raises:
        PlatelightError: `model_incomplete`.
    """
    if found := find_tensors(folder, names):
        return found
    raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(folder / f"{names[0]}{TENSOR_FILES[0]}"))


def read(file: Path) -> Tensors:
    """Read a file of tensors on the CPU. Nothing in it is run.

    Raises:
        PlatelightError: `model_incomplete` when it isn't there; `model_invalid` when it is damaged or holds anything but tensors
            and plain values.
    """
    if not file.is_file():
        raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(file))
    return _read_pickled(file) if file.suffix in TENSOR_FILES[1:] else _read_safetensors(file)


def convert(file: Path) -> Path:
    """Write a pickled file of tensors as safetensors beside it, and remove it. Returns the new file.

    Raises:
        PlatelightError: as `read`; `disk_full`, `output_not_writable`.
    """
    held = read(file)
    target = file.with_suffix(TENSOR_FILES[0])
    tensors = {name: tensor.clone().contiguous() for name, tensor in held.tensors.items()}  # what shares memory can't be saved
    metadata = {CONFIG: json.dumps(held.config)} if held.config else None
    write(target, tensors, metadata=metadata)
    files.remove(file)
    return target


def write(file: Path, tensors: Mapping[str, torch.Tensor], *, metadata: Mapping[str, str] | None = None) -> None:
    """Write a safetensors file whole or not at all. Tensors on a GPU are copied from it.

    Raises:
        PlatelightError: `disk_full`, `output_not_writable`.
    """
    held = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}

    def fill(temporary: Path) -> None:
        try:
            save_file(held, temporary, metadata=dict(metadata) if metadata else None)
        except SafetensorError as error:
            raise system_error(error, file) from error

    files.replace(file, fill)


def system_error(error: SafetensorError, file: Path) -> OSError:
    """Return what the system said of a file that could not be written; safetensors passes it on in words only."""
    said = str(error).lower()
    told = _SYSTEM_ERROR.search(said)
    if any(words in said for words in _FULL_IN_WORDS):
        return OSError(errno.ENOSPC, str(error), str(file))
    return OSError(int(told[1]) if told else errno.EIO, str(error), str(file))


def _read_safetensors(file: Path) -> Tensors:
    try:
        with safe_open(file, framework="pt") as opened:
            config = json.loads((opened.metadata() or {}).get(CONFIG, "{}"))
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - it is no dict
    except (OSError, ValueError, SafetensorError) as error:
        raise _invalid(file, (str(error).splitlines() or [type(error).__name__])[0][:200]) from error
    return _checked(file, tensors, config)


def _read_pickled(file: Path) -> Tensors:
    try:
        held = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:  # its own advice is to read the file without this guard
        raise _invalid(file, "it holds more than tensors, or is damaged; it is not read") from error
    except (OSError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError) as error:
        raise _invalid(file, "it is damaged or cut short") from error
    if not isinstance(held, dict):
        raise _invalid(file, "it holds no tensors by name")
    state = held.get(_STATE, held)
    return _checked(file, state, held.get(CONFIG, {}) if state is not held else {})


def _checked(file: Path, tensors: object, config: object) -> Tensors:
    if not isinstance(tensors, dict) or not tensors:
        raise _invalid(file, "it holds no tensors by name")
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise _invalid(file, f"{name!r} is no tensor")
    if not isinstance(config, dict) or not _is_plain(config):
        raise _invalid(file, f"its {CONFIG} is more than plain values")
    return Tensors(tensors=tensors, config=config)


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_plain(each) for name, each in value.items())
    return all(map(_is_plain, value)) if isinstance(value, list | tuple) else isinstance(value, _PLAIN)


def _invalid(file: Path, why: str) -> PlatelightError:
    return PlatelightError(ErrorCode.MODEL_INVALID, f"{file}: {why}")
