"""What the doctor finds, and that each thing that is wrong comes with a remedy."""

from __future__ import annotations

import importlib.metadata

from engine import doctor


def test_a_healthy_machine():
    result = doctor.examine()
    names = [finding.name for finding in result.findings]
    assert {"Engine", "Python", "Torch", "Device", "Precision", "Memory", "Packages", "Model preview", "Disk"} <= set(names)
    assert all(finding.value for finding in result.findings)
    assert all(finding.remedy for finding in result.findings if not finding.ok)
    assert result.device.startswith(("cpu: ", "cuda: ", "mps: "))


def test_a_gpu_beside_a_torch_for_the_cpu():
    (finding,) = doctor.gpu_findings("NVIDIA RTX 4090, 550.54", torch_cuda=None, sees_cuda=False)
    assert not finding.ok and "--torch-backend=auto" in finding.remedy
    assert "RTX 4090" in finding.value and "CPU only" in finding.value
    (finding,) = doctor.gpu_findings("NVIDIA RTX 4090, 450.80", torch_cuda="12.8", sees_cuda=False)
    assert not finding.ok and "12.8" in finding.value and "driver" in finding.remedy
    assert doctor.gpu_findings("NVIDIA RTX 4090, 550.54", torch_cuda="12.8", sees_cuda=True) == []
    assert doctor.gpu_findings("", torch_cuda=None, sees_cuda=False) == []


def test_what_the_drivers_tool_says(tmp_path, monkeypatch):
    """A real program of that name on the path, as the driver would put it there."""
    tool = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor.nvidia_gpu() == ""
    for script, expected in (("echo 'NVIDIA L4, 550.1'", "NVIDIA L4, 550.1"), ("exit 9", ""), ("true", "")):
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        assert doctor.nvidia_gpu() == expected
    tool.write_bytes(b"no program")
    assert doctor.nvidia_gpu() == ""


def test_missing_and_other_packages(tmp_path, monkeypatch):
    requirements = tmp_path / "engine.txt"
    typer = importlib.metadata.version("typer")
    requirements.write_text(f"# pins\nnumpy==0.0.1\nno-such-package==1.2\ntyper=={typer}\n")
    monkeypatch.setattr(doctor, "REQUIREMENTS", requirements)
    summary, *wrong = doctor.packages()
    assert summary.value.startswith("1 of 3")
    assert {finding.name: finding.ok for finding in wrong} == {"numpy": True, "no-such-package": False}
    assert all(finding.remedy for finding in wrong)
