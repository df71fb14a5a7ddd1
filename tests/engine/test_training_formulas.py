"""Losses and schedules against values worked out by hand, and gradients against differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from diffusers import EulerDiscreteScheduler

from engine.lab.bench.random_weights import SCHEDULER
from engine.lab.training.normalcrafter.losses import (
    angular_loss,
    denoising_loss,
    denoising_weight,
    feature_loss,
    preconditioning,
    reconstruction_loss,
    valid_cells,
)
from engine.lab.training.run.schedules import clip_length, learning_rate, noise_level


def test_preconditioning_has_the_published_numbers_and_takes_the_schedulers_step():
    constants = preconditioning(700.0)
    assert constants.scale == pytest.approx(0.00142857, rel=1e-5) and constants.skip == pytest.approx(2.0408e-6, rel=1e-4)
    assert constants.out == pytest.approx(-0.99999898, abs=1e-8) and constants.timestep == pytest.approx(1.63777, abs=1e-5)
    scheduler = EulerDiscreteScheduler(**SCHEDULER)
    scheduler.set_timesteps(1)
    noisy, velocity = torch.randn(2, 4, 3, 3) * 700, torch.randn(2, 4, 3, 3)
    theirs = scheduler.step(velocity, scheduler.timesteps[0], noisy).prev_sample
    assert torch.allclose(noisy * constants.skip + velocity * constants.out, theirs, atol=1e-3)
    one = preconditioning(1.0)
    assert (one.scale, one.skip, one.out) == pytest.approx((0.5**0.5, 0.5, -(0.5**0.5))) and one.timestep == 0.0


@pytest.mark.parametrize(("sigma", "weight"), [(1.0, 2.0), (0.5, 5.0), (2.0, 1.25), (700.0, 1.0 + 1 / 490000)])
def test_the_weight_of_a_noise_level(sigma, weight):
    assert denoising_weight(sigma) == pytest.approx(weight, rel=1e-12)


def test_the_denoising_loss_is_the_weighted_mean_square_over_valid_cells():
    truth, denoised = torch.zeros(1, 2, 1, 2), torch.tensor([[[[3.0, 100.0]], [[4.0, 100.0]]]])
    valid = torch.tensor([[[[1.0, 0.0]]]])
    assert denoising_loss(denoised, truth, sigma=0.5, valid=valid).item() == pytest.approx(5.0 * (9 + 16) / 2)
    assert denoising_loss(denoised, truth, sigma=0.5, valid=valid * 0).item() == 0


@pytest.mark.parametrize("sigma", [0.05, 1.0, 30.0, 700.0])
def test_an_error_of_the_network_counts_the_same_at_every_noise_level(sigma):
    torch.manual_seed(0)
    constants, truth = preconditioning(sigma), torch.randn(1, 4, 5, 5, dtype=torch.float64)
    noisy = truth + sigma * torch.randn_like(truth)
    right = (truth - constants.skip * noisy) / constants.out
    denoised = constants.skip * noisy + constants.out * (right + 0.3)
    assert denoising_loss(denoised, truth, sigma=sigma, valid=torch.ones(1, 1, 5, 5)).item() == pytest.approx(0.09, rel=1e-6)


def _field(*vectors: tuple[float, float, float]) -> torch.Tensor:
    """[1, 3, 1, W] of W vectors."""
    return torch.tensor(vectors, dtype=torch.float64).T[None, :, None]


def test_the_angular_loss_is_the_mean_angle_of_valid_pixels_whatever_the_length():
    tilt = math.radians(10)
    truth = _field((0, 0, 1), (0, 0, 1), (0, 0, 1))
    estimate = _field((0, 0, 0.4), (3 * math.sin(tilt), 0, 3 * math.cos(tilt)), (0, 5, 0))
    valid = torch.tensor([[[[1.0, 1.0, 1.0]]]])
    near = math.acos(1 - 1e-6)
    assert angular_loss(estimate, truth, valid=valid).item() == pytest.approx((near + tilt + math.pi / 2) / 3, abs=1e-9)
    valid[..., 2] = 0
    assert angular_loss(estimate, truth, valid=valid).item() == pytest.approx((near + tilt) / 2, abs=1e-9)
    assert angular_loss(estimate, truth, valid=valid * 0).item() == 0
    opposite = angular_loss(-truth, truth, valid=torch.ones(1, 1, 1, 3)).item()
    assert opposite == pytest.approx(math.pi, abs=2e-3)


def test_a_perfect_estimate_has_a_finite_gradient():
    estimate = _field((0, 0, 1), (0, 0, -1)).requires_grad_()
    angular_loss(estimate, _field((0, 0, 1), (0, 0, 1)), valid=torch.ones(1, 1, 1, 2)).backward()
    assert torch.isfinite(estimate.grad).all()


def test_the_feature_loss_is_minus_the_mean_cosine():
    projected = torch.tensor([[[1.0, 0.0], [0.0, 2.0], [1.0, 0.0]]])
    semantic = torch.tensor([[[1.0, 1.0], [0.0, -1.0], [5.0, 0.0]]])
    assert feature_loss(projected, semantic).item() == pytest.approx(-(0.5**0.5 - 1.0 + 1.0) / 3)


def test_the_reconstruction_loss_is_the_mean_difference_of_valid_pixels():
    estimate, truth = _field((1, 2, 3), (9, 9, 9)), _field((0, 0, 0), (0, 0, 0))
    assert reconstruction_loss(estimate, truth, valid=torch.tensor([[[[1.0, 0.0]]]])).item() == pytest.approx(2.0)


def test_gradients_agree_with_differences():
    torch.manual_seed(1)
    shape = (2, 3, 2, 2)
    estimate = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    truth = torch.nn.functional.normalize(torch.randn(shape, dtype=torch.float64), dim=1)
    valid = torch.tensor([1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0], dtype=torch.float64).view(2, 1, 2, 2)
    assert torch.autograd.gradcheck(lambda value: angular_loss(value, truth, valid=valid), (estimate,))
    assert torch.autograd.gradcheck(lambda value: reconstruction_loss(value, truth, valid=valid), (estimate,))
    assert torch.autograd.gradcheck(lambda value: denoising_loss(value, truth, sigma=0.7, valid=valid), (estimate,))
    patches = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    semantic = torch.randn(2, 3, 4, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda value: feature_loss(value, semantic), (patches,))


def test_a_cell_counts_only_if_all_its_pixels_do():
    valid = torch.ones(1, 1, 16, 24)
    valid[0, 0, 3, 17] = 0
    assert valid_cells(valid, size=(2, 3)).tolist() == [[[[1, 1, 0], [1, 1, 1]]]]


def test_the_learning_rate_warms_up_and_falls_exponentially():
    def rate(step: int) -> float:
        return learning_rate(step, base=2e-5, warm_up=100, total=1100, final_share=0.01)

    assert rate(0) == pytest.approx(2e-7) and rate(49) == pytest.approx(1e-5)
    assert rate(99) == pytest.approx(2e-5) and rate(100) == pytest.approx(2e-5)
    assert rate(600) == pytest.approx(2e-6) and rate(1100) == pytest.approx(2e-7) and rate(5000) == pytest.approx(2e-7)
    ratios = [rate(step + 1) / rate(step) for step in range(100, 1099)]
    assert max(ratios) - min(ratios) < 1e-9 and ratios[0] < 1
    assert learning_rate(7, base=1.0, warm_up=0, total=10, final_share=1.0) == 1.0


def test_half_the_noise_is_the_highest_and_the_rest_log_normal():
    rng = np.random.default_rng(0)
    levels = np.array([noise_level(rng, sigma_max=700.0, share_at_max=0.5, mean=0.7, deviation=1.6) for _ in range(20_000)])
    assert np.mean(levels == 700.0) == pytest.approx(0.5, abs=0.015) and levels.max() == 700.0 and levels.min() > 0
    logarithms = np.log(levels[levels < 700.0])
    assert logarithms.mean() == pytest.approx(0.7, abs=0.05) and logarithms.std() == pytest.approx(1.6, abs=0.05)
    assert noise_level(rng, sigma_max=700.0, share_at_max=0.0, mean=50.0, deviation=1.0) == 700.0


def test_clip_lengths_are_uniform_with_both_ends():
    rng = np.random.default_rng(0)
    counts = np.bincount([clip_length(rng, shortest=1, longest=14) for _ in range(14_000)], minlength=16)
    assert counts[0] == counts[15] == 0 and counts[1:15].min() > 850 and counts[1:15].max() < 1150
