"""A plate as the networks want it: display-referred sRGB, square pixels, at the working size, alpha laid over grey."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..protocol import Source, clip_name
from .colour import Look, look
from .picture import Picture
from .resize import shrink, working_size
from .sequence import Sequence
from .source import ClipReader, open_source
from .windows import Windows

_GREY = 0.5
_BRIGHTEST = 65504.0
"""The largest half."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """`image`: float32 (H, W, 3) in [0, 1]. `bad`: how many pixels held no number, or one beyond the largest half; those of the
    plate, and where its colour space makes such numbers, those of the image. `unmasked`: whether alpha was 0 everywhere, and
    ignored."""

    image: np.ndarray
    bad: int
    unmasked: bool = False


class Plate:
    """An opened clip with its colour and size settled. `bad_frames`, `bad_pixels`: where `Prepared` has found bad pixels so far;
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

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of the clip and of its colour space, a sentence each."""
        return (*self.clip.notices, *([self._look.notice] if self._look.notice else []))

    @property
    def clip_name(self) -> str:
        """The clip's name in the names of its passes."""
        clip = self.clip
        return clip.name if isinstance(clip, Sequence) else clip_name(str(clip.path), is_sequence=clip.is_sequence)

    def windows(self, number: int) -> Windows | None:
        """Return the windows of a frame at the working size; None where it holds the whole picture. Raises what reading raises."""
        found = self.clip.windows(number) if isinstance(self.clip, Sequence) else None
        return None if found is None or found.is_whole else found.resized(self.size)

    def frames(self, first: int, last: int) -> Iterator[np.ndarray]:
        """Yield frames `first` to `last`, each float32 (H, W, 3) in [0, 1]. Raises what reading raises."""
        for number, picture in enumerate(self.clip.read(first, last), start=first):
            prepared = prepare(picture, size=self.size, look=self._look)
            if prepared.bad:
                self.bad_frames.append(number)
                self.bad_pixels += prepared.bad
            if prepared.unmasked:
                self.unmasked_frames.append(number)
            yield prepared.image


def prepare(picture: Picture, *, size: tuple[int, int], look: Look) -> Prepared:
    """Return a picture as the networks want it, at `size` (width, height).

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
        image, lost = _shown(_unit(shrink(rgb, size=size)), look)
        return Prepared(image=image, bad=bad + lost, unmasked=unmasked)
    values = _unit(rgb)
    if not picture.premultiplied:  # in place where it can be: such pictures may have gigabytes
        values = np.multiply(values, alpha[..., None], out=None if values is picture.rgb else values)
    rgb = shrink(values, size=size)
    alpha = shrink(alpha, size=size)[..., None]
    straight = np.where(alpha > 1e-4, rgb / np.maximum(alpha, 1e-4), 0.0).astype(np.float32)
    image, lost = _shown(straight, look)
    return Prepared(image=(image * alpha + _GREY * (1.0 - alpha)).astype(np.float32), bad=bad + lost)


def _shown(rgb: np.ndarray, look: Look) -> tuple[np.ndarray, int]:
    """Display-referred sRGB, and how many pixels the colour space has sent beyond all numbers: a log space does so with what was
    never meant to be log. Those are white where the source is bright, else black."""
    if look.to_linear is None:
        return look.curve(rgb), 0
    linear = look.to_linear(rgb)
    good = np.abs(linear) <= _BRIGHTEST
    lost = ~good.all(axis=-1)
    if lost.any():
        linear = np.where(good, linear, np.where(rgb > 1.0, np.float32(_BRIGHTEST), np.float32(0.0)))
    return look.curve(linear), int(lost.sum())


def _unit(values: np.ndarray) -> np.ndarray:
    """Integers to [0, 1], floats as they are; float32."""
    if values.dtype == np.float32:
        return values
    return np.divide(values, np.float32(np.iinfo(values.dtype).max), dtype=np.float32)


def _sane(values: np.ndarray) -> tuple[np.ndarray, int]:
    """`values` with 0 for NaN and nothing beyond the largest half, and how many pixels had such."""
    if values.dtype != np.float32:
        return values, 0
    good = np.abs(values) <= _BRIGHTEST  # false for NaN
    if good.all():
        return values, 0
    pixels = int((~good).any(axis=-1).sum() if good.ndim == 3 else (~good).sum())
    return np.clip(np.nan_to_num(values, nan=0.0), -_BRIGHTEST, _BRIGHTEST), pixels
