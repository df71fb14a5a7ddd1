"""A model of two passes that is quick and sees cuts: its passes are drawn from the pixels of each frame."""

from __future__ import annotations

import numpy as np

from engine.models.interface import Cut, Output, ResumePoint, Step
from engine.protocol import Stage
from engine.protocol.licences import NONE_KNOWN
from engine.protocol.models import ModelInfo

_CUT = 0.2


class Drawn:
    """Frames come in windows of `window`; a shot begins where the mean of the pixels jumps. To go on it needs the mean of the frame
    before."""

    precision, device = "fp32", "cpu"

    def __init__(self, *, name: str = "drawn", revision: str = "1", window: int = 3) -> None:
        self.revision, self._window = revision, window
        self.info = ModelInfo(
            name=name,
            title="Drawn",
            purpose="",
            licence=NONE_KNOWN,
            family="preview",
            passes=("normal", "depth"),
            stages=(Stage.UNET,),
            temporal=False,
        )

    def stream(self, frames, *, count, settings, resume=None):
        done = resume.emitted if resume else 0
        before = resume.arrays["before"] if resume and "before" in resume.arrays else None
        while done < count:
            window = [next(frames) for _ in range(min(self._window, count - done))]
            yield Step(stage=Stage.UNET, frames=len(window), seconds=0.001, window=done // self._window + 1, windows=count)
            for offset, frame in enumerate(window):
                mean = np.float32(frame.mean())
                if before is not None and abs(mean - before) > _CUT:
                    yield Cut(index=done + offset, black=bool(mean < 0.05))
                before = mean
            yield Output(pass_name="normal", start=done, values=np.stack(window) - 0.5)
            yield Output(pass_name="depth", start=done, values=1 + np.stack(window)[..., :1])
            done += len(window)
            yield ResumePoint(emitted=done, read_from=done, arrays={"before": before})
