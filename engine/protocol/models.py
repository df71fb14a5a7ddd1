"""The one table of models: what they are for, under which licence, how large, and in which axes they answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import licences
from .licences import Licence, PaidWork
from .messages import ModelEntry, Stage
from .model_hashes import HASHES, REVISIONS


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """`axes`: signs that turn the model's x, y, z into +X right, +Y up, +Z toward the camera.

    `family`: the subpackage of `engine.models` that runs it. `files`: what a complete folder holds, relative paths.
    `size_bytes`: of those files. `default_resolution`: long side in pixels. `stages`: those a frame passes through.
    `temporal`: whether frames see each other, so that window, overlap and decode chunk change the result. `window`, `overlap`: in
    frames, what it was made for. `takes_blocks`: whether it takes a file of trained temporal blocks. `tunable`: whether they can be
    trained on a shot, to be found beside the passes.
    `relative_depth`: of a model with a depth pass, whether it is in a unit of the shot's own rather than in metres. `tokens`: in
    about how many patches it sees a frame, 0 for one that goes by the frame's size. `tells_lens`: whether it estimates the field of
    view, or takes a known one. `own_windows`: whether it knows no other window and overlap.
    """

    name: str
    title: str
    purpose: str
    licence: Licence
    family: str
    passes: tuple[str, ...]
    axes: tuple[int, int, int] = (1, 1, 1)
    hub_id: str = ""
    files: tuple[str, ...] = ()
    size_bytes: int = 0
    default_resolution: int = 1024
    stages: tuple[Stage, ...] = (Stage.CLIP, Stage.ENCODE, Stage.UNET, Stage.DECODE)
    temporal: bool = True
    window: int = 14
    overlap: int = 4
    takes_blocks: bool = False
    tunable: bool = False
    relative_depth: bool = True
    tokens: int = 0
    tells_lens: bool = False
    own_windows: bool = False

    @property
    def revision(self) -> str:
        """The commit of its repository that `hashes` are of; ``""`` for the newest."""
        return REVISIONS.get(self.name, "")

    @property
    def hashes(self) -> Mapping[str, str]:
        """SHA-256 of its files, as far as they are known."""
        return HASHES.get(self.name, {})

    def entry(self, *, installed: bool, folder: str = "") -> ModelEntry:
        """Return the model as a message. `installed`: whether its weights are here. `folder`: where they are or belong."""
        return ModelEntry(
            name=self.name,
            title=self.title,
            purpose=self.purpose,
            licence=str(self.licence),
            paid=self.licence.paid,
            hub_id=self.hub_id,
            passes=self.passes,
            size_bytes=self.size_bytes,
            installed=installed,
            folder=folder,
            default_resolution=self.default_resolution,
            window=self.window,
            overlap=self.overlap,
            tunable=self.tunable,
        )


PREVIEW = ModelInfo(
    name="preview",
    title="Preview (embedded)",
    purpose="Rough normals and depth at once, with no download and no GPU: to block a relight and try the tool, not for finals",
    licence=licences.PLATELIGHT,
    family="preview",
    passes=("normal", "depth"),
    default_resolution=512,
    stages=(Stage.ENCODE, Stage.UNET, Stage.DECODE),
    window=16,
    overlap=2,
    takes_blocks=True,
    tunable=True,
)

NORMALCRAFTER = ModelInfo(
    name="normalcrafter",
    title="NormalCrafter",
    purpose="Temporally consistent normals for finals; wants a GPU",
    licence=licences.NORMALCRAFTER,
    family="normalcrafter",
    passes=("normal",),
    hub_id="Yanrui95/NormalCrafter",
    files=(
        "model_index.json",
        "feature_extractor/preprocessor_config.json",
        "image_encoder/config.json",
        "image_encoder/model.fp16.safetensors",
        "scheduler/scheduler_config.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
    ),
    size_bytes=4_510_000_000,
)

_DEPTH_PURPOSE = "Relative depth for point lights, falloff and cards; stable with trained temporal blocks, else frame by frame"


def _depth_anything(size: str, *, licence: Licence, size_bytes: int, about: str) -> ModelInfo:
    """Return depth Anything V2 in one of its sizes. 924 pixels on the long side of a 16:9 plate are its own 518 on the short
    one."""
    return ModelInfo(
        name=f"depth-anything-{size.lower()}",
        title=f"Depth Anything V2 {size}",
        purpose=f"{_DEPTH_PURPOSE}. {about}",
        licence=licence,
        family="depth_anything",
        passes=("depth",),
        hub_id=f"depth-anything/Depth-Anything-V2-{size}-hf",
        files=("config.json", "preprocessor_config.json", "model.safetensors"),
        size_bytes=size_bytes,
        default_resolution=924,
        stages=(Stage.ENCODE, Stage.UNET, Stage.DECODE),
        window=110,
        overlap=10,
        takes_blocks=True,
        tunable=True,
    )


_SMALL = licences.depth_anything(paid=True, sources=licences.V2_SOURCES)
_LARGER = licences.depth_anything(paid=False, sources=licences.V2_SOURCES)
DEPTH_ANYTHING = (
    _depth_anything("Small", licence=_SMALL, size_bytes=99_200_000, about="The quickest"),
    _depth_anything("Base", licence=_LARGER, size_bytes=390_000_000, about="Finer; wants a GPU"),
    _depth_anything("Large", licence=_LARGER, size_bytes=1_341_000_000, about="The finest; wants a GPU"),
)

MARIGOLD = ModelInfo(
    name="marigold-e2e-ft",
    title="Marigold E2E-FT",
    purpose="Fine normals, frame by frame, temporally stable with trained temporal blocks; wants a GPU",
    licence=licences.MARIGOLD_E2E,
    family="marigold",
    passes=("normal",),
    axes=(-1, 1, 1),
    hub_id="GonzaloMG/marigold-e2e-ft-normals",
    files=(
        "model_index.json",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "text_encoder/model.safetensors",
        "tokenizer/merges.txt",
        "tokenizer/vocab.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
    ),
    size_bytes=5_160_000_000,
    default_resolution=768,
    stages=(Stage.ENCODE, Stage.UNET, Stage.DECODE),
    window=32,
    overlap=6,
    takes_blocks=True,
    tunable=True,
)


def _intrinsics(kind: str, *, title: str, passes: tuple[str, ...], about: str) -> ModelInfo:
    """Marigold's intrinsic images, which begin all frames of a shot with the same noise."""
    return dataclasses.replace(
        MARIGOLD,
        name=f"marigold-iid-{kind}",
        title=title,
        purpose=f"{about}, frame by frame, steadier with trained temporal blocks; wants a GPU",
        licence=licences.MARIGOLD_IID,
        family="marigold_intrinsics",
        passes=passes,
        axes=(1, 1, 1),
        hub_id=f"prs-eth/marigold-iid-{kind}-v1-1",
        tunable=False,
    )


