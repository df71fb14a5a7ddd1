"""Whether a job's files fit where they are to go, asked before hours of work."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ..protocol import PASSES, ErrorCode, PlatelightError
from . import store
from .plan import Work

_LEAST_COMPRESSED = 0.15
"""Nothing that looks like a normal pass compresses below this share; less free space than that can't be enough."""


def check(out: Path, work: Work, *, passes: Sequence[str], clip: str, count: int, size: tuple[int, int]) -> None:
    """Whether `count` frames of `size` (width, height) can fit into `out`; what they take the place of counts as free.

    Raises:
        PlatelightError: `disk_full`.
    """
    least = count * size[0] * size[1] * sum(PASSES[name].bytes_per_pixel for name in passes) * _LEAST_COMPRESSED
    free = shutil.disk_usage(out).free
    for frames in (None,) if work.replace else tuple(piece.frames for piece in work.pieces if not piece.there):
        free += sum(store.bytes_of(out, pass_name=name, clip=clip, frames=frames) for name in passes)
    if free < least:
        detail = f"{out} has {free / 1e9:.2f} GB free, the passes need at least {least / 1e9:.2f} GB"
        raise PlatelightError(ErrorCode.DISK_FULL, detail)
