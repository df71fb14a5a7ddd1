"""What can be set, a dataclass a stage. The defaults are the paper's where it gives any; `config_file` reads TOML."""

from __future__ import annotations

from dataclasses import dataclass

from ....tuning.settings_rules import at_least, invalid, one_of

LAYERS = ("down1", "down2", "down3", "mid", "up0", "up1", "up2")
"""Blocks of the U-Net that can be regularised, the rows of the paper's Table 3, counted from 0 as it does."""

PRECISIONS = ("fp32", "bf16", "fp16")
FITS = ("pad", "crop")
DEVICES = ("auto", "cpu")


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """A data set. `kind`: a reader's name, see `engine.lab.training.data.readers`. `root`: its folder. `only`: these of its
    clips, by name, none for all. `spoiled`: draw a camera's faults over its frames, for clean renders; see `samples.spoiled`."""

    kind: str
    root: str
    only: tuple[str, ...] = ()
    spoiled: bool = False


@dataclass(frozen=True, kw_only=True)
class Regularisation:
    """Semantic feature regularisation.

    `encoder`: folder or hub id of a DINO or DINOv2 encoder. `layer`: one of `LAYERS`. `weight`: of L_reg beside the main loss.
    `hidden`: width of the head's two inner layers. `head`: a head.safetensors that an earlier stage left, empty for a new one.
    `detached`: the head learns, but the U-Net feels nothing of it; for measuring what regularisation changes.
    """

    encoder: str
    layer: str = "up1"
    weight: float = 1.0
    hidden: int = 2048
    head: str = ""
    detached: bool = False

    def __post_init__(self) -> None:
        one_of("regularisation.layer", self.layer, LAYERS)
        at_least("regularisation.weight", self.weight, 0.0)
        at_least("regularisation.hidden", self.hidden, 1)


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """What all stages share.

    `model`: folder in the layout of Stable Video Diffusion to start from. `vae`: another such folder whose VAE is used instead,
    empty for the model's own. `out`: folder of the run; it goes on from the checkpoints there. `data`: the sets, sampled in
    proportion to their frame counts. `steps`: of the optimizer, in all. `learning_rate`: the highest. `warm_up`: steps up to it.
    `final_share`: of the learning rate that is left at the end. `lengths`: fewest and most frames of a clip. `short_edge`: pixels
    of the shorter side, the aspect is kept. `fit`: how frames get to multiples of 64, ``pad`` with white as at inference, or a
    random ``crop``. `accumulation`: clips per optimizer step and process. `seed`: of everything random. `weight_decay`: AdamW's.
    `clip_norm`: longest gradient. `precision`: fp32, bf16 or fp16 where that is safe; the weights themselves are float32.
    `gradient_checkpointing`: compute activations twice rather than keep them. `average`: decay of the averaged weights that are
    exported instead, 0 for none. `checkpoint_every`: steps. `keep`: how many checkpoints. `workers`: threads that read clips.
    `deterministic`: the same bits from a GPU too, slower. `device`: auto or cpu. `export`: precision of the exported weights.
    """

    model: str
    out: str
    data: tuple[DataSource, ...]
    steps: int
    learning_rate: float
    lengths: tuple[int, int]
    vae: str = ""
    warm_up: int = 100
    final_share: float = 0.01
    short_edge: int = 576
    fit: str = "pad"
    accumulation: int = 1
    seed: int = 0
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    precision: str = "bf16"
    gradient_checkpointing: bool = True
    average: float = 0.0
    checkpoint_every: int = 1000
    keep: int = 2
    workers: int = 4
    deterministic: bool = False
    device: str = "auto"
    export: str = "fp32"

    def __post_init__(self) -> None:
        if not self.data:
            raise invalid("data", "empty", "name at least one set")
        for name in ("steps", "short_edge", "accumulation", "checkpoint_every", "keep", "workers"):
            at_least(name, getattr(self, name), 1)
        at_least("short_edge", self.short_edge, 64)
        for name in ("warm_up", "weight_decay", "seed"):
            at_least(name, getattr(self, name), 0)
        for name in ("learning_rate", "final_share", "clip_norm"):
            if not getattr(self, name) > 0:
                raise invalid(name, getattr(self, name), "it must be above 0")
        if self.final_share > 1:
            raise invalid("final_share", self.final_share, "it must be at most 1")
        if not 0 <= self.average < 1:
            raise invalid("average", self.average, "it must be at least 0 and below 1")
        if not 1 <= self.lengths[0] <= self.lengths[1]:
            raise invalid("lengths", list(self.lengths), "it must be the fewest frames, at least 1, and the most")
        one_of("fit", self.fit, FITS)
        one_of("precision", self.precision, PRECISIONS)
        one_of("device", self.device, DEVICES)
        one_of("export", self.export, ("fp32", "fp16"))


@dataclass(frozen=True, kw_only=True)
class VaeConfig(StageConfig):
    """Fine-tuning the temporal decoder. The paper doesn't print its loss: here mean absolute difference and mean angle, each with
    a weight."""

    steps: int = 20_000
    learning_rate: float = 1e-5
    lengths: tuple[int, int] = (1, 4)
    reconstruction_weight: float = 1.0
    angular_weight: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("reconstruction_weight", "angular_weight"):
            at_least(name, getattr(self, name), 0.0)


@dataclass(frozen=True, kw_only=True)
class LatentConfig(StageConfig):
    """Stage 1, the whole U-Net on latents. `share_at_max`: clips at the highest noise level; of the others the logarithm of sigma
    has the mean `noise_mean` and the deviation `noise_deviation`."""

    steps: int = 20_000
    learning_rate: float = 3e-5
    lengths: tuple[int, int] = (1, 14)
    share_at_max: float = 0.5
    noise_mean: float = 0.7
    noise_deviation: float = 1.6
    regularisation: Regularisation | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.share_at_max <= 1:
            raise invalid("share_at_max", self.share_at_max, "it must be between 0 and 1")
        at_least("noise_deviation", self.noise_deviation, 0.0)


@dataclass(frozen=True, kw_only=True)
class PixelConfig(StageConfig):
    """Stage 2, the U-Net's spatial layers on decoded normals."""

    steps: int = 10_000
    learning_rate: float = 1e-5
    lengths: tuple[int, int] = (1, 4)
    regularisation: Regularisation | None = None


AnyConfig = VaeConfig | LatentConfig | PixelConfig

STAGES: dict[str, type[AnyConfig]] = {"vae": VaeConfig, "latent": LatentConfig, "pixel": PixelConfig}

FREE = ("model", "vae", "out", "checkpoint_every", "keep", "workers", "device", "export")
"""Settings that may change between the parts of an interrupted run: none of them changes what is learned. Of models it is the
weights that must be the same, wherever they lie."""


def stage_name(config: StageConfig) -> str:
    """vae, latent or pixel."""
    return next(name for name, kind in STAGES.items() if type(config) is kind)
