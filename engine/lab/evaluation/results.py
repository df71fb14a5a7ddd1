"""What an evaluation found: plain numbers, as they stand in the JSON beside the report. Angles are degrees, shares percent."""

from __future__ import annotations

from dataclasses import dataclass

from ..measures.metrics import Angular
from .depth import DepthScore

TRUTH = "true normals"
CONSTANT = "best constant"


@dataclass(frozen=True, kw_only=True)
class Stability:
    """Change of the normals between neighbouring frames, after warping by flow.

    `change`: mean over all pixels that were compared, of all pairs. `change_median`: of the same. `change_turned`: as `change`, the
    camera's own rotation taken out; None where poses are unknown. `opw`: mean over the shots, see `stability.opw_pair`.
    `pairs`: of frames. `compared`: share of the valid pixels that could be compared.
    """

    change: float
    change_median: float
    change_turned: float | None
    opw: float
    pairs: int
    compared: float


@dataclass(frozen=True, kw_only=True)
class ShotScore:
    """A shot of its own. `frame_means`: mean error of each frame. `pair_changes`: mean change from each frame to the next, without
    the camera's rotation where `turned`. None stands for a frame or a pair without a pixel that counts."""

    name: str
    frames: int
    angular: Angular | None
    change: float | None
    turned: bool
    frame_means: tuple[float | None, ...]
    pair_changes: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class Score:
    """One model on one set. `shares`: percent of the pixels below each angle of `SetResult.curve_degrees`. `seconds`: a frame,
    without reading. `x_flipped`: mean error of the shots' first frames with x turned round, `first_frames` of the same as they are:
    a lower one means that the model's axes are not what was said."""

    model: str
    angular: Angular
    stability: Stability | None
    shots: tuple[ShotScore, ...]
    shares: tuple[float, ...]
    seconds: float
    first_frames: float
    x_flipped: float


@dataclass(frozen=True, kw_only=True)
class SetResult:
    """All models on one set. `truth`: what the true normals themselves change; its error is zero. `constant`: the direction of the
    row of that name. `depths`: of the models that give depth."""

    name: str
    folder: str
    shots: int
    frames: int
    pixels: int
    notes: tuple[str, ...]
    constant: tuple[float, float, float]
    truth: Score
    scores: tuple[Score, ...]
    curve_degrees: tuple[float, ...]
    depths: tuple[DepthScore, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What was compared. `kind`, `source`: what it is and where from. `axes`: signs of its x, y, z against +X right, +Y up,
    +Z toward the camera. `settings`: in words."""

    label: str
    kind: str
    source: str
    axes: tuple[int, int, int]
    revision: str = ""
    settings: str = ""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """`made`: when, ISO 8601. `machine`: what it ran on. `warnings`: what should make a reader doubt a figure."""

    made: str
    version: str
    machine: str
    models: tuple[ModelFacts, ...]
    sets: tuple[SetResult, ...]
    warnings: tuple[str, ...]
