"""Shot tuning from Blender: the command it becomes, and a short one through the engine itself."""

from __future__ import annotations

import subprocess
import time

import bpy
import pytest


@pytest.fixture
def strip(part, plate, engine_python, monkeypatch):
    """Six frames of the sample clip, to be estimated small."""
    monkeypatch.setenv("PLATELIGHT_ENGINE", f"{engine_python} -m engine serve")
    part("link.session").check_engine()
    settings = bpy.context.scene.platelight
    settings.model, settings.quality, settings.max_resolution = "preview", "CUSTOM", 64
    if hasattr(plate, "right_handle"):
        plate.right_handle = 7
    else:
        plate.frame_final_end = 7
    return plate


def test_the_engine_is_asked_to_tune_what_an_estimate_would_take(part, shot, strip, engine_python, monkeypatch):
    plan = part("planning").plans(bpy.context)[0]
    command = part("link.tuning").command(plan, minutes=2.5)
    assert command[:5] == [engine_python, "-m", "engine", "tune", str(shot / "bunny.mp4")]
    options = dict(zip(command[5::2], command[6::2], strict=True))
    assert options["--out"] == plan.out and options["--minutes"] == "2.5" and options["--max-resolution"] == "64"
    assert (options["--model"], options["--first"], options["--last"]) == ("preview", "1", "6")
    assert "--color-space" not in options or options["--color-space"]
    for engine in ("ssh gpu run-engine", "ssh gpu 'run engine --serve'"):
        monkeypatch.setenv("PLATELIGHT_ENGINE", engine)
        with pytest.raises(part("contract").PlatelightError, match="can serve but not tune"):
            part("link.tuning").command(plan, minutes=1)


@pytest.mark.parametrize("form", ["{ssh} gpu {python} -m engine serve", "{ssh} gpu 'cd /tmp && {python} -m engine serve'"])
def test_a_shell_elsewhere_gets_the_words_as_they_are(part, shot, strip, tmp_path, monkeypatch, form):
    """What ssh does: its arguments are joined with blanks, and a shell reads them."""
    ssh, python = tmp_path / "ssh", tmp_path / "python"
    ssh.write_text('#!/bin/sh\nshift\nexec sh -c "$*"\n')
    python.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    for file in (ssh, python):
        file.chmod(0o755)
    name = "plate $(touch pwned) 'A' (sRGB).mp4"
    (shot / "bunny.mp4").rename(shot / name)
    strip.filepath = str(shot / name)
    plan = part("planning").plans(bpy.context)[0]
    monkeypatch.setenv("PLATELIGHT_ENGINE", form.format(ssh=ssh, python=python))
    command = part("link.tuning").command(plan, minutes=1)
    said = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.splitlines()
    assert said[:4] == ["-m", "engine", "tune", str(shot / name)]
    assert said[said.index("--out") + 1] == plan.out and said[said.index("--color-space") + 1] == plan.target.source.color_space
    assert not any(tmp_path.rglob("pwned"))


def test_a_plate_is_tuned_beside_the_engine_and_can_be_cancelled(part, shot, strip):
    tuning = part("link.tuning")
    assert bpy.ops.platelight.tune(minutes=0.1) == {"FINISHED"}
    with pytest.raises(RuntimeError, match="Wait until the tuning has ended"):
        bpy.ops.platelight.tune(minutes=0.1)
    while tuning.tick():
        time.sleep(0.1)
    ended = tuning.current()
    told = " ".join(ended.lines)
    assert ended.finished and not ended.failed and not ended.cancelled, told
    assert "Change from frame to frame" in told and ("Estimate again into the same folder" in told or "all stays as it was" in told)
    assert not any(shot.rglob("*.part"))

    assert bpy.ops.platelight.tune(minutes=30.0) == {"FINISHED"}
    assert bpy.ops.platelight.cancel_tune() == {"FINISHED"}
    while tuning.tick():
        time.sleep(0.1)
    assert tuning.current().failed and tuning.current().cancelled and not tuning.is_busy()
