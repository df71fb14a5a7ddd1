"""Arithmetic on channels-last images seen as rows of pixels, in pieces that stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F

PIECE_ELEMENTS = 1 << 18
"""Values worked on at a time: a megabyte of float32, so that several steps on them cost one trip to memory."""


def as_rows(images: torch.Tensor) -> torch.Tensor:
    """Return a view [T, H * W, C] of channels-last images [T, C, H, W]."""
    frames, channels, height, width = images.shape
    return images.permute(0, 2, 3, 1).view(frames, height * width, channels)


def as_images(rows: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Return the reverse of `as_rows`, a view as well."""
    frames, _, channels = rows.shape
    return rows.view(frames, height, width, channels).permute(0, 3, 1, 2)


def norm_silu(rows: torch.Tensor, norm: torch.nn.GroupNorm, *, across_frames: bool, out: torch.Tensor) -> torch.Tensor:
    """GroupNorm and SiLU, into `out`, which may be `rows` itself.

    Args:
        rows: [T, P, C].
        norm: its groups, weight, bias and epsilon are used.
        across_frames: whether the statistics are those of all frames together, as temporal layers have it.
    """
    channels = rows.shape[-1]
    if across_frames:
        rows, out_rows = rows.view(1, -1, channels), out.view(1, -1, channels)
    else:
        out_rows = out
    weight, bias = norm.weight.float(), norm.bias.float()
    for source, target in zip(rows, out_rows, strict=True):
        mean, variance = _moments(source, norm.num_groups)
        scale = weight * (variance + norm.eps).rsqrt().float()
        shift = bias - mean.float() * scale
        for piece, result in zip(_pieces(source), _pieces(target), strict=True):
            if piece.dtype == torch.float32:
                F.silu(torch.addcmul(shift, piece, scale, out=result), inplace=True)
            else:
                result.copy_(F.silu((piece * scale).add_(shift), inplace=True))
    return out


def temporal_convolution(
    rows: torch.Tensor, taps: tuple[torch.Tensor, ...], *, out: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    """Add a convolution over three frames, as matrix products: ``out[t] += rows[t-1] a + rows[t] b + rows[t+1] c + bias``.

    Args:
        rows: [T, P, C].
        taps: a, b, c, each [C, D].
        out: [T, P, D], not the memory of `rows`. With `bias` [D] it is overwritten, without it is added to.
    """
    frames = len(rows)
    for frame in range(frames):
        for begin, result in _numbered_pieces(out[frame]):
            piece = slice(begin, begin + len(result))
            if bias is None:
                result.addmm_(rows[frame, piece], taps[1])
            else:
                torch.addmm(bias, rows[frame, piece], taps[1], out=result)
            if frame > 0:
                result.addmm_(rows[frame - 1, piece], taps[0])
            if frame + 1 < frames:
                result.addmm_(rows[frame + 1, piece], taps[2])
    return out


def _moments(rows: torch.Tensor, groups: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and variance [C] of each channel's group over rows [P, C], in float64: short sums around a typical value, so that
    neither their length nor a large mean costs digits."""
    centre = rows[:64].float().mean(0)
    first = torch.zeros(rows.shape[1], dtype=torch.float64)
    second = torch.zeros_like(first)
    for piece in _pieces(rows):
        ones = torch.ones(1, len(piece))
        apart = piece - centre
        first += (ones @ apart)[0]
        second += (ones @ apart.square_())[0]
    count = len(rows) * (rows.shape[1] // groups)
    centre = centre.double()
    mean = (first + centre * len(rows)).view(groups, -1).sum(1, keepdim=True) / count
    offset = centre.view(groups, -1) - mean
    deviations = second.view(groups, -1) + 2.0 * offset * first.view(groups, -1) + len(rows) * offset.square()
    variance = deviations.sum(1, keepdim=True) / count
    each = rows.shape[1] // groups
    return mean.flatten().repeat_interleave(each), variance.clamp_(min=0.0).flatten().repeat_interleave(each)


def _pieces(rows: torch.Tensor) -> Iterator[torch.Tensor]:
    return (piece for _, piece in _numbered_pieces(rows))


def _numbered_pieces(rows: torch.Tensor) -> Iterator[tuple[int, torch.Tensor]]:
    length = max(PIECE_ELEMENTS // rows.shape[1], 1)
    for begin in range(0, len(rows), length):
        yield begin, rows[begin : begin + length]
