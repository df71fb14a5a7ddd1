"""A shot to tune on: clips of it with their flow, made once, and windows of it at full size to measure on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..frames.cuts import find_cuts
from ..frames.plate import Plate
from ..models import weights
from ..models.preview import temporal
from ..protocol import ErrorCode, PlatelightError
from ..protocol.models import ModelInfo
from .clips import Clip, fit, prepare
from .config import AnyConfig, DepthConfig, GeometryConfig, NormalsConfig, PreviewConfig
from .failures import TrainingStopped
from .flow import Flow, measure_pairs, open_flow
from .losses import Pairs, affine_invariant, warp
from .reference import choose_window, cut_pairs
from .stages import PreviewStage, Stage

CLIPS, WINDOWS = 16, 4
"""At most so many clips to train on, and windows to measure on."""

OMEGA_REG = 0.3
"""Less than in training: on one shot the bound keeps the answer where it should be, and measures that."""
WARM_UP = 10
PREVIEW_RATE = 1e-2
"""Of learning: on one shot, held to the image model's answer in all frames, ten times that of the other models' is still steady."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """`change`: from frame to frame, after warping by flow, where it leads back. `away`: mean distance to the frame-by-frame
    answer. Degrees for normals, percent of its deviation for depth."""

    change: float
    away: float


@dataclass(frozen=True, kw_only=True)
class _Window:
    """`frames` [T, 3, H, W]; `cuts` in it; `image`: the frame-by-frame answer, as `Stage.answers`."""

    frames: Tensor
    pairs: Pairs
    cuts: tuple[int, ...]
    image: Tensor


class Shot:
    """What tuning needs of a shot, in memory; its size doesn't grow with the shot's length. `clips`: to train on. `per_frame`:
    change of the frame-by-frame answer."""

    def __init__(self, plate: Plate, *, first: int | None, last: int | None, config: AnyConfig, stage: Stage) -> None:
        """
        Raises:
            PlatelightError: frames can't be read, or no two of them are neighbours in one shot.
        """
        begin = plate.clip.first if first is None else first
        end = plate.clip.last if last is None else last
        if not plate.clip.first <= begin <= end <= plate.clip.held:
            detail = f"{begin} to {end} was asked for, the clip has {plate.clip.first} to {plate.clip.last}"
            raise PlatelightError(ErrorCode.RANGE_OUTSIDE_CLIP, detail)
        begin, end = min(begin, plate.clip.last), min(end, plate.clip.last)
        flow, rng = open_flow(config.flow, device=_device(stage).type), np.random.default_rng(config.seed)
        starts = spread(end - begin + 1, length=config.frames, most=CLIPS)
        measured = set(starts[:: max(1, -(-len(starts) // WINDOWS))])
        self.clips: list[Clip] = []
        self._windows: list[_Window] = []
        for start in starts:
            stop = min(start + config.frames, end - begin + 1)
            frames = np.stack(list(plate.frames(begin + start, begin + stop - 1)))
            clip = _clip(frames, stage=stage, config=config, flow=flow, rng=rng, name=plate.clip.path.name)
            if len(clip.frames) > 1:
                self.clips.append(clip)
            if start in measured:
                pictures, cuts = np.rint(frames * 255).astype(np.uint8), find_cuts(frames)
                pairs = measure_pairs(pictures, flow, cuts=cuts, tolerance=config.tolerance)
                images = torch.from_numpy(frames).permute(0, 3, 1, 2)
                answer = stage.answers(images.to(_device(stage)), cuts=cuts, of_image=True).cpu()
                self._windows.append(_Window(frames=images, pairs=pairs, cuts=cuts, image=answer))
        if not self.clips:
            said = f"{plate.clip.path.name} has no two neighbours of one shot in frames {begin} to {end}"
            raise TrainingStopped(said, remedy="Choose a range with at least two frames of a shot.")
        self.per_frame = self._change([window.image for window in self._windows])

    def measure(self, stage: Stage) -> Measured:
        """Of a stage's video model as it is now."""
        device = _device(stage)
        answers = [stage.answers(window.frames.to(device), cuts=window.cuts).cpu() for window in self._windows]
        away = [distance(answer, window.image) for answer, window in zip(answers, self._windows, strict=True)]
        return Measured(change=self._change(answers), away=float(torch.cat(away).mean()))

    def _change(self, answers: list[Tensor]) -> float:
        """Return mean over all pixels that flow leads back to."""
        total, pixels = 0.0, 0.0
        for answer, window in zip(answers, self._windows, strict=True):
            seen = window.pairs.seen_back[:, 0]
            total += float((changes(answer, window.pairs) * seen).sum())
            pixels += float(seen.sum())
        return total / max(pixels, 1.0)


