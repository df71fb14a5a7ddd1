"""Kill estimates at random moments and right before and after each file operation, and see what is left of the passes.

    python -m tests.measure.kill_estimates --kills 500 --seed 1 [--model preview]

Each trial copies passes that are there, starts a job in a child process, kills it, looks at every file, starts the job again (and
sometimes kills that one, too), and compares what is there at the end with what an uninterrupted job leaves. Prints a line of JSON.
Runs where processes can be forked: not on Windows.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.job.estimate import run
from engine.protocol import ErrorCode, Estimate, EstimateSettings, PlatelightError, Source
from tests.support.drawn import Drawn

COUNT = 12
CUTS = (5, 9)
CLIP = "plate"
KEPT = 64
LIMIT_S = 300.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scenario:
    """A job over passes that are there already. `before`: the jobs that made them. `job`: the one that is killed. `removes`:
    whether it may delete frames outside its range."""

    name: str
    before: tuple[dict[str, Any], ...]
    job: dict[str, Any]
    removes: bool = False


SCENARIOS = (
    Scenario(name="first run", before=(), job={}),
    Scenario(name="another range", before=({"first": 1, "last": 5},), job={}),
    Scenario(name="replace all", before=({},), job={"size": 48, "overwrite": True}),
    Scenario(name="replace a part", before=({},), job={"size": 48, "overwrite": True, "first": 4, "last": 9}),
    Scenario(
        name="replace a part, remove the rest",
        before=({},),
        removes=True,
        job={"size": 48, "overwrite": True, "remove_outside": True, "first": 4, "last": 9},
    ),
    Scenario(name="the same again", before=({},), job={"overwrite": True}),
    Scenario(
        name="back to earlier settings",
        before=({}, {"size": 48, "overwrite": True, "first": 4, "last": 9}),
        job={"overwrite": True, "first": 3, "last": 10},
    ),
)


@dataclasses.dataclass
class Tally:
    """What was found."""

    kills: int = 0
    trials: int = 0
    torn: int = 0
    lost_frames: int = 0
    lost_cuts: int = 0
    litter: int = 0
    foreign_touched: int = 0
    wrong_at_the_end: int = 0
    refused_to_go_on: int = 0
    by: dict[str, int] = dataclasses.field(default_factory=dict)
    complaints: list[str] = dataclasses.field(default_factory=list)

    @property
    def faults(self) -> int:
        return self.torn + self.lost_frames + self.lost_cuts + self.litter + self.foreign_touched + self.wrong_at_the_end


class Faults:
    """Ends this process right before or after a file operation: `at` counts both sides of each."""

    _NAMES = ("replace", "unlink", "open", "mkdir", "fsync", "ftruncate", "fchmod", "write", "rmdir")

    def __init__(self, at: int | None) -> None:
        self.count, self._at = 0, at

    def install(self) -> None:
        for name in self._NAMES:
            setattr(os, name, self._around(getattr(os, name)))
        io.open = self._around_open(io.open)
        import builtins
        import pathlib

        builtins.open = io.open
        pathlib.io.open = io.open

    def _around(self, operation: Callable) -> Callable:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            self._point()
            result = operation(*args, **kwargs)
            self._point()
            return result

        return guarded

    def _around_open(self, operation: Callable) -> Callable:
        def guarded(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            if not set(mode) & set("wa+x"):
                return operation(file, mode, *args, **kwargs)
            self._point()
            opened = operation(file, mode, *args, **kwargs)
            self._point()
            return opened

        return guarded

    def _point(self) -> None:
        self.count += 1
        if self.count == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


class Trials:
    """Everything that the trials share, in a folder of its own."""

    def __init__(self, folder: Path, *, model: str) -> None:
        self.folder = folder
        self.plate = _plates(folder / "plates")
        self.estimator = _estimator(model)
        self.templates: dict[str, Path] = {}
        self.finals: dict[str, Path] = {}
        self.cuts: dict[str, tuple[int, ...]] = {}
        self.points: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        for scenario in SCENARIOS:
            self._prepare(scenario)

    def request(self, out: Path, *, size: int = KEPT, **options: Any) -> Estimate:
        settings = EstimateSettings(model=self.estimator.info.name, max_resolution=size, precision="fp32", device="cpu")
        return Estimate(job="kill", source=Source(path=str(self.plate), clip=CLIP), out=str(out), settings=settings, **options)

    def child(
        self, out: Path, options: dict[str, Any], *, at: int | None = None, after_s: float | None = None
    ) -> dict[str, Any] | None:
        """Run a job in a process of its own; returns what it told, None where it was killed."""
        told, tell = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(told)
            os._exit(self._in_child(out, options, tell, at))
        os.close(tell)
        if after_s is not None:
            time.sleep(after_s)
            os.kill(pid, signal.SIGKILL)
        with os.fdopen(told, "rb") as stream:
            said = stream.read()
        os.waitpid(pid, 0)
        return json.loads(said) if said else None

    def _in_child(self, out: Path, options: dict[str, Any], tell: int, at: int | None) -> int:
        faults = Faults(at)
        really_write = os.write
        faults.install()
        try:
            told: dict[str, Any] = {"cuts": _finish(self.request(out, **options), self.estimator)}
        except PlatelightError as error:
            told = {"code": str(error.code), "detail": error.detail}
        told["points"] = faults.count
        really_write(tell, json.dumps(told).encode())
        return 0

    def _prepare(self, scenario: Scenario) -> None:
        template = self.folder / "templates" / scenario.name
        template.mkdir(parents=True)
        for options in scenario.before:
            assert "cuts" in (self.child(template, options) or {}), scenario.name
        _plant_foreign(template, scenario)
        final = Path(shutil.copytree(template, self.folder / "finals" / scenario.name, symlinks=True))
        begun = time.perf_counter()
        told = self.child(final, scenario.job)
        assert told and "cuts" in told, (scenario.name, told)
        self.seconds[scenario.name] = time.perf_counter() - begun
        self.templates[scenario.name], self.finals[scenario.name] = template, final
        self.cuts[scenario.name], self.points[scenario.name] = tuple(told["cuts"]), told["points"]

    def trial(self, scenario: Scenario, chance: random.Random, tally: Tally, *, at: int | None) -> None:
        """Kill a job of `scenario` at a point, or at a random moment; go on until it is through; look at what is there each time.

        Some jobs are killed more than once, and some go on without being allowed to replace anything, as *Continue* does.
        """
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(self.templates[scenario.name], out, symlinks=True)
        before, final = _frames(self.templates[scenario.name]), _frames(self.finals[scenario.name])
        foreign = _foreign(out)
        tally.trials += 1
        options = scenario.job
        for _ in range(3):
            moment = None if at else chance.random() * self.seconds[scenario.name]
            told = self.child(out, options, at=at, after_s=moment)
            if told is None:
                tally.kills += 1
                kind = "at a file operation" if at else "at a random moment"
                tally.by[kind] = tally.by.get(kind, 0) + 1
            self._look(scenario, out, before=before, final=final, foreign=foreign, tally=tally)
            if told is not None or chance.random() < 0.7:
                break
            at = chance.randrange(1, self.points[scenario.name]) if chance.random() < 0.5 else None
        if options.get("overwrite") and chance.random() < 0.5:
            self._continue(scenario, out, before=before, tally=tally)
        told = self.child(out, options)
        if told is None or "cuts" not in told:
            tally.wrong_at_the_end += 1
            tally.complaints.append(f"{scenario.name}: {told}")
            return
        self._look(scenario, out, before=before, final=final, foreign=foreign, tally=tally)
        self._compare(scenario, out, cuts=tuple(told["cuts"]), tally=tally)

    def _continue(self, scenario: Scenario, out: Path, *, before: dict[str, bytes], tally: Tally) -> None:
        """Go on without leave to replace: either nothing was replaced so far, or the job goes on."""
        options = {name: value for name, value in scenario.job.items() if name not in ("overwrite", "remove_outside")}
        told = self.child(out, options)
        if told and "code" in told:
            tally.refused_to_go_on += 1
            if told["code"] != ErrorCode.PASSES_DIFFER or _frames(out) != before:
                tally.wrong_at_the_end += 1
                tally.complaints.append(f"{scenario.name}: cannot go on: {told}")

    def _look(
        self,
        scenario: Scenario,
        out: Path,
        *,
        before: dict[str, bytes],
        final: dict[str, bytes],
        foreign: dict[str, tuple],
        tally: Tally,
    ) -> None:
        """Whether each frame is the old one or the new one, and everything of others is as it was."""
        there = _frames(out)
        for name, data in there.items():
            if data not in (before.get(name), final.get(name)):
                tally.torn += 1
                tally.complaints.append(f"{scenario.name}: {name} is neither the old nor the new one")
        for name in before.keys() - there.keys():
            if not scenario.removes or name in final:
                tally.lost_frames += 1
                tally.complaints.append(f"{scenario.name}: {name} is gone")
        if _foreign(out) != foreign:
            tally.foreign_touched += 1
            tally.complaints.append(f"{scenario.name}: files of others were touched")

    def _compare(self, scenario: Scenario, out: Path, *, cuts: tuple[int, ...], tally: Tally) -> None:
        """Whether the folder holds at the end what an uninterrupted job leaves."""
        expected = self.finals[scenario.name]
        if _frames(out) != _frames(expected):
            tally.wrong_at_the_end += 1
            tally.complaints.append(f"{scenario.name}: other frames at the end")
        if extra := _names(out) - _names(expected):
            tally.litter += len(extra)
            tally.complaints.append(f"{scenario.name}: litter {sorted(extra)}")
        if cuts != self.cuts[scenario.name] or _record_cuts(out) != _record_cuts(expected):
            tally.lost_cuts += 1
            tally.complaints.append(f"{scenario.name}: cuts {cuts} {_record_cuts(out)}")


def kill_estimates(*, kills: int, seed: int, model: str, folder: Path) -> Tally:
    """Run trials until so many jobs were killed: by turns at the next file operation of a scenario, and at a random moment."""
    chance, tally = random.Random(seed), Tally()
    trials = Trials(folder, model=model)
    order = [(scenario, at) for scenario in SCENARIOS for at in range(1, trials.points[scenario.name] + 1)]
    chance.shuffle(order)
    points: Iterator[tuple[Scenario, int]] = iter(order)
    until = time.monotonic() + LIMIT_S * max(1, kills / 20)
    while tally.kills < kills and time.monotonic() < until:
        scenario, at = next(points, (None, None)) if tally.trials % 4 else (None, None)
        trials.trial(scenario or chance.choice(SCENARIOS), chance, tally, at=at)
    return tally


def _finish(request: Estimate, estimator: Any) -> tuple[int, ...]:
    """Run a job to its end; returns the cuts it tells."""
    events = run(request, estimator=estimator)
    while True:
        try:
            next(events)
        except StopIteration as stop:
            return stop.value.cuts


def _estimator(model: str) -> Any:
    if model == "drawn":
        return Drawn()
    import torch

    from engine.models import registry

    torch.set_num_threads(1)  # threads don't survive a fork
    return registry.load(EstimateSettings(model=model, max_resolution=KEPT, precision="fp32", device="cpu"))


def _plates(folder: Path) -> Path:
    """A sequence of which shots begin at the frames of `CUTS`; returns its first file."""
    folder.mkdir(parents=True)
    y, x = np.mgrid[0:40, 0:64]
    for frame in range(1, COUNT + 1):
        shot = sum(frame >= cut for cut in CUTS)
        picture = np.stack([x * 2 + frame, y * 3 + 5 * frame, np.full_like(x, 40)], axis=-1) % 128
        picture = (picture, 255 - picture, picture[::-1, ::-1] // 3)[shot]
        cv2.imwrite(str(folder / f"{CLIP}.{frame:04d}.png"), picture.astype(np.uint8))
    return folder / f"{CLIP}.0001.png"


def _plant_foreign(out: Path, scenario: Scenario) -> None:
    """Put files of others beside the passes: outside the range, under names that look alike, and of another clip."""
    for name in ("normal", "depth"):
        (out / name).mkdir(exist_ok=True)
        (out / name / f"{CLIP}.0100.exr").write_bytes(b"of another program")
        (out / name / f"{CLIP}.00003.exr").write_bytes(b"of another program")
        (out / name / f"{CLIP}_b.0003.exr").write_bytes(b"of another clip")
        (out / name / f".{CLIP}.b.0003.exr.12.part").write_bytes(b"of another clip, half written")
        (out / name / "notes.txt").write_bytes(scenario.name.encode())
        (out / name / f"{CLIP}.0101.exr").symlink_to("notes.txt")


def _is_ours(path: Path) -> bool:
    """By its name; the numbers of others are out of the range."""
    return path.name in {f"{CLIP}.{frame:04d}.exr" for frame in range(1, COUNT + 1)}


def _frames(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.exr")) if _is_ours(path)}


def _foreign(out: Path) -> dict[str, tuple]:
    found = {}
    for path in sorted(out.glob("*/*")) + sorted(out.glob("*/.*")):
        if path.name.startswith((f"{CLIP}_b", f".{CLIP}.b", "notes")) or path.name.endswith(("0100.exr", "0101.exr", "00003.exr")):
            status = path.lstat()
            found[str(path.relative_to(out))] = (status.st_ino, status.st_mtime_ns, status.st_mode, path.read_bytes())
    return found


def _names(out: Path) -> set[str]:
    return {str(path.relative_to(out)) for path in out.rglob("*")}


def _record_cuts(out: Path) -> list[Any]:
    return [json.loads((out / name / f"{CLIP}.json").read_text())["cuts"] for name in ("normal", "depth")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default="drawn", help="drawn, which is quick, or preview, the embedded network")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="platelight-kill-")))
        tally = kill_estimates(kills=options.kills, seed=options.seed, model=options.model, folder=folder)
    print(json.dumps(dataclasses.asdict(tally)))
    return 1 if tally.faults or tally.kills < options.kills else 0


if __name__ == "__main__":
    sys.exit(main())
