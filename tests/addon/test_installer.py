"""The engine's environment, really made, with a few small packages in place of torch."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import sys
import time

import pytest

UNREACHABLE = "http://127.0.0.1:9/simple"


@pytest.fixture
def plan(part, installed, tmp_path):
    """Plans for two small packages out of the real locks, in place of torch and all else."""
    installer, builds = part("link.installer"), part("link.torch_builds")
    real, locks = part("link.command").locks_folder(), tmp_path / "locks"
    locks.mkdir()
    entries = re.findall(r"^\S.*(?:\n    .*)*\n", (real / "base.txt").read_text(), re.MULTILINE)
    (locks / "base.txt").write_text("".join(entry for entry in entries if entry.startswith("psutil==")))
    (locks / "torch.txt").write_text("".join(entry for entry in entries if entry.startswith("numpy==")))
    shutil.copy(real / "installer.txt", locks)
    choice = builds.Choice(build=builds.CPU, why="this is a test", download=1_000_000, disk=3_000_000)

    def make(**changes: str):
        env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | changes
        folder = installer.engine_folder(tmp_path / "user")
        return installer.InstallPlan(python=sys.executable, folder=folder, locks=locks, choice=choice, root=installed, env=env)

    return make


def left_over(plan) -> list[str]:
    """What lies beside the environment."""
    return [path.name for path in plan.folder.parent.iterdir() if path != plan.folder]


def finish(install, *, until=lambda install: install.finished, seconds=180.0):
    deadline = time.monotonic() + seconds
    while not until(install):
        install.poll()
        assert time.monotonic() < deadline, "\n".join(install.lines)
        time.sleep(0.02)
    return install


def test_an_environment_is_made_and_the_doctor_reports(part, plan):
    installer, wanted = part("link.installer"), plan()
    assert installer.problem(wanted.folder, locks=wanted.locks) == "the engine is not installed"
    install = finish(installer.Install(wanted))
    assert install.error is None, "\n".join(install.lines)
    assert install.lines[0] == "PyTorch for the CPU: 1 MB to download, 3 MB on the disk, since this is a test"
    assert installer.problem(wanted.folder, locks=wanted.locks) == "" and left_over(wanted) == []
    assert any("uv" in line for line in install.lines) and "Installing with pip" not in install.lines
    values = {finding.name: finding for finding in install.report.doctor.findings}
    assert str(installer.python_of(wanted.folder)) in values["Python"].value
    assert not values["Torch"].ok and "No module named 'torch'" in install.report.warning
    (wanted.locks / "base.txt").write_text("")
    assert "another version" in installer.problem(wanted.folder, locks=wanted.locks)
    installer.python_of(wanted.folder).unlink()
    assert "is gone" in installer.problem(wanted.folder, locks=wanted.locks)


def test_pip_takes_over_where_uv_reaches_no_index(part, plan):
    installer, wanted = part("link.installer"), plan(UV_DEFAULT_INDEX=UNREACHABLE, UV_HTTP_RETRIES="0")
    install = finish(installer.Install(wanted))
    assert install.error is None, "\n".join(install.lines)
    assert "Installing with pip" in install.lines
    assert installer.problem(wanted.folder, locks=wanted.locks) == ""


def test_no_network_is_said_and_leaves_nothing(part, plan):
    contract, installer = part("contract"), part("link.installer")
    wanted = plan(PIP_INDEX_URL=UNREACHABLE, PIP_RETRIES="1", PIP_CONFIG_FILE=os.devnull, PIP_FIND_LINKS="")
    install = finish(installer.Install(wanted))
    assert install.error.code is contract.ErrorCode.INSTALL_FAILED
    assert "package index cannot be reached" in install.error.detail
    assert not wanted.folder.exists() and left_over(wanted) == []


def test_a_package_of_other_content_is_not_installed(part, plan):
    contract, installer, wanted = part("contract"), part("link.installer"), plan()
    lock = wanted.locks / "base.txt"
    lock.write_text(re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", lock.read_text()))
    install = finish(installer.Install(wanted))
    assert install.error.code is contract.ErrorCode.INSTALL_FAILED and "a download is damaged" in install.error.detail
    assert not wanted.folder.exists() and left_over(wanted) == []


def test_cancelling_removes_all_and_keeps_the_engine_that_was_there(part, plan):
    contract, installer = part("contract"), part("link.installer")
    wanted = plan()
    wanted.folder.mkdir(parents=True)
    (wanted.folder / "mine").write_text("the engine that was there")
    install = finish(installer.Install(wanted), until=lambda install: "Downloading the installer" in install.lines)
    assert left_over(wanted)
    install.cancel()
    finish(install)
    assert install.error.code is contract.ErrorCode.CANCELLED
    assert (wanted.folder / "mine").read_text() == "the engine that was there" and left_over(wanted) == []


def test_an_engine_that_does_not_answer_gives_way_to_the_one_that_was_there(part, plan, tmp_path):
    installer, wanted = part("link.installer"), plan()
    wanted.folder.mkdir(parents=True)
    (wanted.folder / "mine").write_text("the engine that was there")
    (tmp_path / "empty").mkdir()
    install = finish(installer.Install(dataclasses.replace(wanted, root=tmp_path / "empty")))
    assert install.error is not None and install.report is None
    assert (wanted.folder / "mine").read_text() == "the engine that was there" and left_over(wanted) == []


def test_too_small_a_disk_is_said_before_anything_is_fetched(part, plan):
    installer, wanted = part("link.installer"), plan()
    install = finish(installer.Install(dataclasses.replace(wanted, choice=dataclasses.replace(wanted.choice, disk=10**15))))
    assert "the disk is full: " in install.error.detail and "needs 1000000.0 GB" in install.error.detail
    assert "Creating the environment" not in install.lines and not wanted.folder.exists()


def test_a_python_that_cannot_make_environments_is_blamed(part, plan, tmp_path):
    crippled = tmp_path / "python"
    said = "The virtual environment was not created successfully because ensurepip is not\navailable. Install python3-venv"
    crippled.write_text(f"#!/bin/sh\necho '{said}'\nexit 1\n")
    crippled.chmod(0o755)
    installer, whole = part("link.installer"), plan()
    install = finish(
        installer.Install(
            installer.InstallPlan(
                python=str(crippled), folder=whole.folder, locks=whole.locks, choice=whole.choice, root=whole.root, env=whole.env
            )
        )
    )
    assert install.error.detail.startswith("Blender's Python cannot make environments")


def test_an_unfinished_environment_does_not_count(part, plan):
    installer, wanted = part("link.installer"), plan()
    installer.python_of(wanted.folder).parent.mkdir(parents=True)
    installer.python_of(wanted.folder).touch()
    assert installer.problem(wanted.folder, locks=wanted.locks) == "the engine is not installed"


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        (["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"], "the disk is full"),
        (
            ["error: Failed to fetch: `https://x/torch/`", "  Caused by: dns error: failed to lookup address information"],
            "the package index cannot be reached",
        ),
        (
            ["SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed'))"],
            "a proxy or firewall replaces certificates",
        ),
        (["  x No solution found when resolving dependencies:"], "no package fits this Python and platform"),
        (
            ["ERROR: Could not find a version that satisfies the requirement torch==2.13.0 (from versions: none)"],
            "no package fits this Python and platform",
        ),
        (
            ["ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy Authentication Required'))"],
            "the proxy refused the connection",
        ),
    ],
)
def test_causes_are_named_and_quoted(part, lines, cause):
    said = part("link.install_errors").why(["Collecting torch", *lines])
    assert said.startswith(cause) and said.endswith(")") and len(said) < 320


def test_an_unknown_cause_is_quoted(part):
    why = part("link.install_errors").why
    assert why(["Collecting torch", "ERROR: the moon is in the wrong phase", "see above"]) == "the moon is in the wrong phase"
    assert why(["first", "last"]) == "last" and why([]) == ""


def test_only_a_full_disk_fails_every_installer(part):
    errors = part("link.install_errors")
    assert errors.is_hopeless(errors.why(["[Errno 28] No space left on device"]))
    assert not errors.is_hopeless(errors.why(["No solution found"]))


def test_a_gpu_that_torch_does_not_see_is_said_loudly(part):
    contract, installer = part("contract"), part("link.installer")
    finding = contract.Finding(name="GPU", value="RTX 4090, but this torch is for the CPU only", ok=False, remedy="Install again")
    fine = contract.Finding(name="Disk", value="full", ok=False, remedy="Free some")
    report = contract.DoctorResult(device="cpu: Xeon", findings=(finding, fine))
    assert installer.warning_of(report) == "GPU: RTX 4090, but this torch is for the CPU only. Install again."
    assert installer.warning_of(contract.DoctorResult(device="cuda", findings=())) == ""
