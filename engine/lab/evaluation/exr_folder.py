"""Normals that another tool has written as EXR files.

For the shot `alley_1` of the set `sintel` they are looked for in the folder's subfolder `sintel`, if there is one, and in the
folder itself, in both in `normal/` as well: as `alley_1/<anything><number>.exr`, as `alley_1.<number>.exr`, or, for a single
picture, as `alley_1.exr`. Numbers may start anywhere but must not have gaps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import OpenEXR

from ...normals import convert_axes
from ...protocol import ErrorCode, PlatelightError
from .results import ModelFacts
from .sets import NORMAL, Estimated, Moment, Shot, TestSet, fit
from .specs import Kind, Spec

_NUMBER = re.compile(r"(\d+)$")
_ENCODED = 0.05


class ExrFolder:
    """See `Predictor`."""

    passes: tuple[str, ...] = (NORMAL,)

    def __init__(self, spec: Spec) -> None:
        self.facts = ModelFacts(label=spec.label, kind=str(Kind.EXR), source=spec.source, axes=spec.axes)
        self._folder = Path(spec.source)

    def predict(self, moments: Iterator[Moment], *, shot: Shot, set_name: str) -> Iterator[Estimated]:
        """See `Predictor.predict`.

        Raises:
            PlatelightError: `frame_missing`, `source_unreadable`, `frame_size_changed`, naming the file.
        """
        for index, (moment, file) in enumerate(zip(moments, self.files(shot, set_name=set_name), strict=True)):
            height, width = moment.frame.shape[:2]
            normals = fit(convert_axes(read_normals(file), axes=self.facts.axes), size=(width, height), what=str(file))
            yield Estimated(pass_name=NORMAL, index=index, values=normals)

    def check(self, sets: Sequence[TestSet]) -> None:
        """Look whether every frame of `sets` has its file. Raises: PlatelightError, `frame_missing`, `frame_size_changed`."""
        for test_set in sets:
            for shot in test_set.shots:
                self.files(shot, set_name=test_set.name)

    def files(self, shot: Shot, *, set_name: str) -> list[Path]:
        """Return the files of a shot in order. Raises: PlatelightError, `frame_missing`."""
        bases = [base for base in (self._folder / set_name, self._folder) if base.is_dir()]
        for place in [place for base in bases for place in (base, base / "normal")]:
            if shot.count == 1 and (place / f"{shot.name}.exr").is_file():
                return [place / f"{shot.name}.exr"]
            name = place / shot.name
            found = [*name.glob("*.exr"), *name.parent.glob(f"{_literal(name.name)}.*.exr")]
            numbered = sorted((int(match[1]), file) for file in found if (match := _NUMBER.search(file.stem)))
            if numbered:
                return _checked(numbered, shot)
        raise PlatelightError(ErrorCode.FRAME_MISSING, f"{self._folder} has no EXR file of {set_name}, {shot.name}")


def read_normals(file: Path) -> np.ndarray:
    """Return normals float32 (H, W, 3) of an EXR file: a layer's X, Y, Z, or else R, G, B, as signed numbers.

    Raises:
        PlatelightError: `source_unreadable`, also for normals that were packed into 0 to 1.
    """
    try:
        channels = OpenEXR.File(str(file), separate_channels=True).channels()
    except (RuntimeError, ValueError, OSError) as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{file}: {error}") from error
    names = _normal_channels(tuple(channels))
    if not names:
        detail = f"{file} has neither X, Y, Z nor R, G, B, only {', '.join(channels)}"
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, detail)
    values = np.stack([channels[name].pixels for name in names], axis=-1).astype(np.float32)
    known = values[np.isfinite(values).all(-1)]
    if len(known) and known.min() >= 0 and abs(float(np.median(np.linalg.norm(known, axis=-1))) - 1) > _ENCODED:
        detail = f"{file} has no negative number and no unit length: it seems packed into 0 to 1, save signed normals"
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, detail)
    return values


def _normal_channels(names: tuple[str, ...]) -> tuple[str, ...]:
    for components in ("XYZ", "xyz", "RGB"):
        for layer in sorted({name[:-1] for name in names if name[-1:] == components[0]}, key=lambda name: (len(name), name)):
            found = tuple(layer + component for component in components)
            if all(name in names for name in found):
                return found
    return ()


def _checked(numbered: list[tuple[int, Path]], shot: Shot) -> list[Path]:
    """Return the files, if they are as many as the shot has frames and their numbers have no gap."""
    first, files = numbered[0][0], dict(numbered)
    lacking = next((number for number in range(first, first + shot.count) if number not in files), None)
    if lacking is not None:
        detail = f"{numbered[0][1].parent}: {shot.name} lacks frame {lacking}, of {shot.count} from {first} on"
        raise PlatelightError(ErrorCode.FRAME_MISSING, detail)
    if len(numbered) != shot.count:
        detail = f"{numbered[0][1].parent}: {shot.name} has {shot.count} frames, there are {len(numbered)} EXR files"
        raise PlatelightError(ErrorCode.FRAME_SIZE_CHANGED, detail)
    return list(files.values())


def _literal(name: str) -> str:
    """`name` for a glob pattern."""
    return re.sub(r"([*?\[])", r"[\1]", name)
