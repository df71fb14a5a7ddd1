"""From other sets' axes to ours, and the check that it was right: what a camera sees faces it."""

import numpy as np

from ..clips import Intrinsics

HYPERSIM = (1, 1, 1)
"""Right, up, away from where the camera looks: the set's own documentation of its camera axes."""
KEN_BURNS = (1, 1, -1)
"""Right, up, away from the camera: Unreal's view axes. Its author says only that y is Unreal's; others who train on the set turn y
and take the rest for OpenCV's."""
OPENCV = (1, -1, -1)
"""Right, down, away from the camera."""
OMNIDATA = OPENCV
"""Omnidata's own loader takes its images to PyTorch3D's left, up, away by turning x and y, not z; others who train on them read
them as OpenCV's, too. Its maintainer's answer has z toward the camera."""

FACING_AWAY = 0.05


def facing_share(normals: np.ndarray, valid: np.ndarray, intrinsics: Intrinsics) -> float:
    """Return the share of valid pixels whose surface turns its back on the camera.

    Args:
        normals: `(H, W, 3)`, our axes.
        valid: `(H, W)` bool.
        intrinsics: of the camera.
    """
    if not valid.any():
        return 0.0
    height, width = valid.shape
    x = (np.arange(width) - intrinsics.cx) / intrinsics.fx
    y = -(np.arange(height) - intrinsics.cy)[:, None] / intrinsics.fy
    toward = normals[..., 2] - x * normals[..., 0] - y * normals[..., 1]
    return float((toward[valid] < -0.02).mean())


def check_facing(normals: np.ndarray, valid: np.ndarray, intrinsics: Intrinsics, *, name: str) -> None:
    """Raise ValueError if too much faces away: the set's axes aren't what its reader takes them for. Names the file."""
    share = facing_share(normals, valid, intrinsics)
    if share > FACING_AWAY:
        raise ValueError(f"{name}: {share:.0%} of the surface faces away from the camera; are its axes what the reader thinks?")
