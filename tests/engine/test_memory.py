"""What is held depends on the window, never on the clip: a real process, 60 frames against 600."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from tests.support.places import GOLDEN, ROOT
from tests.support.plates import write_movie

MODELS = {
    "preview": ("preview", 192, 14),
    "normalcrafter": (str(GOLDEN), 128, 14),
}


@pytest.fixture(scope="module")
def long_movie(tmp_path_factory):
    return write_movie(tmp_path_factory.mktemp("long") / "long.mp4", 600, options={"preset": "ultrafast"}, size=(192, 96))


def peak(movie, out, *, model: str, frames: int, resolution: int, window: int) -> int:
    """Peak resident bytes of an engine that estimates so many frames."""
    script = textwrap.dedent(f"""
        import resource, sys
        from engine.cli.commands import main
        flags = "--first 1 --last {frames} --max-resolution {resolution} --window {window} --precision fp32 --device cpu"
        sys.argv[1:] = ["estimate", {str(movie)!r}, "--out", {str(out)!r}, "--model", {model!r}, *flags.split()]
        code = main()
        print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        sys.exit(code)
    """)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(list(out.glob("normal/*.exr"))) == frames
    return int(done.stdout.rpartition("peak ")[2])


@pytest.mark.parametrize("name", MODELS)
def test_600_frames_need_no_more_memory_than_60(long_movie, tmp_path, name):
    model, resolution, window = MODELS[name]
    short = peak(long_movie, tmp_path / "60", model=model, frames=60, resolution=resolution, window=window)
    long = peak(long_movie, tmp_path / "600", model=model, frames=600, resolution=resolution, window=window)
    print(f"{name}: 60 frames {short / 1e6:.0f} MB, 600 frames {long / 1e6:.0f} MB")
    assert long < 1.1 * short
    assert long - short < 540 * 192 * 96 * 3 * 4 * 0.6, "half of what holding every frame would take is too much already"
