"""The figures of evaluation, on cases whose answers are known beforehand."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
import torch

from engine.lab.measures import constant, metrics
from engine.tuning import stability

SIZE = 160
MIDDLE, RADIUS = (SIZE - 1) / 2, 70.0
EVERYWHERE = np.ones((SIZE, SIZE), dtype=bool)


def turn_z(degrees: float) -> np.ndarray:
    """Rotation about the line of sight, counter-clockwise as the camera sees it."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def sphere() -> tuple[np.ndarray, np.ndarray]:
    """Normals (H, W, 3) of a sphere in the middle, and where it is."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    right, up = (x - MIDDLE) / RADIUS, (MIDDLE - y) / RADIUS
    across = right**2 + up**2
    ball = across < 0.9
    normals = np.stack([right, up, np.sqrt(np.clip(1 - across, 0, None))], axis=-1)
    return np.where(ball[..., None], normals, 0).astype(np.float32), ball


def texture(*, grain: int = 4, seed: int = 3) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(20, 235, (SIZE // grain, SIZE // grain, 3)).astype(np.float32)
    return np.clip(cv2.resize(noise, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)


def turned_picture(picture: np.ndarray, degrees: float) -> np.ndarray:
    """The picture turned counter-clockwise about its middle."""
    matrix = cv2.getRotationMatrix2D((MIDDLE, MIDDLE), degrees, 1.0)
    return cv2.warpAffine(picture, matrix, (SIZE, SIZE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


# Errors


def test_a_plane_off_by_ten_degrees_is_off_by_ten_degrees():
    truth = np.broadcast_to(np.float32([0, 0.6, 0.8]), (20, 30, 3))
    tilt = math.radians(10)
    estimate = truth * math.cos(tilt) + np.float32([0, 0.8, -0.6]) * math.sin(tilt)
    found = metrics.pooled([estimate * 3.7], [truth])
    assert found.pixels == 600 and found.holes == 0
    assert (found.mean, found.median, found.rmse) == pytest.approx((10, 10, 10), abs=1e-3)
    assert found.within == (0, 0, 100, 100, 100)


def test_x_turned_round_costs_twice_the_slope_along_x():
    truth, ball = sphere()
    found = metrics.pooled([truth * np.float32([-1, 1, 1])], [truth])
    expected = np.degrees(2 * np.arcsin(np.abs(truth[ball][:, 0].astype(np.float64))))
    assert found.pixels == np.count_nonzero(ball)
    assert found.mean == pytest.approx(expected.mean(), abs=1e-3)
    assert found.median == pytest.approx(np.median(expected), abs=metrics.STEP)
    assert found.within == pytest.approx([100 * np.mean(expected < limit) for limit in metrics.THRESHOLDS], abs=0.02)


def test_errors_are_pooled_over_pixels_not_averaged_over_pictures():
    angles = (10.0, 20.0)
    truth = np.broadcast_to(np.float32([0, 0, 1]), (10, 10, 3))
    estimates = [np.broadcast_to(np.float32([math.sin(a), 0, math.cos(a)]), truth.shape) for a in np.radians(angles)]
    valids = [np.arange(100).reshape(10, 10) < count for count in (10, 90)]
    found = metrics.pooled(estimates, [truth, truth], valids)
    assert found.mean == pytest.approx(0.1 * 10 + 0.9 * 20, abs=1e-3)
    per_picture = [metrics.pooled([e], [truth], [v]).mean for e, v in zip(estimates, valids, strict=True)]
    assert np.mean(per_picture) == pytest.approx(15, abs=1e-3)


def test_it_says_what_dsine_says():
    """Against the published definition, computed plainly: cosine similarity, clamped, arccos, all errors kept."""
    rng = np.random.default_rng(0)
    truth, estimate = rng.normal(size=(2, 40, 50, 3)).astype(np.float32)
    estimate += 3 * truth
    cosine = torch.cosine_similarity(torch.from_numpy(estimate).double(), torch.from_numpy(truth).double(), dim=-1)
    errors = np.degrees(np.arccos(np.clip(cosine.numpy(), -1, 1))).ravel()
    found = metrics.pooled([estimate], [truth], [np.ones((40, 50), dtype=bool)])
    assert found.mean == pytest.approx(np.average(errors), abs=1e-4)
    assert found.median == pytest.approx(np.median(errors), abs=metrics.STEP)
    assert found.rmse == pytest.approx(np.sqrt(np.mean(errors**2)), abs=1e-4)
    assert found.within == pytest.approx([100 * np.mean(errors < limit) for limit in metrics.THRESHOLDS])


def test_shares_are_strictly_below_their_threshold():
    pool = metrics.AngularErrors()
    pool.add(np.array(metrics.THRESHOLDS))
    assert pool.summary().within == pytest.approx((0, 20, 40, 60, 80))
    assert pool.shares_below(np.array([4.9, 5.1, 180.0])) == pytest.approx([0, 20, 100])


@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_the_median_is_that_of_all_errors_however_they_come(count):
    errors = np.random.default_rng(count).uniform(0, 180, count)
    whole, parts = metrics.AngularErrors(), metrics.AngularErrors()
    whole.add(errors)
    for part in np.array_split(errors, 3):
        other = metrics.AngularErrors()
        other.add(part)
        parts.merge(other)
    for pool in (whole, parts):
        assert pool.summary().pixels == count
        assert pool.summary().median == pytest.approx(np.median(errors), abs=metrics.STEP / 2 + 1e-9)
        assert pool.summary().mean == pytest.approx(errors.mean())


def test_pixels_without_an_estimate_count_as_ninety_degrees():
    truth = np.broadcast_to(np.float32([0, 0, 1]), (1, 4, 3))
    estimate = truth.copy()
    estimate[0, 0], estimate[0, 1], estimate[0, 2] = 0, np.nan, np.inf
    found = metrics.pooled([estimate], [truth])
    assert found.holes == 3 and found.mean == pytest.approx(67.5)


def test_what_does_not_belong_together_is_refused():
    truth = np.ones((4, 4, 3), dtype=np.float32)
    with pytest.raises(ValueError, match="belong together"):
        metrics.pooled([truth[:2]], [truth])
    with pytest.raises(ValueError, match="nothing was added"):
        metrics.pooled([truth], [truth * 0])


# The best constant


def test_the_best_constant_of_two_walls_is_the_larger_wall():
    """The mean angle is lowest at the majority, not at the average between them."""
    walls = np.float64([[0, 0, 1]] * 6 + [[1, 0, 0]] * 4)
    found = constant.best_constant(walls)
    assert found == pytest.approx([0, 0, 1], abs=1e-4)


def test_no_direction_beats_the_best_constant():
    rng = np.random.default_rng(1)
    normals = rng.normal(size=(1500, 3)) + np.array([0.3, 0.8, 1.0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    best = constant.best_constant(normals)
    others = rng.normal(size=(800, 3))
    others = np.concatenate([others, best + 0.05 * others])
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    means = np.degrees(np.arccos(np.clip(normals @ others.T, -1, 1))).mean(0)
    assert np.degrees(np.arccos(normals @ best)).mean() <= means.min() + 0.002


def test_a_table_of_directions_needs_some():
    with pytest.raises(ValueError, match="no normals"):
        constant.Directions().best_constant()


# Change between frames


@pytest.mark.parametrize("degrees", [2.0, -3.0])
def test_a_turning_sphere_changes_as_it_must_and_not_at_all_for_a_camera_that_turns(degrees):
    """A sphere that turns about the line of sight: a point at the distance s from the axis turns its normal by
    2 asin(s sin(a / 2)). If it is the camera that rolled, the other way, nothing has changed."""
    normals, ball = sphere()
    still = texture()
    frames, fields = np.stack([still, turned_picture(still, degrees)]), np.stack([normals, normals])
    valid = np.stack([ball, ball])
    away = np.hypot(normals[..., 0], normals[..., 1])[ball].astype(np.float64)
    expected = np.degrees(2 * np.arcsin(away * math.sin(math.radians(abs(degrees)) / 2))).mean()
    assert stability.flow_warped_change(frames, fields, valid=valid) == pytest.approx(expected, rel=0.05)
    poses = np.stack([np.eye(4), np.eye(4)])
    poses[1, :3, :3] = turn_z(-degrees)
    assert stability.flow_warped_change(frames, fields, valid=valid, poses=poses) < 0.05 * expected
    poses[1, :3, :3] = turn_z(degrees)
    assert stability.flow_warped_change(frames, fields, valid=valid, poses=poses) > 1.9 * expected


def test_normals_that_move_with_the_picture_do_not_change_and_flicker_does():
    normals, _ = sphere()
    normals[np.linalg.norm(normals, axis=-1) == 0] = (0, 0, 1)
    wide = texture()
    frames = np.stack([np.roll(wide, 3 * step, axis=1) for step in range(3)])
    moving = np.stack([np.roll(normals, 3 * step, axis=1) for step in range(3)])
    inner = np.zeros((3, SIZE, SIZE), dtype=bool)
    inner[:, 20:-20, 20:-20] = True
    assert stability.flow_warped_change(frames, moving, valid=inner) < 0.1
    assert stability.flow_warped_change(frames, np.stack([normals] * 3), valid=inner) > 1
    tilt = math.radians(4)
    up = np.array([[1, 0, 0], [0, math.cos(tilt), -math.sin(tilt)], [0, math.sin(tilt), math.cos(tilt)]], dtype=np.float32)
    flat = np.broadcast_to(np.float32([0, 0, 1]), normals.shape)
    flicker = np.stack([flat, flat @ up.T, flat])
    assert stability.flow_warped_change(frames, flicker, valid=inner) == pytest.approx(4, abs=0.01)


def test_what_one_frame_hides_is_not_compared():
    """A square that moves over a still wall: the wall it uncovers was not seen before."""
    wall, front = texture(grain=8, seed=1), texture(grain=8, seed=2)
    frames = np.stack([wall, wall])
    frames[0, 40:120, 40:110] = frames[1, 40:120, 52:122] = front[40:120, 40:110]
    motion = stability.measure_motion(*frames)
    assert motion.trusted[50:110, 130:155].mean() > 0.98, "the wall"
    assert motion.trusted[50:110, 62:112].mean() > 0.98, "the square"
    assert motion.trusted[50:110, 41:51].mean() < 0.2, "what it uncovered"
    normals = np.broadcast_to(np.float32([0, 0, 1]), wall.shape)
    _, mask = stability.change(normals, normals, motion=motion, valid=(EVERYWHERE, EVERYWHERE & False))
    assert not mask.any()


def test_exact_flow_is_followed_exactly():
    """With a flow that is known, the warp lands on the very pixel."""
    shift = np.zeros((SIZE, SIZE, 2), dtype=np.float32)
    shift[..., 0] = -5
    motion = stability.motion_of(back=shift, forth=-shift)
    assert motion.trusted[:, 5:].all() and not motion.inside[:, :5].any()
    row = np.broadcast_to(np.arange(SIZE, dtype=np.float32), (SIZE, SIZE))
    assert np.array_equal(stability.warp(row, motion)[:, 5:], row[:, :-5])
    wrong = stability.motion_of(back=shift, forth=shift)
    assert not wrong.trusted.any()


def test_the_warping_error_is_weighted_by_colour():
    normals = np.broadcast_to(np.float32([0, 0, 1]), (SIZE, SIZE, 3))
    other = np.broadcast_to(np.float32([0.6, 0, 0.8]), (SIZE, SIZE, 3))
    nowhere = np.zeros((SIZE, SIZE, 2), dtype=np.float32)
    motion = stability.motion_of(back=nowhere, forth=nowhere)
    grey = np.full((SIZE, SIZE, 3), 100, dtype=np.uint8)
    valid = (EVERYWHERE, EVERYWHERE)
    same = stability.opw_pair(normals, other, frames=(grey, grey), motion=motion, valid=valid)
    assert same == pytest.approx(0.6 + 0.2, abs=1e-5)
    brighter = stability.opw_pair(normals, other, frames=(grey, grey + np.uint8(51)), motion=motion, valid=valid)
    assert brighter == pytest.approx(0.8 * math.exp(-50 * 3 * 0.2**2), rel=1e-3)
    assert stability.opw_pair(normals, other, frames=(grey, grey), motion=motion, valid=(EVERYWHERE, ~EVERYWHERE)) is None


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (17, 5)])
def test_any_size_can_be_compared(size):
    frame = np.random.default_rng(0).integers(0, 255, (*size, 3)).astype(np.uint8)
    normals = np.ones((2, *size, 3), dtype=np.float32)
    assert stability.flow_warped_change(np.stack([frame, frame]), normals) == pytest.approx(0, abs=1e-3)


def test_frames_and_normals_must_match():
    frames = np.zeros((2, 8, 8, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match="belong together"):
        stability.flow_warped_change(frames, np.ones((3, 8, 8, 3), dtype=np.float32))
    assert math.isnan(stability.flow_warped_change(frames[:1], np.ones((1, 8, 8, 3), dtype=np.float32)))
