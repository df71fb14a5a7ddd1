"""The first relight, rendered by the real compositor and compared with numpy."""

from __future__ import annotations

import numpy as np
import pytest
from footage import linear, normals, plate_bytes, render, write_normals, write_plate
from platelight.addon.blender import clips, passes
from platelight.addon.relight.group import AMBIENT_COLOUR, AMBIENT_STRENGTH, LIGHTS
from strips import image_strip

TOLERANCE = 2e-4


def expected(plate: np.ndarray, normal: np.ndarray, *, amount: float = 1.0, lights=LIGHTS) -> np.ndarray:
    light = np.array(AMBIENT_COLOUR) * AMBIENT_STRENGTH
    for one in lights:
        direction = np.array(one.direction) / np.linalg.norm(one.direction)
        light = light + one.strength * np.array(one.colour) * np.maximum(0, normal.astype(np.float64) @ direction)[..., None]
    return plate * (1 - amount) + plate * light * amount


def unit_half(frame: int, **size: int) -> np.ndarray:
    """The normals as the files hold them, made unit length again."""
    value = normals(frame % 10, **size).astype(np.float16).astype(np.float64)
    return value / np.linalg.norm(value, axis=-1, keepdims=True)


def test_relit_pixels_agree_with_numpy(scene, tmp_path):
    files = write_plate(tmp_path, range(1, 4))
    write_normals(tmp_path / "passes", range(1, 4))
    image_strip(scene, files, start=101)
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(tmp_path / "passes"), passes=("normal",), first=1, last=3)
    pixels = render(scene, [101, 102, 103], tmp_path)
    worst = 0.0
    for frame, image in pixels.items():
        want = expected(linear(plate_bytes(frame - 100)), unit_half(frame - 100))
        worst = max(worst, np.abs(image[..., :3] - want).max())
        assert np.all(image[..., 3] == 1)
    print(f"max |difference| {worst:.2e}")
    assert worst < TOLERANCE
