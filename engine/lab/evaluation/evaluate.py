"""An evaluation: all models over all sets. The sets are read through once before a model is loaded, and other tools' files before
a network runs, so that what is wrong with them shows in the first minutes."""

from __future__ import annotations

import datetime
import platform
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...identity import version
from ...protocol import ErrorCode, EstimateSettings, PlatelightError, Progress, Stage
from ..measures.constant import Directions
from .depth import DepthGallery, DepthScore
from .exr_folder import ExrFolder
from .measure import CURVE, Gallery, Run
from .predictors import Constant, Predictor, Truth, Tuning, opened
from .results import CONSTANT, TRUTH, Evaluation, ModelFacts, Score, SetResult
from .sets import TestSet
from .specs import Kind, Spec

SHOWN_FRAMES, SHOWN_SLICES, SHOWN_WORST = 6, 3, 3
_SLICE_FRAMES = 3
_DOUBT = 0.9


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One set while it is evaluated. `constant`: the best constant direction, (3,). `galleries`: what is kept to be shown of the
    truth and of the models, by label. `scores`: in the order in which they were taken. `depths`, `depth_galleries`: the same of
    the models that give depth."""

    test_set: TestSet
    truth: Score
    constant: np.ndarray
    galleries: dict[str, Gallery]
    scores: list[Score] = field(default_factory=list)
    depths: list[DepthScore] = field(default_factory=list)
    depth_galleries: dict[str, DepthGallery] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The numbers, and what the report shows beside them."""

    evaluation: Evaluation
    findings: tuple[Finding, ...]


def evaluate(
    sets: Sequence[TestSet], specs: Sequence[Spec], *, settings: EstimateSettings, tuning: Tuning | None = None
) -> Generator[Progress, None, Outcome]:
    """Evaluate `specs` on `sets`.

    Args:
        sets: what to evaluate on.
        specs: what to evaluate; the best constant comes by itself.
        settings, tuning: for the models of the engine, see `predictors.opened`.

    Yields:
        Progress in frames, those of all models together; a window is a model.

    Returns:
        `Outcome`, as the generator's return value.

    Raises:
        PlatelightError: naming the file, frame or model that failed.
    """
    names = [test_set.name for test_set in sets]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"two sets are called {twice[0]}; evaluate them apart or rename a folder")
    for spec in specs:
        if spec.kind is Kind.EXR:
            ExrFolder(spec).check(sets)
    meter = _Meter(frames=sum(test_set.frames for test_set in sets), runs=len(specs) + 2)
    findings: list[Finding] = []
    facts: list[ModelFacts] = []
    for test_set in sets:
        findings.append((yield from _truth(test_set, meter)))
    meter.run += 1
    for finding in findings:
        yield from _measure(finding, Constant(finding.constant), meter, Gallery())
    for spec in sorted(specs, key=lambda spec: spec.kind is not Kind.EXR):
        meter.run += 1
        yield meter.progress(Stage.LOADING)
        with opened(spec, settings=settings, tuning=tuning) as predictor:
            facts.append(predictor.facts)
            for finding in findings:
                yield from _measure(finding, predictor, meter, _gallery(finding.test_set))
    labels = [CONSTANT, *(spec.label for spec in specs)]
    for finding in findings:
        finding.scores.sort(key=lambda score: labels.index(score.model))
        finding.depths.sort(key=lambda score: -1 if score.model == TRUTH else labels.index(score.model))
    facts.sort(key=lambda fact: labels.index(fact.label))
    results = tuple(_result(finding) for finding in findings)
    made = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    evaluation = Evaluation(
        made=made,
        version=version(),
        machine=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        models=tuple(facts),
        sets=results,
        warnings=tuple(warnings(results)),
    )
    return Outcome(evaluation=evaluation, findings=tuple(findings))


