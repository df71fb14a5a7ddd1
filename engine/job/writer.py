"""From what a model says of a frame to the file of a pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import exr
from ..frames.windows import Windows
from ..models.interface import Estimator
from ..normals import convert_axes, normalise
from ..protocol import PASSES, EstimateSettings, pass_file
from .store import settings_text


@dataclass(frozen=True, kw_only=True)
class PassWriter:
    """Of one job. `source`: the plate's file name. `plate_size`: width and height of the plate in pixels. `windows`: gives those of
    a frame, as `Plate.windows`."""

    out: Path
    clip: str
    source: str
    plate_size: tuple[int, int]
    windows: Callable[[int], Windows | None]
    settings: EstimateSettings
    estimator: Estimator

    def write(self, pass_name: str, *, frame: int, values: np.ndarray, fov: float = 0.0) -> None:
        """Write one frame of a pass, (H, W, C) as `Output` has it: directions are brought to the camera's axes and to unit length.

        Raises:
            PlatelightError: `disk_full`, `output_not_writable`, and what reading the plate's header raises.
        """
        info = self.estimator.info
        if PASSES[pass_name].is_direction:
            values = normalise(convert_axes(values, axes=info.axes))
        origin = exr.Origin(
            model=info.name,
            revision=self.estimator.revision,
            settings=settings_text(self.settings),
            source=self.source,
            frame=frame,
            plate_size=self.plate_size,
            relative_depth=info.relative_depth,
            windows=self.windows(frame),
            fov=fov,
        )
        path = pass_file(self.out, pass_name=pass_name, clip=self.clip, frame=frame)
        exr.write(path, values, pass_name=pass_name, origin=origin)
