#!/usr/bin/env python3
"""The one door to this repository; standard library only, Python 3.11 and later.

build.py                    makes dist/platelight-<version>.zip, the Blender extension
build.py setup              makes the environments below .venv: the engine's, and one for each Blender that this machine can run
build.py demo               relights the sample clip in a real Blender and leaves everything in dist/demo
build.py test [ARG ...]     checks and tests everything; ARGs go to pytest (a path narrows the run to it)
build.py lock               writes engine/requirements/locks anew from engine.txt: versions and hashes of all that is installed
build.py screenshots        takes the pictures of the panels in docs/images; --blender COMMAND is a Blender with a window
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(f"build.py needs Python 3.11 or later; this is {sys.version.split()[0]}.")

ROOT = Path(__file__).resolve().parent
DIST = ROOT / "dist"
VENVS = ROOT / ".venv"
LAB = ROOT / "engine" / "lab"
"""Training, evaluation and comparisons: they run from the repository only."""
ENTRY = "from .addon import register as register, unregister as unregister\n"
EPOCH = (1980, 1, 1, 0, 0, 0)
NO_PYTHON = "This machine has none that comes with venv and pip, on its PATH or in ~/.pyenv. Install one and run this again."
OFFLINE = ("NewConnectionError", "NameResolutionError", "Failed to establish", "Temporary failure", "ProxyError", "ConnectTimeout")


class BuildError(Exception):
    """What went wrong, in a sentence for the person at the keyboard."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A virtual environment `.venv/<name>`.

    `pythons`: versions that fit, the preferred one first. `files`: requirement files from the root. `packages`: pins beside them.
    `tests`: the folders of tests that run in it. `size`: of the download, in words.
    """

    name: str
    pythons: tuple[str, ...]
    files: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    size: str

    @property
    def folder(self) -> Path:
        return VENVS / self.name

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


ENGINE = Environment(
    name="engine",
    pythons=("3.11", "3.13", "3.12"),
    files=(*(f"engine/requirements/{name}.txt" for name in ("engine", "train", "evaluate")), "tests/requirements.txt"),
    tests=("tests/contract", "tests/engine"),
    size="400 MB, several GB where torch comes with CUDA",
)
BLENDERS = tuple(
    Environment(
        name=f"bpy-{'.'.join(release.split('.')[:2])}",
        pythons=(python,),
        files=("tests/requirements.txt",),
        packages=(f"bpy=={release}",),
        tests=("tests/addon", "tests/blender", "tests/journey"),
        size="350 MB",
    )
    for release, python in (("4.5.15", "3.11"), ("5.2.3", "3.13"), ("5.3.0", "3.13"))
)
CHECKS = Environment(name="checks", pythons=("3.11", "3.13", "3.12"), files=("engine/requirements/dev.txt",), size="50 MB")
LOCK = Environment(
    name="lock",
    pythons=("3.11", "3.13", "3.12"),
    files=("engine/requirements/installer.in",),
    packages=("packaging==26.4",),
    size="20 MB",
)


# The extension


def version() -> str:
    import tomllib  # here, so that an older Python gets as far as the sentence that says so

    return tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))["version"]


def staged_files() -> Iterator[tuple[str, bytes]]:
    """Path below the extension's root and content of every file of the extension, sorted by path. `LAB` stays out of it."""
    paths = [ROOT / "LICENSE", ROOT / "blender_manifest.toml", *(ROOT / "addon").rglob("*"), *(ROOT / "engine").rglob("*")]
    found = {"__init__.py": ENTRY.encode()}
    for path in paths:
        relative = path.relative_to(ROOT)
        if LAB in path.parents:
            continue
        if path.is_file() and path.suffix != ".pyc" and not any(p == "__pycache__" or p.startswith(".") for p in relative.parts):
            found[relative.as_posix()] = path.read_bytes()
    yield from sorted(found.items())


def stage(folder: Path) -> Path:
    """Copy the extension's tree to `folder/platelight`, which must not exist, and return that path."""
    root = folder / "platelight"
    root.mkdir(parents=True)
    for name, content in staged_files():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def pack(folder: Path = DIST) -> Path:
    """Write the extension's zip to `folder`; the same tree gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"platelight-{version()}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in staged_files():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(info, content)
    return target


# The environments


def find_python(versions: tuple[str, ...]) -> Path | None:
    """A Python of the first of `versions` that this machine has: the running one, on the PATH, or pyenv's."""
    for wanted in versions:
        names = (f"python{wanted}", "python3", "python", "python.exe")
        folders = [Path(p) for p in os.get_exec_path()] + sorted(Path.home().glob(f".pyenv/versions/{wanted}.*/bin"), reverse=True)
        for candidate in (Path(sys.executable), *(folder / name for folder in folders for name in names)):
            if candidate.is_file() and _fits(candidate, wanted):
                return candidate
    return None


def _fits(python: Path, wanted: str) -> bool:
    """Whether `python` runs (a pyenv shim may not), is of that version and can make an environment (a distribution's may not)."""
    probe = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", probe], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == wanted


