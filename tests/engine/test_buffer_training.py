"""Buffer Anytime's losses, masks, flow and deferred back-propagation on cases with known answers."""

import numpy as np
import pytest
import torch
from torch import nn

from engine.protocol import ErrorCode, PlatelightError
from engine.tuning.deferred import deferred, latent_gradient
from engine.tuning.flow import Dis, away_from_edges, measure_pairs, open_flow
from engine.tuning.losses import (
    Pairs,
    affine_invariant,
    affine_invariant_clip,
    angle_loss,
    depth_prior_loss,
    prior_loss,
    stability_loss,
    warp,
)
from engine.tuning.masks import cycle_mask, edge_mask, pairs_between
from tests.support.buffer_plates import clouds

SEEN = torch.ones(1, 1, 4, 6)


def still(height: int, width: int, *, count: int = 1) -> torch.Tensor:
    return torch.zeros(count, 2, height, width)


def bytes_of(image: np.ndarray) -> np.ndarray:
    return np.rint(image * 255).astype(np.uint8)


def test_affine_invariant_depth_by_hand():
    depth = torch.tensor([[1.0, 2.0, 3.0, 4.0, 10.0]])[None]
    # median 3; deviations 2 1 0 1 7, their mean 2.2
    assert torch.allclose(affine_invariant(depth), torch.tensor([[[-2.0, -1.0, 0.0, 1.0, 7.0]]]) / 2.2)
    assert torch.allclose(affine_invariant(5 * depth + 11), affine_invariant(depth), atol=1e-6)
    assert torch.isfinite(affine_invariant(torch.full((1, 3, 3), 7.0))).all()


def test_one_scale_for_a_clip_keeps_changes_between_frames():
    depth = torch.rand(3, 1, 4, 5) + torch.arange(3.0)[:, None, None, None]
    clip = affine_invariant_clip(depth)
    assert torch.allclose(affine_invariant_clip(0.25 * depth - 3), clip, atol=1e-5)
    assert clip[2].mean() - clip[0].mean() > 0.5
    assert affine_invariant(depth[:, 0])[2].mean() - affine_invariant(depth[:, 0])[0].mean() < 0.5


def test_depth_prior_feels_shape_and_not_scale_or_shift():
    depth = torch.rand(1, 6, 8)
    assert depth_prior_loss(3 * depth + 2, depth) == pytest.approx(0, abs=1e-9)
    assert depth_prior_loss(depth.flip(-1), depth) > 0.1


def test_both_forms_of_the_prior_by_hand():
    estimate, target = torch.zeros(4, 2, 3), torch.full((4, 2, 3), 0.5)
    assert prior_loss(estimate, target, form="square") == pytest.approx(24 * 0.25 / 6)
    assert prior_loss(estimate, target, form="printed") == pytest.approx((24 * 0.25) ** 0.5 / 6)


def test_angle_loss_is_the_angle():
    front, right = torch.zeros(3, 2, 2), torch.zeros(3, 2, 2)
    front[2], right[0] = 1, 1
    assert angle_loss(front, right) == pytest.approx(np.pi / 2, abs=1e-4)
    assert angle_loss(front, front) < 2e-3


def test_warping_reads_where_the_flow_leads():
    values = torch.arange(24.0).reshape(1, 1, 4, 6)
    flow = still(4, 6)
    flow[:, 0], flow[:, 1] = 2, 1
    warped = warp(values, flow)[0, 0]
    assert torch.allclose(warped[:3, :4], values[0, 0, 1:, 2:], atol=1e-5)
    assert torch.allclose(warp(values, torch.full_like(flow, 0.5))[0, 0, 0, 0], torch.tensor((0 + 1 + 6 + 7) / 4), atol=1e-5)


def test_stability_loss_by_hand_and_both_ways():
    """Frames that differ by (1, 2) everywhere: 3 a pixel each way, and half of it where one way doesn't count."""
    buffers = torch.zeros(2, 2, 4, 6)
    buffers[1, 0], buffers[1, 1] = 1, -2
    pairs = Pairs(forth=still(4, 6), back=still(4, 6), seen_forth=SEEN, seen_back=SEEN)
    assert stability_loss(buffers, pairs) == pytest.approx(3)
    assert stability_loss(buffers, Pairs(**vars(pairs) | {"seen_back": SEEN * 0})) == pytest.approx(1.5)
    assert stability_loss(buffers[:1], pairs) == 0


def test_stability_loss_is_nothing_where_buffers_move_with_the_flow():
    wide = torch.rand(1, 3, 8, 20)
    buffers = torch.cat([wide[..., 2:14], wide[..., :12]])
    forth, back = still(8, 12), still(8, 12)
    forth[:, 0], back[:, 0] = 2, -2
    seen_forth, seen_back = torch.zeros(2, 1, 1, 8, 12)
    seen_forth[..., :10], seen_back[..., 2:] = 1, 1
    assert stability_loss(buffers, Pairs(forth=forth, back=back, seen_forth=seen_forth, seen_back=seen_back)) < 1e-5
    swapped = Pairs(forth=back, back=forth, seen_forth=seen_forth, seen_back=seen_back)
    assert stability_loss(buffers, swapped) > 0.1


