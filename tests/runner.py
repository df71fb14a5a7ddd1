"""Runs linter, type checker and pytest for `build.py test`, and counts. Standard library only."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Of one run: how many tests went how, and how long it took."""

    name: str
    passed: int
    failed: int
    skipped: int = 0
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Run:
    """A folder of tests in an environment; each has a process of its own, as each may register the extension its own way."""

    name: str
    python: Path
    root: Path
    folder: str


def check(python: Path, *, root: Path, staged: Path) -> Iterator[Outcome]:
    """What reads the code without running it; the types on the staged tree, where the extension is a package."""
    config = str(root / "pyproject.toml")
    for tool, folder, arguments in (("ruff", root, ("check", ".")), ("mypy", staged, ("--config-file", config))):
        print(f"\n== {tool}", flush=True)
        began = time.monotonic()
        good = subprocess.run([python, "-m", tool, *arguments], cwd=folder).returncode == 0
        yield Outcome(name=tool, passed=int(good), failed=int(not good), seconds=time.monotonic() - began)


def test(run: Run, *, arguments: Sequence[str], environ: Mapping[str, str]) -> Iterator[Outcome]:
    """Run pytest. Nothing where there is no such folder, or when `arguments` name paths and none of them lies in it."""
    paths = [argument for argument in arguments if (run.root / argument.split("::")[0]).exists()]
    own = [path for path in paths if Path(run.folder) in (Path(path), *Path(path).parents)] if paths else [run.folder]
    if not own or not (run.root / run.folder).is_dir():
        return
    print(f"\n== {run.name}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="platelight-report-") as scratch:
        report = Path(scratch) / "report.xml"
        others = [argument for argument in arguments if argument not in paths]
        command = [run.python, "-m", "pytest", f"--junitxml={report}", *own, *others]
        code = subprocess.run(command, env=environ, cwd=run.root).returncode
        suites = list(ElementTree.parse(report).iter("testsuite")) if report.is_file() else []
    total, bad, broken, skipped = (sum(int(s.get(key, 0)) for s in suites) for key in ("tests", "failures", "errors", "skipped"))
    failed, passed = bad + broken, total - bad - broken - skipped
    if code not in (0, 5) and not failed:  # 5: nothing was collected; whether anything ran at all is judged by the sum
        print(f"{run.name}: pytest ended with code {code} although no test failed")
        failed = 1
    yield Outcome(name=run.name, passed=passed, failed=failed, skipped=skipped, seconds=time.monotonic() - began)


def report(outcomes: Sequence[Outcome]) -> int:
    """Print a line for each outcome and the sum alone on the last. 1 when anything failed or nothing ran."""
    print()
    for o in outcomes:
        print(f"{o.name:24} {o.passed:5} ok {o.failed:4} failed {o.skipped:4} skipped {o.seconds:6.0f} s")
    passed, failed = sum(o.passed for o in outcomes), sum(o.failed for o in outcomes)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0
