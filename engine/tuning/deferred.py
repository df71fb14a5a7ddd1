"""Deferred back-propagation: the decoder's activations are held for a few frames at a time, the gradient is the same.

Buffer Anytime, section 3, after ARF (Zhang et al., ECCV 2022): all latents are decoded without a graph, the loss's gradient is
taken with respect to the decoded pixels, then each chunk is decoded once more, with a graph, and gives its latents their part.
One backward pass through the network that made the latents remains.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

CHUNK = 4
"""Frames decoded together, as printed."""


def latent_gradient(
    latents: Tensor, *, decode: Callable[[Tensor], Tensor], loss: Callable[[Tensor], Tensor], chunk: int = CHUNK
) -> tuple[Tensor, Tensor]:
    """Return the value of ``loss(decode(latents))`` and its gradient with respect to the latents.

    Args:
        latents: [T, c, h, w]; only their values are used.
        decode: [N, c, h, w] to [N, C, H, W], each frame by itself.
        loss: [T, C, H, W] to a scalar; it may compare any frames.
        chunk: frames decoded together.

    Returns:
        The scalar, detached, and [T, c, h, w].
    """
    parts = latents.detach().split(chunk)
    with torch.no_grad():
        pixels = torch.cat([decode(part) for part in parts])
    pixels.requires_grad_()
    value = loss(pixels)
    (wanted,) = torch.autograd.grad(value, pixels)
    gradients = []
    for part, gradient in zip(parts, wanted.split(chunk), strict=True):
        part = part.clone().requires_grad_()
        with torch.enable_grad():
            decoded = decode(part)
        gradients.append(torch.autograd.grad(decoded, part, gradient)[0])
    return value.detach(), torch.cat(gradients)


def deferred(
    latents: Tensor, *, decode: Callable[[Tensor], Tensor], loss: Callable[[Tensor], Tensor], chunk: int = CHUNK
) -> Tensor:
    """``loss(decode(latents))`` as a scalar whose backward pass reaches the latents' graph; arguments as `latent_gradient`.

    Its gradient was found when it was made, so the decoder's graph is gone by the time the scalar is returned.
    """
    value, gradient = latent_gradient(latents, decode=decode, loss=loss, chunk=chunk)
    return _Known.apply(latents, value, gradient)


class _Known(torch.autograd.Function):
    """A scalar of known value and gradient."""

    @staticmethod
    def forward(ctx, latents: Tensor, value: Tensor, gradient: Tensor) -> Tensor:
        ctx.save_for_backward(gradient)
        return value.clone()

    @staticmethod
    def backward(ctx, scale: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * scale, None, None
