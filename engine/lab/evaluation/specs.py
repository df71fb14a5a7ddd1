"""What may be compared, and how it is named: `WHAT` or `LABEL=WHAT`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from ...models import registry, weights
from ...models.layouts import of_folder
from ...models.registry import AUTO
from ...protocol import ErrorCode, PlatelightError
from ...protocol.bounds import read_json
from ...protocol.models import MARIGOLD, MODELS, NORMALCRAFTER
from .results import CONSTANT, TRUTH

FRAME_BY_FRAME, TUNE = "none", "tune"
"""What may stand behind `WHAT@` beside a file of temporal blocks."""
_TEMPORAL = re.compile(rf"^(.+)@({FRAME_BY_FRAME}|{TUNE}|.+\.safetensors)$")
_LABEL = re.compile(r"^([^=/\\]+)=(.+)$")
_AXES = re.compile(r"^[+-]{3}$")
_RIGHT = (1, 1, 1)


class Kind(StrEnum):
    """`ENGINE`: a model of the table, or a checkpoint folder, run as `estimate --model` runs it. `WEIGHTS`: a file for the embedded
    network. `MARIGOLD`: a Marigold that wants several steps, which `estimate` refuses; for comparison only."""

    ENGINE = "engine"
    WEIGHTS = "preview weights"
    MARIGOLD = "Marigold of several steps"
    EXR = "EXR files"


@dataclass(frozen=True, kw_only=True)
class Spec:
    """`axes`: signs that turn the model's x, y, z into +X right, +Y up, +Z toward the camera. `temporal`: as
    `EstimateSettings.temporal`, or `TUNE` for blocks that are trained on each shot before it is estimated."""

    label: str
    kind: Kind
    source: str
    axes: tuple[int, int, int]
    temporal: str = AUTO


def parse(texts: Sequence[str], *, axes: Sequence[str] = ()) -> tuple[Spec, ...]:
    """Return what `texts` name. `axes`: `LABEL=-++` and the like: whether the model's x grows to the right, y up, z toward the
    camera.

    Raises:
        PlatelightError: `model_unknown`, `model_not_installed`, `model_incomplete`, `model_invalid`, `setting_invalid` when two
            models have one label or axes are given that can't be understood.
    """
    specs = [_parse(text) for text in texts]
    labels = [spec.label for spec in specs]
    if twice := sorted({label for label in labels if labels.count(label) > 1}):
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"two models are called {twice[0]}; name them apart, as in LABEL=WHAT")
    if taken := {CONSTANT, TRUTH} & set(labels):
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"{taken.pop()!r} is the name of a row of its own; give the model another")
    for text in axes:
        label, _, signs = text.rpartition("=")
        if label not in labels or not _AXES.match(signs):
            detail = f"axes {text!r}; it may be LABEL=-++, LABEL being one of {', '.join(labels)}"
            raise PlatelightError(ErrorCode.SETTING_INVALID, detail)
        found = [1 if sign == "+" else -1 for sign in signs]
        specs[labels.index(label)] = replace(specs[labels.index(label)], axes=(found[0], found[1], found[2]))
    return tuple(specs)


def _parse(text: str) -> Spec:
    named = _LABEL.match(text)
    label, what = named.groups() if named else ("", text)
    if blocks := _TEMPORAL.match(what):
        return _with_blocks(_parse(blocks[1]), blocks[2], label=label)
    path = Path(what).expanduser()
    if path.is_file() and path.suffix == ".safetensors":
        weights.check_safetensors(path)
        return Spec(label=label or path.stem, kind=Kind.WEIGHTS, source=str(path.absolute()), axes=_RIGHT)
    if path.is_dir() and what not in MODELS:
        kind = _kind_of_folder(path)
        axes = _RIGHT
        if kind is Kind.ENGINE:
            info = registry.info(str(path))
            weights.check(path, info)
            axes = info.axes
        return Spec(label=label or path.name, kind=kind, source=str(path.absolute()), axes=axes)
    info = registry.info(what)
    if info.files:
        weights.check(weights.folder(info), info)
    return Spec(label=label or info.name, kind=Kind.ENGINE, source=what, axes=info.axes)


def _with_blocks(spec: Spec, temporal: str, *, label: str) -> Spec:
    """Return a model with other temporal blocks than its own.

    Raises:
        PlatelightError: `setting_invalid` for a model that can have none, `model_incomplete` for a file that isn't there.
    """
    if spec.kind is not Kind.ENGINE or not registry.info(spec.source).tunable:
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"{spec.source}@{temporal}: this model has no temporal blocks")
    if temporal not in (FRAME_BY_FRAME, TUNE):
        file = Path(temporal).expanduser().absolute()
        weights.check_safetensors(file)
        return replace(spec, label=label or f"{spec.label} {file.stem}", temporal=str(file))
    words = {FRAME_BY_FRAME: f"{spec.label} frame by frame", TUNE: f"{spec.label} tuned to the shot"}
    return replace(spec, label=label or words[temporal], temporal=temporal)


def _kind_of_folder(folder: Path) -> Kind:
    """Return what a folder holds.

    Raises:
        PlatelightError: `model_unknown`; `model_invalid` for a model_index.json that can't be read.
    """
    index = folder / "model_index.json"
    if index.is_file():
        try:
            content = read_json(index)
        except (OSError, ValueError) as error:
            raise PlatelightError(ErrorCode.MODEL_INVALID, f"{index} is not JSON") from error
        many = isinstance(content, dict) and content.get("default_denoising_steps") is not None
        return Kind.MARIGOLD if many and of_folder(folder).family == MARIGOLD.family else Kind.ENGINE
    if next(folder.rglob("*.exr"), None):
        return Kind.EXR
    if of_folder(folder).family != NORMALCRAFTER.family:  # which is what a folder is taken for that nothing is known of
        return Kind.ENGINE
    raise PlatelightError(ErrorCode.MODEL_UNKNOWN, f"{folder} holds neither a checkpoint nor EXR files")
