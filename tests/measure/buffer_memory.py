"""What deferred back-propagation saves: ``python tests/measure/buffer_memory.py`` from the repository's root.

First, counted on Stable Diffusion's own VAE decoder without computing anything (fake tensors): the bytes that PyTorch holds for the
backward pass. Second, measured on a narrow decoder: the peak memory of a child process, less what it has before.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

sys.path.insert(0, str(Path(__file__).parents[2]))
from engine.tuning.deferred import CHUNK, latent_gradient

PUBLISHED = {
    "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2,
    "latent_channels": 4,
    "sample_size": 768,
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
}
NARROW = PUBLISHED | {"block_out_channels": (16, 32, 32, 32), "layers_per_block": 1, "norm_num_groups": 8}
FRAMES, HEIGHT, WIDTH = 32, 256, 448
SMALL_FRAMES, SMALL_SIDE = 24, 128


def naive(latents: Tensor, *, decode: Callable[[Tensor], Tensor], loss: Callable[[Tensor], Tensor], chunk: int) -> Tensor:
    """The gradient of all frames at once; `chunk` is ignored."""
    latents = latents.clone().requires_grad_()
    return torch.autograd.grad(loss(decode(latents)), latents)[0]


def steady(pixels: Tensor) -> Tensor:
    """Mean change between neighbours, in place of L_stable."""
    return (pixels[1:] - pixels[:-1]).abs().mean()


def counted(frames: int) -> int:
    """Bytes held for the backward pass of decoding so many frames at once with the published decoder."""
    held: dict[int, int] = {}

    def hold(tensor: Tensor) -> Tensor:
        held[tensor.untyped_storage()._cdata] = tensor.untyped_storage().nbytes()
        kept.append(tensor)
        return tensor

    kept: list[Tensor] = []
    with FakeTensorMode(), torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
        vae = AutoencoderKL(**PUBLISHED).requires_grad_(False)
        weights = {value.untyped_storage()._cdata for value in vae.parameters()}
        latents = torch.randn(frames, 4, HEIGHT // 8, WIDTH // 8, requires_grad=True)
        vae.decode(latents, return_dict=False)
    return sum(size for key, size in held.items() if key not in weights)


def measured(how: str) -> int:
    """Bytes by which the process's peak grows over one gradient with a narrow decoder."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    vae = AutoencoderKL(**NARROW).requires_grad_(False)

    def decode(part: Tensor) -> Tensor:
        return vae.decode(part, return_dict=False)[0]

    def run(frames: int) -> None:
        find = naive if how == "naive" else latent_gradient
        find(torch.randn(frames, 4, SMALL_SIDE // 8, SMALL_SIDE // 8), decode=decode, loss=steady, chunk=CHUNK)

    run(2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(SMALL_FRAMES)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", choices=("naive", "deferred"), help="one measurement, in bytes")
    asked = parser.parse_args()
    if asked.measure:
        print(measured(asked.measure))
        return
    pixels = FRAMES * 3 * HEIGHT * WIDTH * 4
    at_once, chunk = counted(FRAMES), counted(CHUNK)
    print(f"counted, Stable Diffusion's VAE decoder, {FRAMES} frames of {WIDTH}x{HEIGHT}, float32:")
    print(f"  naive {at_once / 2**30:.1f} GiB")
    print(f"  in chunks of {CHUNK} {chunk / 2**30:.1f} GiB and {2 * pixels / 2**30:.2f} GiB for all pixels and their gradient")
    found = {
        how: int(subprocess.run([sys.executable, __file__, "--measure", how], check=True, capture_output=True, text=True).stdout)
        for how in ("naive", "deferred")
    }
    print(f"measured, narrow decoder, {SMALL_FRAMES} frames of {SMALL_SIDE}x{SMALL_SIDE}, peak of the process above loading:")
    print(f"  naive {found['naive'] / 2**20:.0f} MiB, in chunks of {CHUNK} {found['deferred'] / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
