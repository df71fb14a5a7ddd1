"""The command without a window, with a real engine in a process of its own."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import threading
import time
from pathlib import Path

import bpy
import numpy as np
import pytest
from footage import linear, plate_bytes, render_elsewhere, write_plate
from platelight.addon.batch import command
from platelight.addon.batch.console import PREFIX
from platelight.addon.contract import ERRORS, ErrorCode
from platelight.addon.link.command import COMMAND_VARIABLE
from platelight.addon.link.state import state
from relit import TOLERANCE, light
from strips import editor_strips, image_strip

from conftest import ROOT

PYTHON = Path(os.environ.get("PLATELIGHT_TEST_ENGINE_PYTHON", ROOT / ".venv/engine/bin/python"))
ENGINE = shlex.join([str(PYTHON), "-m", "engine", "serve"])
LONG = 160
needs_engine = pytest.mark.usefixtures("engine")


@pytest.fixture(scope="session")
def engine():
    """These tests mean nothing without one, and skipped they would hide that."""
    if not PYTHON.is_file():
        pytest.fail(f"no engine environment: {PYTHON} is not there; run build.py setup or set PLATELIGHT_TEST_ENGINE_PYTHON")


def project(scene: bpy.types.Scene, folder: Path, *, frames: int, width: int, height: int) -> Path:
    """A saved project with a strip of plate.1001 and on at frame 1."""
    scene.render.resolution_x, scene.render.resolution_y = width, height
    image_strip(scene, write_plate(folder / "plates", range(1001, 1001 + frames), width=width, height=height))
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))
    return folder / "shot.blend"


@pytest.fixture
def shot(scene, registered, tmp_path, monkeypatch):
    """Forty small frames, which take a moment."""
    monkeypatch.delenv(COMMAND_VARIABLE, raising=False)
    return project(scene, tmp_path, frames=40, width=64, height=36)


@pytest.fixture
def long_shot(scene, registered, tmp_path, monkeypatch):
    """Enough work that whatever comes when the first frames are there comes in the middle."""
    monkeypatch.delenv(COMMAND_VARIABLE, raising=False)
    return project(scene, tmp_path, frames=LONG, width=256, height=144)


def estimate(*more: str, strips: str = "plate*", engine: str = ENGINE) -> int:
    return command.main(["estimate", "--strips", strips, "--model", "preview", "--engine", engine, *more])


def lines(captured) -> list[str]:
    return [line.removeprefix(PREFIX) for line in captured.out.splitlines() if line.startswith(PREFIX)]


def line(fields: dict) -> str:
    return json.dumps({"jsonrpc": "2.0", **fields})


def notification(method: str, params: dict) -> str:
    return line({"method": method, "params": params})


def in_the_middle(act) -> threading.Thread:
    """Call `act` with the engine's process id when the first frames are there."""

    def wait() -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            client, job = state.client, state.queue.current()
            if client and job and getattr(job, "ready", None):
                act(client.pid)
                return
            time.sleep(0.01)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@needs_engine
def test_from_strip_to_relit_frame_without_the_add_on(shot, capsys):
    import OpenEXR

    assert estimate("--frames", "1003-1010") == 0
    said = lines(capsys.readouterr())
    assert [line.split(",")[0] for line in said if "window" in line] == ["plate: window 1/1"]
    assert any(line.startswith("plate: done, frames 1003-1010, 8 written, 0 reused") for line in said)
    assert said[-1] == f"saved {shot}"
    folder = shot.parent / "platelight/plate/normal"
    assert sorted(file.name for file in folder.glob("*.exr")) == [f"plate.{n}.exr" for n in range(1003, 1011)]
    image = render_elsewhere(shot, 5, shot.parent / "farm.exr")
    channels = OpenEXR.File(str(folder / "plate.1005.exr"), separate_channels=True).channels()
    normal = np.stack([channels[f"Normal.{axis}"].pixels for axis in "XYZ"], -1).astype(np.float64)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    assert np.abs(image[..., :3] - linear(plate_bytes(1005, width=64, height=36)) * light(normal)).max() < TOLERANCE
    # The plate plays on where no passes were asked for.
    image = render_elsewhere(shot, 30, shot.parent / "farm.exr")
    channels = OpenEXR.File(str(folder / "plate.1010.exr"), separate_channels=True).channels()
    normal = np.stack([channels[f"Normal.{axis}"].pixels for axis in "XYZ"], -1).astype(np.float64)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    assert np.abs(image[..., :3] - linear(plate_bytes(1030, width=64, height=36)) * light(normal)).max() < TOLERANCE

    assert estimate("--frames", "1003-1010", "--no-save") == 0
    said = lines(capsys.readouterr())
    assert any("0 written, 8 reused" in line for line in said) and not any(line.startswith("saved") for line in said)


