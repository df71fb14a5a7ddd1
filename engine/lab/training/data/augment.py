"""Crops and camera faults for training pictures: what lies between a clean render and a plate."""

import cv2
import numpy as np


def cut(
    frame: np.ndarray, normals: np.ndarray, depth: np.ndarray, *, size: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a random window of a frame, its normals and its depth, resized to `size` (height, width), half of the time mirrored,
    more often than not all of it.

    Args:
        frame: `(H, W, 3)` uint8.
        normals: `(H, W, 3)`, zero where there is no surface.
        depth: `(H, W)`, zero where it isn't known.
        size: of the result, pixels.

    Returns:
        `(h, w, 3)` float32 frame in [0, 1], `(h, w, 3)` float32 normals, unit length or zero, and `(h, w)` float32 depth.
    """
    height, width = frame.shape[:2]
    share = 1.0 if rng.random() < 0.55 else rng.uniform(0.35, 1.0)
    fit = min(height / size[0], width / size[1]) * share
    rows, columns = max(int(size[0] * fit), 8), max(int(size[1] * fit), 8)
    top, left = rng.integers(height - rows + 1), rng.integers(width - columns + 1)
    window = np.s_[top : top + rows, left : left + columns]
    method = cv2.INTER_AREA if fit > 1 else cv2.INTER_LINEAR
    frame = cv2.resize(np.ascontiguousarray(frame[window]), size[::-1], interpolation=method)
    normals = cv2.resize(normals[window].astype(np.float32), size[::-1], interpolation=method)
    depth = cv2.resize(depth[window].astype(np.float32), size[::-1], interpolation=cv2.INTER_NEAREST)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    normals = np.where(length > 0.5, normals / np.maximum(length, 1e-6), 0)
    if rng.random() < 0.5:
        frame, normals, depth = frame[:, ::-1], normals[:, ::-1] * np.array([-1, 1, 1], dtype=np.float32), depth[:, ::-1]
    return frame.astype(np.float32) / 255, normals.astype(np.float32), depth


def roll(frame: np.ndarray, normals: np.ndarray, depth: np.ndarray, *, degrees: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return frame, normals and depth (as in `cut`) turned anticlockwise about the middle; what comes in at the corners is no
    surface."""
    height, width = frame.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), degrees, 1.0)
    frame = cv2.warpAffine(np.ascontiguousarray(frame), turn, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    normals = cv2.warpAffine(normals.astype(np.float32), turn, (width, height), flags=cv2.INTER_NEAREST)
    depth = cv2.warpAffine(depth.astype(np.float32), turn, (width, height), flags=cv2.INTER_NEAREST)
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    about_view = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]], dtype=np.float32)
    return frame, normals @ about_view.T, depth


def spoil(frame: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Grading, lens and motion blur, over-sharpening, a vignette: faults that stay still over a shot.

    Takes and gives `(H, W, 3)` float32 in [0, 1].
    """
    if rng.random() < 0.8:
        frame = np.clip(frame, 0, 1) ** np.exp(rng.normal() * 0.25) * np.exp(rng.normal() * 0.15)
        grey = frame.mean(-1, keepdims=True)
        frame = grey + (frame - grey) * rng.uniform(0.2, 1.7)
        frame = frame * (1 + rng.normal(size=3) * 0.08).astype(np.float32)
        frame = frame[..., rng.permutation(3)] if rng.random() < 0.2 else frame
        frame = (frame - 0.5) * rng.uniform(0.75, 1.3) + 0.5
    fate = rng.random()
    if fate < 0.15:
        frame = cv2.GaussianBlur(frame, (0, 0), rng.uniform(0.4, 1.6))
    elif fate < 0.25:
        frame = frame + (frame - cv2.GaussianBlur(frame, (0, 0), 1.0)) * rng.uniform(0.3, 1.5)
    elif fate < 0.32:
        length, angle = int(rng.integers(3, 8)), rng.uniform(0, np.pi)
        kernel = np.zeros((length, length), dtype=np.float32)
        middle = (length - 1) / 2
        for step in np.linspace(-middle, middle, 2 * length):
            row, column = round(middle + step * np.sin(angle)), round(middle + step * np.cos(angle))
            kernel[row, column] += 1
        frame = cv2.filter2D(frame, -1, kernel / kernel.sum())
    if rng.random() < 0.2:
        rows, columns = np.linspace(-1, 1, frame.shape[0])[:, None], np.linspace(-1, 1, frame.shape[1])
        frame = frame * (1 - rng.uniform(0.1, 0.6) * (rows**2 + columns**2) / 2)[..., None]
    return np.clip(frame, 0, 1).astype(np.float32)


def grain(frame: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Sensor noise and compression: faults that change from frame to frame. `(H, W, 3)` float32 in [0, 1] both ways."""
    if rng.random() < 0.6:
        strength = abs(rng.normal()) * 0.03
        frame = frame + rng.standard_normal(frame.shape, dtype=np.float32) * strength * np.sqrt(frame + 0.05)
    frame = np.clip(frame, 0, 1)
    if rng.random() < 0.4:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 96))]
        coded = cv2.imencode(".jpg", np.rint(frame * 255).astype(np.uint8), quality)[1]
        frame = cv2.imdecode(coded, cv2.IMREAD_COLOR).astype(np.float32) / 255
    return frame.astype(np.float32)
