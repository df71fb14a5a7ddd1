"""From a model's name to a loaded estimator. Torch is imported only when one is loaded."""

from __future__ import annotations

import dataclasses
import gc
import importlib
import sys
from pathlib import Path
from typing import Any

from ..protocol import ErrorCode, EstimateSettings, ModelEntry, PlatelightError, with_temporal
from ..protocol.models import MODELS, NORMALCRAFTER, PREVIEW, ModelInfo, best_model
from ..protocol.revisions import AUTO, PER_FRAME
from .interface import Estimator
from .layouts import TENSOR_FILES, is_folder, of_folder
from .revision import preview_revision
from .revision import revision as folder_revision

_COUNTED = ("*.json", *(f"*{suffix}" for suffix in TENSOR_FILES), "*/*.json", "*/*.txt", "*/*.safetensors")
"""The files of a checkpoint folder that make its revision."""

_held: dict[tuple[str, str, str, str], Estimator] = {}


def info(model: str) -> ModelInfo:
    """Return what is known of a `--model` value: a name, an id on the hub such as ``Yanrui95/NormalCrafter``, or the folder of a
    checkpoint in the layout of a known model, which then goes by the folder's own path.

    Raises:
        PlatelightError: `model_unknown`.
    """
    for known in MODELS.values():
        if model and model in (known.name, known.hub_id):
            return known
    if is_folder(model):
        where = Path(model).expanduser().resolve()
        return dataclasses.replace(of_folder(where), name=str(where), hub_id="")
    raise PlatelightError(ErrorCode.MODEL_UNKNOWN, f"{model!r} is neither a folder nor one of {', '.join(MODELS)}")


def load(settings: EstimateSettings, *, tuned: Path | None = None) -> Estimator:
    """Load a model, or hand out the one loaded last if it is the same, with the same weights. Only one is held at a time; nothing
    is downloaded. `tuned`: as `temporal_file`.

    Raises:
        PlatelightError: `model_unknown`, `model_not_installed`, `model_incomplete`, `model_invalid`, `device_unavailable`.
    """
    model = info(settings.model)
    key = (model.name, revision(model, settings=settings, tuned=tuned), settings.precision, settings.device)
    if key not in _held:
        release()
        _held[key] = _load(model, settings=settings, temporal=temporal_file(settings, tuned=tuned))
    return _held[key]


def temporal_file(settings: EstimateSettings, *, tuned: Path | None) -> Path | None:
    """Return the trained temporal blocks to use in place of the model's own, None for those. `tuned`: trained on the shot, if any
    is."""
    if settings.temporal == AUTO:
        return tuned
    return None if settings.temporal == PER_FRAME else Path(settings.temporal).expanduser()


def release() -> None:
    """Let go of the model that is held, so that its memory is free before the next one."""
    if _held:
        _held.clear()
        gc.collect()
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            torch.cuda.empty_cache()


def entries() -> tuple[ModelEntry, ...]:
    """Return all models of the table and whether their weights are here."""
    from . import weights

    return tuple(weights.entry(model) for model in MODELS.values())


def default_model() -> str:
    """Return the name of the best model whose weights are here."""
    return best_model(entries())


def revision(model: ModelInfo, *, settings: EstimateSettings | None = None, tuned: Path | None = None) -> str:
    """Return what tells one state of a model's weights from another, without loading them; empty where they are not on this
    machine.

    Args:
        settings: whose `temporal` counts, None for the model's own temporal blocks.
        tuned: as `temporal_file`.

    Raises:
        PlatelightError: `model_incomplete` for a file that can't be read.
    """
    own = _own_revision(model)
    if not own or settings is None or not model.takes_blocks:
        return own
    return with_temporal(own, temporal=settings.temporal, tuned=tuned)


def _own_revision(model: ModelInfo) -> str:
    if model.family == PREVIEW.family:
        return preview_revision()
    from . import weights

    if not weights.installed(model):
        return ""
    if model.family == NORMALCRAFTER.family:
        return folder_revision(weights.folder(model))
    return folder_revision(weights.folder(model), _COUNTED)


def _load(model: ModelInfo, *, settings: EstimateSettings, temporal: Path | None) -> Estimator:
    family = f"{__package__}.{model.family}.estimator"
    choice: dict[str, Any] = {"precision": settings.precision, "device": settings.device}
    if model.family != NORMALCRAFTER.family:
        choice["revision"] = revision(model, settings=settings, tuned=temporal)
    if model.takes_blocks:
        choice |= {"temporal": temporal, "per_frame": settings.temporal == PER_FRAME}
    if model.family == PREVIEW.family:
        return importlib.import_module(family).load(**choice)
    from . import weights

    folder = weights.folder(model)
    weights.check(folder, model)  # before the libraries are imported, which takes longer than finding a file missing
    return importlib.import_module(family).load(folder, info=model, **choice)