def _clip(frames: np.ndarray, *, stage: Stage, config: AnyConfig, flow: Flow, rng: np.random.Generator, name: str) -> Clip:
    """Return a clip to train on of frames (T, H, W, 3) as they will be estimated: of the embedded model a window at that very
    size with
    what its frozen part says, of the others at the size of training."""
    if not isinstance(stage, PreviewStage):
        edge = min(sum(config.short_edges) // 2, *frames.shape[1:3])
        frames = fit(frames, short_edge=edge, multiple=stage.multiple, rng=rng)
        return prepare(frames, flow=flow, tolerance=config.tolerance, chosen=0, name=name)
    clip = prepare(frames, flow=flow, tolerance=config.tolerance, chosen=0, name=name)
    window = choose_window(frames.shape[1:3], rng)
    known = stage.know(clip.frames.to(_device(stage))).cut(window).to(torch.device("cpu"), torch.float16)
    return Clip(frames=known.features.frames, pairs=cut_pairs(clip.pairs, window), chosen=0, name=name, known=known)


def changes(answer: Tensor, pairs: Pairs) -> Tensor:
    """Return how much each pixel of the frames from the second on differs from where it was: [T-1, H, W], degrees between normals
    [T, 3, H, W], percent between depths [T, 1, H, W] over their deviation."""
    before, after = warp(answer[:-1], pairs.back), answer[1:]
    return 100 * (before - after).abs()[:, 0] if answer.shape[1] == 1 else degrees(before, after)


def distance(answer: Tensor, image: Tensor) -> Tensor:
    """Return how far each frame [T, C, H, W] is from the frame-by-frame answer, [T]: degrees, or percent of each frame's
    deviation."""
    if answer.shape[1] == 1:
        return 100 * (affine_invariant(answer) - affine_invariant(image)).abs().mean((1, 2, 3))
    return degrees(answer, image).mean((1, 2))


def degrees(normals: Tensor, others: Tensor) -> Tensor:
    """Return angles [T, H, W] between normals [T, 3, H, W] of any length."""
    return torch.rad2deg(torch.acos(torch.cosine_similarity(normals, others, dim=1).clamp(-1, 1)))


def _device(stage: Stage) -> torch.device:
    return next(stage.parameters()).device


def spread(count: int, *, length: int, most: int) -> list[int]:
    """Where windows of `length` frames begin, at most `most`, evenly spread over `count` frames from the first to the last."""
    last = max(count - length, 0)
    number = min(most, last // length + 1 + (last % length > 0))
    return [round(index * last / max(number - 1, 1)) for index in range(number)]


def stage_config(info: ModelInfo, *, start: Path, flow: str) -> AnyConfig:
    """Return how a model's blocks are trained on a shot.

    Args:
        info: which model.
        start: blocks that were tuned to the shot before, where there are any; otherwise those that the model comes with go on.
        flow: see `flow.KINDS`.

    Raises:
        PlatelightError: `setting_invalid` for a model without temporal blocks, and what is wrong with its folder.
    """
    begin = str(start) if start.is_file() else ""
    if info.family == "preview":
        if not begin and temporal.WEIGHTS.is_file():
            begin = str(temporal.WEIGHTS)
        return PreviewConfig(
            start=begin, flow=flow, warm_up=WARM_UP, omega_reg=OMEGA_REG, frames=8, learning_rate=PREVIEW_RATE, prior_frames="all"
        )
    if info.family not in ("depth_anything", "marigold", "moge"):
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"model {info.name}; it has no temporal blocks to tune")
    folder = weights.folder(info)
    weights.check(folder, info)
    if info.family == "depth_anything":
        return DepthConfig(model=str(folder), start=begin, flow=flow, warm_up=WARM_UP, omega_reg=OMEGA_REG, head=False, frames=16)
    if info.family == "moge":
        return GeometryConfig(
            model=str(folder), start=begin, flow=flow, warm_up=WARM_UP, omega_reg=OMEGA_REG, frames=8, tokens=info.tokens
        )
    return NormalsConfig(
        model=str(folder), start=begin, flow=flow, warm_up=WARM_UP, omega_reg=OMEGA_REG, frames=8, learning_rate=1e-4
    )
