"""Streaming a clip through Video Depth Anything, shot by shot: what is held depends on the window, never on the clip."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ...device import Compute, choose
from ...frames.cuts import CONTEXT
from ...protocol import ErrorCode, EstimateSettings, PlatelightError, Stage
from ...protocol.models import ModelInfo
from ..depth_anything.distance import distance, nearest
from ..dinov2 import grid_of
from ..interface import Cut, Event, Output, ResumePoint, Step, check_windows
from ..shots import ShotReader
from .model import load_video_depth, resized
from .network import FRAMES, VideoDepthNetwork
from .windows import OVERLAP, STEP, Joined, Window, final, join, key, window


def load(folder: Path, *, info: ModelInfo, precision: str, device: str, revision: str) -> VideoDepthAnything:
    """Raises:
    PlatelightError: `model_incomplete`, `model_invalid`, `device_unavailable`, `setting_invalid`.
    """
    compute = choose(device=device, precision=precision)
    network, metric = load_video_depth(folder, dtype=compute.dtype)
    return VideoDepthAnything(network, metric=metric, compute=compute, info=info, revision=revision)


@dataclass(kw_only=True)
class _Shot:
    """Where a run stands in a shot. `begin`: index of its first frame. `number`: of the next window. `opening`: its first frame as
    the network sees it. `held`: what the ViT says of the frames that are still needed, by their numbers in the shot. `unit`: the
    inverse depth that distance 1 stands for."""

    begin: int = 0
    number: int = 0
    opening: np.ndarray | None = None
    held: dict[int, torch.Tensor] = field(default_factory=dict)
    joined: Joined | None = None
    unit: float = 1.0

    @property
    def next_frame(self) -> int:
        """The first frame that must be read to go on from here alone, counted from the shot's first."""
        return key(self.number) if self.number else 0

    def to_resume_point(self, *, windows: int) -> ResumePoint:
        """`windows`: done so far, in all shots."""
        start = self.begin + self.next_frame
        context = min(start, CONTEXT)
        arrays = {"windows": np.array(windows)}
        if self.opening is not None and self.joined is not None:
            numbers = {"begin": self.begin, "number": self.number, "unit": self.unit}
            arrays |= {name: np.array(value) for name, value in numbers.items()} | {"opening": self.opening}
            arrays |= {"keys": self.joined.keys.cpu().numpy(), "last": self.joined.last.cpu().numpy()}
        return ResumePoint(emitted=self.begin + final(self.number), read_from=start - context, context=context, arrays=arrays)

    @classmethod
    def resume(cls, point: ResumePoint, *, device: torch.device) -> _Shot:
        arrays = point.arrays
        if "opening" not in arrays:
            return cls(begin=point.emitted)
        keys, last = (torch.from_numpy(arrays[name]).to(device) for name in ("keys", "last"))
        return cls(
            begin=int(arrays["begin"]),
            number=int(arrays["number"]),
            opening=arrays["opening"],
            unit=float(arrays["unit"]),
            joined=Joined(keys=keys, last=last),
        )


