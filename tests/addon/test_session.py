"""Jobs from submit to passes with a real engine, without a window: the pump is driven by hand, as a background run does."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import bpy
import pytest

SHARE_ENGINE = True


@pytest.fixture(autouse=True)
def engine(monkeypatch, engine_python):
    monkeypatch.setenv("PLATELIGHT_ENGINE", f"{engine_python} -m engine serve")


@pytest.fixture
def submit(part, shot):
    """Queues frames of the sample clip."""
    contract, session = part("contract"), part("link.session")
    target = part("blender.clips").targets_by_pattern("plate")[0]

    def run(*, first=1, last=6, out="out", max_resolution=64, **options):
        settings = contract.EstimateSettings(model="preview", max_resolution=max_resolution, window=4, overlap=1, precision="fp32")
        frames = dataclasses.replace(target, first=first, last=last, timeline_start=first)
        return session.submit(frames, out=str(shot / out), settings=settings, **options)

    return run


@pytest.fixture
def drive(part):
    """Ticks until a condition holds, or until there is no more work."""
    pump = part("link.pump")

    def run(condition=None, *, seconds=90.0):
        deadline = time.monotonic() + seconds
        while True:
            busy = pump.tick()
            if condition and condition():
                return
            if not busy:
                assert condition is None, "the work ended before it came to that"
                return
            assert time.monotonic() < deadline, f"still busy after {seconds} s"
            time.sleep(0.01)

    return run


@pytest.fixture
def is_attached(part):
    """Whether a plate's nodes are in a scene's compositor."""

    def run(scene, target) -> bool:
        tree = part("blender.compat").compositor_tree(scene)
        return tree is not None and target.strip_name in part("nodes.block").attached_strips(tree)

    return run


def files(folder: Path) -> list[str]:
    """Names of the normal pass's files."""
    return sorted(path.name for path in folder.rglob("normal/*.exr"))


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "Z"


def test_a_job_leaves_passes_in_the_compositor(part, submit, drive, shot, monkeypatch, is_attached):
    job = submit(first=3, last=8)
    assert job.state == "queued" and part("link.session").jobs() == [job]
    steps, move = [], job.move
    monkeypatch.setattr(job, "move", lambda state: (move(state), steps.append(job.state)))
    drive()
    assert steps == ["starting", "running", "done"], job.error
    assert (job.result.first, job.result.last, job.result.frames_written) == (3, 8, 6)
    assert files(shot / "out") == [f"bunny.{frame:04d}.exr" for frame in range(3, 9)]
    assert job.progress.total == 6 and job.ready == {"normal": (3, 8), "depth": (3, 8)}
    assert is_attached(bpy.context.scene, job.target)


def test_three_jobs_run_in_the_order_in_which_they_were_asked_for(submit, drive):
    jobs = [submit(first=1 + 10 * n, last=4 + 10 * n, out=f"out{n}") for n in range(3)]
    ends = []

    def check():
        assert sum(job.active for job in jobs) <= 1
        for job in jobs:
            if job.finished and job not in ends:
                ends.append(job)
        return len(ends) == 3

    drive(check)
    assert ends == jobs and {job.state for job in jobs} == {"done"}


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_soon(part, submit, drive, shot, is_attached):
    session = part("link.session")
    long, waiting, last = submit(last=120, max_resolution=512, out="a"), submit(out="b"), submit(out="c")
    drive(lambda: long.ready)
    session.cancel(waiting.id)
    assert waiting.state == "cancelled"
    session.cancel(long.id)
    assert long.state == "cancelling"
    drive(lambda: long.finished, seconds=20)
    assert (long.state, long.error) == ("cancelled", None)
    assert 0 < len(files(shot / "a")) < 120
    drive()
    assert last.state == "done" and not (shot / "b").exists()
    assert is_attached(bpy.context.scene, long.target)


