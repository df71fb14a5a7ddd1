"""What can be set, a dataclass a model. Defaults are the paper's where it gives any; the others are choices."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..lab.training.data.readers import KINDS as READERS
from ..models.temporal.block import TemporalSettings
from .flow import KINDS as FLOWS
from .flow import TOLERANCE
from .losses import PRIORS
from .settings_rules import at_least, invalid, one_of

PLATES = "plates"
PRIOR_FRAMES = ("one", "all")
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
class BufferConfig:
    """What the models share.

    `model`: folder of the image model. `start`: a file of temporal blocks to begin with; where empty those in the model's folder,
    or new ones. `out`: folder of the run; it goes on from what is there. `data`: sets, sampled in proportion to their frame counts.
    `steps`: of the optimizer, in all. `learning_rate`: the highest, after `warm_up` steps; it then falls exponentially to
    `final_share` of it. `frames`: of a clip, at most; a shot that is cut earlier gives fewer. `short_edges`: least and most pixels
    of the shorter side, drawn anew for each clip. `omega_reg`: weight of L_reg beside L_stable. `prior`: its form, see
    `losses.PRIORS`. `flow`: auto, dis or raft; `flow_weights`: a file of RAFT's. `tolerance`: tau_c of the cycle in pixels.
    `accumulation`: clips per optimizer step (24 in the paper, over as many GPUs). `seed`: of everything random. `weight_decay`:
    AdamW's. `clip_norm`: longest gradient. `precision`: fp32, or bf16 where that is safe. `checkpoint_every`: steps. `workers`:
    threads that read clips and measure flow. `device`: auto or cpu.
    """

    out: str
    data: tuple[PlateSource, ...]
    steps: int
    learning_rate: float
    frames: int
    short_edges: tuple[int, int]
    model: str = ""
    start: str = ""
    warm_up: int = 100
    final_share: float = 0.1
    omega_reg: float = 1.0
    prior: str = "square"
    flow: str = "auto"
    flow_weights: str = ""
    tolerance: float = TOLERANCE
    accumulation: int = 1
    seed: int = 0
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    precision: str = "fp32"
    checkpoint_every: int = 500
    workers: int = 4
    device: str = "auto"

    def __post_init__(self) -> None:
        if not self.data:
            raise invalid("data", "empty", "name at least one set")
        for name, least in (("steps", 1), ("frames", 2), ("accumulation", 1), ("checkpoint_every", 1), ("workers", 1)):
            at_least(name, getattr(self, name), least)
        for name in ("warm_up", "weight_decay", "seed", "omega_reg"):
            at_least(name, getattr(self, name), 0)
        for name in ("learning_rate", "final_share", "clip_norm", "tolerance"):
            if not getattr(self, name) > 0:
                raise invalid(name, getattr(self, name), "it must be above 0")
        if not 32 <= self.short_edges[0] <= self.short_edges[1]:
            raise invalid("short_edges", list(self.short_edges), "it must be the least, at least 32, and the most")
        one_of("prior", self.prior, PRIORS)
        one_of("flow", self.flow, FLOWS)
        one_of("precision", self.precision, PRECISIONS)
        one_of("device", self.device, DEVICES)


@dataclass(frozen=True, kw_only=True)
class DepthConfig(BufferConfig):
    """Depth Anything V2: the ViT stays as it is, the DPT and its temporal blocks learn.

    `temporal`: how new blocks are built. `head`: whether neck and head of the DPT learn too.
    `edge_distance`: pixels within this Manhattan distance of an edge of the predicted depth don't count. `canny`: the edges'
    thresholds on depth spread over 0 to 255; not printed, a choice. `spread`: whether L_stable compares depths over one median and
    deviation of the whole clip; without it shrinking all depths would lower it, which the affine-invariant prior doesn't feel."""

    steps: int = 20_000
    learning_rate: float = 1e-4
    frames: int = 110
    short_edges: tuple[int, int] = (252, 308)
    temporal: TemporalSettings = field(default_factory=TemporalSettings)
    head: bool = True
    edge_distance: int = 3
    canny: tuple[float, float] = (100.0, 200.0)
    spread: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("edge_distance", self.edge_distance, 0)


@dataclass(frozen=True, kw_only=True)
class NormalsConfig(BufferConfig):
    """Marigold-E2E-FT: the temporal blocks learn, U-Net and VAE stay as they are.

    `temporal`: how new blocks are built.
    `decode_chunk_size`: frames that deferred back-propagation decodes together. `gradient_checkpointing`: compute the U-Net's
    activations twice rather than keep them."""

    steps: int = 20_000
    learning_rate: float = 1e-5
    frames: int = 32
    short_edges: tuple[int, int] = (256, 320)
    temporal: TemporalSettings = field(default_factory=TemporalSettings)
    decode_chunk_size: int = 4
    gradient_checkpointing: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("decode_chunk_size", self.decode_chunk_size, 1)


@dataclass(frozen=True, kw_only=True)
class GeometryConfig(BufferConfig):
    """MoGe: the temporal blocks learn, and with them normals and depth together; the ViT, neck and heads stay as they are.

    `temporal`: how new blocks are built. `tokens`: patches that frames are seen in, at most. Its image prior is that of the
    embedded model: the mean angle to the per-frame normals in radians and the mean difference to the logarithm of its depth."""

    steps: int = 20_000
    learning_rate: float = 1e-4
    frames: int = 16
    short_edges: tuple[int, int] = (252, 308)
    temporal: TemporalSettings = field(default_factory=TemporalSettings)
    tokens: int = 3600

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("tokens", self.tokens, 1)


@dataclass(frozen=True, kw_only=True)
class PreviewConfig(BufferConfig):
    """The embedded model, the method's small case: its temporal blocks learn. `model`: a file of its weights, the shipped one where
    empty; its blocks are new where `start` is empty. Its image prior is the mean angle to the per-frame normals in radians and the
    mean difference to the logarithm of its depth. `prior_frames`: whether that holds one random frame of each clip, as the method
    has it, or all."""

    steps: int = 400
    learning_rate: float = 3e-3
    frames: int = 6
    short_edges: tuple[int, int] = (128, 192)
    warm_up: int = 20
    prior_frames: str = "one"

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("prior_frames", self.prior_frames, PRIOR_FRAMES)


AnyConfig = DepthConfig | NormalsConfig | GeometryConfig | PreviewConfig

MODELS: dict[str, type[AnyConfig]] = {
    "depth": DepthConfig, "normals": NormalsConfig, "geometry": GeometryConfig, "preview": PreviewConfig,
}

ANCHORED = ("start", "flow_weights")
"""Settings that hold a path besides those that every configuration has; a relative one starts at the file's own folder."""

FREE = ("model", "start", "out", "steps", "checkpoint_every", "workers", "device", "flow_weights")
"""Settings that may change between the parts of an interrupted run."""
