"""The model weights on this machine: where they are or belong, whether they are whole, and fetching them.

A model's files lie in a folder of its own, as in its repository on the hub, so that they can be copied there by hand:
``$PLATELIGHT_MODELS/<model>``, or ``<user cache>/platelight/models/<model>`` where that variable is not set. A model that another
program has put into the Hugging Face cache is used from there. Nothing but safetensors, JSON and bare tensors is fetched or read:
of a pickle that a model is published as, only tensors are taken, and it is kept as safetensors.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

from ..protocol import ErrorCode, ModelEntry, PlatelightError
from ..protocol.bounds import LARGEST_FILE, open_regular, parse_json
from ..protocol.models import ModelInfo
from .layouts import TENSOR_FILES

FOLDER_VARIABLE = "PLATELIGHT_MODELS"
PICKLES = (".bin", ".ckpt", ".pt", ".pth")
"""Weights in these may run code when they are read by a library; they are never handed to one."""

HEADER_LIMIT = LARGEST_FILE
"""Bytes of a safetensors file's header; the format allows more, no checkpoint needs it."""


def folder(info: ModelInfo) -> Path:
    """Where the model's files are, or belong when they are not here yet. The name of a model from a folder is that folder."""
    own = _models_folder() / info.name
    if not _missing(own, info):
        return own
    return _in_hub_cache(info) or own


def installed(info: ModelInfo) -> bool:
    """Return whether nothing needs to be downloaded. Looks at names only; `check` looks inside."""
    return not _missing(folder(info), info)


def entry(info: ModelInfo) -> ModelEntry:
    """Return the model as a message."""
    return info.entry(installed=installed(info), folder=str(folder(info)) if info.files else "")


def check(where: Path, info: ModelInfo) -> None:
    """Check that all files are there and whole, reading only their headers.

    Raises:
        PlatelightError: `model_not_installed` when there is nothing, `model_incomplete` or `model_invalid`, naming the file.
    """
    missing = _missing(where, info)
    if missing and len(missing) == len(info.files):
        raise PlatelightError(ErrorCode.MODEL_NOT_INSTALLED, _by_hand(info, where))
    if missing:
        file = where / missing[0]
        pickle = next((other for other in sorted(file.parent.glob("*")) if other.suffix in PICKLES), None)
        if pickle is not None and file.suffix == ".safetensors":
            raise PlatelightError(ErrorCode.MODEL_INVALID, f"{pickle} may run code when it is read; {file.name} is needed instead")
        raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(file))
    for name in info.files:
        present = _present(where, name)
        if present is not None and present.suffix == ".safetensors":
            check_safetensors(present)


def check_safetensors(file: Path) -> None:
    """Check that a file is safetensors and as long as its header says.

    Raises:
        PlatelightError: `model_invalid`.
    """
    size = file.stat().st_size
    with open_regular(file) as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > min(HEADER_LIMIT, size):
            raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file} is not a safetensors file")
        try:
            header = parse_json(stream.read(length))
            ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
            whole = 8 + length + max(ends) == size
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file} is not a safetensors file") from error
    if not whole:
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file} is cut short or damaged: it has {size} bytes")


def download(info: ModelInfo, *, on_progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> Path:
    """Fetch what is missing or not as it was released; what an earlier attempt left half done is continued.

    Every file is checked: against the table's hash, or else the one that the hub announces. With everything here as the table has
    it, no network is needed.

    Args:
        on_progress: called with bytes done and bytes in all.
        cancelled: asked after every piece.

    Returns:
        The folder.

    Raises:
        PlatelightError: `offline`, `download_failed` (both say licence, size and folder), `disk_full`, `cancelled`.
    """
    where = _models_folder() / info.name
    if installed(info) and (folder(info) != where or not _altered(where, info, cancelled=cancelled)):
        return folder(info)
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON"):
        altered = "".join(f"{name} is not as it was released; " for name in _altered(where, info, cancelled=cancelled))
        raise PlatelightError(ErrorCode.OFFLINE, altered + _by_hand(info, where))
    from httpx2 import HTTPError, InvalidURL

    from .hub import fetch_all

    try:
        fetch_all(info, where, on_progress=on_progress, cancelled=cancelled)
    except (HTTPError, InvalidURL) as error:
        raise PlatelightError(ErrorCode.DOWNLOAD_FAILED, f"{_first_line(error)}; {_by_hand(info, where)}") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise PlatelightError(ErrorCode.DISK_FULL, f"{where} needs {info.size_bytes / 1e9:.1f} GB in all") from error
        raise PlatelightError(ErrorCode.DOWNLOAD_FAILED, f"{_first_line(error)}; {_by_hand(info, where)}") from error
    _convert(where, info)
    check(where, info)
    return where


def _convert(where: Path, info: ModelInfo) -> None:
    """Keep the tensors of pickles as safetensors; a pickle that holds anything else goes.

    Raises:
        PlatelightError: `model_invalid`, `disk_full`, `output_not_writable`.
    """
    pickles = [where / name for name in info.files if Path(name).suffix in TENSOR_FILES[1:] and (where / name).is_file()]
    if pickles:
        from .tensors import convert

        for file in pickles:
            try:
                convert(file)
            except PlatelightError as error:
                if error.code is ErrorCode.MODEL_INVALID:
                    file.unlink()
                raise


def _altered(where: Path, info: ModelInfo, *, cancelled: Callable[[], bool]) -> list[str]:
    """Return the files that are there under their own names and are not those that the table's hashes are of."""
    from .hub import is_as_released

    return [
        name
        for name, checksum in info.hashes.items()
        if (where / name).is_file() and not is_as_released(where / name, checksum, cancelled=cancelled)
    ]


def _models_folder() -> Path:
    if chosen := os.environ.get(FOLDER_VARIABLE, "").strip():
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "platelight" / "models"


def _in_hub_cache(info: ModelInfo) -> Path | None:
    """Return a complete snapshot in the Hugging Face cache, however it came there."""
    if not info.hub_id:
        return None
    from huggingface_hub import try_to_load_from_cache

    first = try_to_load_from_cache(info.hub_id, info.files[0])
    if not isinstance(first, str):
        return None
    snapshot = Path(first).parents[len(Path(info.files[0]).parts) - 1]
    return None if _missing(snapshot, info) else snapshot


def _missing(where: Path, info: ModelInfo) -> list[str]:
    return [name for name in info.files if _present(where, name) is None]


def _present(where: Path, name: str) -> Path | None:
    """Return the file, or the same weights under their other usual name: with or without ``.fp16``, or converted from a pickle."""
    if Path(name).suffix in TENSOR_FILES[1:]:
        converted = Path(name).with_suffix(TENSOR_FILES[0]).as_posix()
        return next((where / candidate for candidate in (converted, name) if (where / candidate).is_file()), None)
    stem = name.removesuffix(".safetensors")
    other = f"{stem.removesuffix('.fp16')}.safetensors" if stem.endswith(".fp16") else f"{stem}.fp16.safetensors"
    names = (name, other) if name.endswith(".safetensors") else (name,)
    return next((where / candidate for candidate in names if (where / candidate).is_file()), None)


def _by_hand(info: ModelInfo, where: Path) -> str:
    return (
        f"{info.title} ({info.licence}), {info.size_bytes / 1e9:.1f} GB, {info.hub_id} on the Hugging Face hub; "
        f"its files belong in {where}: {', '.join(info.files)}"
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
