"""Runs linter, type checker and pytest for `build.py test`, and counts. Standard library only."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

_SLOWEST = 10
_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Say how many tests of a run went how, how many seconds it took, and which tests were the slowest, in seconds."""

    name: str
    passed: int
    failed: int
    skipped: int = 0
    seconds: float
    slowest: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Run:
    """A folder of tests in an environment; each has a process of its own, as each may register the extension its own way."""

    name: str
    python: Path
    root: Path
    folder: str


def check(python: Path, *, root: Path, staged: Path) -> Iterator[Outcome]:
    """What reads the code without running it; the types on the staged tree, where the extension is a package, and those of the lab,
    which is not staged, in the repository."""
    config = str(root / "pyproject.toml")
    commands = (
        ("ruff check", root, ("ruff", "check", ".")),
        ("ruff format", root, ("ruff", "format", "--check", "--quiet", ".")),
        ("mypy", staged, ("mypy", "--config-file", config)),
        ("mypy of the lab", root, ("mypy", "--config-file", config, "--package", "engine.lab")),
    )
    for name, folder, command in commands:
        print(f"\n== {name}", flush=True)
        began = time.monotonic()
        good = subprocess.run([python, "-m", *command], cwd=folder).returncode == 0
        yield Outcome(name=name, passed=int(good), failed=int(not good), seconds=time.monotonic() - began)


def test_all(runs: Sequence[Run], *, arguments: Sequence[str], environ: Callable[[Path], Mapping[str, str]]) -> list[Outcome]:
    """Run pytest for each of `runs`, as many at once as this machine has cores, at most four.

    The output of each is printed at its end.

    Args:
        runs: those that no path among `arguments` lies in are left out.
        arguments: go to pytest; paths among them narrow a run to those below its folder.
        environ: makes the environment variables of a run from an empty folder of its own.
    """
    wanted = [(run, own) for run in runs if (own := _paths(run, arguments))]
    cores = os.cpu_count() or 1
    at_once = min(_AT_ONCE, cores)
    threads = {"OMP_NUM_THREADS": str(max(1, cores // at_once))}  # more threads than cores wait for each other

    def one(item: tuple[Run, list[str]]) -> Outcome:
        return _test(item[0], item[1], arguments=arguments, environ=lambda folder: threads | dict(environ(folder)))

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(one, wanted))


def _paths(run: Run, arguments: Sequence[str]) -> list[str]:
    """Return what of the run's folder is to be tested; nothing where there is no such folder."""
    paths = [argument for argument in arguments if (run.root / argument.split("::")[0]).exists()]
    if not (run.root / run.folder).is_dir():
        return []
    return [path for path in paths if Path(run.folder) in (Path(path), *Path(path).parents)] if paths else [run.folder]


def _test(run: Run, own: Sequence[str], *, arguments: Sequence[str], environ: Callable[[Path], Mapping[str, str]]) -> Outcome:
    print(f"-- {run.name} begins", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="platelight-test-") as scratch:
        report, user = Path(scratch) / "report.xml", Path(scratch) / "user"
        others = [argument for argument in arguments if not (run.root / argument.split("::")[0]).exists()]
        command = [run.python, "-m", "pytest", "-o", f"cache_dir={scratch}/cache", f"--junitxml={report}", *own, *others]
        done = subprocess.run(command, env=environ(user), cwd=run.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        tree = ElementTree.parse(report) if report.is_file() else ElementTree.ElementTree(ElementTree.Element("testsuites"))
    suites, cases = list(tree.iter("testsuite")), list(tree.iter("testcase"))
    total, bad, broken, skipped = (sum(int(s.get(key, 0)) for s in suites) for key in ("tests", "failures", "errors", "skipped"))
    failed, passed = bad + broken, total - bad - broken - skipped
    said = done.stdout.decode("utf-8", errors="replace")
    if done.returncode not in (0, 5) and not failed:  # 5: nothing was collected; the sum judges whether anything ran at all
        said += f"{run.name}: pytest ended with code {done.returncode} although no test failed\n"
        failed = 1
    sys.stdout.write(f"\n== {run.name}\n{said}")
    sys.stdout.flush()
    slowest = sorted(((float(c.get("time", 0)), f"{run.name} {c.get('name')}") for c in cases), reverse=True)[:_SLOWEST]
    return Outcome(
        name=run.name, passed=passed, failed=failed, skipped=skipped, seconds=time.monotonic() - began, slowest=tuple(slowest)
    )


def report(outcomes: Sequence[Outcome]) -> int:
    """Print the slowest tests, a line for each outcome, and the sum alone on the last. 1 when anything failed or nothing ran."""
    print("\nThe slowest tests:")
    for seconds, name in sorted((test for o in outcomes for test in o.slowest), reverse=True)[:_SLOWEST]:
        print(f"{seconds:6.1f} s  {name}")
    print()
    for o in outcomes:
        print(f"{o.name:24} {o.passed:5} ok {o.failed:4} failed {o.skipped:4} skipped {o.seconds:6.0f} s")
    passed, failed = sum(o.passed for o in outcomes), sum(o.failed for o in outcomes)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0
