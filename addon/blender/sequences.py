"""The files behind a plate: a movie, a numbered image sequence, or a still. No bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ..contract import ErrorCode, PlatelightError, clip_name, split_number


@dataclass(frozen=True, kw_only=True)
class Run:
    """`file`: the movie, the still, or the first file of interest of a sequence. `first`, `last`: its source frames; for a movie
    of unknown length `last` is 0. `clip`: its name in file names."""

    file: Path
    first: int
    last: int
    is_sequence: bool
    clip: str


def number(name: str) -> int | None:
    """``plate.0101.exr``, ``plate_0101_graded.exr`` -> 101: the last digits before the suffix; None without any."""
    return _split(name)[1]


def same_run(one: str, other: str) -> bool:
    """Whether two file names differ in their number only."""
    return _split(one)[0] == _split(other)[0]


def files_of(file: Path) -> dict[int, Path]:
    """All files that differ from this one in their number only, by number, in order; empty where it has none.

    Raises:
        PlatelightError: `source_missing`.
    """
    _need(file)
    kin, here = _split(file.name)
    if here is None:
        return {}
    found = {other: path for path in file.parent.iterdir() for own, other in [_split(path.name)] if own == kin}
    return {other: found[other] for other in sorted(each for each in found if each is not None)}


def clip_number(run: Run) -> int:
    """The source frame that stands in the path of `run`: 1 for a movie and for a still without a number."""
    found = number(run.file.name) if run.is_sequence else None
    return 1 if found is None else found


def of_movie(path: Path, *, length: int = 0) -> Run:
    """Raises:
        PlatelightError: `source_missing`.
    """
    _need(path)
    return Run(file=path, first=1, last=length, is_sequence=False, clip=clip_name(str(path), is_sequence=False))


def of_names(folder: Path, names: Sequence[str], *, label: str) -> Run:
    """The files of an image strip, which must be numbered one after another; a single one may have any name.

    Raises:
        PlatelightError: `strip_unsupported`, naming the two files between which the order breaks; `source_missing`.
    """
    if not names:
        raise PlatelightError(ErrorCode.STRIP_UNSUPPORTED, f"{label} has no images")
    path = folder / names[0]
    _need(path)
    start = number(names[0])
    if start is None:
        if len(names) > 1:
            told = f"the images of {label} have no numbers ({names[0]}); name them like plate.0001.png"
            raise PlatelightError(ErrorCode.STRIP_UNSUPPORTED, told)
        return Run(file=path, first=1, last=1, is_sequence=True, clip=clip_name(str(path), is_sequence=False))
    for index, (before, after) in enumerate(pairwise(names)):
        if _split(after) != (_split(before)[0], start + index + 1):
            raise PlatelightError(
                ErrorCode.STRIP_UNSUPPORTED,
                f"the images of {label} are not numbered one after another ({after} follows {before}); make a strip of each part",
            )
    clip = clip_name(str(path), is_sequence=True)
    return Run(file=path, first=start, last=start + len(names) - 1, is_sequence=True, clip=clip)


def of_file(path: Path) -> Run:
    """The sequence that a file belongs to, as far as it goes without a gap on both sides of that file.

    Raises:
        PlatelightError: `source_missing`.
    """
    _need(path)
    here = number(path.name)
    if here is None:
        return Run(file=path, first=1, last=1, is_sequence=True, clip=clip_name(str(path), is_sequence=False))
    there = files_of(path)
    first = last = here
    while first - 1 in there:
        first -= 1
    while last + 1 in there:
        last += 1
    return Run(file=path, first=first, last=last, is_sequence=True, clip=clip_name(str(path), is_sequence=True))


def _split(name: str) -> tuple[tuple[str, str, str], int | None]:
    """What all files of a sequence share, and the number of this one."""
    file = Path(name)
    before, digits, after = split_number(file.stem)
    return (before, after, file.suffix), int(digits) if digits.isdecimal() else None


def _need(path: Path) -> None:
    if not path.is_file():
        raise PlatelightError(ErrorCode.SOURCE_MISSING, str(path))
