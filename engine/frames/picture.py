"""One frame as it comes from a file, before colour and size are changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Picture:
    """`rgb`: uint8, uint16 (both over their full range) or float32 (H, W, 3) in the source's own colour space.

    `alpha`: of the same type (H, W), or None where the source has none. `premultiplied`: whether `rgb` holds alpha already.
    """

    rgb: np.ndarray
    alpha: np.ndarray | None = None
    premultiplied: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width, height."""
        return self.rgb.shape[1], self.rgb.shape[0]
