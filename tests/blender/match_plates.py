"""Plates whose light is known: painted balls on a floor before a wall, shaded by numpy under one sun and an even sky."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from footage import write_exr, write_normal
from platelight.addon.blender import clips
from platelight.addon.compositor import passes
from strips import image_strip

WIDTH, HEIGHT = 64, 36
SUN, SKY = np.array((1.5, 1.3, 1.0)), np.array((0.3, 0.36, 0.45))


def unit(*direction: float) -> np.ndarray:
    return np.array(direction) / np.linalg.norm(direction)


def room(*, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Normals (H, W, 3) in camera space and the albedo (H, W, 3): checkers and grain on paints of their own.

    Args:
        shift: of the balls.
    """
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    across, up = (x + 0.5) / WIDTH * 2 - 1, (1 - (y + 0.5) / HEIGHT * 2) * HEIGHT / WIDTH
    wall = up > 0.1
    normal = np.where(wall[..., None], unit(0.1, 0.05, 1), unit(0, 0.95, 0.31))
    paint = np.where(wall, 1, 0)
    for index, (right, top, radius) in enumerate(((-0.55, 0.0, 0.4), (0.25, -0.15, 0.35), (0.75, 0.25, 0.25))):
        away = np.stack((across - right - shift, up - top), -1) / radius
        inside = (away**2).sum(-1) < 0.97
        ball = np.concatenate((away, np.sqrt(np.maximum(1 - (away**2).sum(-1, keepdims=True), 0.0))), -1)
        normal = np.where(inside[..., None], ball, normal)
        paint = np.where(inside, 2 + index, paint)
    paints = np.array(((0.5, 0.45, 0.4), (0.35, 0.4, 0.42), (0.6, 0.3, 0.25), (0.25, 0.45, 0.6), (0.5, 0.5, 0.3)))
    checker = np.where((np.floor(across * 9) + np.floor(up * 9)) % 2, 1.0, 0.6)
    grain = np.exp(0.1 * np.random.default_rng(3).standard_normal((HEIGHT, WIDTH)))
    return normal / np.linalg.norm(normal, axis=-1, keepdims=True), paints[paint] * (checker * grain)[..., None]


def lit(normal: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """The light of sun and sky on normals (H, W, 3)."""
    return SKY + SUN * np.maximum(normal @ direction, 0)[..., None]


def write(folder: Path, frame: int, *, plate: np.ndarray, normal: np.ndarray) -> Path:
    """A frame of the plate and of its normals; gives the plate's file."""
    write_normal(folder / "normal" / f"plate.{frame:04d}.exr", normal)
    planes = {name: np.ascontiguousarray(plate[..., index], np.float32) for index, name in enumerate("RGB")}
    return write_exr(folder / f"plate.{frame:04d}.exr", planes)


def attach(scene: bpy.types.Scene, folder: Path, files: list[Path]) -> None:
    """The frames from 1 on as the strip `plate`, relit in the scene's compositor."""
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.frame_end = len(files)
    image_strip(scene, files)
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(folder), passes=("normal",), first=1, last=len(files))


def angle(one: np.ndarray, other: np.ndarray) -> float:
    """Degrees between two directions."""
    return float(np.degrees(np.arccos(np.clip(one @ other / np.linalg.norm(one) / np.linalg.norm(other), -1, 1))))