def test_an_engine_killed_in_the_middle_fails_its_job_and_the_next_gets_a_new_one(part, submit, drive, shot):
    contract, state, session = part("contract"), part("link.state").state, part("link.session")
    job, after = submit(last=120, max_resolution=512, out="a"), submit(out="b")
    drive(lambda: job.ready)
    first = state.client.pid
    os.kill(first, signal.SIGKILL)
    drive(lambda: job.finished, seconds=20)
    assert job.state == "failed" and job.error.code is contract.ErrorCode.ENGINE_DIED
    assert "killed (out of memory?)" in job.error.detail
    kept = files(shot / "a")
    assert kept
    drive()
    assert after.state == "done" and state.client.pid != first
    again = session.retry(job.id, overwrite=False)
    drive(lambda: (again.ready and again.progress.done > len(kept)) or again.finished)
    session.cancel(again.id)
    drive()
    assert session.jobs() == [after, again] and again.error is None


def test_cancelling_twice_ends_the_engine(part, submit, drive):
    job = submit(last=120, max_resolution=512)
    drive(lambda: job.state == "running")
    part("link.session").cancel(job.id)
    part("link.session").cancel(job.id)
    drive(lambda: job.finished, seconds=20)
    assert job.state == "cancelled" and part("link.state").state.client is None


class SlowHub(BaseHTTPRequestHandler):
    """Says of every file that it is large, and sends a byte of it."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "99173660")
        self.send_header("ETag", f'"{"0" * 40}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(b"x")
        self.wfile.flush()
        self.server.gone.wait(300)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def download(part, tmp_path, monkeypatch, engine_python):
    """Queues the download of a model from a hub that stalls; the engine of this test is not offline."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowHub)
    server.gone = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    variables = f"-u HF_HUB_OFFLINE HF_ENDPOINT=http://127.0.0.1:{server.server_port} PLATELIGHT_MODELS={tmp_path / 'models'}"
    monkeypatch.setenv("PLATELIGHT_ENGINE", f"env {variables} {engine_python} -m engine serve")
    part("link.session").stop_engine()
    state, jobs = part("link.state").state, part("link.jobs")

    def run():
        task = jobs.Download(id=state.queue.new_id(), label="Small", model="depth-anything-small")
        state.queue.add(task)
        return task

    yield run
    server.gone.set()
    server.shutdown()
    server.server_close()


def test_a_second_cancel_of_a_download_does_not_end_the_estimate_beside_it(part, submit, drive, download):
    session, state = part("link.session"), part("link.state").state
    job, task = submit(last=120, max_resolution=512), download()
    drive(lambda: job.state == "running" and task.state == "running" and task.progress.done)
    pid = state.client.pid
    session.cancel(task.id)
    session.cancel(task.id)
    drive(lambda: task.finished)
    assert (task.state, task.error, job.state, state.client.pid) == ("cancelled", None, "running", pid)
    session.cancel(job.id)
    drive()


def test_a_second_cancel_of_an_estimate_lets_the_download_beside_it_go_on(part, submit, drive, download):
    session, state = part("link.session"), part("link.state").state
    job, task = submit(last=120, max_resolution=512), download()
    drive(lambda: job.state == "running" and task.state == "running")
    pid = state.client.pid
    session.cancel(job.id)
    session.cancel(job.id)
    assert (job.state, task.state) == ("cancelled", "queued")
    drive(lambda: task.state == "running" and task.progress.done)
    assert state.client.pid != pid and job.error is None
    session.cancel(task.id)
    drive()
    assert task.state == "cancelled"


def test_errors_of_the_engine_are_the_jobs(part, submit, drive, shot):
    (shot / "bunny.mp4").write_bytes(b"this is not a movie")
    job = submit()
    drive()
    assert job.state == "failed" and job.error.code is part("contract").ErrorCode.SOURCE_UNREADABLE


def test_other_settings_are_refused_until_they_may_overwrite(part, submit, drive):
    contract, session = part("contract"), part("link.session")
    submit()
    drive()
    job = submit(max_resolution=96)
    drive()
    assert job.error.code is contract.ErrorCode.PASSES_DIFFER
    anew = session.retry(job.id, overwrite=True)
    drive()
    assert anew.state == "done" and anew.result.frames_written == 6


def test_without_an_engine_nothing_is_queued(part, submit, monkeypatch):
    monkeypatch.delenv("PLATELIGHT_ENGINE")
    contract = part("contract")
    with pytest.raises(contract.PlatelightError) as caught:
        submit()
    assert caught.value.code is contract.ErrorCode.ENGINE_MISSING and not part("link.session").jobs()


