"""A shot to tune on: clips of it with their flow, made once, and windows of it at full size to measure on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ... import weights
from ...cuts import find_cuts
from ...frames.plate import Plate
from ...models.preview import temporal
from ...models.table import ModelInfo
from ...protocol import ErrorCode, PlatelightError, Source
from .config import PLATES, AnyConfig, DepthConfig, NormalsConfig, PlateSource, PreviewConfig
from .feed import Clip, fit, prepare
from .flow import measure_pairs, open_flow
from .losses import Pairs, warp
from .stages import Stage

CLIPS, WINDOWS = 24, 4
"""At most so many clips to train on, and windows to measure on."""

OMEGA_REG = 0.3
"""Less than in training: on one shot the bound keeps the answer where it should be, and measures that."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """`change`: from frame to frame, after warping by flow, where it leads back. `away`: mean distance to the frame-by-frame
    answer. Degrees for normals, percent of its deviation for depth."""

    change: float
    away: float


@dataclass(frozen=True, kw_only=True)
class _Window:
    """`frames` [T, 3, H, W]; `cuts` in it."""

    frames: Tensor
    pairs: Pairs
    cuts: tuple[int, ...]


class Shot:
    """What tuning needs of a shot, in memory; its size doesn't grow with the shot's length. `clips`: to train on."""

    def __init__(self, plate: Plate, *, first: int | None, last: int | None, config: AnyConfig, multiple: int) -> None:
        """
        Raises:
            PlatelightError: frames can't be read, or no two of them are neighbours in one shot.
        """
        begin = plate.clip.first if first is None else first
        end = plate.clip.last if last is None else last
        if not plate.clip.first <= begin <= end <= plate.clip.last:
            detail = f"{begin} to {end} was asked for, the clip has {plate.clip.first} to {plate.clip.last}"
            raise PlatelightError(ErrorCode.RANGE_OUTSIDE_CLIP, detail)
        flow, rng = open_flow(config.flow), np.random.default_rng(config.seed)
        edge = min(config.short_edges[1], min(plate.size))
        starts = spread(end - begin + 1, length=config.frames, most=CLIPS)
        measured = set(starts[:: max(1, -(-len(starts) // WINDOWS))])
        self.clips: list[Clip] = []
        self._windows: list[_Window] = []
        for start in starts:
            stop = min(start + config.frames, end - begin + 1)
            frames = np.stack(list(plate.frames(begin + start, begin + stop - 1)))
            sized = fit(frames, short_edge=edge, multiple=multiple, rng=rng)
            clip = prepare(sized, flow=flow, tolerance=config.tolerance, chosen=0, name=plate.clip.path.name)
            if len(clip.frames) > 1:
                self.clips.append(clip)
            if start in measured:
                pictures, cuts = np.rint(frames * 255).astype(np.uint8), find_cuts(frames)
                pairs = measure_pairs(pictures, flow, cuts=cuts, tolerance=config.tolerance)
                self._windows.append(_Window(frames=torch.from_numpy(frames).permute(0, 3, 1, 2), pairs=pairs, cuts=cuts))
        if not self.clips:
            detail = f"{plate.clip.path.name}, frames {begin} to {end}: tuning needs two neighbours of one shot"
            raise PlatelightError(ErrorCode.SOURCE_EMPTY, detail)

    def measure(self, stage: Stage, *, of_image: bool = False) -> Measured:
        """Of a stage's video model as it is now, or of its image model."""
        device = next(stage.parameters()).device
        changed, compared, away = 0.0, 0.0, []
        for window in self._windows:
            answers = stage.answers(window.frames.to(device), cuts=window.cuts)
            seen = answers.image if of_image else answers.video
            change = changes(seen.float().cpu(), window.pairs)
            changed += float((change * window.pairs.seen_back[:, 0]).sum())
            compared += float(window.pairs.seen_back.sum())
            away.append(torch.zeros(1) if of_image else answers.away.cpu())
        return Measured(change=changed / max(compared, 1.0), away=float(torch.cat(away).mean()))


def changes(buffers: Tensor, pairs: Pairs) -> Tensor:
    """How much each pixel of the frames from the second on differs from where it was: [T-1, H, W], degrees between normals
    [T, 3, H, W], percent between depths [T, 1, H, W] over their deviation."""
    before, after = warp(buffers[:-1], pairs.back), buffers[1:]
    if buffers.shape[1] == 1:
        return 100 * (before - after).abs()[:, 0]
    return torch.rad2deg(torch.acos(torch.cosine_similarity(before, after, dim=1).clamp(-1, 1)))


def spread(count: int, *, length: int, most: int) -> list[int]:
    """Where windows of `length` frames begin, at most `most`, evenly spread over `count` frames from the first to the last."""
    last = max(count - length, 0)
    number = min(most, last // length + 1 + (last % length > 0))
    return [round(index * last / max(number - 1, 1)) for index in range(number)]


def stage_config(info: ModelInfo, *, source: Source, out: Path, start: Path, flow: str) -> AnyConfig:
    """How a model's blocks are trained on a shot.

    Args:
        info: which model.
        source, out: the shot, and the folder of its passes.
        start: blocks that were tuned to the shot before, where there are any; otherwise those that the model comes with go on.
        flow: see `flow.KINDS`.

    Raises:
        PlatelightError: `setting_invalid` for a model without temporal blocks, and what is wrong with its folder.
    """
    common = {
        "out": str(out), "data": (PlateSource(kind=PLATES, root=source.path),), "flow": flow, "warm_up": 10, "omega_reg": OMEGA_REG,
        "start": str(start) if start.is_file() else "",
    }  # fmt: skip
    if info.family == "preview":
        if not common["start"] and temporal.WEIGHTS.is_file():
            common["start"] = str(temporal.WEIGHTS)
        return PreviewConfig(**common, frames=8)
    if info.family not in ("depth_anything", "marigold"):
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"model {info.name}; it has no temporal blocks to tune")
    folder = weights.folder(info)
    weights.check(folder, info)
    if info.family == "depth_anything":
        return DepthConfig(**common, model=str(folder), head=False, frames=16)
    return NormalsConfig(**common, model=str(folder), frames=8, learning_rate=1e-4)
