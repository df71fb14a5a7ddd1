"""What a run holds between windows: the tensors of the frames that are still needed, and nothing of the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ...frames.cuts import CONTEXT
from ..interface import ResumePoint
from .windows import Window


@dataclass(kw_only=True)
class State:
    """Frame indices and the tensors that belong to them, all on the device.

    `shot`: index of the first frame of the shot under way. `window`: index of its next window. `before`: how many windows the shots
    before it had. `held`: index of the first frame in `tokens` [T, 1, C] and `images` [T, 4, h, w];
    `encoded`: index after their last. `emitted`: index of the first frame in `merged` [T, 4, h, w], float32, the predicted
    latents not yet decoded. `size`: height and width of the frames, (0, 0) before the first.
    """

    shot: int
    window: int
    before: int
    held: int
    encoded: int
    emitted: int
    size: tuple[int, int]
    tokens: torch.Tensor
    images: torch.Tensor
    merged: torch.Tensor

    @classmethod
    def start(cls) -> State:
        none = torch.empty(0)
        return cls(shot=0, window=0, before=0, held=0, encoded=0, emitted=0, size=(0, 0), tokens=none, images=none, merged=none)

    @classmethod
    def resume(cls, point: ResumePoint, *, dtype: torch.dtype, device: torch.device) -> State:
        """Continue where `to_resume_point` stopped."""
        shot, window, before, held, height, width = (int(value) for value in point.arrays["place"])
        tokens, images, merged = (torch.from_numpy(point.arrays[name]).to(device) for name in ("tokens", "images", "merged"))
        return cls(
            shot=shot,
            window=window,
            before=before,
            held=held,
            encoded=point.read_from + point.context,
            emitted=point.emitted,
            size=(height, width),
            tokens=tokens.to(dtype),
            images=images.to(dtype),
            merged=merged,
        )

    def to_resume_point(self) -> ResumePoint:
        """Return the state as arrays; float32 holds every bfloat16 and float16 exactly."""
        context = min(self.encoded, CONTEXT)
        return ResumePoint(
            emitted=self.emitted,
            read_from=self.encoded - context,
            context=context,
            arrays={
                "place": np.array([self.shot, self.window, self.before, self.held, *self.size], np.int64),
                "tokens": self.tokens.float().cpu().numpy(),
                "images": self.images.float().cpu().numpy(),
                "merged": self.merged.cpu().numpy(),
            },
        )

    def end_shot(self) -> None:
        """All that is encoded is decoded: the next frame begins another shot."""
        self.shot, self.window, self.before = self.encoded, 0, self.before + self.window

    def add_encoded(self, tokens: torch.Tensor, images: torch.Tensor) -> None:
        """Frames from `encoded` on have been embedded and encoded."""
        self.tokens, self.images = _joined(self.tokens, tokens), _joined(self.images, images)
        self.encoded += len(tokens)

    def drop_before(self, index: int) -> None:
        """Forget what belongs to frames before `index`: no window will need them again."""
        self.tokens = self.tokens[index - self.held :].clone()
        self.images = self.images[index - self.held :].clone()
        self.held = index

    def previous(self, window: Window) -> torch.Tensor | None:
        """Return the latents that the window before predicted for this one's first frames, None where it takes none over."""
        return self.merged[window.start - self.emitted :] if window.conditioned else None

    def add_merged(self, window: Window, latents: torch.Tensor) -> None:
        """Put a window's latents in the place of what was there from its start on."""
        self.merged = _joined(self.merged[: window.start - self.emitted], latents)

    def take_merged(self, stop: int) -> torch.Tensor:
        """Hand out the latents up to frame `stop` and forget them."""
        frames = stop - self.emitted
        taken, self.merged = self.merged[:frames], self.merged[frames:].clone()
        self.emitted = stop
        return taken


def _joined(before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    return torch.cat([before, after]) if len(before) else after
