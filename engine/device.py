"""Which device and which precision the networks run on, and why."""

from __future__ import annotations

import functools
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil
import torch
import torch.nn.functional as F

from .protocol import DEVICES, PRECISIONS, ErrorCode, PlatelightError

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
WORTHWHILE = 1.25
"""bfloat16 must be this many times as fast as float32 on a CPU before `auto` gives up precision for it."""


@dataclass(frozen=True, kw_only=True)
class Compute:
    """A resolved choice. `precision`: fp32, bf16 or fp16. `name`: of the device, for a person. `why`: one sentence."""

    device: torch.device
    dtype: torch.dtype
    precision: str
    name: str
    why: str


@dataclass(frozen=True, kw_only=True)
class DeviceFacts:
    """A device that torch really sees. `memory_bytes`: all of its memory, 0 where torch cannot tell."""

    kind: str
    name: str
    memory_bytes: int


def choose(*, device: str, precision: str) -> Compute:
    """Resolve ``auto``; the GPU comes first where torch sees one.

    Raises:
        PlatelightError: `device_unavailable`, `setting_invalid`.
    """
    if device not in DEVICES:
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"device {device!r} is none of {', '.join(DEVICES)}")
    if precision not in PRECISIONS:
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"precision {precision!r} is none of {', '.join(PRECISIONS)}")
    seen = devices()
    found = seen[0] if device == "auto" else next((facts for facts in seen if facts.kind == device), None)
    if found is None:
        kinds = ", ".join(facts.kind for facts in seen)
        raise PlatelightError(ErrorCode.DEVICE_UNAVAILABLE, f"{device}; torch {torch.__version__} sees {kinds}")
    if precision == "auto":
        precision, why = best_precision(found.kind)
    else:
        why = f"{precision} was asked for"
    if found.kind == "cuda":
        # Convolutions use TF32 unless told otherwise: that is not float32.
        torch.backends.cudnn.allow_tf32 = precision != "fp32"
        torch.backends.cuda.matmul.allow_tf32 = precision != "fp32"
    return Compute(device=torch.device(found.kind), dtype=DTYPES[precision], precision=precision, name=found.name, why=why)


def devices() -> tuple[DeviceFacts, ...]:
    """Return what torch sees, the preferred one first; the CPU is always the last."""
    seen = []
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        seen.append(DeviceFacts(kind="cuda", name=properties.name, memory_bytes=properties.total_memory))
    memory = psutil.virtual_memory().total
    if torch.backends.mps.is_available():
        seen.append(DeviceFacts(kind="mps", name=f"Apple {platform.machine()}", memory_bytes=memory))
    cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    name = f"{_processor()}, {cores} core{'s' if cores > 1 else ''}"
    seen.append(DeviceFacts(kind="cpu", name=name, memory_bytes=memory))
    return tuple(seen)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception means that memory ran out, on whichever device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(
        words in text for words in ("can't allocate memory", "not enough memory", "out of memory", "could not allocate")
    )


def best_seconds(work: Callable[[], object], *, repeats: int = 3) -> float:
    """Return the shortest of a few runs after a first one that is not counted: the others are the neighbours' noise."""
    work()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def best_precision(kind: str) -> tuple[str, str]:
    """Return what ``auto`` comes to on a device of that kind, and why.

    On a GPU it is what NormalCrafter's published code runs and its weights are stored in; on an NVIDIA H100 it gave that code's
    values. Apple's are untried.
    """
    if kind == "cuda":
        return "fp16", "float16 is what the published code and its weights use on GPUs"
    if kind == "mps":
        return "fp16", "float16 halves the memory and is what Apple GPUs are fast at"
    ratio = bfloat16_gain()
    if ratio >= WORTHWHILE:
        return "bf16", f"bfloat16 is {ratio:.1f} times as fast as float32 on this processor (measured)"
    return "fp32", f"bfloat16 reaches only {ratio:.1f} times the speed of float32 on this processor (measured)"


@functools.cache
def bfloat16_gain() -> float:
    """Return how many times as fast bfloat16 is on this CPU, for a convolution and a matrix product of the networks' kind.

    Measured, not read from the processor's flags: AVX512-BF16 without AMX is slower than float32 in practice, and virtual
    machines hide AMX.
    """
    seconds = {}
    with torch.inference_mode():
        for dtype in (torch.float32, torch.bfloat16):
            image = torch.ones(1, 256, 32, 32, dtype=dtype).contiguous(memory_format=torch.channels_last)
            kernel = torch.ones(256, 256, 3, 3, dtype=dtype).contiguous(memory_format=torch.channels_last)
            tokens, matrix = torch.ones(512, 1280, dtype=dtype), torch.ones(1280, 1280, dtype=dtype)
            convolution = best_seconds(functools.partial(F.conv2d, image, kernel, padding=1))
            seconds[dtype] = convolution + best_seconds(functools.partial(F.linear, tokens, matrix))
    return seconds[torch.float32] / seconds[torch.bfloat16]


def _processor() -> str:
    if platform.system() == "Linux":
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
