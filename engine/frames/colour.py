"""From the source's colour space to the display-referred sRGB that the networks know."""

from __future__ import annotations

import contextlib
import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..protocol import ErrorCode, PlatelightError

_LINEAR = "Linear Rec.709 (sRGB)"
_ALSO_LINEAR = ("Linear Rec.709", "lin_rec709", "Utility - Linear - sRGB", "Utility - Linear - Rec.709", "lin_srgb")
"""What configurations without interchange roles call it: Blender's, those of ACES 1."""
_INTERCHANGE = ("aces_interchange", "cie_xyz_d65_interchange")
_BUILT_IN = "studio-config-latest"
_KNEE = 0.6
_PROBE = np.array([[[0.0, 0.0, 0.0], [0.18, 0.18, 0.18], [0.5, 0.5, 0.5], [0.8, 0.4, 0.1], [1.0, 1.0, 1.0]]], dtype=np.float32)

Values = Callable[[np.ndarray], np.ndarray]
"""float32 (H, W, 3) to float32 (H, W, 3)."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What turns frames into display-referred sRGB in [0, 1]: first `to_linear`, from the source's colour space to linear Rec.709,
    where that is needed; then `curve`. `notice`: what the user should know of it, a sentence."""

    curve: Values
    to_linear: Values | None = None
    notice: str = ""

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return self.curve(self.to_linear(values) if self.to_linear else values)


def look(color_space: str, *, ocio_config: str, is_float: bool) -> Look:
    """Return what turns frames of `color_space` into display-referred sRGB.

    Args:
        color_space: a name in the configuration; empty means sRGB for integers and linear Rec.709 for floats.
        ocio_config: path of a configuration; empty means ``$OCIO`` or else OpenColorIO's own.
        is_float: whether the source holds floating-point numbers.

    Raises:
        PlatelightError: `color_space_unknown`.
    """
    if not color_space:
        return Look(curve=from_linear if is_float else clip)
    to_linear, notice = _to_linear(color_space, ocio_config)
    if to_linear is None:
        return Look(curve=clip)
    seen = to_linear(_PROBE)
    if np.allclose(seen, decode_srgb(_PROBE), atol=1e-3):
        return Look(curve=clip)
    if seen.max() > 1.001 or np.allclose(seen, _PROBE, atol=1e-3) or abs(seen[0, 2, 1] - 0.5) < 1e-3:
        return Look(curve=from_linear, to_linear=to_linear, notice=notice)
    return Look(curve=lambda values: encode_srgb(clip(values)), to_linear=to_linear, notice=notice)


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


def _to_linear(color_space: str, ocio_config: str) -> tuple[Values | None, str]:
    """From `color_space` to linear Rec.709, None for data, which is shown as it is; and what the user should know of it."""
    import PyOpenColorIO as ocio

    ocio.SetLoggingLevel(ocio.LOGGING_LEVEL_NONE)
    named = ocio_config or (f"{os.environ['OCIO']}, which $OCIO names" if os.environ.get("OCIO") else "the configuration")
    config = _config(ocio, ocio_config)
    space = config.getColorSpace(color_space)
    if space is None:
        near = difflib.get_close_matches(color_space, config.getColorSpaceNames(), n=3, cutoff=0.4)
        hint = f"; near to it: {', '.join(near)}" if near else ""
        raise PlatelightError(ErrorCode.COLOR_SPACE_UNKNOWN, f"{color_space!r} is not in {named}{hint}")
    if space.isData():
        return None, ""
    try:
        _check_files(ocio, config)
        processor, notice = _processor(ocio, config, space.getName())
        cpu = processor.getDefaultCPUProcessor()
    except (ocio.Exception, ocio.ExceptionMissingFile) as error:
        raise PlatelightError(ErrorCode.COLOR_SPACE_UNKNOWN, f"{color_space!r} of {named}: {_in_one_line(error)}") from error

    def convert(values: np.ndarray) -> np.ndarray:
        linear = np.array(values, dtype=np.float32, order="C")
        cpu.applyRGB(linear)
        return linear

    return convert, notice


def _processor(ocio: Any, config: Any, space: str) -> tuple[Any, str]:
    """Return the way from `space` to linear Rec.709 that the configuration knows best, and a notice where that is a guess.

    Without interchange roles OpenColorIO would try each space in turn, and fail at the first that lacks a file.
    """
    if config.getColorSpace(_LINEAR) is not None:
        return config.getProcessor(space, _LINEAR), ""
    if any(config.hasRole(role) for role in _INTERCHANGE):
        return ocio.Config.GetProcessorToBuiltinColorSpace(config, space, _LINEAR), ""
    if known := next((name for name in _ALSO_LINEAR if config.getColorSpace(name) is not None), ""):
        return config.getProcessor(space, known), ""
    linear = config.getColorSpace("scene_linear")
    if linear is None:
        raise ocio.Exception("the configuration has neither interchange roles nor a role scene_linear")
    notice = (
        f"The OpenColorIO configuration doesn't say what its colours are (it has no interchange roles): {linear.getName()}, its "
        "scene_linear, is taken for linear Rec.709 (sRGB)"
    )
    return config.getProcessor(space, linear.getName()), notice


def _check_files(ocio: Any, config: Any) -> None:
    """Refuse pipes and devices among the files that the configuration names: OpenColorIO would wait for them, or read on for ever.

    Raises:
        PlatelightError: `color_space_unknown`.
    """
    context, ways = config.getCurrentContext(), (ocio.COLORSPACE_DIR_TO_REFERENCE, ocio.COLORSPACE_DIR_FROM_REFERENCE)
    waiting = [space.getTransform(way) for space in config.getColorSpaces() for way in ways]
    while waiting:
        transform = waiting.pop()
        if isinstance(transform, ocio.GroupTransform):
            waiting += list(transform)
        elif isinstance(transform, ocio.FileTransform):
            with contextlib.suppress(ocio.Exception, ocio.ExceptionMissingFile):  # of a space that may not be needed
                file = Path(context.resolveFileLocation(transform.getSrc()))
                if not file.is_file():
                    raise PlatelightError(ErrorCode.COLOR_SPACE_UNKNOWN, f"{file} is a pipe or a device, not a file")


def _config(ocio: Any, path: str) -> Any:
    wanted = path or os.environ.get("OCIO", "")
    called = f"$OCIO names the configuration {wanted}" if not path else f"the OpenColorIO configuration is {path}"
    if wanted and not wanted.startswith("ocio://") and not Path(wanted).is_file():
        raise PlatelightError(ErrorCode.COLOR_SPACE_UNKNOWN, f"{called}, and that file is not there")
    try:
        if not wanted:
            return ocio.Config.CreateFromBuiltinConfig(_BUILT_IN)
        return ocio.Config.CreateFromFile(wanted)
    except (ocio.Exception, ocio.ExceptionMissingFile) as error:
        raise PlatelightError(ErrorCode.COLOR_SPACE_UNKNOWN, f"{called}, which cannot be read: {_in_one_line(error)}") from error


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
