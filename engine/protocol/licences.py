"""What a model may be used for. The table of models names one `Licence` for each model; the add-on, files and records say it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PaidWork(StrEnum):
    """Whether a model may be used in paid work. ASK: under conditions that a studio must check."""

    YES = "yes"
    ASK = "ask"
    NO = "no"


@dataclass(frozen=True, kw_only=True)
class Licence:
    """`code`: of the published code, ``""`` where that is not known. `weights`: of the checkpoint. `base`: the model it was trained
    from, with its licence, ``""`` for none. `training`: what is known of the training data. `sources`: where all this stands."""

    weights: str
    paid: PaidWork
    code: str = ""
    base: str = ""
    training: str = ""
    sources: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.weights}; derived from {self.base}" if self.base else self.weights


NONE_KNOWN = Licence(weights="not known", paid=PaidWork.ASK)
_HUB = "https://huggingface.co/"
_MIXED = "Public sets, some with terms of their own for research; the licence of the weights does not pass them on"

PLATELIGHT = Licence(
    code="GPL-3.0-or-later",
    weights="GPL-3.0-or-later",
    paid=PaidWork.YES,
    training="Scenes generated for Platelight; see the model card beside the weights",
    sources=("engine/models/preview/MODEL_CARD.md",),
)
NORMALCRAFTER = Licence(
    weights="Apache-2.0 weights",
    base="Stable Video Diffusion (stable-video-diffusion-community licence)",
    paid=PaidWork.ASK,
    training="Rendered videos, by the paper; Stable Video Diffusion was trained on collected videos",
    sources=(f"{_HUB}Yanrui95/NormalCrafter", f"{_HUB}stabilityai/stable-video-diffusion-img2vid-xt"),
)
MARIGOLD_E2E = Licence(
    code="Apache-2.0",
    weights="Apache-2.0 weights",
    base="Stable Diffusion 2 (CreativeML Open RAIL++-M)",
    paid=PaidWork.YES,
    training="Hypersim and Virtual KITTI (CC BY-NC-SA 3.0 data); Stable Diffusion 2 was trained on LAION-5B",
    sources=(f"{_HUB}GonzaloMG/marigold-e2e-ft-normals", f"{_HUB}stabilityai/stable-diffusion-2"),
)
MARIGOLD_IID = Licence(
    code="Apache-2.0",
    weights="CreativeML Open RAIL++-M: paid work is allowed, with restrictions of use",
    base="Stable Diffusion 2 (CreativeML Open RAIL++-M)",
    paid=PaidWork.YES,
    training="InteriorVerse or Hypersim, by the model cards; Stable Diffusion 2 was trained on LAION-5B",
    sources=(f"{_HUB}prs-eth/marigold-iid-appearance-v1-1", f"{_HUB}prs-eth/marigold-iid-lighting-v1-1"),
)
MOGE = Licence(
    code="MIT",
    weights="MIT",
    paid=PaidWork.YES,
    training=_MIXED,
    sources=("https://github.com/microsoft/MoGe", f"{_HUB}Ruicheng/moge-2-vitl-normal"),
)


def depth_anything(*, paid: bool, sources: tuple[str, ...]) -> Licence:
    """Return the licence of the small sizes (`paid`), or of the larger ones."""
    return Licence(
        code="Apache-2.0",
        weights="Apache-2.0" if paid else "CC-BY-NC-4.0: not for commercial work",
        paid=PaidWork.YES if paid else PaidWork.NO,
        training=_MIXED,
        sources=sources,
    )


V2_SOURCES = ("https://github.com/DepthAnything/Depth-Anything-V2",)
VIDEO_SOURCES = ("https://github.com/DepthAnything/Video-Depth-Anything",)
