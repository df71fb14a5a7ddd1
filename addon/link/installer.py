"""Makes the engine's virtual environment: with Blender's own Python, in a thread, with live lines, cancellable."""

from __future__ import annotations

import hashlib
import os
import queue
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..contract import Doctor, DoctorResult, ErrorCode, PlatelightError
from .client import Client
from .install_errors import is_hopeless, why
from .process import ChildProcess, Ended
from .torch_builds import BASE, INSTALLER, Choice

SERVE = ("-m", "engine", "serve")
DOCTOR_TIMEOUT = 180.0
_LOUD = frozenset({"Torch", "GPU", "Precision"})
_MARKER = "platelight-installed.txt"
_OWN_INDEX = frozenset({"UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX"})
"""Variables that name a studio's own index: PyTorch is then looked for there, too. Hashes hold all the same."""

_NOT_FOR_INSTALLERS = frozenset(
    {
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_USER",
        "PIP_REQUIRE_VIRTUALENV",
        "PIP_NO_BINARY",
        "PIP_CACHE_DIR",
        "UV_TARGET",
        "UV_PREFIX",
        "UV_PYTHON",
        "UV_SYSTEM_PYTHON",
        "UV_NO_BINARY",
        "UV_TORCH_BACKEND",
        "UV_PROJECT_ENVIRONMENT",
    }
)
"""Variables that would put the packages elsewhere, or have them built here."""


def engine_folder(user_folder: Path) -> Path:
    """Where the installed environment belongs."""
    return user_folder / "engine"