MARIGOLD_INTRINSICS = (
    _intrinsics(
        "appearance",
        title="Marigold IID Appearance",
        passes=("albedo", "roughness", "metallic"),
        about="Albedo, roughness and metallicity to replace light and to shape highlights",
    ),
    _intrinsics(
        "lighting",
        title="Marigold IID Lighting",
        passes=("albedo", "shading"),
        about="Albedo and the light on it",
    ),
)


def _moge(version: int, size: str, *, hub_id: str, size_bytes: int, about: str) -> ModelInfo:
    """MoGe with normals. Its heads answer at 1280 x 720 pixels for a 16:9 plate seen in 3600 patches."""
    return ModelInfo(
        name=f"moge-{version}-{size.lower()}",
        title=f"MoGe-{version} {size}",
        purpose=f"Normals, depth in metres, field of view and a mask of the sky at once, for paid work too. {about}",
        licence=licences.MOGE,
        family="moge",
        passes=("normal", "depth", "mask"),
        axes=(1, -1, -1),
        hub_id=hub_id,
        files=("model.pt",),
        size_bytes=size_bytes,
        default_resolution=1280,
        stages=(Stage.ENCODE, Stage.UNET, Stage.DECODE),
        window=32,
        overlap=4,
        takes_blocks=True,
        tunable=True,
        relative_depth=False,
        tokens=3600,
        tells_lens=True,
    )


