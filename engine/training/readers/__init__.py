"""Readers of data sets, ours and others'. Each turns its set's axes into ours once, here and nowhere else."""

from pathlib import Path

from .clip_set import Clip, ClipSet
from .own import open_own

__all__ = ["KINDS", "Clip", "ClipSet", "open_set"]

KINDS = {"clips": open_own}


def open_set(kind: str, root: Path) -> ClipSet:
    """A data set.

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