def python_of(folder: Path) -> Path:
    """Return the Python of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def problem(folder: Path, *, locks: Path) -> str:
    """Return why the environment cannot be used, or ``""``. One that was not finished has no marker and does not count."""
    marker = folder / _MARKER
    if not marker.is_file():
        return "the engine is not installed"
    if not python_of(folder).exists():
        return "the Python of the engine's environment is gone"
    if marker.read_text(encoding="utf-8").strip() != _digest(locks):
        return "the installed engine belongs to another version of Platelight"
    return ""


@dataclass(frozen=True, kw_only=True)
class InstallReport:
    """`warning`: what is wrong with torch or the graphics card, or empty. `doctor`: the whole report, device included."""

    warning: str
    doctor: DoctorResult


@dataclass(frozen=True, kw_only=True)
class InstallPlan:
    """`python`: what makes the environment. `folder`: where. `locks`: the folder of lock files. `choice`: the build of PyTorch.
    `root`: the folder that holds `engine`. `env`: for the children."""

    python: str
    folder: Path
    locks: Path
    choice: Choice
    root: Path
    env: Mapping[str, str]


class Install:
    """An installation under way, beside the environment that is there, which stays until the new one is whole.

    Call `poll` now and then; `finished` says when to look at `error` and `report`.
    """

    def __init__(self, plan: InstallPlan) -> None:
        self.lines: deque[str] = deque(maxlen=400)
        self.finished = False
        self.error: PlatelightError | None = None
        self.report: InstallReport | None = None
        self.started = time.monotonic()
        self._plan = plan
        self._fresh, self._cache, self._temporary = (
            plan.folder.with_name(name) for name in ("engine-new", "install-cache", "install-temporary")
        )
        self._queue: queue.SimpleQueue[str | InstallReport | PlatelightError] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def poll(self) -> None:
        while True:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return
            if isinstance(item, str):
                self.lines.append(item)
                continue
            self.finished = True
            if isinstance(item, InstallReport):
                self.report = item
            else:
                self.error = item

    def cancel(self) -> None:
        """Ask it to stop; what it has written so far is removed, and an engine that was there before stays."""
        self._cancelled.set()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def _run(self) -> None:
        outcome: InstallReport | PlatelightError = PlatelightError(ErrorCode.INTERNAL, "the installer stopped. See the console")
        try:
            self._sweep()
            outcome = self._install()
        except PlatelightError as error:
            outcome = error
        except OSError as error:
            outcome = PlatelightError(ErrorCode.INSTALL_FAILED, f"{error.filename}: {error.strerror}")
        finally:
            self._sweep()
            self._queue.put(outcome)

    def _sweep(self) -> None:
        """Remove what this installation, or one that was killed, has written beside the environment."""
        for folder in (self._fresh, self._cache, self._temporary):
            shutil.rmtree(folder, ignore_errors=True)

    def _install(self) -> InstallReport:
        plan = self._plan
        self._say(f"{plan.choice.summary}, since {plan.choice.why}")
        self._check_space()
        self._temporary.mkdir(parents=True)
        python, env = str(python_of(self._fresh)), self._environment()
        self._step("Creating the environment", [plan.python, "-m", "venv", "--clear", str(self._fresh)], env=env)
        locked = ("install", "--require-hashes", "--no-deps", "--only-binary", ":all:")
        uv = [python, "-m", "pip", *locked, "-r", str(plan.locks / INSTALLER)]
        self._step("Downloading the installer", uv, env=env)
        files = [word for name in (BASE, plan.choice.build.lock) for word in ("-r", str(plan.locks / name))]
        backend = plan.choice.build.backend if _OWN_INDEX.isdisjoint(env) else ""
        from_torch = [f"--torch-backend={backend}"] if backend else []
        try:
            self._step("Installing the packages", [python, "-m", "uv", "pip", *locked, *from_torch, *files], env=env)
        except PlatelightError as error:
            if error.code is ErrorCode.CANCELLED or is_hopeless(error.detail):
                raise
            self._say(f"{error.detail}. Trying pip, which has its own network settings")
            self._with_pip([python, "-m", "pip", *locked, *files], env=env, instead_of=error)
        (self._fresh / _MARKER).write_text(_digest(plan.locks), encoding="utf-8")
        return self._put_in_place()

    def _with_pip(self, command: Sequence[str], *, env: Mapping[str, str], instead_of: PlatelightError) -> None:
        try:
            self._step("Installing with pip", command, env=env)
        except PlatelightError as error:
            if error.code is ErrorCode.CANCELLED:
                raise
            raise PlatelightError(ErrorCode.INSTALL_FAILED, f"{instead_of.detail}. With pip: {error.detail}") from error

    def _put_in_place(self) -> InstallReport:
        """Let the new environment take the old one's place, and give it back where the new engine does not answer."""
        folder, old = self._plan.folder, self._plan.folder.with_name("engine-old")
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        try:
            self._fresh.rename(folder)
            doctor = self._doctor([str(python_of(folder)), *SERVE])
        except (PlatelightError, OSError):
            shutil.rmtree(folder, ignore_errors=True)
            if old.exists():
                old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
        warning = warning_of(doctor)
        self._say(warning or f"Installed. The engine uses {doctor.device}")
        return InstallReport(warning=warning, doctor=doctor)

    def _check_space(self) -> None:
        parent = self._plan.folder.parent
        parent.mkdir(parents=True, exist_ok=True)
        needed, free = self._plan.choice.download + self._plan.choice.disk, shutil.disk_usage(parent).free
        if free < needed:
            told = f"the disk is full: {parent} needs {needed / 1e9:.1f} GB and has {free / 1e9:.1f} GB free"
            raise PlatelightError(ErrorCode.INSTALL_FAILED, told)

    def _environment(self) -> dict[str, str]:
        """For pip and uv: whatever they write lies where `_sweep` finds it."""
        here = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self._temporary))
        own = {name: value for name, value in self._plan.env.items() if name not in _NOT_FOR_INSTALLERS}
        return {
            **own,
            **here,
            "VIRTUAL_ENV": str(self._fresh),
            "UV_CACHE_DIR": str(self._cache),
            "PIP_NO_CACHE_DIR": "1",
            "PIP_NO_INPUT": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def _step(self, title: str, command: Sequence[str], *, env: Mapping[str, str]) -> None:
        self._say(title)
        child = ChildProcess(command, cwd=self._plan.folder.parent, env=env, merge=True)
        lines: list[str] = []
        ended = self._follow(child, lines.append)
        if ended.code != 0:
            raise PlatelightError(ErrorCode.INSTALL_FAILED, why(lines) or f"{title}: {ended.how}")

    def _follow(self, child: ChildProcess, on_line: Callable[[str], None]) -> Ended:
        while True:
            try:
                item = child.lines.get(timeout=0.1)
            except queue.Empty:
                self._stop_if_cancelled(child.kill)
                continue
            if isinstance(item, Ended):
                self._stop_if_cancelled(child.kill)
                return item
            if text := item.decode(errors="replace").strip():
                on_line(text)
                self._say(text)

    def _doctor(self, command: Sequence[str]) -> DoctorResult:
        self._say("Checking the engine")
        answers: list[DoctorResult | PlatelightError] = []
        client = Client(command, cwd=self._plan.root, env=self._plan.env)
        client.request(Doctor(), on_result=answers.append, on_error=answers.append)
        deadline = time.monotonic() + DOCTOR_TIMEOUT
        while not answers and time.monotonic() < deadline:
            self._stop_if_cancelled(client.kill)
            client.poll(lambda event: None)
            time.sleep(0.05)
        client.close()
        if not answers:
            raise PlatelightError(ErrorCode.ENGINE_SILENT, f"the engine check took more than {DOCTOR_TIMEOUT:.0f} s")
        if isinstance(answers[0], PlatelightError):
            raise answers[0]
        return answers[0]

    def _stop_if_cancelled(self, kill: Callable[[], None]) -> None:
        if self._cancelled.is_set():
            kill()
            raise PlatelightError(ErrorCode.CANCELLED, "the installation")

    def _say(self, line: str) -> None:
        self._queue.put(line)


def warning_of(doctor: DoctorResult) -> str:
    """Return what a person who has just installed must know: torch does not load, or computes on the CPU beside a graphics card."""
    bad = [finding for finding in doctor.findings if finding.name in _LOUD and not finding.ok]
    return " ".join(f"{finding.name}: {finding.value}. {finding.remedy}." for finding in bad)


def _digest(locks: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(locks.glob("*.txt")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