def warnings(results: Sequence[SetResult]) -> Iterator[str]:
    """Yield sentences about figures that look wrong."""
    for result in results:
        constant = next(score for score in result.scores if score.model == CONSTANT).angular.mean
        for score in result.scores:
            where, mean = f"{score.model} on {result.name}", score.angular.mean
            if score.x_flipped < _DOUBT * score.first_frames and score.model != CONSTANT:
                yield (
                    f"{where}: on the first frames its error is {score.first_frames:.1f} degrees, with x turned round"
                    f" {score.x_flipped:.1f}. Check which way its x axis goes (--axes {score.model}=-++)."
                )
            if mean > constant:
                yield f"{where}: its mean error, {mean:.1f} degrees, is above the best constant's, {constant:.1f}."
            if score.angular.holes:
                share = 100 * score.angular.holes / score.angular.pixels
                yield f"{where}: {share:.2f} % of the pixels have no estimate; each counts as 90 degrees."


def _truth(test_set: TestSet, meter: _Meter) -> Generator[Progress, None, Finding]:
    """Read the set through; returns its `Finding`."""
    directions, gallery = Directions(), _gallery(test_set)
    run = Run(test_set, Truth(), gallery=gallery, directions=directions)
    for _ in run.frames():
        yield meter.step(Stage.READING)
    assert run.normals is not None
    truth, _ = run.normals
    finding = Finding(test_set=test_set, truth=truth, constant=directions.best_constant(), galleries={truth.model: gallery})
    _add_depths(finding, run)
    return finding


def _measure(finding: Finding, predictor: Predictor, meter: _Meter, gallery: Gallery) -> Iterator[Progress]:
    run = Run(finding.test_set, predictor, gallery=gallery)
    for _ in run.frames():
        yield meter.step(Stage.UNET)
    if run.normals:
        score, finding.galleries[predictor.facts.label] = run.normals
        finding.scores.append(score)
    _add_depths(finding, run)


def _add_depths(finding: Finding, run: Run) -> None:
    if run.depths:
        score, finding.depth_galleries[run.depths[0].model] = run.depths
        finding.depths.append(score)


def _gallery(test_set: TestSet) -> Gallery:
    """Return what to keep of each model: the middle frame of some shots, columns of some films, the worst frames."""
    shots = test_set.shots
    shown = min(SHOWN_FRAMES, len(shots))
    chosen = [index * len(shots) // shown for index in range(shown)]
    films = [number for number, shot in enumerate(shots) if shot.consecutive and shot.count >= _SLICE_FRAMES]
    sliced = sorted(films, key=lambda number: -shots[number].count)[:SHOWN_SLICES]
    return Gallery(
        wanted=frozenset((number, shots[number].count // 2) for number in chosen),
        slices=frozenset(sliced),
        worst=SHOWN_WORST,
    )


def _result(finding: Finding) -> SetResult:
    test_set = finding.test_set
    x, y, z = (float(value) for value in finding.constant)
    return SetResult(
        name=test_set.name,
        folder=str(test_set.folder),
        shots=len(test_set.shots),
        frames=test_set.frames,
        pixels=finding.truth.angular.pixels,
        notes=test_set.notes,
        constant=(x, y, z),
        truth=finding.truth,
        scores=tuple(finding.scores),
        curve_degrees=CURVE,
        depths=tuple(finding.depths),
    )


class _Meter:
    """How far all runs together are."""

    def __init__(self, *, frames: int, runs: int) -> None:
        self.run, self._runs, self._done, self._total = 1, runs, 0, frames * runs
        self._begun = time.monotonic()

    def step(self, stage: Stage) -> Progress:
        self._done += 1
        return self.progress(stage)

    def progress(self, stage: Stage) -> Progress:
        spent = time.monotonic() - self._begun
        return Progress(
            job="evaluate",
            stage=stage,
            done=self._done,
            total=self._total,
            rate=self._done / spent if spent else 0.0,
            window=self.run,
            windows=self._runs,
            fraction=self._done / self._total,
        )
