"""From a folder somebody names to the sets in it."""

from __future__ import annotations

from pathlib import Path

from ...protocol import ErrorCode, PlatelightError
from . import dsine_sets, own_sets
from .sets import TestSet

LAYOUTS = "a set of dsine_eval (nyuv2, scannet, ibims, sintel), a folder of them, or a folder of clips"


def find_sets(folder: Path, *, shots: int = 0) -> tuple[TestSet, ...]:
    """Return the sets in `folder`, of whichever layout. `shots`: no more than that many, spread over each set; 0 for all.

    Raises:
        PlatelightError: `source_missing`, `source_empty`, and what reading the set raises.
    """
    folder = folder.expanduser().absolute()
    if not folder.is_dir():
        raise PlatelightError(ErrorCode.SOURCE_MISSING, f"there is no folder {folder}")
    found = tuple(_find(folder))
    if not found:
        raise PlatelightError(ErrorCode.SOURCE_EMPTY, f"{folder} is not {LAYOUTS}")
    return tuple(_thinned(test_set, shots) for test_set in found) if shots else found


def _find(folder: Path) -> list[TestSet]:
    if dsine_sets.is_set(folder):
        return [dsine_sets.read_set(folder)]
    published = [folder / name for name in dsine_sets.FRAMES if dsine_sets.is_set(folder / name)]
    if published:
        return [dsine_sets.read_set(path) for path in published]
    if own_sets.is_clips(folder):
        return [own_sets.read_clips(folder)]
    if own_sets.is_pictures(folder):
        return [own_sets.read_pictures(folder)]
    return []


def _thinned(test_set: TestSet, shots: int) -> TestSet:
    everything = test_set.shots
    if len(everything) <= shots:
        return test_set
    kept = tuple(everything[index * len(everything) // shots] for index in range(shots))
    note = f"{shots} of its {len(everything)} {'shots' if everything[0].consecutive else 'pictures'}, spread evenly"
    return TestSet(name=test_set.name, folder=test_set.folder, shots=kept, notes=(*test_set.notes, note))
