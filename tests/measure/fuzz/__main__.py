"""Feed what reads foreign input with damaged input, and count what comes of it. From the repository's root:

    .venv/engine/bin/python -m tests.measure.fuzz lines --count 5000      the codec and a running engine
    .venv/engine/bin/python -m tests.measure.fuzz records --count 500     jobs beside damaged records and states
    .venv/engine/bin/python -m tests.measure.fuzz plates --count 5000     jobs of damaged pictures and movies
    .venv/engine/bin/python -m tests.measure.fuzz configs --count 300     loading damaged checkpoints
    .venv/bpy-5.2/bin/python -m tests.measure.fuzz headers --count 5000   the add-on's reader of headers
    .venv/bpy-5.2/bin/python -m tests.measure.fuzz pump --count 5000      the add-on's pump

Cases run in children, many in each. A child that dies is a crash, one that says nothing for 60 s a hang; either way the next child
goes on behind the case. Each case is made of the seed and its number alone: `--first N --count 1` runs one again.
"""

from __future__ import annotations

import argparse
import collections
import importlib
import queue
import resource
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path

KINDS = ("lines", "records", "plates", "configs", "headers", "pump")
LONGEST_SECONDS, LARGEST_MEGABYTES, BATCH = 60.0, 2048, 500
ROOT = Path(__file__).parents[3]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        _work(chosen.kind, seed=chosen.seed, first=chosen.first, count=chosen.count)
        return 0
    return Supervisor(chosen.kind, seed=chosen.seed).run(first=chosen.first, count=chosen.count)


def _work(kind: str, *, seed: int, first: int, count: int) -> None:
    """Run cases one after the other and say what each came to."""
    with tempfile.TemporaryDirectory(prefix="platelight-fuzz-") as folder:
        case = importlib.import_module(f"tests.measure.fuzz.{kind}").prepare(Path(folder), seed=seed)
        for number in range(first, first + count):
            print(f"@begin {number}", flush=True)
            try:
                outcome = case(number)
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                traceback.print_exc()
                outcome = f"UNCODED {type(error).__name__}: {error}"
            megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"@end {megabytes} {outcome.splitlines()[0][:200]}", flush=True)
        print("@done", flush=True)


class Supervisor:
    """Starts children, watches them, and counts."""

    def __init__(self, kind: str, *, seed: int) -> None:
        self._kind, self._seed = kind, seed
        self._outcomes: collections.Counter[str] = collections.Counter()
        self._bad: list[str] = []
        self._largest = 0

    def run(self, *, first: int, count: int) -> int:
        end, number = first + count, first
        while number < end:
            number = self._batch(number, min(BATCH, end - number))
            print(f"{number - first} of {count}: {dict(self._outcomes.most_common(6))}", file=sys.stderr, flush=True)
        for outcome, times in self._outcomes.most_common():
            print(f"{times:6} {outcome}")
        print(f"seed {self._seed}, {count} cases, largest child {self._largest} MB; {len(self._bad)} bad")
        print("\n".join(self._bad))
        return 1 if self._bad else 0

    def _batch(self, first: int, count: int) -> int:
        """Run cases in one child; returns the number of the case to go on with."""
        command = [sys.executable, "-m", "tests.measure.fuzz", self._kind, "--child"]
        command += ["--first", str(first), "--count", str(count), "--seed", str(self._seed)]
        with tempfile.TemporaryFile() as errors:
            child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, errors="replace")
            lines: queue.Queue[str | None] = queue.Queue()
            threading.Thread(target=lambda: [*map(lines.put, child.stdout), lines.put(None)], daemon=True).start()
            number, running = first, True
            while running:
                try:
                    line = lines.get(timeout=LONGEST_SECONDS if number > first else 5 * LONGEST_SECONDS)
                except queue.Empty:
                    return self._lost(child, number, "HANG")
                if line is None:
                    errors.seek(0)
                    told = errors.read().decode(errors="replace").strip().splitlines()[-1:]
                    return self._lost(child, number, f"CRASH {child.wait()} {''.join(told)[:150]}")
                running = not line.startswith("@done")
                if line.startswith("@end"):
                    _, megabytes, outcome = line.rstrip("\n").split(" ", 2)
                    self._count(number, outcome, int(megabytes))
                    number += 1
            child.wait(LONGEST_SECONDS)
            return number

    def _lost(self, child: subprocess.Popen[str], number: int, what: str) -> int:
        child.kill()
        child.wait()
        self._count(number, what, 0)
        return number + 1

    def _count(self, number: int, outcome: str, megabytes: int) -> None:
        if megabytes > LARGEST_MEGABYTES and megabytes > self._largest:
            self._bad.append(f"{number}: {megabytes} MB")
        self._largest = max(self._largest, megabytes)
        if outcome.startswith(("HANG", "CRASH", "UNCODED")):
            self._bad.append(f"{number}: {outcome}")
            outcome = outcome.split(" ", 1)[0]
        self._outcomes[outcome] += 1


if __name__ == "__main__":
    sys.exit(main())
