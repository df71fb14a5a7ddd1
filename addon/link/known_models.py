"""The models the engine last told of, kept in a small file so that the panel can list them without asking."""

from __future__ import annotations

import dataclasses
import json

from ..contract import ListModels, ListModelsResult, ModelEntry, PlatelightError, read_result
from ..identity import user_folder

PREVIEW, NORMALCRAFTER = "preview", "normalcrafter"
BEFORE_ASKING = (
    ModelEntry(
        name=PREVIEW, title="Preview (embedded)", purpose="Rough normals at once, with no download and no GPU", hub_id="",
        licence="GPL-3.0-or-later", passes=("normal",), size_bytes=0, installed=True, folder="",
    ),
    ModelEntry(
        name=NORMALCRAFTER, title="NormalCrafter", purpose="Temporally consistent normals for finals; wants a GPU",
        licence="Apache-2.0 weights; derived from Stable Video Diffusion", hub_id="Yanrui95/NormalCrafter", passes=("normal",),
        size_bytes=0, installed=False, folder="",
    ),
)


def load() -> tuple[ModelEntry, ...]:
    """What the engine said last; the two models of every installation where it has not been asked yet."""
    file = user_folder() / "models.json"
    if not file.is_file():
        return BEFORE_ASKING
    try:
        return read_result(ListModels(), json.loads(file.read_text(encoding="utf-8"))).models
    except (ValueError, PlatelightError):  # of another version, or cut short: the next engine answers anew
        return BEFORE_ASKING


def save(result: ListModelsResult) -> None:
    (user_folder() / "models.json").write_text(json.dumps(dataclasses.asdict(result)), encoding="utf-8")


def best(models: tuple[ModelEntry, ...]) -> str:
    """The model for those who do not choose: the one for finals when its weights are here, else the embedded one."""
    return next((m.name for m in models if m.name == NORMALCRAFTER and m.installed), PREVIEW)
