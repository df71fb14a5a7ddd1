"""One model over one set, streamed: what is held depends on the frame size and the model's window, never on the set."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ...normals import angles, normalise
from ...protocol import ErrorCode, PlatelightError
from ...tuning.stability import camera_turn, change, measure_motion, opw_pair
from ..measures.constant import Directions
from ..measures.metrics import AngularErrors, add_frame
from .predictors import Predictor
from .results import Score, ShotScore, Stability
from .sets import Moment, Shot, TestSet, fit

CURVE = tuple(float(degrees) for degrees in np.arange(0, 90.5, 0.5))
_FLIPPED = np.array([-1, 1, 1], dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """An estimate kept to be shown. `mean`: its error in degrees. `normals`: float16 (H, W, 3). `shot`, `index`: of which frame."""

    shot: int
    index: int
    mean: float
    normals: np.ndarray


@dataclass(kw_only=True)
class Gallery:
    """What the report will show of a model. `wanted`: frames (shot, index) to keep. `slices`: shots of which to keep the
    middle column. `worst`: of how many shots to keep the frame with the highest error."""

    wanted: frozenset[tuple[int, int]] = frozenset()
    slices: frozenset[int] = frozenset()
    worst: int = 0
    kept: dict[tuple[int, int], Kept] = field(default_factory=dict)
    columns: dict[int, list[np.ndarray]] = field(default_factory=dict)
    _worst: dict[int, Kept] = field(default_factory=dict)

    def look(self, shot: int, index: int, *, mean: float | None, normals: np.ndarray) -> None:
        """Keep of a frame what is to be kept. `mean`: its error in degrees, None where it has no true normals."""
        if shot in self.slices:
            self.columns.setdefault(shot, []).append(normals[:, normals.shape[1] // 2].astype(np.float16))
        worse = mean is not None and self.worst > 0 and mean > self._bar(shot)
        if not worse and (shot, index) not in self.wanted:
            return
        one = Kept(shot=shot, index=index, mean=float("nan") if mean is None else mean, normals=normals.astype(np.float16))
        if (shot, index) in self.wanted:
            self.kept[shot, index] = one
        if worse:
            self._worst[shot] = one
            if len(self._worst) > self.worst:
                del self._worst[min(self._worst, key=lambda number: self._worst[number].mean)]

    @property
    def worst_frames(self) -> list[Kept]:
        """The worst first."""
        return sorted(self._worst.values(), key=lambda kept: -kept.mean)

    def _bar(self, shot: int) -> float:
        """Return the error above which a frame of `shot` is among the worst; neighbours look alike, so a shot is there once."""
        if shot in self._worst:
            return self._worst[shot].mean
        return -1.0 if len(self._worst) < self.worst else min(kept.mean for kept in self._worst.values())


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """Mean change in degrees between two neighbours and their warping error; None where no pixel counts."""

    change: float | None
    opw: float | None


class _Changes:
    """The pools of change between neighbours: as it is, and without the camera's rotation."""

    def __init__(self) -> None:
        self._plain, self._turned = AngularErrors(), AngularErrors()
        self._shots: list[float] = []
        self._pairs = self._possible = 0
        self._all_turned = True

    def add(self, *, frames: tuple[Moment, Moment], normals: tuple[np.ndarray, np.ndarray], turn: np.ndarray | None) -> _Pair:
        """Add a pair of neighbours. `turn`: the camera's rotation from the first to the second, if it is known."""
        motion = measure_motion(frames[0].frame, frames[1].frame)
        valid = (frames[0].valid, frames[1].valid)
        degrees, mask = change(*normals, motion=motion, valid=valid)
        self._plain.add(degrees[mask])
        if turn is None:
            self._all_turned = False
        else:
            degrees, mask = change(*normals, motion=motion, valid=valid, turn=turn)
            self._turned.add(degrees[mask])
        self._pairs += 1
        self._possible += int(np.count_nonzero(valid[1]))
        error = opw_pair(*normals, frames=(frames[0].frame, frames[1].frame), motion=motion, valid=valid)
        return _Pair(change=float(degrees[mask].mean(dtype=np.float64)) if mask.any() else None, opw=error)

    def end_shot(self, pairs: list[_Pair]) -> None:
        """Add the warping error of a shot, the mean over its pairs."""
        if known := [pair.opw for pair in pairs if pair.opw is not None]:
            self._shots.append(float(np.mean(known)))

    def summary(self) -> Stability | None:
        if not self._plain.pixels:
            return None
        plain = self._plain.summary()
        turned = self._turned.summary().mean if self._all_turned and self._turned.pixels else None
        return Stability(
            change=plain.mean,
            change_median=plain.median,
            change_turned=turned,
            pairs=self._pairs,
            opw=float(np.mean(self._shots)) if self._shots else 0.0,
            compared=100.0 * plain.pixels / max(self._possible, 1),
        )


