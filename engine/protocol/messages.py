"""The messages. Requests go to the engine, each answered by its result; notifications come from the engine unasked.

Frames are source frame numbers: a movie's first frame is 1, an image sequence keeps its own numbers. Ranges include both ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from .bounds import MOST_FRAMES, Amount, Between, Count, Frame, Minutes, Pixels, Rate, Seconds, Share
from .licences import PaidWork

PROTOCOL_VERSION = 3

PRECISIONS = ("auto", "fp32", "bf16", "fp16")
DEVICES = ("auto", "cpu", "cuda", "mps")
MOST_TOKENS = 1 << 15
"""Patches that a model may be asked to see a frame in; ten times what any was made for."""

WIDEST = 175.0
"""Degrees of the widest field of view."""


class Stage(StrEnum):
    """What the engine is doing, in the order in which a job passes through."""

    QUEUED = "queued"
    LOADING = "loading"
    READING = "reading"
    CLIP = "clip"
    ENCODE = "encode"
    UNET = "unet"
    DECODE = "decode"
    WRITING = "writing"
    TUNING = "tuning"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A plate. `path`: a movie, any file of an image sequence, or ``name.####.ext``.

    `clip`: name used in file names, made from the path when empty. `color_space`: a name in `ocio_config` (a path). Empty means
    sRGB for integer images and movies, and linear Rec.709 for floating-point ones. `frames`, `rate`: what Blender finds in a movie,
    its frames and frames a second; 0 where it was not asked.
    """

    path: str
    clip: str = ""
    color_space: str = ""
    ocio_config: str = ""
    frames: Count = 0
    rate: Rate = 0.0


@dataclass(frozen=True, kw_only=True)
class EstimateSettings:
    """What changes the pixels of a pass.

    `model`: a name of the model table or a folder. `max_resolution`: long side in pixels, 0 for native. `window`, `overlap`,
    `decode_chunk_size`: frames. A window of 0 and an overlap of -1 stand for what the model was made for. `precision`: auto, fp32,
    bf16, fp16. `device`: auto, cpu, cuda, mps. `temporal`: which temporal blocks are used. auto takes those that were trained on
    the shot (see `tuned_file`), else those of the model. none estimates each frame by itself. A path names a file of blocks.
    `tokens`: about how many patches a model sees that chooses its own size; 0 for what it was made for. `fov`: the known horizontal
    field of view in degrees, for models that tell the lens; 0 has it estimated.
    """

    model: str = "preview"
    max_resolution: Pixels = 1024
    window: Count = 14
    overlap: Annotated[int, Between(-1, MOST_FRAMES)] = 4
    decode_chunk_size: Count = 7
    precision: str = "auto"
    device: str = "auto"
    temporal: str = "auto"
    tokens: Annotated[int, Between(0, MOST_TOKENS)] = 0
    fov: Annotated[float, Between(0.0, WIDEST)] = 0.0


@dataclass(frozen=True, kw_only=True)
class Hello:
    """The first exchange. Refused with `protocol_mismatch` when `protocol` differs."""

    METHOD: ClassVar[str] = "hello"
    protocol: int
    client: str


@dataclass(frozen=True, kw_only=True)
class HelloResult:
    protocol: int
    engine: str


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """A model of the table. `folder`: where its files are or belong. `size_bytes`: of the download, 0 when embedded.

    `default_resolution` (long side in pixels), `window`, `overlap` (frames): what it was made for. `tunable`: whether its temporal
    blocks can be trained on a shot. `paid`: whether it may be used in paid work.
    """

    name: str
    title: str
    purpose: str
    licence: str
    hub_id: str
    passes: tuple[str, ...]
    size_bytes: Amount
    installed: bool
    folder: str
    default_resolution: Pixels = 1024
    window: Count = 14
    overlap: Count = 4
    tunable: bool = False
    paid: PaidWork = PaidWork.ASK


@dataclass(frozen=True, kw_only=True)
class ListModels:
    METHOD: ClassVar[str] = "models"


@dataclass(frozen=True, kw_only=True)
class ListModelsResult:
    models: tuple[ModelEntry, ...]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the doctor's report. `remedy` is empty where all is well."""

    name: str
    value: str
    ok: bool
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class Doctor:
    METHOD: ClassVar[str] = "doctor"


