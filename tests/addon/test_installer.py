"""The engine's environment, really made, with a few small packages in place of torch."""

from __future__ import annotations

import os
import sys
import time

import pytest

UNREACHABLE = "http://127.0.0.1:9/simple"


@pytest.fixture
def plan(part, installed, tmp_path):
    installer = part("link.installer")
    requirements = tmp_path / "small.txt"
    requirements.write_text("psutil\nnumpy\n")

    def make(**changes: str):
        env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | changes
        folder = installer.engine_folder(tmp_path)
        return installer.InstallPlan(python=sys.executable, folder=folder, requirements=requirements, root=installed, env=env)

    return make


def finish(install, *, until=lambda install: install.finished, seconds=180.0):
    deadline = time.monotonic() + seconds
    while not until(install):
        install.poll()
        assert time.monotonic() < deadline, "\n".join(install.lines)
        time.sleep(0.02)
    return install


def test_an_environment_is_made_and_the_doctor_reports(part, plan):
    installer, wanted = part("link.installer"), plan()
    assert installer.problem(wanted.folder, requirements=wanted.requirements) == "the engine is not installed yet"
    install = finish(installer.Install(wanted))
    assert install.error is None, "\n".join(install.lines)
    assert installer.problem(wanted.folder, requirements=wanted.requirements) == ""
    assert any("uv" in line for line in install.lines) and "Installing with pip" not in install.lines
    values = {finding.name: finding for finding in install.report.doctor.findings}
    assert str(installer.python_of(wanted.folder)) in values["Python"].value
    assert not values["Torch"].ok and "No module named 'torch'" in install.report.warning
    wanted.requirements.write_text("psutil\n")
    assert "another version" in installer.problem(wanted.folder, requirements=wanted.requirements)
    installer.python_of(wanted.folder).unlink()
    assert "is gone" in installer.problem(wanted.folder, requirements=wanted.requirements)


def test_pip_takes_over_where_uv_reaches_no_index(part, plan):
    installer, wanted = part("link.installer"), plan(UV_DEFAULT_INDEX=UNREACHABLE, UV_HTTP_RETRIES="0")
    install = finish(installer.Install(wanted))
    assert install.error is None, "\n".join(install.lines)
    assert "Installing with pip" in install.lines
    assert installer.problem(wanted.folder, requirements=wanted.requirements) == ""


def test_no_network_is_said_and_leaves_nothing_that_counts(part, plan):
    contract, installer = part("contract"), part("link.installer")
    wanted = plan(PIP_INDEX_URL=UNREACHABLE, PIP_RETRIES="1", PIP_CONFIG_FILE=os.devnull, PIP_FIND_LINKS="")
    install = finish(installer.Install(wanted))
    assert install.error.code is contract.ErrorCode.INSTALL_FAILED
    assert "package index cannot be reached" in install.error.detail
    assert not wanted.folder.exists()


def test_cancelling_stops_it_and_cleans_up(part, plan):
    contract, installer = part("contract"), part("link.installer")
    wanted = plan()
    install = finish(installer.Install(wanted), until=lambda install: len(install.lines) >= 1)
    install.cancel()
    began = time.monotonic()
    finish(install)
    assert install.error.code is contract.ErrorCode.CANCELLED and time.monotonic() - began < 10
    assert not wanted.folder.exists()


def test_a_python_that_cannot_make_environments_is_blamed(part, plan, tmp_path):
    crippled = tmp_path / "python"
    said = "The virtual environment was not created successfully because ensurepip is not\navailable. Install python3-venv"
    crippled.write_text(f"#!/bin/sh\necho '{said}'\nexit 1\n")
    crippled.chmod(0o755)
    installer, whole = part("link.installer"), plan()
    install = finish(installer.Install(installer.InstallPlan(
        python=str(crippled), folder=whole.folder, requirements=whole.requirements, root=whole.root, env=whole.env
    )))
    assert install.error.detail.startswith("Blender's Python cannot make environments")


def test_an_unfinished_environment_does_not_count(part, plan):
    installer, wanted = part("link.installer"), plan()
    installer.python_of(wanted.folder).parent.mkdir(parents=True)
    installer.python_of(wanted.folder).touch()
    assert installer.problem(wanted.folder, requirements=wanted.requirements) == "the engine is not installed yet"


@pytest.mark.parametrize(("lines", "cause"), [
    (["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"], "the disk is full"),
    (["error: Failed to fetch: `https://x/torch/`", "  Caused by: dns error: failed to lookup address information"],
     "the package index cannot be reached"),
    (["SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed'))"],
     "a proxy or firewall replaces certificates"),
    (["  x No solution found when resolving dependencies:"], "no package fits this Python and platform"),
    (["ERROR: Could not find a version that satisfies the requirement torch==2.13.0 (from versions: none)"],
     "no package fits this Python and platform"),
    (["ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy Authentication Required'))"],
     "the proxy refused the connection"),
])
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