class Measurement:
    """A model's figures on a set while they are taken."""

    def __init__(self, test_set: TestSet, predictor: Predictor, *, gallery: Gallery, directions: Directions | None = None) -> None:
        """`directions`: where to add the true normals, for the best constant."""
        self.set, self.predictor, self.gallery = test_set, predictor, gallery
        self._directions = directions
        self._pool = AngularErrors()
        self._changes = _Changes()
        self._shots: list[ShotScore] = []
        self._seconds = 0.0
        self._first, self._flipped = AngularErrors(), AngularErrors()

    def run(self) -> Iterator[int]:
        """Take all figures; yields the number of frames done.

        Raises:
            PlatelightError: what reading or estimating raises; `frame_size_changed` when a shot's frames differ in size.
        """
        done = 0
        for number, shot in enumerate(self.set.shots):
            for _ in self._shot(number, shot):
                done += 1
                yield done

    def score(self) -> Score:
        """Return the figures.

        Raises:
            PlatelightError: `source_empty` when no pixel of the set has a true normal.
        """
        if not self._pool.pixels:
            raise PlatelightError(ErrorCode.SOURCE_EMPTY, f"{self.set.folder} has no pixel with a true normal")
        return Score(
            model=self.predictor.facts.label,
            angular=self._pool.summary(),
            stability=self._changes.summary(),
            shots=tuple(self._shots),
            shares=tuple(self._pool.shares_below(np.array(CURVE)).tolist()),
            seconds=self._seconds / self.set.frames,
            first_frames=self._first.summary().mean if self._first.pixels else float("nan"),
            x_flipped=self._flipped.summary().mean if self._flipped.pixels else float("nan"),
        )

    def _shot(self, number: int, shot: Shot) -> Iterator[None]:
        pool, pairs = AngularErrors(), []
        means: list[float | None] = []
        earlier: tuple[Moment, np.ndarray] | None = None
        for index, (moment, estimate) in enumerate(self._estimates(shot)):
            own = AngularErrors()
            add_frame(own, estimate=estimate, truth=moment.normals, valid=moment.valid)
            means.append(own.summary().mean if own.pixels else None)
            pool.merge(own)
            if index == 0:
                self._check_axes(estimate, moment, own)
            if self._directions is not None:
                self._directions.add(moment.normals[moment.valid])
            if shot.consecutive and earlier is not None:
                turn = None if shot.poses is None else camera_turn(shot.poses[index - 1], shot.poses[index])
                pairs.append(self._changes.add(frames=(earlier[0], moment), normals=(earlier[1], estimate), turn=turn))
            self.gallery.look(number, index, mean=means[-1], normals=estimate)
            earlier = moment, estimate
            yield
        self._pool.merge(pool)
        self._changes.end_shot(pairs)
        known = [pair.change for pair in pairs if pair.change is not None]
        self._shots.append(
            ShotScore(
                name=shot.name,
                frames=shot.count,
                angular=pool.summary() if pool.pixels else None,
                change=float(np.mean(known)) if known else None,
                turned=shot.poses is not None,
                frame_means=tuple(means),
                pair_changes=tuple(pair.change for pair in pairs),
            )
        )

    def _estimates(self, shot: Shot) -> Iterator[tuple[Moment, np.ndarray]]:
        """Yield the frames of a shot with their estimates, unit length and of the frame's size, timed without the reading."""
        waiting: deque[Moment] = deque()
        reading = 0.0

        def frames() -> Iterator[np.ndarray]:
            nonlocal reading
            size = None
            for index in range(shot.count):
                begun = time.perf_counter()
                moment = _read(shot, index)
                size = size or moment.frame.shape
                if moment.frame.shape != size:
                    detail = f"frame {index + 1} of {shot.name} in {self.set.folder} is not as large as the ones before it"
                    raise PlatelightError(ErrorCode.FRAME_SIZE_CHANGED, detail)
                waiting.append(moment)
                reading += time.perf_counter() - begun
                yield moment.frame

        estimates = self.predictor.predict(frames(), shot=shot, set_name=self.set.name)
        for index in range(shot.count):
            begun, read = time.perf_counter(), reading
            estimate = next(estimates, None)
            if estimate is None:
                detail = f"{self.predictor.facts.label} gave {index} of the {shot.count} frames of {shot.name}"
                raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, detail)
            moment = waiting.popleft()
            size = (moment.frame.shape[1], moment.frame.shape[0])
            what = f"frame {index + 1} of {shot.name} by {self.predictor.facts.label}"
            fitted = estimate if estimate.shape == moment.frame.shape else fit(estimate, size=size, what=what)
            self._seconds += time.perf_counter() - begun - (reading - read)
            yield moment, fitted
        if next(estimates, None) is not None:  # run to its end, so that a depth that comes last isn't lost
            raise RuntimeError(f"{self.predictor.facts.label} gave more frames of {shot.name} than there are")

    def _check_axes(self, estimate: np.ndarray, moment: Moment, own: AngularErrors) -> None:
        self._first.merge(own)
        truth, seen = moment.normals[moment.valid], normalise(estimate[moment.valid] * _FLIPPED)
        self._flipped.add(angles(seen, truth))


def _read(shot: Shot, index: int) -> Moment:
    try:
        return shot.read(index)
    except ValueError as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"frame {index + 1} of {shot.name}: {error}") from error
