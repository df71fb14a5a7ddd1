"""The faster layers give what diffusers' own give, and the sums behind GroupNorm keep their digits."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from diffusers.models.resnet import SpatioTemporalResBlock
from diffusers.models.upsampling import Upsample2D
from torch import nn

from engine.device import choose
from engine.lab.bench.flops import count
from engine.lab.bench.random_weights import VAE
from engine.models.normalcrafter.checkpoint import load_networks
from engine.models.normalcrafter.fast import ResBlock, Upsample
from engine.models.normalcrafter.pipeline import Pipeline
from engine.models.normalcrafter.rows import as_images, as_rows, norm_silu
from engine.protocol import Stage

CHECKPOINT = Path(__file__).parents[1] / "samples" / "golden" / "checkpoint"


def relative(values: torch.Tensor, reference: torch.Tensor) -> float:
    return float((values - reference).abs().max() / reference.abs().max())


def randomise(module: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / max(parameter[0].numel(), 4) ** 0.5)
    return module.eval().requires_grad_(False)


@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize(("channels", "out_channels"), [(64, 64), (96, 64)])
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_residual_block(embedded: bool, channels: int, out_channels: int, frames: int):
    block = randomise(
        SpatioTemporalResBlock(
            channels,
            out_channels,
            temb_channels=32 if embedded else None,
            eps=1e-6,
            temporal_eps=1e-5,
            merge_factor=0.3,
            merge_strategy="learned_with_images" if embedded else "learned",
            switch_spatial_to_temporal_mix=not embedded,
        )
    )
    images = torch.randn(frames, channels, 12, 20, generator=torch.Generator().manual_seed(1)) + 3.0
    embedding = torch.randn(1, 32).expand(frames, -1) if embedded else None
    indicator = torch.zeros(1, frames)
    reference = copy.deepcopy(block).double()(
        images.double(), None if embedding is None else embedding.double(), image_only_indicator=indicator.double()
    )
    with torch.inference_mode():
        values = ResBlock(block)(images.clone(), embedding, image_only_indicator=indicator)
    assert relative(values, reference) < 1e-5


def test_an_upsampling():
    layer = randomise(Upsample2D(32, use_conv=True, out_channels=48))
    images = torch.randn(3, 32, 9, 14)
    reference = copy.deepcopy(layer).double()(images.double())
    assert relative(Upsample(layer.conv)(images), reference) < 1e-5


@pytest.mark.parametrize("across_frames", [True, False])
@pytest.mark.parametrize("size", [(3, 5), (90, 160)])
def test_group_norm_keeps_its_digits_over_large_plain_areas(across_frames: bool, size: tuple[int, int]):
    norm = randomise(nn.GroupNorm(16, 64, eps=1e-6))
    images = torch.randn(2, 64, *size, generator=torch.Generator().manual_seed(0)) * 0.2 + 5.0
    images[:, :, : size[0] // 2] = 5.1
    plain = images.double()
    plain = plain.transpose(0, 1).flatten(1, 2)[None] if across_frames else plain
    reference = F.silu(F.group_norm(plain, 16, norm.weight.double(), norm.bias.double(), norm.eps))
    if across_frames:
        reference = reference[0].unflatten(1, (2, size[0])).transpose(0, 1)
    rows = as_rows(images.contiguous(memory_format=torch.channels_last))
    values = as_images(norm_silu(rows, norm, across_frames=across_frames, out=torch.empty_like(rows)), *size)
    assert relative(values, reference) < 3e-6
    assert torch.equal(as_images(norm_silu(rows, norm, across_frames=across_frames, out=rows), *size), values)


def test_whole_networks_agree_with_plain_ones():
    compute = choose(device="cpu", precision="fp32")
    plain = Pipeline(load_networks(CHECKPOINT, compute=compute), compute=compute, plain=True)
    fast = Pipeline(load_networks(CHECKPOINT, compute=compute), compute=compute)
    generator = torch.Generator().manual_seed(0)
    images, tokens = torch.randn(5, 4, 8, 16, generator=generator), torch.randn(5, 1, 32, generator=generator)
    previous = torch.randn(2, 4, 8, 16, generator=generator)
    window = {"images": images, "tokens": tokens, "previous": previous}
    for one, other in (
        (plain.predict(**window), fast.predict(**window)),
        (plain.decode(images * 0.1), fast.decode(images * 0.1)),
    ):
        assert relative(one, other) < 1e-4 and float(one.std()) > 0.01


def test_operations_of_the_full_decoder_are_those_known():
    """Another count of the published decoder gives 1.51 TFLOP a frame at 512x256."""
    networks = load_networks(CHECKPOINT, compute=choose(device="cpu", precision="fp32"))
    networks.vae.register_to_config(**VAE)
    flops = count(networks, height=256, width=512, window=2, chunk=2)
    assert np.isclose(flops[Stage.DECODE] / 1e12, 1.51, rtol=0.01) and np.isclose(flops[Stage.ENCODE] / 1e12, 0.55, rtol=0.01)
