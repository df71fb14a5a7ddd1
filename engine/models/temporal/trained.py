"""Trained temporal blocks as a small file: safetensors that also say how the blocks are built and for which family of models."""

from __future__ import annotations

import dataclasses
import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

import torch
from safetensors import SafetensorError, safe_open

from ...protocol import ErrorCode, PlatelightError
from ...protocol.bounds import parse_json
from ...protocol.codec import from_fields
from ...protocol.fields import Dataclass
from ..tensors import write as write_tensors
from .block import TemporalSettings

FILE = "temporal.safetensors"
"""Its name in the folder of the model that it belongs to."""
FORMAT = "platelight temporal blocks 1"


_PREVIEW, _EARLY_PREVIEW = "preview", "preview temporal blocks"
"""The embedded model's family, and what its files said of themselves under ``model`` before they had this format."""

S = TypeVar("S", bound=Dataclass)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trained(Generic[S]):
    """`settings`: how the blocks are built. `tensors`: by their names in the video model: ``temporal.*``, and of a trained head its
    own names as well."""

    settings: S
    tensors: dict[str, torch.Tensor]


def save(file: Path, trained: Trained[S], *, family: str) -> None:
    """Write the file whole or not at all. `family`: the subpackage of `engine.models` that it is for.

    Raises:
        PlatelightError: `disk_full`, `output_not_writable`.
    """
    about = {"format": FORMAT, "family": family, "settings": json.dumps(dataclasses.asdict(trained.settings))}
    write_tensors(file, trained.tensors, metadata=about)


def read(file: Path, *, family: str, settings: type[S]) -> Trained[S]:
    """Read a file that `save` has written, or the embedded model's in its first format. `settings`: what the blocks are built by.

    Raises:
        PlatelightError: `model_incomplete` when it isn't there; `model_invalid` when it's something else, or of another family.
    """
    if not file.is_file():
        raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(file))
    try:
        with safe_open(file, framework="pt") as opened:
            about = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - it is no dict
            if about.get("model") == _EARLY_PREVIEW:
                about = {"format": FORMAT, "family": _PREVIEW, "settings": about["config"]}
                tensors = {f"temporal.{name}": tensor for name, tensor in tensors.items()}
            if about.get("format") != FORMAT or about.get("family") != family:
                others = f"temporal blocks for {about.get('family')}" if about.get("format") == FORMAT else "no temporal blocks"
                raise ValueError(f"it holds {others}; temporal blocks for {family} are needed")
            built = from_fields(settings, parse_json(about["settings"]))
    except (OSError, ValueError, TypeError, KeyError, SafetensorError, PlatelightError) as error:
        told = error.detail if isinstance(error, PlatelightError) else str(error)
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file}: {told}".splitlines()[0][:300]) from error
    return Trained(settings=built, tensors=tensors)


def put(model: torch.nn.Module, trained: Trained[S], *, file: Path) -> None:
    """Put trained tensors in their places in `model`, which has blocks built with the same settings.

    Raises:
        PlatelightError: `model_invalid` where a tensor fits nowhere, or a block gets none.
    """
    own = model.state_dict()
    blocks = {name for name in own if name.startswith("temporal.")}
    strange = sorted(n for n, t in trained.tensors.items() if n not in own or own[n].shape != t.shape)
    missing = sorted(blocks - set(trained.tensors))
    if strange or missing:
        told = f"{strange[0]} fits nowhere in this model" if strange else f"{missing[0]} is missing"
        raise PlatelightError(ErrorCode.MODEL_INVALID, f"{file}: {told}; it was trained for another size of the model")
    model.load_state_dict(trained.tensors, strict=False)


class TunableModel(torch.nn.Module, ABC):
    """An image model over the frames of a shot, whose temporal blocks can be made, trained, written and loaded.

    `family`: stands in files of trained blocks. `settings`: how the blocks are built. `temporal`: the blocks. Both are None
    without any.
    """

    family: ClassVar[str]
    settings: TemporalSettings | None
    temporal: torch.nn.Module | None

    @abstractmethod
    def add_temporal(self, settings: TemporalSettings) -> None:
        """Build blocks that change nothing until they are trained."""

    def temporal_parameters(self) -> list[torch.nn.Parameter]:
        """Of the temporal blocks; they want gradients from the start."""
        return [] if self.temporal is None else list(self.temporal.parameters())

    def save_temporal(self, file: Path) -> None:
        """Write the blocks. Raises: `disk_full`, `output_not_writable`."""
        if self.temporal is None or self.settings is None:
            raise ValueError("this model has no temporal blocks")
        tensors = {f"temporal.{name}": tensor for name, tensor in self.temporal.state_dict().items()}
        save(file, Trained(settings=self.settings, tensors=tensors), family=self.family)

    def load_temporal(self, file: Path) -> None:
        """Build the blocks that a file holds and fill them. Raises: `model_incomplete`, `model_invalid`."""
        found = read(file, family=self.family, settings=TemporalSettings)
        self.add_temporal(found.settings)
        put(self, found, file=file)


def equip(
    model: TunableModel,
    *,
    folder: Path,
    temporal: Path | None = None,
    fresh: TemporalSettings | None = None,
    per_frame: bool = False,
) -> None:
    """Give a model without blocks those that are asked for.

    Args:
        folder: the model's; its own ``temporal.safetensors``, where there is one, counts where `temporal` is None.
        temporal: trained blocks to use.
        fresh: how to build new blocks, which change nothing yet, where there are no trained ones; None for no blocks at all: then
            frames are estimated one by one.
        per_frame: no blocks, whatever is there.

    Raises:
        PlatelightError: `model_incomplete`, `model_invalid`, naming the file.
    """
    own = folder / FILE
    if per_frame:
        return
    if temporal is not None or own.is_file():
        model.load_temporal(temporal or own)
    elif fresh is not None:
        model.add_temporal(fresh)