def test_an_engine_that_cannot_start_fails_the_job(part, submit, drive, monkeypatch):
    monkeypatch.setenv("PLATELIGHT_ENGINE", "/nowhere/python -m engine serve")
    part("link.session").stop_engine()
    job = submit()
    drive()
    assert job.error.code is part("contract").ErrorCode.ENGINE_MISSING
    assert "/nowhere/python" in part("link.state").state.engine_problem


def test_passes_never_land_in_another_files_scene(part, submit, drive, shot, is_attached):
    job = submit()
    drive(lambda: job.state == "starting")
    bpy.ops.wm.open_mainfile(filepath=str(shot / "shot.blend"), load_ui=False)
    bpy.ops.wm.save_as_mainfile(filepath=str(shot / "another.blend"))
    drive()
    assert job.state == "done" and "Another file is open" in job.notices[0]
    assert not is_attached(bpy.data.scenes["Scene"], job.target)
    bpy.ops.wm.open_mainfile(filepath=str(shot / "shot.blend"), load_ui=False)
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.platelight.attach("EXEC_DEFAULT", True, job=job.id) == {"FINISHED"}
    assert is_attached(bpy.data.scenes["Scene"], job.target)
    assert job.notices and job.notices == list(part("link.session").notices(job.id))
    bpy.ops.ed.undo()
    assert not is_attached(bpy.data.scenes["Scene"], job.target), "one step takes it all away"


def test_an_idle_engine_is_let_go(part, submit, drive):
    pump, state = part("link.pump"), part("link.state").state
    submit()
    drive()
    pump.tick()
    pid = state.client.pid
    assert state.idle_since is not None
    state.idle_since -= 10_000
    assert pump.tick() is False and state.client is None
    deadline = time.monotonic() + 20
    while not is_gone(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_switching_the_add_on_off_ends_the_engine_in_the_middle(addon, part, submit, drive):
    job = submit(last=120, max_resolution=512)
    drive(lambda: job.state == "running")
    pid = part("link.state").state.client.pid
    began = time.monotonic()
    addon.unregister()
    assert is_gone(pid) and time.monotonic() - began < 15
    addon.register()
    assert not part("link.session").jobs()


def test_the_doctor_and_the_models_are_told(part, drive):
    session, state = part("link.session"), part("link.state").state
    session.run_doctor()
    assert state.asking
    drive()
    assert not state.asking and state.failure is None
    assert state.doctor.device and all(finding.ok or finding.remedy for finding in state.doctor.findings)
    assert "preview" in {model.name for model in state.models}


def test_an_estimate_that_the_end_of_blender_cut_short_is_told_when_its_project_is_opened(part, shot, submit, drive):
    interrupted, session = part("link.interrupted"), part("link.session")
    bpy.ops.wm.save_mainfile()
    job = submit(last=12)
    drive(lambda: job.last_ready is not None)
    session.shutdown()  # as Blender does when it quits
    [kept] = (part("identity").user_folder() / "unfinished").glob("*.json")
    kept.rename(kept.with_name("of_another_blender.json"))
    bpy.ops.wm.read_homefile(use_empty=True)
    assert not interrupted.of_scene(bpy.context.scene), "it belongs to another project"
    bpy.ops.wm.open_mainfile(filepath=str(shot / "shot.blend"))
    [found] = interrupted.of_scene(bpy.context.scene)
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(shot / "shot.blend"))
    assert interrupted.of_scene(bpy.context.scene) == [found], "until the user decides, whatever is opened in between"
    assert found.sentence.startswith("Blender was closed during the estimate of plate: ") and 0 < found.done <= found.count == 12
    job = submit(last=12)
    assert not interrupted.of_scene(bpy.context.scene), "it goes on"
    drive()
    assert job.result and list((part("identity").user_folder() / "unfinished").iterdir()) == []


def test_passes_that_came_while_another_file_was_open_are_placed_when_theirs_is_opened(part, shot, submit, drive, is_attached):
    bpy.ops.wm.save_mainfile()
    job = submit(last=3)
    bpy.ops.wm.read_homefile(use_empty=True)
    drive()
    assert not is_attached(bpy.context.scene, job.target) and any("Another file is open" in notice for notice in job.notices)
    bpy.ops.wm.open_mainfile(filepath=str(shot / "shot.blend"))
    drive()
    assert is_attached(bpy.context.scene, job.target)
