"""From FFmpeg's pixel formats to RGB, keeping more than 8 bits where there are more, with the right matrix and range."""

from __future__ import annotations

import av
import numpy as np
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from .picture import Picture

_UNSPECIFIED = 2
_HD_HEIGHT = 720
_EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


def has_alpha(pixel_format: av.VideoFormat) -> bool:
    return pixel_format.name.startswith(("rgba", "bgra", "argb", "abgr", "yuva", "gbrap", "ya", "ayuv", "vuya"))


def is_float(pixel_format: av.VideoFormat) -> bool:
    return "f32" in pixel_format.name or "f16" in pixel_format.name


def picture(frame: av.VideoFrame, *, reformatter: VideoReformatter | None = None) -> Picture:
    """Return a decoded frame as RGB: uint8 for 8-bit formats, uint16 for deeper ones, float32 for floating-point ones.

    The matrix is the one that the file names; where it names none, BT.709 from 720 lines on and BT.601 below. Without a
    range, limited for YUV. Rotation metadata is applied.
    """
    kind = frame.format
    alpha = has_alpha(kind)
    if is_float(kind):
        target = "gbrapf32le" if alpha else "gbrpf32le"
    elif max(component.bits for component in kind.components) > 8:
        # Planar on purpose: FFmpeg 8 gets green wrong on the way from 4:2:0 to interleaved 16-bit RGB.
        target = "gbrap16le" if alpha else "gbrp16le"
    else:
        target = "rgba" if alpha else "rgb24"
    matrix = None
    if not kind.is_rgb and frame.colorspace == _UNSPECIFIED:
        matrix = Colorspace.ITU709 if frame.height >= _HD_HEIGHT else Colorspace.ITU601
    reformatter = reformatter or VideoReformatter()
    image = reformatter.reformat(frame, format=target, src_colorspace=matrix, interpolation=_EXACT, threads=1).to_ndarray()
    image = np.rot90(image, k=quarter_turns(frame))
    return Picture(rgb=np.ascontiguousarray(image[..., :3]), alpha=np.ascontiguousarray(image[..., 3]) if alpha else None)


def quarter_turns(frame: av.VideoFrame) -> int:
    """Return how often the picture must be turned by 90 degrees counter-clockwise to stand upright."""
    return round(frame.rotation / 90) % 4
