"""The convention: camera space, +X right, +Y up, +Z toward the camera, unit length."""

from __future__ import annotations

import numpy as np
import pytest

from engine.normals import TOWARD_CAMERA, angles, convert_axes, normalise
from engine.protocol.models import MODELS


def sphere(size: int = 65) -> tuple[np.ndarray, np.ndarray]:
    """Normals (H, W, 3) of a ball seen from the front, row 0 at the top, and where it is."""
    y, x = np.mgrid[1 : -1 : size * 1j, -1 : 1 : size * 1j]
    inside = x**2 + y**2 < 0.98
    z = np.sqrt(np.clip(1 - x**2 - y**2, 0, 1))
    return np.stack([x, y, z], axis=-1).astype(np.float32), inside


def test_a_rendered_ball_locks_the_axes():
    normals, inside = sphere()
    middle, near_edge = 32, 60
    assert normals[middle, near_edge, 0] > 0.8, "right of the picture faces right: +X"
    assert normals[64 - near_edge, middle, 1] > 0.8, "the top of the picture faces up: +Y"
    assert normals[middle, middle] == pytest.approx(TOWARD_CAMERA, abs=1e-6), "the middle faces the camera: +Z"
    # Lit from the right, the right half is the bright one; so it is after a flipped model was brought to our axes.
    for axes in ((1, 1, 1), (-1, 1, 1), (1, -1, -1)):
        ours = convert_axes(normals * np.array(axes), axes=axes)
        light = np.clip(ours @ np.array([0.8, 0, 0.6], dtype=np.float32), 0, 1)
        left, right = light[:, :32][inside[:, :32]].mean(), light[:, 33:][inside[:, 33:]].mean()
        assert right > left + 0.3
        assert np.array_equal(ours, normals)


def test_every_model_says_its_axes():
    for model in MODELS.values():
        assert len(model.axes) == 3 and all(abs(sign) == 1 for sign in model.axes)
    with pytest.raises(ValueError, match="three signs"):
        convert_axes(sphere()[0], axes=(1, 0, 1))


def test_unit_length_also_where_there_is_none():
    rough = np.random.default_rng(0).normal(size=(50, 50, 3)).astype(np.float32)
    rough[0, 0], rough[0, 1], rough[0, 2], rough[0, 3] = 0, np.nan, np.inf, 1e-9
    unit = normalise(rough)
    assert unit.dtype == np.float32
    assert np.linalg.norm(unit.astype(np.float64), axis=-1) == pytest.approx(1, abs=1e-6)
    assert (unit[0, :4] == TOWARD_CAMERA).all()
    assert unit[3, 3] == pytest.approx(rough[3, 3] / np.linalg.norm(rough[3, 3]), abs=1e-6)


@pytest.mark.parametrize("degrees", [0, 1e-4, 0.02, 1, 45, 90, 179.99, 180])
def test_angles_are_exact_near_the_ends_too(degrees):
    turn = np.radians(degrees)
    a, b = np.array([[0, 0, 1.0]]), np.array([[np.sin(turn), 0, np.cos(turn)]])
    assert angles(a, b)[0] == pytest.approx(degrees, abs=1e-5)
