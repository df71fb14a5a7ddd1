"""Floating-point operations of the published networks, counted on shapes alone (a product and a sum are two)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from diffusers import AutoencoderKLTemporalDecoder
from torch.utils.flop_counter import FlopCounterMode
from transformers import CLIPVisionModelWithProjection

from ...models.normalcrafter.checkpoint import Networks
from ...models.normalcrafter.unet import FrameConditionedUNet
from ...protocol import Stage


def count(networks: Networks, *, height: int, width: int, window: int, chunk: int) -> dict[Stage, float]:
    """FLOPs per frame that goes through each network, as diffusers computes it.

    Args:
        height, width: of the padded frames.
        window, chunk: frames in a window and in a decode chunk.
    """
    with torch.device("meta"):
        tower = CLIPVisionModelWithProjection(networks.tower.config)
        unet = FrameConditionedUNet.from_config(networks.unet.config)
        vae = AutoencoderKLTemporalDecoder.from_config(networks.vae.config)
        for network in (unet, vae):
            network.to("meta")  # some parameters are made on the CPU all the same
        image = torch.empty(1, 3, height, width)
        pixels = torch.empty(1, 3, tower.config.image_size, tower.config.image_size)
        latents = torch.empty(window, unet.config.in_channels, height // 8, width // 8)
        tokens = torch.empty(window, 1, unet.config.cross_attention_dim)
        ids, timestep, coded = torch.empty(1, 3), torch.empty(()), torch.empty(chunk, 4, height // 8, width // 8)
        with torch.no_grad():
            return {
                Stage.CLIP: _flops(lambda: tower(pixels)),
                Stage.ENCODE: _flops(lambda: vae.encode(image)),
                Stage.UNET: _flops(lambda: unet(latents, timestep, tokens=tokens, added_time_ids=ids)) / window,
                Stage.DECODE: _flops(lambda: vae.decode(coded, num_frames=chunk)) / chunk,
            }


def _flops(work: Callable[[], object]) -> float:
    with FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops())
