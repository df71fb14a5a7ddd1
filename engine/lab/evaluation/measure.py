"""One model over one set, streamed: what is held depends on the frame size and the model's window, never on the set."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from ...normals import angles, normalise
from ...protocol import ErrorCode, PlatelightError
from ...tuning.stability import Motion, camera_turn, change, opw_pair
from ..measures.constant import Directions
from ..measures.metrics import AngularErrors, add_frame
from .depth import DepthGallery, DepthMeasurement, DepthScore
from .predictors import Predictor
from .results import Score, ShotScore, Stability
from .sets import NORMAL, Estimated, Moment, Seen, Shot, TestSet, fit

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

    def add(
        self, *, frames: tuple[Moment, Moment], normals: tuple[np.ndarray, np.ndarray], motion: Motion, turn: np.ndarray | None
    ) -> _Pair:
        """Add a pair of neighbours. `motion`: between the two. `turn`: the camera's rotation from the first to the second, if it is
        known."""
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


class NormalsMeasurement:
    """A model's figures on a set while they are taken, frame by frame in order."""

    def __init__(self, test_set: TestSet, *, model: str, gallery: Gallery, directions: Directions | None = None) -> None:
        """`directions`: where to add the true normals, for the best constant."""
        self._set, self._model, self.gallery, self._directions = test_set, model, gallery, directions
        self._pool, self._first, self._flipped = AngularErrors(), AngularErrors(), AngularErrors()
        self._changes = _Changes()
        self._shots: list[ShotScore] = []
        self._shot = _Shot()

    def add(self, seen: Seen, estimate: np.ndarray) -> None:
        """Add the normals of a frame, unit length and of the frame's size."""
        moment, own = seen.moment, AngularErrors()
        add_frame(own, estimate=estimate, truth=moment.normals, valid=moment.valid)
        mean = own.summary().mean if own.pixels else None
        shot, number = self._shot, len(self._shots)
        shot.means.append(mean)
        shot.pool.merge(own)
        if seen.index == 0:
            self._first.merge(own)
            self._flipped.add(angles(normalise(estimate[moment.valid] * _FLIPPED), moment.normals[moment.valid]))
        if self._directions is not None:
            self._directions.add(moment.normals[moment.valid])
        if seen.earlier is not None and seen.motion is not None and shot.estimate is not None:
            poses = self._set.shots[number].poses
            turn = None if poses is None else camera_turn(poses[seen.index - 1], poses[seen.index])
            frames, normals = (seen.earlier, moment), (shot.estimate, estimate)
            shot.pairs.append(self._changes.add(frames=frames, normals=normals, motion=seen.motion, turn=turn))
        self.gallery.look(number, seen.index, mean=mean, normals=estimate)
        shot.estimate = estimate

    def end_shot(self) -> None:
        """Close the shot under way."""
        shot, self._shot = self._shot, _Shot()
        whole = self._set.shots[len(self._shots)]
        self._pool.merge(shot.pool)
        self._changes.end_shot(shot.pairs)
        known = [pair.change for pair in shot.pairs if pair.change is not None]
        self._shots.append(
            ShotScore(
                name=whole.name,
                frames=whole.count,
                angular=shot.pool.summary() if shot.pool.pixels else None,
                change=float(np.mean(known)) if known else None,
                turned=whole.poses is not None,
                frame_means=tuple(shot.means),
                pair_changes=tuple(pair.change for pair in shot.pairs),
            )
        )

    def score(self, *, seconds: float) -> Score:
        """Return the figures. `seconds`: that estimating a frame took.

        Raises:
            PlatelightError: `source_empty` when no pixel of the set has a true normal.
        """
        if not self._pool.pixels:
            raise PlatelightError(ErrorCode.SOURCE_EMPTY, f"{self._set.folder} has no pixel with a true normal")
        return Score(
            model=self._model,
            angular=self._pool.summary(),
            stability=self._changes.summary(),
            shots=tuple(self._shots),
            shares=tuple(self._pool.shares_below(np.array(CURVE)).tolist()),
            seconds=seconds,
            first_frames=self._first.summary().mean if self._first.pixels else float("nan"),
            x_flipped=self._flipped.summary().mean if self._flipped.pixels else float("nan"),
        )


@dataclass(kw_only=True)
class _Shot:
    """The shot under way. `estimate`: of the frame before."""

    pool: AngularErrors = field(default_factory=AngularErrors)
    pairs: list[_Pair] = field(default_factory=list)
    means: list[float | None] = field(default_factory=list)
    estimate: np.ndarray | None = None