@dataclass(frozen=True, kw_only=True)
class DoctorResult:
    """`device`: what torch really sees and would use, e.g. ``cuda: NVIDIA RTX 4090, 24 GiB``."""

    device: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Estimate the passes of frames `first` to `last` of a clip, with `handles` more on both sides where it has them.

    `out`: folder; passes go to ``out/<pass>/<clip>.<frame>.exr``. `first`, `last`: None for the clip's own ends. `passes`: which of
    the model's passes are wanted, all of them when empty. `overwrite`: replace frames that Platelight wrote. `remove_outside`: with
    `overwrite`, also delete the clip's frames outside the range that have other settings; they are kept otherwise.
    """

    METHOD: ClassVar[str] = "estimate"
    job: str
    source: Source
    out: str
    first: Frame | None = None
    last: Frame | None = None
    handles: Count = 0
    settings: EstimateSettings = EstimateSettings()
    overwrite: bool = False
    remove_outside: bool = False
    passes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lens:
    """Of the shot that is seen from frame `first` on. `fov`: horizontal field of view in degrees."""

    first: Frame
    fov: Annotated[float, Between(0.0, 180.0)]


@dataclass(frozen=True, kw_only=True)
class EstimateResult:
    """`first`, `last`: the frames whose passes are now there. `seconds`: wall time of the job. `cuts`: those of these frames that
    are known to begin a shot. `lenses`: of their shots, from models that tell them."""

    job: str
    clip: str
    passes: tuple[str, ...]
    first: Frame
    last: Frame
    frames_written: Count
    frames_reused: Count
    seconds: Seconds
    cuts: tuple[Frame, ...] = ()
    lenses: tuple[Lens, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tune:
    """Train the temporal blocks of a model on frames `first` to `last` of a clip. The next estimate into `out` uses them.

    `out`: folder of the clip's passes. The blocks go to its folder ``tuned``. `model`: a name of the model table or a folder.
    `first`, `last`: None for the clip's own ends. `minutes`: how long to train, without loading. `steps`: at most so many; 0 for as
    many as there is time for. `bound`: how far the tuned answer may be from the frame-by-frame one on average. It is in degrees, or
    in percent of the depth's spread; 0 for the model's own bound. `max_resolution`: long side in pixels of the estimate to come; 0
    for native, None for the model's own. `device`: auto, cpu, cuda, mps. `flow`: auto, dis, raft.
    """

    METHOD: ClassVar[str] = "tune"
    job: str
    source: Source
    out: str
    model: str = "preview"
    first: Frame | None = None
    last: Frame | None = None
    minutes: Minutes = 5.0
    steps: Amount = 0
    bound: Rate = 0.0
    max_resolution: Pixels | None = None
    device: str = "auto"
    flow: str = "auto"


@dataclass(frozen=True, kw_only=True)
class TuneResult:
    """What tuning gave. `file`: the new blocks; empty where none were calmer within the bound, and nothing changed.

    `per_frame`: change from frame to frame of the frame-by-frame answer. `before`, `after`: with the blocks in use before and from
    now on. `away`: mean distance from the frame-by-frame answer, at most `bound`. All in `unit`. `steps`: that were trained.
    """

    job: str
    unit: str
    per_frame: Rate
    before: Rate
    after: Rate
    away: Rate
    bound: Rate
    steps: Amount
    file: str = ""


@dataclass(frozen=True, kw_only=True)
class Cancel:
    METHOD: ClassVar[str] = "cancel"
    job: str


@dataclass(frozen=True, kw_only=True)
class CancelResult:
    """The job itself then ends with the error `cancelled`."""

    job: str


@dataclass(frozen=True, kw_only=True)
class DownloadModel:
    METHOD: ClassVar[str] = "download_model"
    job: str
    model: str


@dataclass(frozen=True, kw_only=True)
class DownloadModelResult:
    job: str
    folder: str


@dataclass(frozen=True, kw_only=True)
class Shutdown:
    METHOD: ClassVar[str] = "shutdown"


@dataclass(frozen=True, kw_only=True)
class ShutdownResult:
    pass


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a job is. `done`, `total`: frames of an estimate, bytes of a download. `rate`: of them per second, 0 when unknown.

    `seconds_left`: None when unknown. `window` counts from 1 to `windows`; both are 0 for a download. `fraction`: of the work,
    0 to 1; it moves within a window too, while `done` waits for files.
    """

    METHOD: ClassVar[str] = "progress"
    job: str
    stage: Stage
    done: Amount
    total: Amount
    rate: Rate = 0.0
    seconds_left: Seconds | None = None
    window: Count = 0
    windows: Count = 0
    fraction: Share = 0.0


@dataclass(frozen=True, kw_only=True)
class FramesReady:
    """The files of `pass_name` for frames `first` to `last` are whole and may be used."""

    METHOD: ClassVar[str] = "frames_ready"
    job: str
    pass_name: str
    first: Frame
    last: Frame


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something the user should know that did not stop the job, e.g. NaN in the plate. `text`: one sentence."""

    METHOD: ClassVar[str] = "notice"
    job: str
    text: str


REQUESTS = (Hello, ListModels, Doctor, Estimate, Tune, Cancel, DownloadModel, Shutdown)
NOTIFICATIONS = (Progress, FramesReady, Notice)
RESULTS = {
    Hello: HelloResult,
    ListModels: ListModelsResult,
    Doctor: DoctorResult,
    Estimate: EstimateResult,
    Tune: TuneResult,
    Cancel: CancelResult,
    DownloadModel: DownloadModelResult,
    Shutdown: ShutdownResult,
}
