"""The wire, spoken to a real engine process."""

from __future__ import annotations

import dataclasses
import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from engine.protocol import (
    PROTOCOL_VERSION,
    Cancel,
    Doctor,
    DownloadModel,
    ErrorCode,
    Estimate,
    FramesReady,
    Hello,
    Incoming,
    ListModels,
    PlatelightError,
    Progress,
    Shutdown,
    Stage,
    decode,
    encode_request,
)
from engine.protocol.bounds import LONGEST_LINE
from engine.protocol.codec import read_result
from engine.protocol.models import MODELS
from tests.support.jobs import exr_bytes, leftovers, request
from tests.support.places import ENGINE, ROOT
from tests.support.plates import LONG, write_images


class Wire:
    """The other end: sends lines, collects what comes, never waits for ever."""

    def __init__(self, *command: str) -> None:
        self.engine = subprocess.Popen(
            command or [*ENGINE, "serve"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        self.logged: list[bytes] = []
        threading.Thread(target=lambda: [self._lines.put(line) for line in self.engine.stdout], daemon=True).start()
        self._logging = threading.Thread(target=lambda: self.logged.extend(self.engine.stderr), daemon=True)
        self._logging.start()
        self._next = 0
        self.seen: list[object] = []

    def write(self, data: bytes) -> None:
        self.engine.stdin.write(data)
        self.engine.stdin.flush()

    def send(self, message: object) -> int:
        self._next += 1
        self.write(encode_request(self._next, message).encode())
        return self._next

    def receive(self, timeout: float = 240) -> Incoming:
        return decode(self._lines.get(timeout=timeout).decode())

    def answer(self, number: int | None, *, timeout: float = 240) -> object:
        """What comes under an id; notifications before it are put aside in `seen`."""
        while True:
            incoming = self.receive(timeout)
            if incoming.is_result:
                assert incoming.id == number, incoming
                return incoming.body
            self.seen.append(incoming.body)

    def ask(self, message: object, *, timeout: float = 240) -> object:
        body = self.answer(self.send(message), timeout=timeout)
        return body if isinstance(body, PlatelightError) else read_result(message, body)

    def leave(self) -> bytes:
        """End its input, wait, and return all that it logged."""
        self.engine.stdin.close()
        assert self.engine.wait(20) == 0
        self._logging.join(20)
        return b"".join(self.logged)

    def hello(self) -> None:
        assert self.ask(Hello(protocol=PROTOCOL_VERSION, client="tests")).protocol == PROTOCOL_VERSION


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.engine.kill()
    wire.engine.wait(10)


def named(job: Estimate, name: str) -> Estimate:
    return dataclasses.replace(job, job=name)


def test_hello_is_answered_before_anything_heavy_is_imported():
    wire = Wire(sys.executable, "-X", "importtime", "-m", "engine", "serve")
    wire.hello()
    imported = {line.rpartition("|")[2].strip() for line in wire.leave().decode().splitlines() if line.startswith("import time:")}
    assert "engine.server" in imported
    assert not imported & {"torch", "numpy", "cv2", "av", "PyOpenColorIO", "diffusers", "transformers", "rich", "typer", "psutil"}


def test_another_version_is_refused_and_nothing_goes_before_hello(wire, movie, tmp_path):
    assert wire.ask(ListModels()).code == ErrorCode.PROTOCOL_MISMATCH
    refused = wire.ask(Hello(protocol=PROTOCOL_VERSION + 1, client="tests"))
    assert refused.code == ErrorCode.PROTOCOL_MISMATCH and str(PROTOCOL_VERSION + 1) in refused.detail
    assert wire.ask(request(movie, tmp_path)).code == ErrorCode.PROTOCOL_MISMATCH
    wire.hello()


def test_garbage_is_answered_and_does_no_harm(wire):
    wire.hello()
    for garbage in (b"garbage\n", b"\xff\xfe\x00\n", b"{}\n", b"[" * 5000 + b"\n", b'{"jsonrpc":"2.0","id":1,"result":{}}\n'):
        wire.write(garbage)
        incoming = wire.receive()
        assert incoming.body.code == ErrorCode.BAD_MESSAGE and (incoming.id is None or b'"id":1' in garbage)
    wire.write(b"\n   \n")
    wire.write(b"x" * (LONGEST_LINE * 2 + 17) + b"\n")
    too_long = wire.receive()
    assert too_long.id is None and too_long.body.code == ErrorCode.BAD_MESSAGE and str(LONGEST_LINE) in too_long.body.detail
    fields = {"protocol": PROTOCOL_VERSION, "client": "x", "new": 1}
    wire.write(json.dumps({"jsonrpc": "2.0", "id": 77, "method": "hello", "params": fields}).encode() + b"\n")
    unknown_field = wire.receive()
    assert unknown_field.id == 77 and "new" in unknown_field.body.detail
    wire.write(b'{"jsonrpc":"2.0","id":78,"method":"dance"}\n')
    assert wire.receive().body.code == ErrorCode.UNKNOWN_METHOD
    wire.hello()


def test_a_job_from_request_to_result(wire, movie, tmp_path):
    wire.hello()
    job = request(movie, tmp_path, first=3, last=18)
    result = wire.ask(job)
    assert (result.job, result.clip, result.first, result.last, result.frames_written) == ("test", "plate_v2", 3, 18, 16)
    assert len(exr_bytes(tmp_path)) == 16
    ready = [event for event in wire.seen if isinstance(event, FramesReady)]
    assert ready[0].first == 3 and ready[-1].last == 18
    assert any(isinstance(event, Progress) and event.stage == Stage.UNET for event in wire.seen)
    again = wire.ask(named(job, "again"))
    assert again.frames_reused == 16


def test_jobs_queue_and_each_can_be_cancelled(wire, movie, long_movie, tmp_path):
    wire.hello()
    first = named(request(long_movie, tmp_path / "first", max_resolution=0), "first")
    others = [named(request(movie, tmp_path / name, max_resolution=0), name) for name in ("second", "third")]
    jobs = {job.job: wire.send(job) for job in (first, *others)}
    duplicate = wire.send(named(request(movie, tmp_path / "first"), "second"))
    cancels = []
    answers: dict[int, object] = {}
    first_ready = False
    while len(answers) < 6:
        incoming = wire.receive()
        if incoming.is_result:
            answers[incoming.id] = incoming.body
        elif isinstance(incoming.body, FramesReady):
            assert incoming.body.job in ("first", "third"), "the second was taken off the queue"
            if not first_ready:
                first_ready = True
                cancels = [wire.send(Cancel(job="second")), wire.send(Cancel(job="first"))]
    assert answers[duplicate].code == ErrorCode.BAD_MESSAGE
    assert answers[jobs["first"]].code == answers[jobs["second"]].code == ErrorCode.CANCELLED
    assert read_result(Cancel(job=""), answers[cancels[0]]).job == "second"
    assert read_result(request(movie, tmp_path), answers[jobs["third"]]).frames_written == 48
    assert 0 < len(exr_bytes(tmp_path / "first")) < LONG and not (tmp_path / "second").exists()
    assert wire.ask(Cancel(job="first")).code == ErrorCode.UNKNOWN_JOB
    wire.send(first)
    told = iter(lambda: wire.receive().body, None)
    begun = next(body for body in told if isinstance(body, Progress) and body.stage == Stage.READING and body.total)
    assert begun.done > 0, "it continues"


def test_an_engine_holds_no_more_after_some_jobs_than_after_one(wire, movie, tmp_path):
    wire.hello()
    held = []
    for number in range(4):
        wire.ask(request(movie, tmp_path / str(number), max_resolution=0))
        held.append(psutil.Process(wire.engine.pid).memory_info().rss)
    assert held[-1] < held[0] + (16 << 20), held


def test_a_failed_job_is_answered_with_its_own_code_and_the_next_one_runs(wire, movie, tmp_path):
    wire.hello()
    missing = wire.ask(request(tmp_path / "no.mov", tmp_path))
    assert missing.code == ErrorCode.SOURCE_MISSING and "no.mov" in missing.detail
    assert wire.ask(request(movie, tmp_path, last=4)).frames_written == 4


def test_models_and_doctor_answer_while_a_job_runs(wire, movie, tmp_path):
    wire.hello()
    job = wire.send(request(movie, tmp_path, max_resolution=0))
    models, doctor = wire.send(ListModels()), wire.send(Doctor())
    answers = {}
    while len(answers) < 3:
        incoming = wire.receive()
        if incoming.is_result:
            answers[incoming.id] = incoming.body
    assert [entry.name for entry in read_result(ListModels(), answers[models]).models] == list(MODELS)
    assert read_result(Doctor(), answers[doctor]).device.startswith(("cpu", "cuda", "mps"))
    assert read_result(request(movie, tmp_path), answers[job]).frames_written == 48


def test_a_download_that_cannot_be_is_answered_and_blocks_nothing(tmp_path, movie, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("PLATELIGHT_MODELS", str(tmp_path / "models"))
    wire = Wire()
    wire.hello()
    assert wire.ask(DownloadModel(job="d", model="normalcrafter")).code == ErrorCode.OFFLINE
    assert wire.ask(DownloadModel(job="d", model="nonesuch")).code == ErrorCode.MODEL_UNKNOWN
    assert wire.ask(request(movie, tmp_path, last=4)).frames_written == 4
    wire.engine.stdin.close()
    assert wire.engine.wait(10) == 0


def test_prints_of_anyone_go_to_the_log_not_to_the_wire():
    noise = (
        "import os, subprocess, sys; from engine import server; from engine.models import registry; real = registry.entries\n"
        "def noisy():\n"
        "    print('a print'); os.write(1, b'a C library\\n'); subprocess.run(['echo', 'a child']); sys.stdout.flush()\n"
        "    return real()\n"
        "registry.entries = noisy; sys.exit(server.main())"
    )
    wire = Wire(sys.executable, "-c", noise)
    wire.hello()
    assert len(wire.ask(ListModels()).models) == len(MODELS)
    logged = wire.leave()
    assert all(words in logged for words in (b"a print", b"a C library", b"a child"))


@pytest.mark.parametrize(
    "text",
    [
        '{"jsonrpc":"2.0","id":7,"method":"estimate","params":{"job":"a","source":{"path":"x"},"out":"y","first":1e400}}',
        '{"jsonrpc":"2.0","id":7,"method":"hello","params":{"protocol":' + "9" * 4000 + ',"client":"x"}}',
        '{"jsonrpc":"2.0","id":7,"method":{"a":[]},"params":{}}',
        '{"jsonrpc":"2.0","id":7,"method":"hello","params":[[[[]]]]}',
        '{"jsonrpc":"2.0","id":' + "[" * 900 + "]" * 900 + ',"method":"hello"}',
        "[" * 900_000,
        '{"a":' * 1000 + "1" + "}" * 1000,
        '{"jsonrpc":"2.0","id":7,"result":' + "[" * 500 + "]" * 500 + "}",
        '{"jsonrpc":"2.0","id":-7,"method":"models"}',
        "NaN",
    ],
)
def test_no_line_ends_the_engine(wire, text):
    wire.hello()
    wire.write(text.encode() + b"\n")
    assert wire.receive().body.code in (ErrorCode.BAD_MESSAGE, ErrorCode.UNKNOWN_METHOD)
    wire.hello()


class Unread:
    """An engine whose output nobody reads."""

    def __init__(self) -> None:
        self.engine = subprocess.Popen(
            [*ENGINE, "serve"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def send(self, number: int, message: object) -> None:
        self.engine.stdin.write(encode_request(number, message).encode())
        self.engine.stdin.flush()


@pytest.fixture
def unread() -> Iterator[Unread]:
    other = Unread()
    yield other
    other.engine.kill()
    other.engine.wait(10)


def fill(unread: Unread) -> None:
    """Ask so much that its answers fill the pipe, whose size is 64 KiB or what the system gives."""
    unread.send(1, Hello(protocol=PROTOCOL_VERSION, client="tests"))
    for number in range(2, 6000):
        unread.send(number, Cancel(job="nobody's"))


STALLS = """
import os, sys, time
from engine.server import main

real = os.open

def stalled(path, *rest, **more):
    while str(path).endswith(sys.argv[1]):
        time.sleep(1)
    return real(path, *rest, **more)

os.open = stalled
sys.exit(main())
"""
"""An engine for which one file lies on a drive that stalls."""


@pytest.mark.parametrize("silent", [1, 6], ids=["when it is opened", "in the middle"])
def test_a_plate_that_never_answers_can_be_cancelled(movie, tmp_path, silent):
    """As on a drive that stalls: opening one of its files never comes back."""
    files = write_images(tmp_path / "plates", range(1, 13))
    wire = Wire(sys.executable, "-c", STALLS, files[silent - 1].name)
    wire.hello()
    job = wire.send(named(request(tmp_path / "plates" / "plate.####.png", tmp_path / "out"), "silent"))
    assert wire.receive().body.stage == Stage.READING
    time.sleep(1)
    cancel = wire.send(Cancel(job="silent"))
    answers = {}
    while len(answers) < 2:
        incoming = wire.receive()
        if incoming.is_result:
            answers[incoming.id] = incoming.body
    assert answers[job].code == ErrorCode.CANCELLED and read_result(Cancel(job=""), answers[cancel]).job == "silent"
    again = wire.ask(named(request(movie, tmp_path / "again", last=2), "again"))
    assert again.frames_written == 2, "the next job does not wait for it"
    wire.leave()


def test_a_full_pipe_does_not_keep_the_engine_from_ending(unread):
    fill(unread)
    unread.engine.stdin.close()
    assert unread.engine.wait(120) == 0


def test_a_full_pipe_does_not_keep_a_job_from_being_cancelled(unread, long_movie, tmp_path):
    fill(unread)
    unread.send(6001, request(long_movie, tmp_path, max_resolution=0))
    wait_until(lambda: exr_bytes(tmp_path))
    unread.send(6002, Cancel(job="test"))
    made = -1
    while made != (made := len(exr_bytes(tmp_path))):
        time.sleep(3)
    assert 0 < made < LONG
    unread.engine.stdin.close()
    answers = [decode(line.decode()) for line in unread.engine.stdout]
    assert {answer.id for answer in answers if answer.is_result} >= {6001, 6002}


def wait_until(condition, *, seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_shutdown_and_end_of_input_end_it(wire):
    wire.hello()
    wire.ask(Shutdown())
    assert wire.engine.wait(10) == 0
    other = Wire()
    other.hello()
    other.engine.stdin.close()
    assert other.engine.wait(10) == 0


def test_when_blender_is_gone_the_job_ends_quickly_and_cleanly(wire, long_movie, tmp_path):
    wire.hello()
    wire.send(request(long_movie, tmp_path, max_resolution=0))
    while not isinstance(wire.receive().body, FramesReady):
        pass
    wire.leave()
    assert 0 < len(exr_bytes(tmp_path)) < LONG and not [name for name in leftovers(tmp_path) if name.startswith(".")]


def test_ctrl_c_in_blenders_terminal_is_not_for_the_engine(wire):
    wire.hello()
    wire.engine.send_signal(signal.SIGINT)
    wire.hello()
