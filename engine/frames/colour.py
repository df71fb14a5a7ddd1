"""From the source's colour space to the display-referred sRGB that the networks know."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..protocol import ErrorCode, PlatelightError

_LINEAR = "Linear Rec.709 (sRGB)"
_BUILT_IN = "studio-config-latest"
_KNEE = 0.6
_PROBE = np.array([[[0.0, 0.0, 0.0], [0.18, 0.18, 0.18], [0.5, 0.5, 0.5], [0.8, 0.4, 0.1], [1.0, 1.0, 1.0]]], dtype=np.float32)

Look = Callable[[np.ndarray], np.ndarray]
"""float32 (H, W, 3) in the source's colour space -> float32 (H, W, 3) display-referred sRGB in [0, 1]."""


def look(color_space: str, *, ocio_config: str, is_float: bool) -> Look:
    """What turns frames of `color_space` into display-referred sRGB.

    Args:
        color_space: a name in the configuration; empty means sRGB for integers and linear Rec.709 for floats.
        ocio_config: path of a configuration; empty means ``$OCIO`` or else OpenColorIO's own.
        is_float: whether the source holds floating-point numbers.

    Raises:
        PlatelightError: `color_space_unknown`.
    """
    if not color_space:
        return from_linear if is_float else clip
    to_linear = _to_linear(color_space, ocio_config)
    if to_linear is None:
        return clip
    seen = to_linear(_PROBE)
    if np.allclose(seen, decode_srgb(_PROBE), atol=1e-3):
        return clip
    if seen.max() > 1.001 or np.allclose(seen, _PROBE, atol=1e-3) or abs(seen[0, 2, 1] - 0.5) < 1e-3:
        return lambda values: from_linear(to_linear(values))
    return lambda values: encode_srgb(clip(to_linear(values)))


def clip(values: np.ndarray) -> np.ndarray:
    return np.clip(values, 0.0, 1.0)


def from_linear(values: np.ndarray) -> np.ndarray:
    """Scene-linear Rec.709 to sRGB. What is darker than 0.6 stays as it is; above, a shoulder of slope 1 at the knee rolls off
    to 1 at infinity: ``k + (1 - k) t / (1 + t)`` with ``t = (x - k) / (1 - k)``, so that highlights keep their shape."""
    over = np.maximum(values - _KNEE, 0.0) / (1.0 - _KNEE)
    return encode_srgb(np.where(values > _KNEE, _KNEE + (1.0 - _KNEE) * over / (1.0 + over), np.maximum(values, 0.0)))


def encode_srgb(linear: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1, linear [0, 1] to encoded [0, 1]."""
    curve = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, linear * 12.92, curve).astype(np.float32)


def decode_srgb(encoded: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1, encoded [0, 1] to linear [0, 1]."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _to_linear(color_space: str, ocio_config: str) -> Look | None:
    """From `color_space` to linear Rec.709; None for data, which is shown as it is."""
    import PyOpenColorIO as ocio

    ocio.SetLoggingLevel(ocio.LOGGING_LEVEL_NONE)
    config = _config(ocio, ocio_config)
    space = config.getColorSpace(color_space)
    if space is None:
        near = difflib.get_close_matches(color_space, config.getColorSpaceNames(), n=3, cutoff=0.4)
        hint = f"; near to it: {', '.join(near)}" if near else ""
        where = ocio_config or "the configuration"
        raise PlatelightError(ErrorCode.COLOR_SPACE_UNKNOWN, f"{color_space!r} is not in {where}{hint}")
    if space.isData():
        return None
    try:
        if config.getColorSpace(_LINEAR) is not None:
            processor = config.getProcessor(space.getName(), _LINEAR)
        else:
            processor = ocio.Config.GetProcessorToBuiltinColorSpace(config, space.getName(), _LINEAR)
        cpu = processor.getDefaultCPUProcessor()
    except ocio.Exception as error:
        raise PlatelightError(ErrorCode.COLOR_SPACE_UNKNOWN, f"{color_space!r}: {error}") from error

    def convert(values: np.ndarray) -> np.ndarray:
        linear = np.array(values, dtype=np.float32, order="C")
        cpu.applyRGB(linear)
        return linear

    return convert


def _config(ocio: object, path: str) -> object:
    try:
        if path:
            if not Path(path).is_file():
                raise PlatelightError(ErrorCode.COLOR_SPACE_UNKNOWN, f"there is no OpenColorIO configuration at {path}")
            return ocio.Config.CreateFromFile(path)
        return ocio.Config.CreateFromEnv() if os.environ.get("OCIO") else ocio.Config.CreateFromBuiltinConfig(_BUILT_IN)
    except ocio.Exception as error:
        raise PlatelightError(ErrorCode.COLOR_SPACE_UNKNOWN, f"the OpenColorIO configuration cannot be read: {error}") from error
