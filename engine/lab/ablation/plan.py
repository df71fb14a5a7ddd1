"""Which runs an ablation needs and which of them make up its rows: pure planning, so that no part is trained twice."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from ...protocol import ErrorCode, PlatelightError
from ..training.normalcrafter.config import LAYERS, AnyConfig, DataSource, LatentConfig, PixelConfig, Regularisation, VaeConfig

MODEL, HEAD, RUNS = "model", "head.safetensors", "runs"


@dataclass(frozen=True, kw_only=True)
class AblationConfig:
    """`vae`, `latent`, `pixel`: the stages' own files; their model, vae and out are set here, the rest is used as it is.

    `model`: the checkpoint all start from; where it isn't there, `base`, a configuration for make-tiny, makes it. `out`: folder
    for everything. `check`: sets to measure on, in the size of training, such as the clips trained on. `unseen`: further sets.
    `layers`: blocks to regularise instead of the latent stage's own, a row each. `jobs`: runs at a time, which share the
    processor's cores.
    """

    vae: str
    latent: str
    pixel: str
    model: str
    out: str
    check: tuple[DataSource, ...]
    base: str = ""
    unseen: tuple[DataSource, ...] = ()
    layers: tuple[str, ...] = ()
    jobs: int = 1

    def __post_init__(self) -> None:
        for layer in self.layers:
            if layer not in LAYERS:
                raise PlatelightError(ErrorCode.SETTING_INVALID, f"layers has {layer!r}; it may have {', '.join(LAYERS)}")
        if self.jobs < 1:
            raise PlatelightError(ErrorCode.SETTING_INVALID, f"jobs is {self.jobs}; it must be at least 1")


@dataclass(frozen=True, kw_only=True)
class Stages:
    """The configurations of the three stages."""

    vae: VaeConfig
    latent: LatentConfig
    pixel: PixelConfig


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table. `unet`, `vae`: names of the runs that trained them, empty for the checkpoint all start from.
    `features`: the run whose measured cosine stands in the line."""

    title: str
    unet: str = ""
    vae: str = ""
    features: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`first`: runs by name that need no other; `then`: those that need the first. `rows`: of the table."""

    first: dict[str, AnyConfig]
    then: dict[str, AnyConfig]
    rows: tuple[Row, ...]


def plan(config: AblationConfig, stages: Stages) -> Plan:
    """Return the runs and rows of an ablation.

    Without regularisation the head still learns, but detached, so that the cosine is measured there too.

    Raises:
        PlatelightError: a stage of the U-Net has no regularisation to leave out.
    """
    regularisation = stages.latent.regularisation
    if regularisation is None:
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"{config.latent}: regularisation is missing, so it can't be left out")
    runs = Path(config.out) / RUNS

    def latent(name: str, regular: Regularisation) -> LatentConfig:
        return dataclasses.replace(stages.latent, model=config.model, vae="", out=str(runs / name), regularisation=regular)

    def pixel(name: str, regular: Regularisation, *, unet: str, vae: str) -> PixelConfig:
        if unet:
            regular = dataclasses.replace(regular, head=str(runs / unet / HEAD))
        return dataclasses.replace(
            stages.pixel,
            model=str(runs / unet / MODEL) if unet else config.model,
            vae=str(runs / vae / MODEL) if vae else "",
            out=str(runs / name),
            regularisation=regular,
        )

    apart = dataclasses.replace(regularisation, detached=True)
    first: dict[str, AnyConfig] = {
        "vae": dataclasses.replace(stages.vae, model=config.model, vae="", out=str(runs / "vae")),
        "latent": latent("latent", regularisation),
        "latent-without-sfr": latent("latent-without-sfr", apart),
    }
    then: dict[str, AnyConfig] = {
        "pixel": pixel("pixel", regularisation, unet="latent", vae="vae"),
        "pixel-without-sfr": pixel("pixel-without-sfr", apart, unet="latent-without-sfr", vae="vae"),
        "pixel-without-stage-1": pixel("pixel-without-stage-1", regularisation, unet="", vae="vae"),
        "pixel-without-decoder": pixel("pixel-without-decoder", regularisation, unet="latent", vae=""),
    }
    rows = [
        Row(title="before training"),
        Row(title="without decoder tuning", unet="pixel-without-decoder", features="pixel-without-decoder"),
        Row(title="without stage 1", unet="pixel-without-stage-1", vae="vae", features="pixel-without-stage-1"),
        Row(title="without stage 2", unet="latent", vae="vae", features="latent"),
        Row(title="without SFR", unet="pixel-without-sfr", vae="vae", features="pixel-without-sfr"),
        Row(title=f"full (SFR at {regularisation.layer})", unet="pixel", vae="vae", features="pixel"),
    ]
    for layer in config.layers:
        regular = dataclasses.replace(regularisation, layer=layer)
        first[f"latent-{layer}"] = latent(f"latent-{layer}", regular)
        then[f"pixel-{layer}"] = pixel(f"pixel-{layer}", regular, unet=f"latent-{layer}", vae="vae")
        rows.append(Row(title=f"SFR at {layer}", unet=f"pixel-{layer}", vae="vae", features=f"pixel-{layer}"))
    return Plan(first=first, then=then, rows=tuple(rows))
