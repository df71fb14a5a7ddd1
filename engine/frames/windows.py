"""The windows of an EXR: the picture it is a part of, and the pixels that it holds. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Window:
    """Pixels from `left`, `top` up to, but without, `right`, `bottom`; y counts down."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def size(self) -> tuple[int, int]:
        """Width, height."""
        return self.width, self.height

    @property
    def inclusive(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """First and last pixel, as an EXR's header has it."""
        return (self.left, self.top), (self.right - 1, self.bottom - 1)

    def __str__(self) -> str:
        (left, top), (right, bottom) = self.inclusive
        return f"{left} {top} {right} {bottom}"


@dataclass(frozen=True, kw_only=True)
class Windows:
    """`display`: the picture. `data`: what the file holds of it, which may reach beyond it and lie anywhere."""

    display: Window
    data: Window

    @property
    def is_whole(self) -> bool:
        return self.data == self.display

    def resized(self, size: tuple[int, int]) -> Windows:
        """Return the windows of the same picture at `size` (width, height).

        The data window grows to whole pixels, and its middle stays where it is as nearly as it can: Blender before 5.0 lays the
        middles of files on each other. At the picture's own size nothing changes.
        """
        across, down = (own / before for own, before in zip(size, self.display.size, strict=True))
        left, top = round(self.display.left * across), round(self.display.top * down)
        x = _span(self.data.left - self.display.left, self.data.right - self.display.left, across)
        y = _span(self.data.top - self.display.top, self.data.bottom - self.display.top, down)
        return Windows(
            display=Window(left=left, top=top, right=left + size[0], bottom=top + size[1]),
            data=Window(left=left + x[0], top=top + y[0], right=left + x[1], bottom=top + y[1]),
        )

    def to_picture(self, values: np.ndarray) -> np.ndarray:
        """Return the pixels of the data window (H, W, ...) as the whole picture; zero where the file holds nothing."""
        if self.is_whole:
            return values
        picture = np.zeros((self.display.height, self.display.width, *values.shape[2:]), dtype=values.dtype)
        left, right = max(self.data.left, self.display.left), min(self.data.right, self.display.right)
        top, bottom = max(self.data.top, self.display.top), min(self.data.bottom, self.display.bottom)
        if left < right and top < bottom:
            there, here = self.data, self.display
            held = values[top - there.top : bottom - there.top, left - there.left : right - there.left]
            picture[top - here.top : bottom - here.top, left - here.left : right - here.left] = held
        return picture

    def from_picture(self, values: np.ndarray) -> np.ndarray:
        """Return the data window of a whole picture (H, W, ...); beyond its edges they are repeated."""
        if self.is_whole:
            return values
        rows = np.arange(self.data.top, self.data.bottom) - self.display.top
        columns = np.arange(self.data.left, self.data.right) - self.display.left
        return values[np.clip(rows, 0, values.shape[0] - 1)][:, np.clip(columns, 0, values.shape[1] - 1)]


def _span(low: int, high: int, scale: float) -> tuple[int, int]:
    """Return the whole pixels that cover ``low * scale`` to ``high * scale``, about the nearest half pixel to their middle."""
    twice = round((low + high) * scale)
    width = max(1, math.ceil(2 * high * scale - twice - 1e-6), math.ceil(twice - 2 * low * scale - 1e-6))
    width += (twice - width) % 2
    return (twice - width) // 2, (twice + width) // 2
