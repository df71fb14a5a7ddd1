"""Keep the models that the engine last told of in a small file, so that the panel lists them without asking."""

from __future__ import annotations

import dataclasses
import json
import logging

from ..contract import MODELS_BEFORE_ASKING, ListModels, ListModelsResult, ModelEntry, PlatelightError, read_json, read_result
from ..identity import user_folder

_log = logging.getLogger(__name__)


def load() -> tuple[ModelEntry, ...]:
    """Return what the engine said last; the models of every installation where it has not been asked yet."""
    file = user_folder() / "models.json"
    if not file.is_file():
        return MODELS_BEFORE_ASKING
    try:
        return read_result(ListModels(), read_json(file)).models
    except (OSError, ValueError, PlatelightError):  # of another version, cut short or locked: the next engine answers
        return MODELS_BEFORE_ASKING


def save(result: ListModelsResult) -> None:
    """Keep the list for the next start. Nothing depends on it: on a full disk the engine is asked again then."""
    try:
        (user_folder() / "models.json").write_text(json.dumps(dataclasses.asdict(result)), encoding="utf-8")
    except OSError as error:
        _log.warning("the list of models could not be kept: %s", error)