class Run:
    """A model over a set, run once: each frame is decoded once, and what the model says of it is measured as it comes."""

    def __init__(self, test_set: TestSet, predictor: Predictor, *, gallery: Gallery, directions: Directions | None = None) -> None:
        """`gallery`: of its normals. `directions`: see `NormalsMeasurement`."""
        label = predictor.facts.label
        self._set, self._predictor = test_set, predictor
        self._normals = NormalsMeasurement(test_set, model=label, gallery=gallery, directions=directions)
        self._depths = DepthMeasurement(model=label, gallery=DepthGallery(slices=gallery.slices))
        self._seconds = self._reading = 0.0

    def frames(self) -> Iterator[None]:
        """Take all figures; yields after each frame.

        Raises:
            PlatelightError: what reading or estimating raises; `frame_size_changed` when a shot's frames differ in size,
                `source_truncated` when the model leaves out frames.
        """
        for shot in self._set.shots:
            yield from self._shot(shot)
            self._normals.end_shot()
            self._depths.end_shot(shot.name)

    @property
    def normals(self) -> tuple[Score, Gallery] | None:
        """The figures of the normals and what is shown of them; None for a model of depth alone."""
        if NORMAL not in self._predictor.passes:
            return None
        return self._normals.score(seconds=self._seconds / self._set.frames), self._normals.gallery

    @property
    def depths(self) -> tuple[DepthScore, DepthGallery] | None:
        """The same of the depths; None unless every frame had one."""
        if self._depths.frames < self._set.frames:
            return None
        return self._depths.score(), self._depths.gallery

    def _shot(self, shot: Shot) -> Iterator[None]:
        waiting: dict[int, tuple[Seen, set[str]]] = {}
        given = dict.fromkeys(self._predictor.passes, 0)
        for estimate in self._timed(shot, waiting):
            seen, lacking = waiting[estimate.index]
            if estimate.pass_name == NORMAL:
                self._normals.add(seen, estimate.values)
            else:
                self._depths.add(seen, estimate.values)
            if estimate.pass_name in lacking:
                lacking.discard(estimate.pass_name)
                given[estimate.pass_name] += 1
            if not lacking:
                del waiting[estimate.index]
                yield
        if short := [count for count in given.values() if count < shot.count]:
            detail = f"{self._predictor.facts.label} gave {short[0]} of the {shot.count} frames of {shot.name}"
            raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, detail)

    def _timed(self, shot: Shot, waiting: dict[int, tuple[Seen, set[str]]]) -> Iterator[Estimated]:
        """Yield what the model says, timed without the reading; normals are made unit length and of the frame's size."""
        estimates = self._predictor.predict(self._moments(shot, waiting), shot=shot, set_name=self._set.name)
        while True:
            begun, read = time.perf_counter(), self._reading
            estimate = next(estimates, None)
            if estimate is None:
                return
            if estimate.index not in waiting:
                raise RuntimeError(f"{self._predictor.facts.label} gave more frames of {shot.name} than there are")
            height, width = waiting[estimate.index][0].moment.frame.shape[:2]
            if estimate.pass_name == NORMAL and estimate.values.shape[:2] != (height, width):
                what = f"frame {estimate.index + 1} of {shot.name} by {self._predictor.facts.label}"
                estimate = replace(estimate, values=fit(estimate.values, size=(width, height), what=what))
            self._seconds += time.perf_counter() - begun - (self._reading - read)
            yield estimate

    def _moments(self, shot: Shot, waiting: dict[int, tuple[Seen, set[str]]]) -> Iterator[Moment]:
        """Read the shot's frames as the model pulls them; each waits for the passes that the model gives of it."""
        earlier: Moment | None = None
        size: tuple[int, ...] = ()
        for index in range(shot.count):
            begun = time.perf_counter()
            moment = _read(shot, index)
            size = size or moment.frame.shape
            if moment.frame.shape != size:
                detail = f"frame {index + 1} of {shot.name} in {self._set.folder} is not as large as the ones before it"
                raise PlatelightError(ErrorCode.FRAME_SIZE_CHANGED, detail)
            seen = Seen(index=index, moment=moment, earlier=earlier if shot.consecutive else None)
            waiting[index] = (seen, set(self._predictor.passes))
            earlier = moment
            self._reading += time.perf_counter() - begun
            yield moment


def _read(shot: Shot, index: int) -> Moment:
    try:
        return shot.read(index)
    except ValueError as error:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"frame {index + 1} of {shot.name}: {error}") from error
