"""Estimates killed right before and after file operations: a small part of `tests/measure/kill_estimates.py`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.places import ROOT


@pytest.mark.skipif(sys.platform == "win32", reason="processes can't be forked there")
def test_wherever_a_job_is_killed_nothing_is_torn_lost_or_left_over():
    command = [sys.executable, "-m", "tests.measure.kill_estimates", "--kills", "24", "--seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["kills"] >= 24 and min(found["by"].values()) >= 3 and found["complaints"] == []
