"""Which build of PyTorch an installation takes for this machine, and how large it is. All else that is installed is one lock."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..contract import ErrorCode, PlatelightError, read_json

BASE, INSTALLER = "base.txt", "installer.txt"
"""Lock files: of the packages that every build needs, and of uv, which installs them."""

_NVIDIA_SECONDS = 10.0
_MEGABYTE = 1e6


class Compute(StrEnum):
    """What the engine is to compute on."""

    AUTO = "AUTO"
    CPU = "CPU"
    NVIDIA = "NVIDIA"


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """An NVIDIA card. `driver`: the first number of its driver's version."""

    name: str
    driver: int


@dataclass(frozen=True, kw_only=True)
class Machine:
    """`system`: linux, windows or macos. `processor`: x86_64, aarch64, amd64 or arm64. `python`: of the environment."""

    system: str
    processor: str
    python: tuple[int, int]
    gpu: Gpu | None = None

    @property
    def name(self) -> str:
        return f"{self.system}-{self.processor}"


@dataclass(frozen=True, kw_only=True)
class Build:
    """`lock`: its lock file. `backend`: uv's name of the index it is on, empty for the main one. `driver`: the oldest that runs it.
    `unpacked`: how many times its download's size it takes on the disk."""

    title: str
    lock: str
    backend: str = ""
    driver: int = 0
    unpacked: float = 4.2


CPU = Build(title="PyTorch for the CPU", lock="torch.txt")
CPU_ON_LINUX = Build(title="PyTorch for the CPU", lock="torch-cpu.txt", backend="cpu")
APPLE = Build(title="PyTorch for Apple GPUs and the CPU", lock="torch.txt")
CUDA_ON_LINUX = Build(title="PyTorch for NVIDIA cards (CUDA 13.0)", lock="torch.txt", driver=580, unpacked=2.5)
CUDA_13 = Build(title="PyTorch for NVIDIA cards (CUDA 13.0)", lock="torch-cu130.txt", backend="cu130", driver=580, unpacked=2.5)
CUDA_12 = Build(title="PyTorch for NVIDIA cards (CUDA 12.6)", lock="torch-cu126.txt", backend="cu126", driver=528, unpacked=2.5)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`why`: what on this machine made it so. `download`, `disk`: bytes."""

    build: Build
    why: str
    download: int
    disk: int

    @property
    def summary(self) -> str:
        """``PyTorch for the CPU: 390 MB to download, 1.3 GB on the disk``."""
        return f"{self.build.title}: {_size(self.download)} to download, {_size(self.disk)} on the disk"


def choose(machine: Machine, compute: Compute, *, locks: Path) -> Choice:
    """Choose a build. One for NVIDIA cards is taken only where there is one whose driver runs it.

    Raises:
        PlatelightError: `install_failed` where no build fits, or NVIDIA is asked for and cannot be had.
    """
    sizes = _sizes(machine, locks=locks)
    cards = _for_cards(machine)
    gpu, why = machine.gpu, "no NVIDIA card was found"
    if machine.system == "macos":
        why = "this is a Mac"
    elif gpu and compute is not Compute.CPU:
        fitting = [build for build in cards if gpu.driver >= build.driver]
        if fitting:
            return _priced(fitting[0], sizes, why=f"{gpu.name} with driver {gpu.driver} was found")
        if cards:
            why = f"{gpu.name} needs driver {min(build.driver for build in cards)} or later and has {gpu.driver}"
        else:
            why = f"there is no build for {gpu.name} with Python {machine.python[0]}.{machine.python[1]} on {machine.name}"
    elif gpu:
        why = f"{gpu.name} is left alone"
    if compute is Compute.NVIDIA:
        raise PlatelightError(ErrorCode.INSTALL_FAILED, f"the build for NVIDIA cards cannot be used: {why}")
    build = APPLE if machine.system == "macos" else CPU_ON_LINUX if machine.system == "linux" else CPU
    return _priced(build, sizes, why=why)


def _for_cards(machine: Machine) -> tuple[Build, ...]:
    """Return the builds for NVIDIA cards that are locked for a machine, the newest first."""
    if machine.system == "linux":
        return (CUDA_ON_LINUX,)
    if machine.name == "windows-amd64":
        return {(3, 11): (CUDA_12,), (3, 12): (CUDA_12,), (3, 13): (CUDA_13,)}.get(machine.python, ())
    return ()


def _priced(build: Build, sizes: dict[str, int], *, why: str) -> Choice:
    torch = sizes.get(build.lock.removesuffix(".txt"), 0)
    rest = sizes["base"] + sizes["installer"]
    disk = rest * CPU.unpacked + torch * build.unpacked
    return Choice(build=build, why=why, download=rest + torch, disk=round(disk))


def _sizes(machine: Machine, *, locks: Path) -> dict[str, int]:
    """Return bytes of each lock's download on this kind of machine."""
    try:
        found = read_json(locks / "sizes.json").get(machine.name)
    except (OSError, ValueError) as error:
        raise PlatelightError(ErrorCode.INSTALL_FAILED, f"{locks}: {error}; install the extension again") from error
    if found is None:
        raise PlatelightError(ErrorCode.INSTALL_FAILED, f"PyTorch has no build for {machine.name}")
    return found


def this_machine() -> Machine:
    """Return the machine, and its graphics card as far as NVIDIA's own tool says. Takes a moment where there is one."""
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
    return Machine(system=system, processor=platform.machine().lower(), python=sys.version_info[:2], gpu=_nvidia())


def _nvidia() -> Gpu | None:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    command = [tool, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_NVIDIA_SECONDS, check=False, creationflags=flags
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"(.+),\s*(\d+)\.", done.stdout) if done.returncode == 0 else None
    return Gpu(name=found.group(1).strip(), driver=int(found.group(2))) if found else None


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / _MEGABYTE:.0f} MB"
