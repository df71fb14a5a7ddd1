"""Readers of data sets, ours and others'. Each turns its set's axes into ours once, here and nowhere else."""

from collections.abc import Callable, Mapping
from pathlib import Path

from .clip_set import Clip, ClipSet
from .hypersim import open_hypersim
from .ken_burns import open_ken_burns
from .matrix_city import open_matrix_city
from .objaverse import open_objaverse
from .own import open_own
from .replica import open_replica

__all__ = ["KINDS", "Clip", "ClipSet", "open_set"]

KINDS: Mapping[str, Callable[[Path], ClipSet]] = {
    "clips": open_own,
    "hypersim": open_hypersim,
    "ken_burns": open_ken_burns,
    "matrix_city": open_matrix_city,
    "objaverse": open_objaverse,
    "replica": open_replica,
}


def open_set(kind: str, root: Path) -> ClipSet:
    """Return a data set.

    Args:
        kind: one of `KINDS`.
        root: its folder.

    Raises:
        ValueError: if the kind isn't known, or a file of the set is broken; names it.
        FileNotFoundError: if there is nothing of that kind in the folder.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of data set; these are: {', '.join(sorted(KINDS))}.")
    return KINDS[kind](Path(root))
