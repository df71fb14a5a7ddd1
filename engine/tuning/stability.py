"""How much normals change from frame to frame beyond what moved: after warping by optical flow.

For each pair of neighbours the earlier frame's normals are carried to the later frame along the backward flow (DIS, OpenCV) and
compared there. Flow says where a point went, not that its surface turned: when the camera turns, all normals turn with it, so
where poses are known the earlier normals are also turned by the camera's own rotation before they are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from ..normals import angles, normalise

_RELATIVE, _ABSOLUTE = 0.01, 0.5
"""Sundaram et al. (ECCV 2010), eq. 5: |w + w'|^2 < 0.01 (|w|^2 + |w'|^2) + 0.5 pixels^2."""
_OPW_SHARPNESS = 50.0
_WHOLLY = 0.999
_LEAST_SIDE = 32


@dataclass(frozen=True, kw_only=True)
class Motion:
    """Where the pixels of a frame were in the frame before.

    `back`: float32 (H, W, 2), pixels right and down from a pixel to where it was. `inside`: bool (H, W), whether that place lies in
    the frame. `trusted`: bool (H, W), whether moreover the flow there leads back, so that the pixel was seen in both.
    """

    back: np.ndarray
    inside: np.ndarray
    trusted: np.ndarray


def measure_motion(before: np.ndarray, after: np.ndarray) -> Motion:
    """Return the motion between two neighbouring frames, uint8 (H, W, 3) sRGB."""
    grey = [cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY) for frame in (before, after)]
    return motion_of(back=dis_flow(grey[1], grey[0]), forth=dis_flow(grey[0], grey[1]))


def motion_of(*, back: np.ndarray, forth: np.ndarray) -> Motion:
    """Return the motion that two flows give: `back` from the later frame to the earlier, `forth` the other way, float32 (H, W,
    2)."""
    height, width = back.shape[:2]
    place = _places(back)
    inside = (place[..., 0] >= 0) & (place[..., 0] <= width - 1) & (place[..., 1] >= 0) & (place[..., 1] <= height - 1)
    returned = cv2.remap(forth, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    missed = np.square(back + returned).sum(-1)
    allowed = _RELATIVE * (np.square(back).sum(-1) + np.square(returned).sum(-1)) + _ABSOLUTE
    return Motion(back=back, inside=inside, trusted=inside & (missed < allowed))


def warp(values: np.ndarray, motion: Motion) -> np.ndarray:
    """`values` (H, W) or (H, W, C) of the earlier frame, seen from the later one; float32, bilinear, zero outside."""
    return cv2.remap(values.astype(np.float32), _places(motion.back), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def change(
    before: np.ndarray, after: np.ndarray, *, motion: Motion, valid: tuple[np.ndarray, np.ndarray], turn: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return how much the normals of the points seen in both frames changed.

    Args:
        before, after: normals (H, W, 3) of neighbouring frames.
        motion: between them.
        valid: bool (H, W) of each frame; a warped pixel counts when all it is made from does.
        turn: (3, 3), from the earlier camera's axes to the later one's, see `camera_turn`.

    Returns:
        degrees, float32 (H, W), and where they count, bool (H, W).
    """
    mask = motion.trusted & _both(valid, motion)
    earlier = normalise(before)
    if turn is not None:
        earlier = earlier @ turn.T.astype(np.float32)
    return angles(normalise(warp(earlier, motion)), normalise(after)), mask


def opw_pair(
    before: np.ndarray,
    after: np.ndarray,
    *,
    frames: tuple[np.ndarray, np.ndarray],
    motion: Motion,
    valid: tuple[np.ndarray, np.ndarray],
) -> float | None:
    """Return the warping error of one pair as NVDS (ICCV 2023, section 4.1) defines it for depth, on unit normals: the mean over
    pixels of
    exp(-50 |I' - warp(I)|^2) |n' - warp(n)|_1, colours in [0, 1]. None where no pixel counts.

    There is no consistency mask in it: the weight, by colour, stands for that.
    """
    mask = motion.inside & _both(valid, motion)
    if not mask.any():
        return None
    colour = warp(frames[0], motion)[mask] / 255.0 - frames[1][mask].astype(np.float32) / 255.0
    weight = np.exp(-_OPW_SHARPNESS * np.square(colour).sum(-1))
    moved = np.abs(normalise(warp(normalise(before), motion)) - normalise(after)).sum(-1)[mask]
    return float(np.mean(weight * moved, dtype=np.float64))


def camera_turn(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the rotation from an earlier camera's axes to a later one's, (3, 3), of two camera-to-world poses (3, 3) or (4, 4)
    whose
    camera axes are +X right, +Y up, +Z toward the camera's back."""
    return after[:3, :3].T @ before[:3, :3]


def flow_warped_change(
    frames: np.ndarray, normals: np.ndarray, *, valid: np.ndarray | None = None, poses: np.ndarray | None = None
) -> float:
    """Return the mean flow-warped angular change of a clip in degrees, pooled over its pairs; `nan` where nothing can be compared.

    Args:
        frames: uint8 (T, H, W, 3) sRGB.
        normals: (T, H, W, 3).
        valid: bool (T, H, W); everywhere by default. Give the truth's validity for a model's normals as well as for the true ones.
        poses: camera-to-world (T, 3, 3) or (T, 4, 4), to leave out the camera's own rotation.
    """
    total, pixels = 0.0, 0
    for degrees, mask in changes(frames, normals, valid=valid, poses=poses):
        total += float(degrees[mask].sum(dtype=np.float64))
        pixels += int(np.count_nonzero(mask))
    return total / pixels if pixels else float("nan")


def changes(
    frames: np.ndarray, normals: np.ndarray, *, valid: np.ndarray | None = None, poses: np.ndarray | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """`change` of every pair of neighbours of a clip; arguments as of `flow_warped_change`.

    Raises:
        ValueError: frames and normals differ in number or size.
    """
    if frames.shape != normals.shape or (valid is not None and valid.shape != frames.shape[:3]):
        raise ValueError(f"frames {frames.shape} and normals {normals.shape} don't belong together")
    everywhere = np.ones(frames.shape[1:3], dtype=bool)
    for index in range(len(frames) - 1):
        yield change(
            normals[index],
            normals[index + 1],
            motion=measure_motion(frames[index], frames[index + 1]),
            valid=(everywhere, everywhere) if valid is None else (valid[index], valid[index + 1]),
            turn=None if poses is None else camera_turn(poses[index], poses[index + 1]),
        )


def _both(valid: tuple[np.ndarray, np.ndarray], motion: Motion) -> np.ndarray:
    return (warp(valid[0], motion) > _WHOLLY) & valid[1]


def dis_flow(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Dense inverse search (Kroeger et al., ECCV 2016) between grey frames, uint8 (H, W): float32 (H, W, 2), pixels right and
    down from a pixel of `source` to its place in `target`. Very small frames are framed, as its pyramid needs some pixels."""
    height, width = source.shape
    below, beside = max(0, _LEAST_SIDE - height), max(0, _LEAST_SIDE - width)
    padded = [cv2.copyMakeBorder(grey, 0, below, 0, beside, cv2.BORDER_REPLICATE) for grey in (source, target)]
    method = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return np.ascontiguousarray(method.calc(padded[0], padded[1], None)[:height, :width])


def _places(back: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[0 : back.shape[0], 0 : back.shape[1]].astype(np.float32)
    return np.ascontiguousarray(back + np.stack([x, y], axis=-1), dtype=np.float32)
