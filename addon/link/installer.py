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

SERVE = ("-m", "engine", "serve")
DOCTOR_TIMEOUT = 180.0
_LOUD = frozenset({"Torch", "GPU", "Precision"})
_MARKER = "platelight-installed.txt"


def engine_folder(user_folder: Path) -> Path:
    """Where the installed environment belongs."""
    return user_folder / "engine"


def python_of(folder: Path) -> Path:
    """The Python of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def problem(folder: Path, *, requirements: Path) -> str:
    """Why the environment cannot be used, or ``""``. One that was not finished has no marker and does not count."""
    marker = folder / _MARKER
    if not marker.is_file():
        return "the engine is not installed yet"
    if not python_of(folder).exists():
        return "the Python it was installed with is gone"
    if marker.read_text().strip() != _digest(requirements):
        return "the installed engine is of another version of Platelight"
    return ""


@dataclass(frozen=True, kw_only=True)
class InstallReport:
    """`warning`: what is wrong with torch or the graphics card, or empty. `doctor`: the whole report, device included."""

    warning: str
    doctor: DoctorResult


@dataclass(frozen=True, kw_only=True)
class InstallPlan:
    """`python`: what makes the environment. `folder`: where. `root`: the folder that holds `engine`. `env`: for the children."""

    python: str
    folder: Path
    requirements: Path
    root: Path
    env: Mapping[str, str]


class Install:
    """An installation under way. Call `poll` now and then; `finished` says when to look at `error` and `report`."""

    def __init__(self, plan: InstallPlan) -> None:
        self.lines: deque[str] = deque(maxlen=400)
        self.finished = False
        self.error: PlatelightError | None = None
        self.report: InstallReport | None = None
        self.started = time.monotonic()
        self._plan = plan
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
        """Ask it to stop; what it has written so far is removed."""
        self._cancelled.set()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def _run(self) -> None:
        outcome: InstallReport | PlatelightError = PlatelightError(ErrorCode.INTERNAL, "the installer ended; see the console")
        try:
            outcome = self._install()
        except PlatelightError as error:
            outcome = error
            shutil.rmtree(self._plan.folder, ignore_errors=True)
        except OSError as error:
            outcome = PlatelightError(ErrorCode.INSTALL_FAILED, f"{error.filename}: {error.strerror}")
        finally:
            self._queue.put(outcome)

    def _install(self) -> InstallReport:
        plan = self._plan
        python = str(python_of(plan.folder))
        cache = plan.folder.parent / "install-cache"
        env = {**plan.env, "VIRTUAL_ENV": str(plan.folder), "UV_CACHE_DIR": str(cache), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        (plan.folder / _MARKER).unlink(missing_ok=True)
        self._step("Making the environment", [plan.python, "-m", "venv", "--clear", str(plan.folder)], env=env)
        self._step("Fetching the installer", [python, "-m", "pip", "install", "uv"], env=env)
        try:
            choose = [python, "-m", "uv", "pip", "install", "--torch-backend=auto", "-r", str(plan.requirements)]
            self._step("Installing the packages that fit this machine", choose, env=env)
        except PlatelightError as error:
            if error.code is ErrorCode.CANCELLED or is_hopeless(error.detail):
                raise
            self._say(f"{error.detail}; trying pip, with its own configuration")
            self._step("Installing with pip", [python, "-m", "pip", "install", "-r", str(plan.requirements)], env=env)
        doctor = self._doctor([python, *SERVE])
        warning = warning_of(doctor)
        self._say(warning or f"Installed. The engine computes on {doctor.device}")
        (plan.folder / _MARKER).write_text(_digest(plan.requirements))
        shutil.rmtree(cache, ignore_errors=True)
        return InstallReport(warning=warning, doctor=doctor)

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
        self._say("Asking the engine what it sees")
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
            raise PlatelightError(ErrorCode.ENGINE_SILENT, f"the doctor took more than {DOCTOR_TIMEOUT:.0f} s")
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
    """What a person who has just installed must know: torch does not load, or computes on the CPU beside a graphics card."""
    bad = [finding for finding in doctor.findings if finding.name in _LOUD and not finding.ok]
    return " ".join(f"{finding.name}: {finding.value}. {finding.remedy}." for finding in bad)


def _digest(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes()).hexdigest()