MOGE = (
    _moge(2, "Small", hub_id="Ruicheng/moge-2-vits-normal", size_bytes=140_550_416, about="The quickest"),
    _moge(2, "Base", hub_id="Ruicheng/moge-2-vitb-normal", size_bytes=419_110_160, about="Finer; wants a GPU"),
    _moge(2, "Large", hub_id="Ruicheng/moge-2-vitl-normal", size_bytes=1_323_815_904, about="The finest; wants a GPU"),
    _moge(3, "Large", hub_id="Ruicheng/moge-3-vitl", size_bytes=1_481_333_394, about="Refines edges of its depth; wants a GPU"),
    _moge(3, "Giant", hub_id="Ruicheng/moge-3-vitg", size_bytes=5_000_000_000, about="The largest; wants a large GPU"),
)


def _video_depth(size: str, *, metric: bool, licence: Licence, size_bytes: int, about: str) -> ModelInfo:
    """Video Depth Anything in one of its sizes; as Depth Anything V2 it sees frames at 518 pixels on the short side."""
    kind, prefix = ("Metric-Video-Depth-Anything", "metric_") if metric else ("Video-Depth-Anything", "")
    return ModelInfo(
        name=f"{kind.lower()}-{size.lower()}",
        title=f"{kind.replace('-', ' ')} {size}",
        purpose=f"Depth {'in metres' if metric else 'relative to the shot'}, trained to be steady over time. {about}",
        licence=licence,
        family="video_depth_anything",
        passes=("depth",),
        hub_id=f"depth-anything/{kind}-{size}",
        files=(f"{prefix}video_depth_anything_vit{size[0].lower()}.pth",),
        size_bytes=size_bytes,
        default_resolution=924,
        stages=(Stage.ENCODE, Stage.UNET, Stage.DECODE),
        window=32,
        overlap=10,
        relative_depth=not metric,
        own_windows=True,
    )


_VIDEO_SMALL = licences.depth_anything(paid=True, sources=licences.VIDEO_SOURCES)
_VIDEO_LARGER = licences.depth_anything(paid=False, sources=licences.VIDEO_SOURCES)
VIDEO_DEPTH_ANYTHING = (
    _video_depth("Small", metric=False, licence=_VIDEO_SMALL, size_bytes=116_440_756, about="The quickest"),
    _video_depth("Small", metric=True, licence=_VIDEO_SMALL, size_bytes=116_444_063, about="The quickest"),
    _video_depth("Base", metric=False, licence=_VIDEO_LARGER, size_bytes=458_000_000, about="Finer; wants a GPU"),
    _video_depth("Large", metric=False, licence=_VIDEO_LARGER, size_bytes=1_538_392_012, about="The finest; wants a GPU"),
)

MODELS: dict[str, ModelInfo] = {
    model.name: model
    for model in (PREVIEW, NORMALCRAFTER, *DEPTH_ANYTHING, MARIGOLD, *MARIGOLD_INTRINSICS, *MOGE, *VIDEO_DEPTH_ANYTHING)
}

MODELS_BEFORE_ASKING = tuple(model.entry(installed=not model.files) for model in MODELS.values())
"""The models that an installation offers before its engine has looked for weights: only the embedded one is here."""

_UNKNOWN = dataclasses.replace(NORMALCRAFTER.entry(installed=False), window=0, overlap=-1)


def model_entry(models: Iterable[ModelEntry], name: str) -> ModelEntry:
    """Return the entry of a model. A checkpoint folder is taken for NormalCrafter's: only the engine looks into the folder, so the
    window and the overlap are left to it."""
    return next((model for model in models if model.name == name), _UNKNOWN)


_FOR_FINALS = ("moge-2-large", "moge-3-large", "moge-3-giant", "moge-2-base", "marigold-e2e-ft", "moge-2-small")
"""Models that give normals for finals and may be used in paid work, the preferred one first."""


def best_model(models: Iterable[ModelEntry], *, paid_first: bool = True) -> str:
    """Return the name of the model for those who do not choose, among those whose weights are here: one for paid work that is good
    enough for finals, then NormalCrafter, then the preview. `paid_first`: False to take NormalCrafter before the others."""
    here = {model.name for model in models if model.installed}
    order = (*_FOR_FINALS, NORMALCRAFTER.name) if paid_first else (NORMALCRAFTER.name, *_FOR_FINALS)
    return next((name for name in order if name in here), PREVIEW.name)


def must_ask(entry: ModelEntry) -> bool:
    """Return whether a person must agree to a model's licence before its first use."""
    return entry.paid is not PaidWork.YES