@needs_engine
def test_another_file_and_another_folder(shot, capsys):
    before = shot.read_bytes()
    other = shot.parent / "farm" / "relit.blend"
    other.parent.mkdir()
    assert estimate("--frames", "1001", "--out", str(shot.parent / "elsewhere"), "--save-as", str(other), "--handles", "2") == 0
    assert shot.read_bytes() == before and other.is_file()
    assert len(list((shot.parent / "elsewhere/normal").glob("*.exr"))) == 3
    assert all(image.filepath.startswith("//../") for image in bpy.data.images if image.source == "SEQUENCE")


@needs_engine
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_engine_and_keeps_what_is_done(long_shot, capsys, number):
    pids: list[int] = []
    handler = signal.getsignal(number)

    def act(pid: int) -> None:
        pids.append(pid)
        os.kill(os.getpid(), number)

    thread = in_the_middle(act)
    assert estimate() == ERRORS[ErrorCode.CANCELLED].exit_code
    thread.join(5)
    assert pids and is_gone(pids[0])
    assert signal.getsignal(number) == handler
    kept = list((long_shot.parent / "platelight/plate/normal").glob("*.exr"))
    assert 0 < len(kept) < LONG
    assert "Cancelled" in capsys.readouterr().err


@needs_engine
def test_an_engine_that_dies_is_told(long_shot, capsys):
    thread = in_the_middle(lambda pid: os.kill(pid, signal.SIGKILL))
    assert estimate() == ERRORS[ErrorCode.ENGINE_DIED].exit_code
    thread.join(5)
    assert "plate: The engine stopped during the job" in capsys.readouterr().err


@needs_engine
def test_one_bad_plate_does_not_stop_the_others(shot, capsys):
    """The good one is attached and saved; the exit code is the bad one's."""
    files = write_plate(shot.parent / "broken", range(1, 4), name="broken.{:04d}.png", width=64, height=36)
    files[1].unlink()
    image_strip(bpy.context.scene, files, name="plate broken", channel=2)
    files = write_plate(shot.parent / "short", range(1, 3), name="short.{:04d}.png", width=64, height=36)
    image_strip(bpy.context.scene, files, name="plate short", channel=3)
    editor_strips(bpy.context.scene).remove(editor_strips(bpy.context.scene)["plate"])
    assert estimate() == ERRORS[ErrorCode.FRAME_MISSING].exit_code
    captured = capsys.readouterr()
    assert "plate broken: A frame of the sequence is missing" in captured.err
    assert any(line.startswith("plate short: done, frames 1-2") for line in lines(captured)) and "saved" in captured.out


