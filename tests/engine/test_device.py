"""The choice of device and precision on the machine at hand."""

import pytest
import torch

from engine.device import best_precision, bfloat16_gain, choose, devices, is_out_of_memory
from engine.protocol import ErrorCode, PlatelightError


def test_auto_takes_the_first_device_seen_and_says_why():
    compute = choose(device="auto", precision="auto")
    assert compute.device.type == devices()[0].kind and compute.name == devices()[0].name
    assert compute.precision in ("fp32", "bf16", "fp16") and compute.why


def test_the_cpu_is_measured_not_guessed():
    compute = choose(device="cpu", precision="auto")
    gain = bfloat16_gain()
    assert (compute.precision == "bf16") == (gain >= 1.25) and compute.precision != "fp16"
    assert f"{gain:.1f}" in compute.why and "measured" in compute.why
    assert bfloat16_gain() == gain


def test_gpus_run_what_the_published_code_runs_unless_another_precision_is_asked_for():
    assert [best_precision(kind)[0] for kind in ("cuda", "mps")] == ["fp16", "fp16"]


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_what_is_asked_for_is_taken(precision: str, dtype: torch.dtype):
    compute = choose(device="cpu", precision=precision)
    assert (compute.precision, compute.dtype, compute.device.type) == (precision, dtype, "cpu")


@pytest.mark.parametrize(("device", "precision"), [("gpu", "auto"), ("cpu", "int8")])
def test_unknown_words_are_refused(device: str, precision: str):
    with pytest.raises(PlatelightError) as caught:
        choose(device=device, precision=precision)
    assert caught.value.code is ErrorCode.SETTING_INVALID


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has such a device")
def test_an_absent_device_is_named_with_those_present():
    with pytest.raises(PlatelightError) as caught:
        choose(device="cuda", precision="auto")
    assert caught.value.code is ErrorCode.DEVICE_UNAVAILABLE and "cpu" in caught.value.detail


def test_memory_running_out_is_told_from_other_errors():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 50, dtype=torch.float32)
    assert is_out_of_memory(caught.value) and is_out_of_memory(MemoryError())
    with pytest.raises(RuntimeError) as caught:
        torch.ones(2) @ torch.ones(3)
    assert not is_out_of_memory(caught.value) and not is_out_of_memory(ValueError("out of memory"))
