"""Normals from a depth map that don't smear over its edges.

A plane seen by a pinhole camera has an inverse depth that is affine in the image: with x to the right and y up at unit distance,
1 / z = A x + B y + C, and its normal toward the camera is (-A, -B, C), normalised. So a plane is fitted to the inverse depth in a
small window around every pixel by least squares. Where a window holds two surfaces it fits badly; therefore each pixel takes the
best of the nine windows that are shifted by no more than their radius and still hold it (as in Kuwahara's filter), and its own
window where that is as good as any. A pixel whose best window fits badly lies on something smaller than a window: it's invalid.
"""

import itertools

import cv2
import numpy as np

from .clips import Intrinsics

_SLACK, _BEND = 2.0, 0.015
"""A pixel's own window serves if it fits this much worse than the best one, or as well as a bend of some three degrees a pixel."""


def depth_normals(
    depth: np.ndarray, intrinsics: Intrinsics, *, radius: int = 1, noise: float = 1e-6, tolerance: float = 2e-3
) -> tuple[np.ndarray, np.ndarray]:
    """Return camera-space normals of a depth map.

    Args:
        depth: `(H, W)` distance along the camera's axis, any unit; zero, negative, NaN or infinite where unknown.
        intrinsics: of the camera.
        radius: of a window in pixels. Coarsely stored depths (half floats) need 3 or more.
        noise: relative precision of the depths; windows that fit within it count as equally good.
        tolerance: relative misfit (root mean square) of a window above which it's no surface.

    Returns:
        normals `(H, W, 3)` float32, +X right, +Y up, +Z toward the camera, unit length, zero where invalid; valid `(H, W)` bool.

    Raises:
        ValueError: if the depth map has another shape, or the camera no focal length.
    """
    if depth.ndim != 2 or radius < 1 or min(intrinsics.fx, intrinsics.fy) <= 0:
        raise ValueError(
            f"A depth map is (H, W), a radius at least 1, a focal length positive: {depth.shape} {radius} {intrinsics}"
        )
    height, width = depth.shape
    known = np.isfinite(depth) & (depth > 0)
    inverse = np.where(known, 1 / np.where(known, depth.astype(np.float64), 1), 0)
    x = np.broadcast_to((np.arange(width) - intrinsics.cx) / intrinsics.fx, depth.shape)
    y = np.broadcast_to(-((np.arange(height) - intrinsics.cy) / intrinsics.fy)[:, None], depth.shape)
    planes, misfit = _fits(x, y, inverse, known, radius=radius)
    rows, columns = np.mgrid[:height, :width].astype(np.int32)
    row, column, least = rows, columns, misfit
    for down, right in itertools.product((-radius, 0, radius), repeat=2):
        there = _shifted(misfit, down, right)
        better = there < least
        row, column = np.where(better, rows + down, row), np.where(better, columns + right, column)
        least = np.minimum(there, least)
    own = misfit <= _SLACK * least + noise + _BEND * radius / min(intrinsics.fx, intrinsics.fy)
    row, column = np.where(own, rows, row), np.where(own, columns, column)
    best, best_misfit = planes[row, column], misfit[row, column]
    value = (best * np.stack([x, y, np.ones(depth.shape)], -1)).sum(-1)
    fits = np.abs(value - inverse) <= (3 * tolerance + 3 * noise) * inverse
    normals = best * (-1, -1, 1)
    length = np.linalg.norm(normals, axis=-1)
    valid = known & (best_misfit <= tolerance + noise) & fits & (length > 0)
    normals = np.where(valid[..., None], normals / np.where(valid, length, 1)[..., None], 0)
    return normals.astype(np.float32), valid


def _fits(x: np.ndarray, y: np.ndarray, inverse: np.ndarray, known: np.ndarray, *, radius: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the plane (A, B, C) that fits best around every pixel, and its relative misfit, infinite where there is none."""
    side = 2 * radius + 1

    def total(values: np.ndarray) -> np.ndarray:
        return cv2.boxFilter(np.where(known, values, 0.0), -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)

    count = total(np.ones(x.shape))
    enough = count > side * (side + 1) // 2 - 1
    safe = np.where(enough, count, 1)
    mean_x, mean_y, mean_w = total(x) / safe, total(y) / safe, total(inverse) / safe
    xx, yy, xy = total(x * x) - safe * mean_x**2, total(y * y) - safe * mean_y**2, total(x * y) - safe * mean_x * mean_y
    xw, yw = total(x * inverse) - safe * mean_x * mean_w, total(y * inverse) - safe * mean_y * mean_w
    ww = total(inverse * inverse) - safe * mean_w**2
    spread = xx * yy - xy**2
    enough &= spread > 1e-4 * (xx + yy) ** 2
    spread = np.where(enough, spread, 1)
    across, up = (xw * yy - yw * xy) / spread, (yw * xx - xw * xy) / spread
    squares = np.maximum(ww - across * xw - up * yw, 0)
    misfit = np.where(enough, np.sqrt(squares / safe) / np.where(mean_w > 0, mean_w, 1), np.inf)
    return np.stack([across, up, mean_w - across * mean_x - up * mean_y], -1), misfit


def _shifted(values: np.ndarray, down: int, right: int) -> np.ndarray:
    """`values[i + down, j + right]` at `[i, j]`, infinite from beyond the border."""
    result = np.full_like(values, np.inf)
    height, width = values.shape
    rows, columns = slice(max(-down, 0), height - max(down, 0)), slice(max(-right, 0), width - max(right, 0))
    from_rows, from_columns = slice(max(down, 0), height + min(down, 0)), slice(max(right, 0), width + min(right, 0))
    result[rows, columns] = values[from_rows, from_columns]
    return result