def prepare(environment: Environment) -> bool:
    """Make `environment` unless it is there already as it should be. False when the machine has no fitting Python.

    Raises:
        BuildError: a package could not be installed.
    """
    contents = [(ROOT / file).read_bytes() for file in environment.files] + [" ".join(environment.packages).encode()]
    stamp, mark = environment.folder / "platelight.stamp", hashlib.sha256(b"\n".join(contents)).hexdigest()
    if stamp.is_file() and stamp.read_text("utf-8") == mark and environment.python.is_file():
        return True
    python = find_python(environment.pythons)
    if python is None:
        return False
    print(f"{environment.name}: installing with {python} (download: {environment.size}) ...", flush=True)
    began = time.monotonic()
    if environment.folder.exists():
        shutil.rmtree(environment.folder)
    _quietly([str(python), "-m", "venv", str(environment.folder)], what="its virtual environment")
    listed = [item for file in environment.files for item in ("-r", str(ROOT / file))]
    install = [str(environment.python), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    _quietly([*install, *environment.packages, *listed], what="its packages")
    stamp.write_text(mark, "utf-8")
    print(f"{environment.name}: ready after {time.monotonic() - began:.0f} s", flush=True)
    return True


def _quietly(command: Sequence[str], *, what: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", cwd=ROOT)
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if line.strip() and "WARNING" not in line]
        offline = any(sign in done.stdout for sign in OFFLINE)
        cause = "This machine does not reach its package index" if offline else "The lines above say why"
        raise BuildError("\n".join([*said[-12:], f"Could not install {what}. {cause}. Run this again: it starts afresh."]))


def need(environment: Environment) -> None:
    """Like `prepare`, but a machine without a fitting Python is an error."""
    if not prepare(environment):
        raise BuildError(f"{environment.name} needs Python {' or '.join(environment.pythons)}. {NO_PYTHON}")


def setup() -> list[Environment]:
    """Make every environment that this machine's Pythons allow, and return those of Blender."""
    need(ENGINE)
    need(CHECKS)
    ready = [blender for blender in BLENDERS if prepare(blender)]
    for blender in BLENDERS:
        if blender not in ready:
            print(f"{blender.name}: left out, it needs Python {blender.pythons[0]} and this machine has none")
    if not ready:
        raise BuildError(f"No Blender can run here: that needs Python 3.11 or 3.13. {NO_PYTHON}")
    return ready


def surroundings(folder: Path) -> dict[str, str]:
    """Environment variables for a Blender that reads and writes its user files in `folder` only, and finds our engine's Python."""
    (folder / "config").mkdir(parents=True, exist_ok=True)
    return {**os.environ, "BLENDER_USER_RESOURCES": str(folder), "PLATELIGHT_TEST_ENGINE_PYTHON": str(ENGINE.python)}


# The commands


def demo() -> int:
    """Relight the sample clip and leave the result in dist/demo."""
    need(ENGINE)
    blender = next((b for b in BLENDERS if prepare(b)), None)
    if blender is None:
        raise BuildError(f"The demo runs a real Blender, which needs Python 3.11 or 3.13. {NO_PYTHON}")
    with tempfile.TemporaryDirectory(prefix="platelight-demo-") as user:
        command = [blender.python, ROOT / "tests/journey/demo.py", pack(), DIST / "demo"]
        return subprocess.run(command, env=surroundings(Path(user)), cwd=ROOT).returncode


def test(arguments: Sequence[str]) -> int:
    """Run the checks and all tests, print a line for each run and the sum. 1 when anything failed or nothing ran."""
    from tests import runner

    blenders = setup()
    outcomes = []
    if not arguments:
        with tempfile.TemporaryDirectory(prefix="platelight-check-") as staged:
            stage(Path(staged))
            outcomes += runner.check(CHECKS.python, root=ROOT, staged=Path(staged))
    runs = [
        runner.Run(name=f"{environment.name} {folder}", python=environment.python, root=ROOT, folder=folder)
        for environment in (ENGINE, *blenders)
        for folder in environment.tests
    ]
    outcomes += runner.test_all(runs, arguments=arguments, environ=surroundings)
    return runner.report(outcomes)


def lock() -> int:
    """Pin every package that an installation of the engine fetches, with its hashes, for each platform."""
    need(LOCK)
    return subprocess.run([LOCK.python, ROOT / "tests/locks.py"], cwd=ROOT).returncode


def screenshots(command: str) -> int:
    """Take the pictures of the panels with `command`, a Blender that opens a window, and leave them in docs/images."""
    if not command:
        raise BuildError("Name a Blender that opens a window: build.py screenshots --blender COMMAND (or set PLATELIGHT_BLENDER).")
    need(ENGINE)
    script = ROOT / "tests/journey/screenshots.py"
    return subprocess.run([sys.executable, script, command, pack(), ROOT / "docs/images"], cwd=ROOT).returncode


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", metavar="setup|demo|test|lock|screenshots")
    for verb in ("setup", "demo", "test", "lock"):
        verbs.add_parser(verb)
    verbs.add_parser("screenshots").add_argument("--blender", default=os.environ.get("PLATELIGHT_BLENDER", ""), metavar="COMMAND")
    known = parser.parse_args(arguments[:1] if arguments[:1] == ["test"] else arguments)
    try:
        if known.verb == "demo":
            return demo()
        if known.verb == "test":
            return test(arguments[1:])
        if known.verb == "lock":
            return lock()
        if known.verb == "screenshots":
            return screenshots(known.blender)
        if known.verb == "setup":
            print("Ready:", ", ".join(environment.name for environment in (ENGINE, CHECKS, *setup())))
        else:
            print(pack().relative_to(ROOT))
    except BuildError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
