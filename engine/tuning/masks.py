"""Which pixels L_stable may compare: those that flow leads back to, away from depth's edges, not across a cut."""

from __future__ import annotations

import cv2
import numpy as np


def cycle_mask(flow: np.ndarray, other: np.ndarray, *, tolerance: float) -> np.ndarray:
    """Return pixels that come back: ``|O_b(O_a(x)) - x|_2 <= tolerance``, and whose place lies in the other frame.

    Args:
        flow: float32 (H, W, 2), pixels right and down from a frame to another.
        other: from the other frame to this one.
        tolerance: tau_c in pixels; not printed in any source found.

    Returns:
        bool (H, W).
    """
    height, width = flow.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    place = flow + np.stack([x, y], axis=-1)
    inside = (place[..., 0] >= 0) & (place[..., 0] <= width - 1) & (place[..., 1] >= 0) & (place[..., 1] <= height - 1)
    returned = cv2.remap(other, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return inside & (np.linalg.norm(flow + returned, axis=-1) <= tolerance)


def edge_mask(depth: np.ndarray, *, distance: int = 3, thresholds: tuple[float, float] = (100.0, 200.0)) -> np.ndarray:
    """Return pixels away from the edges that Canny finds in a predicted depth: flow is half a pixel off there, depth by metres.

    Args:
        depth: float (H, W), any scale; it is spread over 0 to 255 first.
        distance: pixels within this Manhattan distance of an edge are dropped.
        thresholds: Canny's; not printed in any source found.

    Returns:
        bool (H, W).
    """
    low, high = float(depth.min()), float(depth.max())
    if not high > low:
        return np.ones(depth.shape, dtype=bool)
    grey = np.rint((depth - low) * (255.0 / (high - low))).astype(np.uint8)
    edges = cv2.Canny(grey, *thresholds)
    return cv2.distanceTransform(255 - edges, cv2.DIST_L1, 3) > distance if edges.any() else np.ones(depth.shape, dtype=bool)


def pairs_between(count: int, cuts: tuple[int, ...]) -> list[int]:
    """Return the first frames of the pairs of neighbours that no cut parts. `cuts`: indices of the first frames of new shots."""
    return [index for index in range(count - 1) if index + 1 not in cuts]
