"""The files behind a plate: a movie, a numbered image sequence, or a still. No bpy."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ..contract import MOST_NUMBER, ErrorCode, Place, PlatelightError, clip_name, is_negative, last_place, negative_kin, place_of


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
    place = last_place(name)
    return place.number_in(name) if place else None


def same_run(one: str, other: str) -> bool:
    """Return whether two file names differ in their number only."""
    places = last_place(one), last_place(other)
    if places[0] is None or places[1] is None:
        return one == other
    return (places[0].before, places[0].after) == (places[1].before, places[1].after)


def files_of(file: Path) -> dict[int, Path]:
    """Return all files that differ from this one in their number only, by number, in order; empty where it has none.

    Raises:
        PlatelightError: `source_missing`, `frame_numbers_unusable`.
    """
    _need(file)
    names = os.listdir(file.parent)
    _refuse_negative(file.name, names)
    place = last_place(file.name, beside=names)
    if place is None:
        return {}
    found = {number: file.with_name(name) for name in names if (number := place.number_in(name)) is not None}
    if len(found) == 1 and (other := place_of(file.name, beside=names)) and other.number_in(file.name) != next(iter(found)):
        raise _behind(file.name, other)
    return {number: found[number] for number in sorted(found)}


def clip_number(run: Run) -> int:
    """Return the source frame that stands in the path of `run`: 1 for a movie and for a still without a number."""
    found = number(run.file.name) if run.is_sequence else None
    return 1 if found is None else found


def of_movie(path: Path, *, length: int = 0) -> Run:
    """Raises:
    PlatelightError: `source_missing`.
    """
    _need(path)
    return Run(file=path, first=1, last=length, is_sequence=False, clip=clip_name(str(path), is_sequence=False))


def of_names(folder: Path, names: Sequence[str], *, label: str) -> Run:
    """Return the files of an image strip, which must be numbered one after another; a single one may have any name.

    Raises:
        PlatelightError: `strip_unsupported`, naming the two files between which the order breaks; `frame_numbers_unusable`;
            `source_missing`.
    """
    if not names:
        raise PlatelightError(ErrorCode.STRIP_UNSUPPORTED, f"{label} has no images")
    path = folder / names[0]
    _need(path)
    beside = os.listdir(folder)
    _refuse_negative(names[0], beside)
    if len(names) == 1:
        return _of_still(path, place_of(path.name, beside=beside))
    place = last_place(names[0], beside=beside)
    if place is None:
        told = f"the images of {label} have no numbers ({names[0]}); name them like plate.0001.png"
        raise PlatelightError(ErrorCode.STRIP_UNSUPPORTED, told)
    if broken := _break(names, place):
        if (other := place_of(names[0], beside=names)) and not _break(names, other):
            raise _behind(names[0], other)
        follows = f"{broken[1]} follows {broken[0]}"
        told = f"the images of {label} are not numbered one after another ({follows}); make a strip of each part"
        raise PlatelightError(ErrorCode.STRIP_UNSUPPORTED, told)
    first = place.number_in(names[0]) or 0
    refuse_high(names[-1], first + len(names) - 1)
    return Run(
        file=path,
        first=first,
        last=first + len(names) - 1,
        is_sequence=True,
        clip=clip_name(str(path), is_sequence=True, place=place),
    )


def of_file(path: Path) -> Run:
    """Return the sequence that a file belongs to, as far as it goes without a gap on both sides of that file.

    Raises:
        PlatelightError: `source_missing`, `frame_numbers_unusable`.
    """
    there = files_of(path)
    here = number(path.name)
    if here is None or len(there) == 1:
        return _of_still(path, last_place(path.name))
    first = last = here
    while first - 1 in there:
        first -= 1
    while last + 1 in there:
        last += 1
    refuse_high(there[last].name, last)
    return Run(file=path, first=first, last=last, is_sequence=True, clip=clip_name(str(path), is_sequence=True))


def refuse_high(name: str, highest: int) -> None:
    """Raises:
    PlatelightError: `frame_numbers_unusable` where the highest number of a plate, that of the file `name`, is beyond Blender's.
    """
    if highest > MOST_NUMBER:
        told = f"{name} has the number {highest}, and Blender's image nodes end at {MOST_NUMBER} and would show black"
        raise PlatelightError(ErrorCode.FRAME_NUMBERS_UNUSABLE, told)


def _of_still(path: Path, place: Place | None) -> Run:
    """Return one picture: its number is the source frame, or 1 where it has none. Raises: as `refuse_high`."""
    here = place.number_in(path.name) if place else None
    frame = 1 if here is None else here
    refuse_high(path.name, frame)
    clip = clip_name(str(path), is_sequence=here is not None, place=place)
    return Run(file=path, first=frame, last=frame, is_sequence=True, clip=clip)


def _break(names: Sequence[str], place: Place) -> tuple[str, str] | None:
    """Return the two files, one after the other, whose numbers by that place are not."""
    for before, after in pairwise(names):
        numbers = place.number_in(before), place.number_in(after)
        if numbers[0] is None or numbers[1] != numbers[0] + 1:
            return before, after
    return None


def _refuse_negative(name: str, beside: Sequence[str]) -> None:
    if is_negative(name) and (kin := negative_kin(name, beside=beside)):
        told = f"{name} has a minus before its number, beside {kin[0]}, and Blender's image nodes play none below 0"
        raise PlatelightError(ErrorCode.FRAME_NUMBERS_UNUSABLE, told)


def _behind(name: str, place: Place) -> PlatelightError:
    told = f"the number of {name} is {place.number_in(name)}, and Blender's image nodes take the last digits for it"
    return PlatelightError(ErrorCode.FRAME_NUMBERS_UNUSABLE, told)


def _need(path: Path) -> None:
    if not path.is_file():
        raise PlatelightError(ErrorCode.SOURCE_MISSING, str(path))
