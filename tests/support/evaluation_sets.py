"""Small sets with true normals, written in every layout that evaluation reads."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import OpenEXR

from engine.lab.training.data.clips import write_clip

HEIGHT, WIDTH = 64, 96


def scene(step: float, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A frame, uint8 (H, W, 3), and its normals, float32 (H, W, 3): a ball that has gone right by `step`, before a slanted wall.
    The four topmost lines are sky, without normals."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    right, up = (x - 40 - step) / 22, (34 - y) / 22
    across = right**2 + up**2
    ball = across < 0.96
    normals = np.broadcast_to(np.float32([0.6, 0, 0.8]), (HEIGHT, WIDTH, 3)).copy()
    normals[ball] = np.stack([right, up, np.sqrt(np.clip(1 - across, 0, None))], axis=-1)[ball]
    noise = np.random.default_rng(seed).uniform(60, 230, (HEIGHT // 8, WIDTH // 8, 3)).astype(np.float32)
    frame = cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) * (0.3 + 0.7 * normals[..., 2:])
    normals[:4] = 0
    return np.clip(frame, 0, 255).astype(np.uint8), normals


def clips(folder: Path, names: tuple[str, ...] = ("one", "two"), *, frames: int = 3, poses: bool = True) -> Path:
    """Training clips."""
    for seed, name in enumerate(names):
        shots = [scene(2.0 * index, seed=seed) for index in range(frames)]
        write_clip(
            folder / name,
            frames=np.stack([frame for frame, _ in shots]),
            normals=np.stack([normals for _, normals in shots]),
            poses=np.stack([np.eye(4)] * frames) if poses else None,
        )
    return folder


def write_exr(path: Path, normals: np.ndarray, *, names: tuple[str, str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = {name: np.ascontiguousarray(normals[..., index], dtype=np.float32) for index, name in enumerate(names)}
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}, channels).write(str(path))


def tool(folder: Path, names: tuple[str, ...] = ("one", "two"), *, frames: int = 3, axes: tuple[int, int, int] = (1, 1, 1)) -> Path:
    """What a perfect tool would have written for `clips`, were its axes `axes`."""
    for seed, name in enumerate(names):
        for index in range(frames):
            normals = scene(2.0 * index, seed=seed)[1] * np.float32(axes)
            normals[:4] = (0, 0, 1)
            write_exr(folder / name / f"render.{1001 + index}.exr", normals, names=("Normal.X", "Normal.Y", "Normal.Z"))
    return folder


def dsine(folder: Path, name: str, *, scenes: dict[str, int]) -> Path:
    """One of the four sets of dsine_eval; `scenes`: how many frames each has. Its normals have x to the left."""
    for place, count in scenes.items():
        for index in range(count):
            frame, normals = scene(2.0 * index)
            stored = normals * np.float32([-1, 1, 1])
            stem = folder / name / place / (f"frame_{index + 1:04d}" if name == "sintel" else f"{index * 30:06d}")
            stem.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(f"{stem}_img.png", frame[..., ::-1])
            if name in ("nyuv2", "scannet"):
                packed = np.round((stored + 1) / 2 * 255).astype(np.uint8)
                packed[np.linalg.norm(normals, axis=-1) == 0] = 0
                cv2.imwrite(f"{stem}_normal.png", packed[..., ::-1])
            else:
                write_exr(Path(f"{stem}_normal.exr"), stored, names=("R", "G", "B"))
            np.save(f"{stem}_intrins.npy", np.eye(3))
    return folder / name
