"""What is there and what is wrong with it: device, memory, versions, models, disk. Each finding with its remedy."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psutil

from .identity import version
from .models import registry
from .protocol import DoctorResult, Finding, ModelEntry, PlatelightError

REQUIREMENTS = Path(__file__).parent / "requirements" / "engine.txt"
_PIN = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)
_LITTLE_MEMORY = 6e9
_LITTLE_DISK = 2e9
_INSTALL = "Press Install Engine again, or install engine/requirements/engine.txt into this environment"


def examine() -> DoctorResult:
    """Look at everything. Nothing here raises: what cannot be found out is a finding too."""
    device, findings = _devices()
    return DoctorResult(
        device=device,
        findings=(
            Finding(name="Engine", value=f"Platelight {version()}", ok=True),
            Finding(name="Python", value=f"{sys.version.split()[0]} at {sys.executable}", ok=True),
            *findings,
            _memory(),
            *packages(),
            *_models(),
            _disk(),
        ),
    )


def _devices() -> tuple[str, list[Finding]]:
    try:
        import torch

        from .device import choose, devices
    except (ImportError, OSError) as error:  # a half-installed torch fails to load its libraries
        return "none", [Finding(name="Torch", value=f"cannot be loaded: {error}", ok=False, remedy=_INSTALL)]
    findings = [Finding(name="Torch", value=torch.__version__, ok=True)]
    for facts in devices():
        memory = f", {facts.memory_bytes / 2**30:.0f} GiB" if facts.memory_bytes else ""
        findings.append(Finding(name="Device", value=f"{facts.kind}: {facts.name}{memory}", ok=True))
    findings += gpu_findings(nvidia_gpu(), torch_cuda=torch.version.cuda, sees_cuda=torch.cuda.is_available())
    try:
        compute = choose(device="auto", precision="auto")
    except PlatelightError as error:
        return "none", [*findings, Finding(name="Precision", value=error.sentence, ok=False, remedy=error.remedy)]
    findings.append(Finding(name="Precision", value=f"{compute.precision}: {compute.why}", ok=True))
    return f"{compute.device.type}: {compute.name}", findings


def nvidia_gpu() -> str:
    """Return the NVIDIA GPU's name and driver as the driver's own tool says, empty where there is none."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ""
    command = [tool, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else ""


def gpu_findings(gpu: str, *, torch_cuda: str | None, sees_cuda: bool) -> list[Finding]:
    """Return what is wrong between the GPU and torch.

    Args:
        gpu: as `nvidia_gpu` says.
        torch_cuda: the CUDA version that torch was built for, None for a CPU-only or other build.
        sees_cuda: whether torch can use a GPU through CUDA or ROCm.
    """
    if not gpu or sees_cuda:
        return []
    if torch_cuda is None:
        value = f"{gpu}, but this torch is built for the CPU only"
        remedy = "Press Install Engine again, or: uv pip install torch --torch-backend=auto"
    else:
        value = f"{gpu}, but torch (built for CUDA {torch_cuda}) cannot use it"
        remedy = "Update the GPU's driver, or press Install Engine again, which picks the build that fits the driver"
    return [Finding(name="GPU", value=value, ok=False, remedy=remedy)]


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    little = memory.available < _LITTLE_MEMORY
    return Finding(
        name="Memory",
        value=f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free",
        ok=not little,
        remedy="Close other programs, or choose a lower maximum resolution" if little else "",
    )


def packages() -> list[Finding]:
    """Return one finding for all packages that are as required, and one for each that isn't."""
    try:
        required = _PIN.findall(REQUIREMENTS.read_text(encoding="utf-8"))
    except OSError as error:
        return [Finding(name="Packages", value=f"{REQUIREMENTS}: {error.strerror}", ok=False, remedy="Install the extension again")]
    wrong = []
    for name, wanted in required:
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(Finding(name=name, value=f"is missing, {wanted} is required", ok=False, remedy=_INSTALL))
            continue
        if found.partition("+")[0] != wanted:
            remedy = f"If something fails, {_INSTALL[0].lower()}{_INSTALL[1:]}"
            wrong.append(Finding(name=name, value=f"is {found}, tried with {wanted}", ok=True, remedy=remedy))
    fine = len(required) - len(wrong)
    return [Finding(name="Packages", value=f"{fine} of {len(required)} are as required", ok=True), *wrong]


def _models() -> list[Finding]:
    try:
        entries = registry.entries()
    except ImportError as error:
        return [Finding(name="Models", value=f"cannot be listed: {error}", ok=False, remedy=_INSTALL)]
    return [_model(entry) for entry in entries]


def _model(entry: ModelEntry) -> Finding:
    name = f"Model {entry.name}"
    if entry.installed:
        return Finding(name=name, value=f"installed in {entry.folder}" if entry.folder else "embedded", ok=True)
    remedy = f"Download it in the preferences, or copy its files to {entry.folder}"
    return Finding(name=name, value="not installed", ok=True, remedy=remedy)


def _disk() -> Finding:
    folder = Path.home()
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(name="Disk", value=f"{folder}: {error.strerror}", ok=False, remedy="Check the home folder")
    little = free < _LITTLE_DISK
    return Finding(
        name="Disk",
        value=f"{free / 1e9:.1f} GB free in {folder}",
        ok=not little,
        remedy="Free some space: a model takes up to 5 GB" if little else "",
    )
