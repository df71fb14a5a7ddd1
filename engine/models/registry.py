"""From a model's name to a loaded estimator. Torch is imported only when one is loaded."""

from __future__ import annotations

import dataclasses
import gc
import importlib
import sys
from pathlib import Path

from ..protocol import ErrorCode, EstimateSettings, ModelEntry, PlatelightError
from .interface import Estimator
from .table import MODELS, NORMALCRAFTER, PREVIEW, ModelInfo, is_folder

_held: dict[tuple[str, str, str, str], Estimator] = {}


def info(model: str) -> ModelInfo:
    """What is known of a `--model` value: a name, an id on the hub such as ``Yanrui95/NormalCrafter``, or the folder of a
    checkpoint, which is a NormalCrafter under the folder's own path.

    Raises:
        PlatelightError: `model_unknown`.
    """
    for known in MODELS.values():
        if model and model in (known.name, known.hub_id):
            return known
    if is_folder(model):
        return dataclasses.replace(NORMALCRAFTER, name=str(Path(model).expanduser().resolve()), hub_id="")
    raise PlatelightError(ErrorCode.MODEL_UNKNOWN, f"{model!r} is neither a folder nor one of {', '.join(MODELS)}")


def load(settings: EstimateSettings) -> Estimator:
    """Load a model, or hand out the one loaded last if it is the same, with the same weights. Only one is held at a time; nothing
    is downloaded.

    Raises:
        PlatelightError: `model_unknown`, `model_not_installed`, `model_incomplete`, `model_invalid`, `device_unavailable`.
    """
    model = info(settings.model)
    key = (model.name, revision(model), settings.precision, settings.device)
    if key not in _held:
        release()
        _held[key] = _load(model, settings=settings)
    return _held[key]


def release() -> None:
    """Let go of the model that is held, so that its memory is free before the next one."""
    if _held:
        _held.clear()
        gc.collect()
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            torch.cuda.empty_cache()


def entries() -> tuple[ModelEntry, ...]:
    """All models of the table and whether their weights are here."""
    from .. import weights

    return tuple(weights.entry(model) for model in MODELS.values())


def default_model() -> str:
    """The best model whose weights are here."""
    from .. import weights

    return NORMALCRAFTER.name if weights.installed(NORMALCRAFTER) else PREVIEW.name


def revision(model: ModelInfo) -> str:
    """What tells one state of a model's weights from another, without loading them; empty where they are not on this machine."""
    if model.family == PREVIEW.family:
        from .preview.revision import revision as preview_revision

        return preview_revision()
    from .. import weights
    from .normalcrafter.revision import revision as checkpoint_revision

    return checkpoint_revision(weights.folder(model)) if weights.installed(model) else ""


def _load(model: ModelInfo, *, settings: EstimateSettings) -> Estimator:
    family = f"{__package__}.{model.family}.estimator"
    if model.family == PREVIEW.family:
        return importlib.import_module(family).load(precision=settings.precision, device=settings.device)
    from .. import weights

    folder = weights.folder(model)
    weights.check(folder, model)  # before the libraries are imported, which takes longer than finding a file missing
    return importlib.import_module(family).load(folder, info=model, precision=settings.precision, device=settings.device)
