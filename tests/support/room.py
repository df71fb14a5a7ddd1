"""A view with known answers: a wide room whose floor, left wall and far wall have known normals.

The camera is tilted about all its axes, so that no normal lies along one: a wrong sign can't look like a right one.
"""

import numpy as np

from engine.lab.training.data.clips import Intrinsics

HEIGHT, WIDTH = 24, 32
ANGLE = np.pi / 3
FOCAL = WIDTH / 2 / np.tan(ANGLE / 2)
CAMERA = Intrinsics(FOCAL, FOCAL, (WIDTH - 1) / 2, (HEIGHT - 1) / 2)
FRONT = (0.0, 0.0, 1.0)
RIGHT, UP, BACK = (np.array(v) / np.linalg.norm(v) for v in ((0.96, 0.08, 0.27), (-0.12, 0.97, 0.2), (-0.25, -0.2, 0.95)))
"""Of the left wall, the floor and the far wall."""


def rays(camera: Intrinsics = CAMERA) -> np.ndarray:
    """`(H, W, 3)` directions through the pixels of a camera that looks through its middle, one unit away from it."""
    y, x = np.mgrid[: round(2 * camera.cy + 1), : round(2 * camera.cx + 1)]
    return np.stack([(x - camera.cx) / camera.fx, -(y - camera.cy) / camera.fy, -np.ones(x.shape)], -1)


def plane(normal: np.ndarray | tuple[float, ...], distance: float) -> np.ndarray:
    """Depth `(H, W)` of the plane with that normal at that distance from the camera; infinite where it isn't seen."""
    toward = -(rays() @ np.asarray(normal, float))
    return np.where(toward > 1e-9, distance / np.maximum(toward, 1e-9), np.inf)


def room() -> tuple[np.ndarray, np.ndarray]:
    """Depth and normals, ours, of floor, left wall and far wall."""
    depths = np.stack([plane(UP, 1.0), plane(RIGHT, 1.2), plane(BACK, 4.0)])
    return depths.min(0), np.stack([UP, RIGHT, BACK])[depths.argmin(0)]


def degrees(a: np.ndarray, b: np.ndarray | tuple[float, ...]) -> np.ndarray:
    """Angles between unit vectors."""
    return np.degrees(2 * np.arcsin(np.clip(np.linalg.norm(np.asarray(a, float) - b, axis=-1) / 2, 0, 1)))
