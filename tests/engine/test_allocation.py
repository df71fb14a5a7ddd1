"""Freed memory is used again, in every thread, and given back when a job is over."""

from __future__ import annotations

import platform
import subprocess
import sys
import textwrap

import pytest

from tests.support.places import ROOT

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a matter of the GNU C library")
MIB = 1 << 20


def measure(*, keep: bool, thread: bool) -> tuple[int, int, int]:
    """Page faults of 20 sums of a new block of 40 MiB; resident bytes after them, and after giving back."""
    script = textwrap.dedent(f"""
        import resource, threading
        import numpy as np, psutil
        from engine.memory import keep_freed_memory, release_freed_memory
        if {keep}:
            keep_freed_memory()

        def work():
            def sums(count):
                for _ in range(count):
                    np.ones(40 << 20, np.uint8).sum()
            sums(2)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
            sums(20)
            faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
            held = psutil.Process().memory_info().rss
            release_freed_memory()
            print(faults, held, psutil.Process().memory_info().rss)

        if {thread}:
            worker = threading.Thread(target=work)
            worker.start()
            worker.join()
        else:
            work()
    """)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    faults, held, after = map(int, done.stdout.split())
    return faults, held, after


@pytest.mark.parametrize("thread", [False, True])
def test_kept_memory_costs_no_page_faults_and_can_be_given_back(thread):
    usual, usual_held, _ = measure(keep=False, thread=thread)
    faults, held, after = measure(keep=True, thread=thread)
    assert faults * 10 < usual
    assert held - usual_held > 30 * MIB and held - after > 30 * MIB
