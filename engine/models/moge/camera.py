"""Where the camera of a point map is: its focal length, and how far the points must be moved along its axis.

A point map is known up to its place on the axis: ``focal * xy / (z + shift) = uv`` for every pixel tells both (MoGe, arXiv
2410.19115, section 3.1). Lengths of the picture are in half diagonals, so that `uv` of its corners has length 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

GRID = 64
"""Points in a row and in a column that are asked."""
_LEAST_POINTS = 2
_ROUNDS, _DAMPING = 100, 1e-3
_SMALL = 1e-9


@dataclass(frozen=True, kw_only=True)
class Camera:
    """`focal`: focal length in half diagonals of the picture. `shift`: what is added to `z`, in the point map's unit. `known`:
    whether there was anything to tell them from."""

    focal: float
    shift: float
    known: bool = True


def view_plane(height: int, width: int, *, aspect: float | None = None, like: torch.Tensor | None = None) -> torch.Tensor:
    """Where the pixels are on the picture, x right, y down.

    Args:
        height, width: of the grid.
        aspect: width over height of the picture, where its pixels are not square.
        like: for device and type.

    Returns:
        [2, height, width].
    """
    aspect = aspect or width / height
    across, down = aspect / math.hypot(1.0, aspect), 1.0 / math.hypot(1.0, aspect)
    options = {"device": like.device, "dtype": like.dtype} if like is not None else {}
    u = torch.linspace(-across * (width - 1) / width, across * (width - 1) / width, width, **options)
    v = torch.linspace(-down * (height - 1) / height, down * (height - 1) / height, height, **options)
    return torch.stack([u.expand(height, width), v[:, None].expand(height, width)])


def focal_of(fov: float, *, aspect: float) -> float:
    """Return the focal length in half diagonals of a horizontal field of view in degrees. `aspect`: width over height."""
    return aspect / math.hypot(1.0, aspect) / math.tan(math.radians(fov) / 2)


def fov_of(focal: float, *, aspect: float) -> float:
    """Return the horizontal field of view in degrees of a focal length in half diagonals."""
    return math.degrees(2 * math.atan(aspect / math.hypot(1.0, aspect) / focal))


def locate(points: torch.Tensor, mask: torch.Tensor, *, focal: float | None = None) -> Camera:
    """Return the camera of a point map.

    Args:
        points: [3, H, W], one pixel of the map for each of the picture.
        mask: bool [H, W], where there are points.
        focal: where it is known; then only the shift is told.
    """
    height, width = mask.shape
    rows, columns = (torch.arange(GRID, device=mask.device) * side // GRID for side in (height, width))
    kept = mask[rows[:, None], columns].flatten()
    sampled = points[:, rows[:, None], columns].flatten(1)[:, kept].double().cpu().numpy()
    uv = view_plane(height, width)[:, rows.cpu()[:, None], columns.cpu()].flatten(1)[:, kept.cpu()].double().numpy()
    if uv.shape[1] < _LEAST_POINTS:
        return Camera(focal=focal or 1.0, shift=0.0, known=False)
    shift = _best_shift(sampled[:2], sampled[2], uv, focal=focal)
    if focal is None:
        seen = sampled[:2] / (sampled[2] + shift)
        focal = float((seen * uv).sum() / max((seen * seen).sum(), _SMALL))
    return Camera(focal=focal, shift=shift)


def _best_shift(xy: np.ndarray, z: np.ndarray, uv: np.ndarray, *, focal: float | None) -> float:
    """Return the least squares of ``focal * xy / (z + shift) - uv`` by Levenberg and Marquardt's way, from 0. Where no focal
    length is
    given, each shift has its best one (variable projection)."""
    shift, damping = 0.0, _DAMPING
    error, slope = _residuals(xy, z, uv, shift=shift, focal=focal)
    for _ in range(_ROUNDS):
        curvature = float(slope @ slope)
        step = -float(slope @ error) / (curvature * (1 + damping) + _SMALL)
        tried, tried_slope = _residuals(xy, z, uv, shift=shift + step, focal=focal)
        if np.isfinite(tried).all() and tried @ tried <= error @ error:
            shift, error, slope, damping = shift + step, tried, tried_slope, damping / 10
            if abs(step) <= _SMALL * (1 + abs(shift)):
                break
        else:
            damping = max(damping, _SMALL) * 10
            if damping > 1 / _SMALL:
                break
    return shift


def _residuals(
    xy: np.ndarray, z: np.ndarray, uv: np.ndarray, *, shift: float, focal: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the errors at a shift and how they change with it, each flat."""
    with np.errstate(all="ignore"):
        depth = z + shift
        seen = xy / depth
        change = -seen / depth
        if focal is not None:
            return (focal * seen - uv).ravel(), (focal * change).ravel()
        squares = (seen * seen).sum()
        best = (seen * uv).sum() / squares
        best_change = ((change * uv).sum() - 2 * best * (seen * change).sum()) / squares
        return (best * seen - uv).ravel(), (best_change * seen + best * change).ravel()
