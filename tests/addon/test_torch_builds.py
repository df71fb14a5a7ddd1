"""Which build of PyTorch a machine gets, and that it is said before anything is fetched."""

from __future__ import annotations

import bpy
import pytest


@pytest.fixture
def choose(part):
    """Chooses for a machine, with the real locks."""
    builds, locks = part("link.torch_builds"), part("link.command").locks_folder()

    def run(system, processor, python=(3, 11), *, driver=0, compute="AUTO"):
        gpu = builds.Gpu(name="RTX 4090", driver=driver) if driver else None
        machine = builds.Machine(system=system, processor=processor, python=python, gpu=gpu)
        return builds.choose(machine, builds.Compute(compute), locks=locks)

    return run


@pytest.mark.parametrize(
    ("machine", "driver", "lock", "backend"),
    [
        (("linux", "x86_64"), 0, "torch-cpu.txt", "cpu"),
        (("linux", "x86_64"), 580, "torch.txt", ""),
        (("linux", "x86_64"), 579, "torch-cpu.txt", "cpu"),
        (("linux", "aarch64", (3, 13)), 590, "torch.txt", ""),
        (("windows", "amd64"), 0, "torch.txt", ""),
        (("windows", "amd64"), 552, "torch-cu126.txt", "cu126"),
        (("windows", "amd64", (3, 13)), 580, "torch-cu130.txt", "cu130"),
        (("windows", "amd64", (3, 13)), 552, "torch.txt", ""),
        (("macos", "arm64", (3, 13)), 0, "torch.txt", ""),
    ],
)
def test_the_build_fits_the_machine(choose, machine, driver, lock, backend):
    choice = choose(*machine, driver=driver)
    assert (choice.build.lock, choice.build.backend) == (lock, backend)


@pytest.mark.parametrize(
    "machine",
    [
        ("linux", "x86_64"),
        ("linux", "x86_64", (3, 13)),
        ("windows", "amd64"),
        ("windows", "amd64", (3, 13)),
        ("macos", "arm64"),
    ],
)
def test_without_a_card_nobody_fetches_gigabytes(choose, machine):
    choice = choose(*machine)
    assert choice.download < 600_000_000 and "CUDA" not in choice.summary
    assert choice.summary.endswith("on the disk") and "MB to download" in choice.summary


def test_a_card_whose_driver_is_too_old_is_told_and_the_small_build_taken(choose):
    choice = choose("linux", "x86_64", driver=535)
    assert choice.build.lock == "torch-cpu.txt" and choice.why == "RTX 4090 needs driver 580 or later and has 535"


def test_the_user_may_choose(part, choose):
    assert choose("linux", "x86_64", driver=580, compute="CPU").build.lock == "torch-cpu.txt"
    assert choose("linux", "x86_64", driver=580, compute="NVIDIA").download > 2_000_000_000
    contract = part("contract")
    for driver in (0, 535):
        with pytest.raises(contract.PlatelightError) as caught:
            choose("linux", "x86_64", driver=driver, compute="NVIDIA")
        assert caught.value.code is contract.ErrorCode.INSTALL_FAILED


def test_a_machine_without_a_build_is_told(part, choose):
    with pytest.raises(part("contract").PlatelightError, match="no build for macos-x86_64"):
        choose("macos", "x86_64")


def test_this_machine_is_looked_at_before_anything_is_fetched(part, addon, monkeypatch):
    session, state = part("link.session"), part("link.state").state
    monkeypatch.setattr(session, "check_online", lambda purpose: None)
    session.look_for_builds()
    assert state.builds["AUTO"].download and state.builds["CPU"].download and state.install is None
    assert bpy.ops.platelight.install.get_rna_type().properties["compute"].default == "AUTO"
