"""The models the engine last told of, kept in a small file so that the panel can list them without asking."""

from __future__ import annotations

import dataclasses
import json
import logging

from ..contract import ListModels, ListModelsResult, ModelEntry, PlatelightError, read_json, read_result
from ..identity import user_folder

PREVIEW, NORMALCRAFTER = "preview", "normalcrafter"
BEFORE_ASKING = (
    ModelEntry(
        name=PREVIEW,
        title="Preview (embedded)",
        purpose="Rough normals and depth at once, with no download and no GPU",
        hub_id="",
        licence="GPL-3.0-or-later",
        passes=("normal", "depth"),
        size_bytes=0,
        installed=True,
        folder="",
        default_resolution=512,
        window=16,
        overlap=2,
        tunable=True,
    ),
    ModelEntry(
        name=NORMALCRAFTER,
        title="NormalCrafter",
        purpose="Temporally consistent normals for finals; wants a GPU",
        licence="Apache-2.0 weights; derived from Stable Video Diffusion",
        hub_id="Yanrui95/NormalCrafter",
        passes=("normal",),
        size_bytes=0,
        installed=False,
        folder="",
    ),
    *(
        ModelEntry(
            name=f"depth-anything-{size.lower()}",
            title=f"Depth Anything V2 {size}",
            purpose="Relative depth",
            licence=licence,
            hub_id=f"depth-anything/Depth-Anything-V2-{size}-hf",
            passes=("depth",),
            size_bytes=0,
            installed=False,
            folder="",
            default_resolution=924,
            window=110,
            overlap=10,
            tunable=True,
        )
        for size, licence in (("Small", "Apache-2.0"), ("Base", "CC-BY-NC-4.0"), ("Large", "CC-BY-NC-4.0"))
    ),
    ModelEntry(
        name="marigold-e2e-ft",
        title="Marigold E2E-FT",
        purpose="Fine normals; wants a GPU",
        passes=("normal",),
        size_bytes=0,
        licence="Apache-2.0 weights; derived from Stable Diffusion 2",
        hub_id="GonzaloMG/marigold-e2e-ft-normals",
        installed=False,
        folder="",
        default_resolution=768,
        window=32,
        overlap=6,
        tunable=True,
    ),
    *(
        ModelEntry(
            name=f"moge-{version}-{size.lower()}",
            title=f"MoGe-{version} {size}",
            purpose="Normals, metres and field of view",
            licence="MIT",
            hub_id=f"Ruicheng/{hub_name}",
            passes=("normal", "depth", "mask"),
            size_bytes=0,
            installed=False,
            folder="",
            default_resolution=1280,
            window=32,
            overlap=4,
            tunable=True,
        )
        for version, size, hub_name in (
            (2, "Small", "moge-2-vits-normal"),
            (2, "Base", "moge-2-vitb-normal"),
            (2, "Large", "moge-2-vitl-normal"),
            (3, "Large", "moge-3-vitl"),
            (3, "Giant", "moge-3-vitg"),
        )
    ),
    *(
        ModelEntry(
            name=f"{kind.lower()}-{size.lower()}",
            title=f"{kind.replace('-', ' ')} {size}",
            purpose="Depth, steady over time",
            licence=licence,
            hub_id=f"depth-anything/{kind}-{size}",
            passes=("depth",),
            size_bytes=0,
            installed=False,
            folder="",
            default_resolution=924,
            window=32,
            overlap=10,
        )
        for kind, size, licence in (
            ("Video-Depth-Anything", "Small", "Apache-2.0"),
            ("Metric-Video-Depth-Anything", "Small", "Apache-2.0"),
            ("Video-Depth-Anything", "Base", "CC-BY-NC-4.0"),
            ("Video-Depth-Anything", "Large", "CC-BY-NC-4.0"),
        )
    ),
)
UNKNOWN = dataclasses.replace(BEFORE_ASKING[1], window=0, overlap=-1)
"""What a checkpoint folder is taken for; only the engine looks into it, and knows its window."""

_log = logging.getLogger(__name__)


def load() -> tuple[ModelEntry, ...]:
    """Return what the engine said last; the models of every installation where it has not been asked yet."""
    file = user_folder() / "models.json"
    if not file.is_file():
        return BEFORE_ASKING
    try:
        return read_result(ListModels(), read_json(file)).models
    except (OSError, ValueError, PlatelightError):  # of another version, cut short or locked: the next engine answers
        return BEFORE_ASKING


def save(result: ListModelsResult) -> None:
    """Keep the list for the next start. Nothing depends on it: on a full disk the engine is asked again then."""
    try:
        (user_folder() / "models.json").write_text(json.dumps(dataclasses.asdict(result)), encoding="utf-8")
    except OSError as error:
        _log.warning("the list of models could not be kept: %s", error)


def entry(models: tuple[ModelEntry, ...], model: str) -> ModelEntry:
    """Return what is known of a model by its name; `UNKNOWN` where nothing is, as of a folder."""
    return next((known for known in models if known.name == model), UNKNOWN)


def best(models: tuple[ModelEntry, ...]) -> str:
    """Return the model for those who do not choose: the one for finals when its weights are here, else the embedded one."""
    return next((m.name for m in models if m.name == NORMALCRAFTER and m.installed), PREVIEW)