def test_cycle_mask_keeps_what_comes_back():
    forth, back = np.zeros((2, 8, 12, 2), np.float32)
    forth[..., 0], back[..., 0] = 2, -2
    back[:, 6, 1] = 1.5  # pixels whose place is column 6 come back a row and a half off
    kept = cycle_mask(forth, back, tolerance=1.0)
    assert kept[:, [0, 1, 2, 3, 5, 9]].all()
    assert not kept[:, [4, 10, 11]].any()
    assert cycle_mask(forth, back, tolerance=2.0)[:, 4].all()


def test_edges_of_depth_and_what_is_within_three_of_them_are_dropped():
    depth = np.ones((24, 24), np.float32)
    depth[:, 12:] = 5
    kept = edge_mask(depth)
    dropped = np.flatnonzero(~kept[12])
    assert len(dropped) == 7 and dropped.min() in (8, 9) and (kept == kept[12]).all()
    assert np.count_nonzero(~edge_mask(depth, distance=0)[12]) == 1
    assert edge_mask(np.full((8, 8), 3.0)).all()
    corner = np.ones((24, 24), np.float32)
    corner[12:, 12:] = 5
    assert edge_mask(corner)[8, 8] and not edge_mask(corner)[8, 20], "Manhattan distance, not a square around"


def test_pairs_do_not_cross_cuts():
    assert pairs_between(5, ()) == [0, 1, 2, 3]
    assert pairs_between(5, (2,)) == [0, 2, 3]
    assert pairs_between(1, ()) == []


def test_flow_finds_a_shift_and_nothing_counts_across_a_cut():
    wide = bytes_of(clouds(96, 140))
    frames = np.stack([wide[:, 8:136], wide[:, 5:133], bytes_of(clouds(96, 128, seed=1))])
    pairs = measure_pairs(frames, Dis(), cuts=(2,))
    inner = pairs.forth[0, :, 16:-16, 16:-16]
    assert inner[0].median() == pytest.approx(3, abs=0.2) and inner[1].median() == pytest.approx(0, abs=0.2)
    assert pairs.back[0, 0, 16:-16, 16:-16].median() == pytest.approx(-3, abs=0.2)
    assert pairs.seen_forth[0].mean() > 0.7 and pairs.seen_back[0].mean() > 0.7
    assert not pairs.seen_forth[1].any() and not pairs.seen_back[1].any()


def test_flow_of_black_and_of_tiny_frames():
    assert np.isfinite(Dis()(np.zeros((9, 7, 3), np.uint8), np.zeros((9, 7, 3), np.uint8))).all()


def test_edges_are_taken_from_each_frame_of_a_pair():
    depth = torch.ones(2, 1, 24, 24)
    depth[0, :, :, 12:] = 5
    seen = torch.ones(1, 1, 24, 24)
    pairs = Pairs(forth=still(24, 24), back=still(24, 24), seen_forth=seen, seen_back=seen)
    away = away_from_edges(pairs, depth, distance=3, thresholds=(100, 200))
    assert away.seen_forth.mean() == pytest.approx(17 / 24) and away.seen_back.all()


def test_raft_is_refused_without_weights_and_never_needed(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert open_flow("auto").name == "dis"
    with pytest.raises(PlatelightError) as caught:
        open_flow("raft")
    assert caught.value.code is ErrorCode.MODEL_NOT_INSTALLED and "raft_large" in caught.value.detail


class Decoder(nn.Module):
    """Small and not linear, each frame by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(4, 8, 3, padding=1), nn.GroupNorm(2, 8), nn.SiLU(), nn.Upsample(scale_factor=2), nn.Conv2d(8, 3, 3, padding=1)
        )

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return self.layers(latents)


def test_deferred_gradients_equal_naive_ones():
    """Through a network before the latents and for a loss that compares neighbours across chunks; seven frames are no multiple."""
    torch.manual_seed(0)
    network, decoder = nn.Conv2d(4, 4, 3, padding=1), Decoder().requires_grad_(False)
    images = torch.randn(7, 4, 6, 8)
    pairs = Pairs(
        forth=torch.randn(6, 2, 12, 16),
        back=torch.randn(6, 2, 12, 16),
        seen_forth=torch.ones(6, 1, 12, 16),
        seen_back=torch.ones(6, 1, 12, 16),
    )

    def loss(pixels: torch.Tensor) -> torch.Tensor:
        return stability_loss(pixels, pairs)

    naive = loss(decoder(network(images)))
    naive.backward()
    expected = [parameter.grad.clone() for parameter in network.parameters()]
    network.zero_grad()
    latents = network(images)
    value = deferred(latents, decode=decoder, loss=loss, chunk=4)
    (2 * value).backward()
    assert float(value.detach()) == pytest.approx(float(naive.detach()), rel=1e-6)
    for parameter, wanted in zip(network.parameters(), expected, strict=True):
        assert (parameter.grad / 2 - wanted).abs().max() < 1e-5 * wanted.abs().max()


def test_deferred_decodes_no_more_than_a_chunk_at_once():
    counts = []

    def decode(part: torch.Tensor) -> torch.Tensor:
        counts.append((len(part), part.requires_grad))
        return part * 2

    value, gradient = latent_gradient(torch.ones(6, 4, 2, 2), decode=decode, loss=lambda pixels: pixels.square().sum(), chunk=4)
    assert counts == [(4, False), (2, False), (4, True), (2, True)]
    assert value == pytest.approx(4 * 6 * 16) and torch.allclose(gradient, torch.full((6, 4, 2, 2), 8.0))
