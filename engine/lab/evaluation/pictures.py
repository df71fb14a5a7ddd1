"""Frames, normals, error maps and y-t slices as pictures for the report; arrays are uint8 (H, W, 3) sRGB."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import cv2
import matplotlib
import numpy as np

from ...frames.resize import shrink
from ...normals import normalise

WORST_DEGREES = 60.0
COLOURS = "inferno"
_WIDEST, _SLICE_WIDTH, _SLICE_HEIGHT = 480, 360, 240
_QUALITY = 90
_GREY = 96


def normals_picture(normals: np.ndarray, *, valid: np.ndarray | None = None) -> np.ndarray:
    """Return normals (H, W, 3) in the usual colours, -1..1 as 0..255; grey where `valid` (H, W) is False."""
    coloured = np.round((normalise(normals) * 0.5 + 0.5) * 255).astype(np.uint8)
    if valid is not None:
        coloured[~valid] = _GREY
    return coloured


def error_picture(degrees: np.ndarray) -> np.ndarray:
    """Return an error map (H, W) in degrees, from 0 (dark) to `WORST_DEGREES` (bright); grey where it is NaN."""
    shares = np.nan_to_num(degrees, nan=0) / WORST_DEGREES
    coloured = (matplotlib.colormaps[COLOURS](np.clip(shares, 0, 1))[..., :3] * 255).astype(np.uint8)
    coloured[np.isnan(degrees)] = _GREY
    return coloured


def depth_picture(inverse: np.ndarray, *, limits: tuple[float, float]) -> np.ndarray:
    """Inverse depth (H, W) from dark, far, to bright, near; `limits`: what is darkest and brightest."""
    shares = (inverse - limits[0]) / max(limits[1] - limits[0], 1e-9)
    return (matplotlib.colormaps[COLOURS](np.clip(shares, 0, 1))[..., :3] * 255).astype(np.uint8)


def slice_picture(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Return a y-t slice: the same column (H, 3) of each frame side by side, time to the right, widened to be seen."""
    picture = np.stack(columns, axis=1)
    wide = max(1, round(_SLICE_WIDTH / picture.shape[1]))
    picture = np.repeat(picture, wide, axis=1)
    height = min(picture.shape[0], _SLICE_HEIGHT)
    return np.ascontiguousarray(cv2.resize(picture, (picture.shape[1], height), interpolation=cv2.INTER_AREA))


def with_line(frame: np.ndarray) -> np.ndarray:
    """Return the frame with its middle column marked, where the y-t slice is taken."""
    marked, width = frame.copy(), max(1, frame.shape[1] // 160)
    marked[:, frame.shape[1] // 2 :][:, :width] = (255, 40, 40)
    return marked


def data_uri(picture: np.ndarray) -> str:
    """Return the picture within the page, as JPEG; wide ones are made smaller."""
    height, width = picture.shape[:2]
    if width > _WIDEST:
        picture = shrink(picture, size=(_WIDEST, max(1, round(height * _WIDEST / width))))
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise RuntimeError(f"a picture of {width}x{height} could not be encoded")
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"
