"""A plate as the networks want it: display-referred sRGB, square pixels, at the working size, alpha laid over grey."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..protocol import Source
from .colour import Look, look
from .picture import Picture
from .resize import shrink, working_size
from .source import ClipReader, open_source

_GREY = 0.5
_BRIGHTEST = 65504.0


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """`image`: float32 (H, W, 3) in [0, 1]. `bad`: how many pixels of the plate held NaN or infinity. `unmasked`: whether alpha was
    0 everywhere, and ignored."""

    image: np.ndarray
    bad: int
    unmasked: bool = False


class Plate:
    """An opened clip with its colour and size settled. `bad_frames`, `bad_pixels`: where NaN or infinity was found so far;
    `unmasked_frames`: where alpha was 0 everywhere."""

    def __init__(self, source: Source, *, max_resolution: int) -> None:
        """Open the clip.

        Raises:
            PlatelightError: what `open_source` raises, `color_space_unknown`.
        """
        self.clip: ClipReader = open_source(source)
        self.plate_size = (self.clip.width, self.clip.height)
        self.size = working_size(self.plate_size, max_resolution=max_resolution, pixel_aspect=self.clip.pixel_aspect)
        self._look = look(source.color_space, ocio_config=source.ocio_config, is_float=self.clip.is_float)
        self.bad_frames: list[int] = []
        self.bad_pixels = 0
        self.unmasked_frames: list[int] = []

    def frames(self, first: int, last: int) -> Iterator[np.ndarray]:
        """Frames `first` to `last`, each float32 (H, W, 3) in [0, 1]. Raises what reading raises."""
        for number, picture in enumerate(self.clip.read(first, last), start=first):
            prepared = prepare(picture, size=self.size, look=self._look)
            if prepared.bad:
                self.bad_frames.append(number)
                self.bad_pixels += prepared.bad
            if prepared.unmasked:
                self.unmasked_frames.append(number)
            yield prepared.image


def prepare(picture: Picture, *, size: tuple[int, int], look: Look) -> Prepared:
    """A picture as the networks want it, at `size` (width, height).

    Where alpha is below 1, colour is what remains after unpremultiplying, laid over a neutral grey: an edge then looks like an
    edge against grey, not against black. Alpha that is 0 everywhere in a picture that shows something is none: it was written by
    a program that knew of no matte.
    """
    rgb, bad = _sane(picture.rgb)
    alpha, unmasked = picture.alpha, False
    if alpha is not None:
        alpha = np.clip(_unit(_sane(alpha)[0]), 0.0, 1.0)
        unmasked = bool(alpha.max() <= 0.0 and rgb.any())
        if unmasked or alpha.min() >= 1.0:
            alpha = None
    if alpha is None:
        return Prepared(image=look(_unit(shrink(rgb, size=size))), bad=bad, unmasked=unmasked)
    rgb = _unit(rgb)
    rgb = shrink(rgb if picture.premultiplied else rgb * alpha[..., None], size=size)
    alpha = shrink(alpha, size=size)[..., None]
    straight = np.where(alpha > 1e-4, rgb / np.maximum(alpha, 1e-4), 0.0).astype(np.float32)
    return Prepared(image=(look(straight) * alpha + _GREY * (1.0 - alpha)).astype(np.float32), bad=bad)


def _unit(values: np.ndarray) -> np.ndarray:
    """Integers to [0, 1], floats as they are; float32."""
    if values.dtype == np.float32:
        return values
    return values.astype(np.float32) / np.float32(np.iinfo(values.dtype).max)


def _sane(values: np.ndarray) -> tuple[np.ndarray, int]:
    """`values` without NaN (0) and infinity (the largest half), and how many pixels had them."""
    if values.dtype != np.float32:
        return values, 0
    bad = ~np.isfinite(values)
    if not bad.any():
        return values, 0
    pixels = int(bad.any(axis=-1).sum() if bad.ndim == 3 else bad.sum())
    return np.nan_to_num(values, nan=0.0, posinf=_BRIGHTEST, neginf=0.0), pixels