def test_a_window_has_its_line_though_all_came_at_once(shot, capsys, tmp_path):
    """An engine faster than any poll: greeting, models, and then a whole job in one breath, which ends on a full disk."""
    progress = {"job": "job-1", "stage": "unet", "done": 0, "total": 12}
    windows = [notification("progress", {**progress, "done": 4 * n, "window": n + 1, "windows": 3}) for n in range(3)]
    failure = {"code": 29, "message": "m", "data": {"code": "disk_full", "detail": "/passes"}}
    breath = [*windows, notification("notice", {"job": "job-1", "text": "The plate has NaN"}), line({"id": 3, "error": failure})]
    answers = [line({"id": 1, "result": {"protocol": 3, "engine": "e"}}), line({"id": 2, "result": {"models": []}})]
    script = tmp_path / "engine.py"
    script.write_text(
        "\n".join(
            [
                "import sys",
                f"answers = {answers!r}",
                "for answer in answers:",
                "    sys.stdin.readline()",
                "    print(answer, flush=True)",
                "sys.stdin.readline()",
                f"print({chr(10).join(breath)!r}, flush=True)",
                "sys.stdin.read()",
            ]
        )
    )
    assert estimate(engine=shlex.join([sys.executable, str(script)])) == ERRORS[ErrorCode.DISK_FULL].exit_code
    assert lines(capsys.readouterr()) == [
        "plate: window 1/3, 0/12 frames",
        "plate: window 2/3, 4/12 frames",
        "plate: window 3/3, 8/12 frames",
        "plate: note: The plate has NaN",
    ]


@needs_engine
def test_blocks_are_looked_for_where_the_command_runs(shot, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert estimate("--temporal", "blocks.safetensors") == ERRORS[ErrorCode.MODEL_INCOMPLETE].exit_code
    assert str(tmp_path / "blocks.safetensors") in capsys.readouterr().err


@needs_engine
def test_doctor_and_models(shot, capsys):
    assert command.main(["models", "--engine", ENGINE]) == 0
    assert any(line.startswith("preview: Preview (embedded)") for line in lines(capsys.readouterr()))
    code = command.main(["doctor", "--engine", ENGINE])
    said = lines(capsys.readouterr())
    assert said[0].startswith("device: ") and any(line.startswith("Torch: ") for line in said)
    assert code == (1 if any(" -- " in line for line in said) else 0)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--strips", "nope*"], ErrorCode.NOTHING_SELECTED),
        (["--clip", "nope"], ErrorCode.NOTHING_SELECTED),
        (["--strips", "plate", "--scene", "nope"], ErrorCode.NOTHING_SELECTED),
        (["--strips", "plate", "--frames", "1-5"], ErrorCode.RANGE_OUTSIDE_CLIP),
        (["--strips", "plate", "--frames", "1030-1041"], ErrorCode.RANGE_OUTSIDE_CLIP),
        (["--strips", "plate", "--engine", "/nowhere/engine serve"], ErrorCode.ENGINE_MISSING),
        (["--strips", "plate", "--engine", "'unbalanced"], ErrorCode.ENGINE_MISSING),
        (["--strips", "plate"], ErrorCode.ENGINE_MISSING),
    ],
)
def test_what_cannot_be_done_is_said_with_its_own_code(shot, capsys, arguments, code):
    assert command.main(["estimate", "--model", "preview", *arguments]) == ERRORS[code].exit_code
    told = capsys.readouterr()
    assert told.err.startswith(PREFIX) and ERRORS[code].remedy in told.err
    assert "saved" not in told.out and COMMAND_VARIABLE not in os.environ


def test_a_project_that_was_never_saved(scene, registered, capsys):
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    assert command.main(["estimate", "--strips", "*"]) == ERRORS[ErrorCode.SETTING_INVALID].exit_code
    assert "no project is open" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["estimate"],
        ["estimate", "--strips", "a", "--clip", "b"],
        ["estimate", "--strips", "a", "--frames", "9-3"],
        ["estimate", "--strips", "a", "--frames", "all"],
        ["render"],
    ],
)
def test_wrong_words_end_with_the_usage(registered, capsys, arguments):
    with pytest.raises(SystemExit) as leaving:
        command.main(arguments)
    assert leaving.value.code == 2 and "usage: blender -b FILE.blend --command platelight" in capsys.readouterr().err
