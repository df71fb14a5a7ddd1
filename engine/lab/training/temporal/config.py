"""What a training run can set, a dataclass a model: how its blocks learn, and from which clips, how long and where."""

from __future__ import annotations

from dataclasses import dataclass

from ....tuning.config import BlocksConfig, DepthConfig, GeometryConfig, NormalsConfig, PreviewConfig
from ....tuning.settings_rules import at_least, invalid, one_of
from ..data.readers import KINDS as READERS

PLATES = "plates"
PRECISIONS = ("fp32", "bf16")
DEVICES = ("auto", "cpu")


@dataclass(frozen=True, kw_only=True)
class PlateSource:
    """Unlabelled clips. `kind`: ``plates`` for footage, or a reader's name, see `engine.lab.training.data.readers`, whose frames
    are taken and whose truth is not. `root`: a movie, an image sequence as ``name.####.ext``, or a folder with such files in it at
    any depth; for a reader its folder. `color_space`: of footage, a name in the OpenColorIO configuration; empty as `Source`.
    `moved`: of a reader's clips only the first frames, each made a clip by a camera move over it, see `moves`."""

    kind: str
    root: str
    color_space: str = ""
    moved: bool = False

    def __post_init__(self) -> None:
        one_of("data.kind", self.kind, (PLATES, *sorted(READERS)))
        if self.moved and self.kind == PLATES:
            raise invalid("data.moved", self.moved, "footage moves by itself; it may be true of a reader's pictures")


@dataclass(frozen=True, kw_only=True)
class RunConfig(BlocksConfig):
    """What the runs share beside how blocks learn.

    `out`: folder of the run; it goes on from what is there. `data`: sets, sampled in proportion to their frame counts. `steps`: of
    the optimizer, in all. `flow_weights`: a file of RAFT's. `accumulation`: clips per optimizer step (24 in the paper, over as many
    GPUs). `precision`: fp32, or bf16 where that is safe. `checkpoint_every`: steps. `workers`: threads that read clips and measure
    flow. `device`: auto or cpu.
    """

    out: str
    data: tuple[PlateSource, ...]
    steps: int = 20_000
    flow_weights: str = ""
    accumulation: int = 1
    precision: str = "fp32"
    checkpoint_every: int = 500
    workers: int = 4
    device: str = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.data:
            raise invalid("data", "empty", "name at least one set")
        for name in ("steps", "accumulation", "checkpoint_every", "workers"):
            at_least(name, getattr(self, name), 1)
        one_of("precision", self.precision, PRECISIONS)
        one_of("device", self.device, DEVICES)


@dataclass(frozen=True, kw_only=True)
class DepthTraining(DepthConfig, RunConfig):
    """A run for Depth Anything V2."""


@dataclass(frozen=True, kw_only=True)
class NormalsTraining(NormalsConfig, RunConfig):
    """A run for Marigold-E2E-FT."""


@dataclass(frozen=True, kw_only=True)
class GeometryTraining(GeometryConfig, RunConfig):
    """A run for MoGe."""


@dataclass(frozen=True, kw_only=True)
class PreviewTraining(PreviewConfig, RunConfig):
    """A run for the embedded model."""

    steps: int = 400


AnyTraining = DepthTraining | NormalsTraining | GeometryTraining | PreviewTraining

MODELS: dict[str, type[AnyTraining]] = {
    "depth": DepthTraining,
    "normals": NormalsTraining,
    "geometry": GeometryTraining,
    "preview": PreviewTraining,
}

FREE = ("model", "start", "out", "steps", "checkpoint_every", "workers", "device", "flow_weights")
"""Settings that may change between the parts of an interrupted run."""