class VideoDepthAnything:
    """An `Estimator`; see `engine.models.interface`."""

    def __init__(self, network: VideoDepthNetwork, *, metric: bool, compute: Compute, info: ModelInfo, revision: str) -> None:
        self.info = dataclasses.replace(info, relative_depth=not metric)
        self.revision = revision
        self.precision = compute.precision
        self.device = compute.device.type
        self._metric = metric
        self._compute = compute
        self._network = network.to(compute.device)

    def stream(
        self, frames: Iterator[np.ndarray], *, count: int, settings: EstimateSettings, resume: ResumePoint | None = None
    ) -> Iterator[Event]:
        """See `Estimator.stream`. Window and overlap are the published ones.

        Raises:
            PlatelightError: `setting_invalid`; `source_truncated` when `frames` ends before `count`.
        """
        if (settings.window, settings.overlap) != (FRAMES, OVERLAP):
            told = f"window {settings.window}, overlap {settings.overlap}; {self.info.title} needs {FRAMES} and {OVERLAP}"
            raise PlatelightError(ErrorCode.SETTING_INVALID, told)
        check_windows(settings)
        shot = _Shot.resume(resume, device=self._compute.device) if resume else _Shot()
        windows, at = int(resume.arrays["windows"]) if resume else 0, shot.next_frame
        reader = ShotReader(frames, first=resume.read_from if resume else 0, start=shot.begin + at, count=count)
        if shot.opening is not None:
            shot.held[0] = self._encode(shot.opening)
        while shot.begin < count:
            total = windows + max(1, -(-(count - shot.begin - final(shot.number)) // STEP))

            def step(stage: Stage, taken: int, begun: float, *, done: int = windows + 1, total: int = total) -> Step:
                return Step(stage=stage, frames=taken, seconds=time.perf_counter() - begun, window=done, windows=total)

            plan = window(shot.number)
            while at < plan.reach and (marked := reader.take(begin=at == 0)):
                if at == 0 and marked.index:
                    yield Cut(index=marked.index, black=marked.black)
                begun = time.perf_counter()
                if at in plan.sees:
                    image = resized(marked.frame)
                    shot.opening = image if at == 0 else shot.opening
                    shot.held[at] = self._encode(image)
                at += 1
                yield step(Stage.ENCODE, 1, begun)
            length = at if reader.shot_ends else None
            plan = window(shot.number, count=length)
            begun = time.perf_counter()
            joined = self._predict(shot, plan, chunk=settings.decode_chunk_size)
            yield step(Stage.UNET, plan.stop - plan.first, begun)
            for first in range(plan.first, plan.stop, settings.decode_chunk_size):
                begun = time.perf_counter()
                stop = min(first + settings.decode_chunk_size, plan.stop)
                values = self._depth(joined[first - plan.first : stop - plan.first], unit=shot.unit, size=reader.size)
                yield step(Stage.DECODE, stop - first, begun)
                yield Output(pass_name="depth", start=shot.begin + first, values=values)
            windows += 1
            shot, at = (_Shot(begin=shot.begin + at), 0) if plan.ends else (_following(shot, length), at)
            yield shot.to_resume_point(windows=windows)

    @torch.inference_mode()
    def _encode(self, image: np.ndarray) -> torch.Tensor:
        return self._network.encode(torch.from_numpy(image).to(self._compute.device).permute(2, 0, 1)[None])

    @torch.inference_mode()
    def _predict(self, shot: _Shot, plan: Window, *, chunk: int) -> torch.Tensor:
        """Return the window's depth from its first frame that is not yet final, joined to what was before."""
        assert shot.opening is not None, "a shot's first frame is read before its first window"
        tokens = [shot.held[frame] for frame in plan.sees]
        predicted = self._network.decode(tokens, grid=grid_of(*shot.opening.shape[:2]), chunk=chunk)
        begins = shot.joined is None
        joined, shot.joined = join(predicted, shot.joined, metric=self._metric)
        shot.unit = nearest(joined) if begins and not self._metric else shot.unit
        return joined

    @torch.inference_mode()
    def _depth(self, joined: torch.Tensor, *, unit: float, size: tuple[int, int]) -> np.ndarray:
        """Return distances (T, H, W, 1)."""
        sized = F.interpolate(joined[:, None], size=size, mode="bilinear", align_corners=True)
        depth = sized if self._metric else distance(sized / unit)
        return np.ascontiguousarray(depth.permute(0, 2, 3, 1).cpu().numpy())


def _following(shot: _Shot, length: int | None) -> _Shot:
    """Return the shot before its next window, with what that needs. `length`: frames of the shot where that is known."""
    number = shot.number + 1
    needed = window(number, count=length).sees
    return dataclasses.replace(shot, number=number, held={frame: shot.held[frame] for frame in needed if frame in shot.held})
