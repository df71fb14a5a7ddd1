"""Lines for the wire: through the codec as either side does it, and to an engine that runs."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import queue
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.protocol import (
    PROTOCOL_VERSION,
    Cancel,
    Doctor,
    DownloadModel,
    ErrorCode,
    Estimate,
    EstimateResult,
    EstimateSettings,
    FramesReady,
    Hello,
    HelloResult,
    ListModels,
    Notice,
    PlatelightError,
    Progress,
    Shutdown,
    Source,
    Stage,
    decode,
    encode_error,
    encode_notification,
    encode_request,
    encode_result,
)
from engine.protocol.codec import from_fields, message_id
from engine.protocol.messages import RESULTS

from . import mutate

_SOURCE = Source(path="/nowhere/plate.mov", clip="plate")
SEEDS = (
    encode_request(1, Hello(protocol=PROTOCOL_VERSION, client="fuzz")),
    encode_request(2, ListModels()),
    encode_request(3, Doctor()),
    encode_request(4, Estimate(job="a", source=_SOURCE, out="/nowhere/out", first=1, last=9, settings=EstimateSettings())),
    encode_request(5, Cancel(job="a")),
    encode_request(6, DownloadModel(job="b", model="normalcrafter")),
    encode_request(7, Shutdown()),
    encode_notification(Progress(job="a", stage=Stage.UNET, done=1, total=9, rate=1.5, seconds_left=3.0, window=1, windows=2)),
    encode_notification(FramesReady(job="a", pass_name="normal", first=1, last=9)),
    encode_notification(Notice(job="a", text="NaN")),
    encode_result(1, HelloResult(protocol=PROTOCOL_VERSION, engine="e")),
    encode_result(
        4,
        EstimateResult(
            job="a", clip="plate", passes=("normal",), first=1, last=9, frames_written=9, frames_reused=0, seconds=1.0, cuts=(3, 5)
        ),
    ),
    encode_error(4, PlatelightError(ErrorCode.DISK_FULL, "/x")),
)
_NOT_SENT = (Shutdown, ListModels, Doctor)
"""Requests that end the engine, or that it takes its time for."""


def make(rng: random.Random) -> str:
    """A line, without its end."""
    seed = rng.choice(SEEDS)
    if rng.random() < 0.3:
        line = mutate.damaged(seed.encode(), rng).decode("utf-8", "replace")
    else:
        fields: Any = json.loads(seed)
        for _ in range(rng.choice((1, 1, 2, 5))):
            fields = mutate.other(fields, rng)
        line = mutate.text_of(fields, rng)
    if rng.random() < 0.01:
        line = line + rng.choice((" ", "x", "[")) * (3 << 20)
    return line.replace("\n", " ").replace("\r", " ")


def decoded(line: str) -> tuple[str, Any]:
    """What the codec makes of a line, on either side: a word for it, and the message if it is one."""
    message_id(line)
    try:
        incoming = decode(line)
    except PlatelightError as error:
        assert error.code in (ErrorCode.BAD_MESSAGE, ErrorCode.UNKNOWN_METHOD) and len(error.detail) < 1000
        return f"refused {error.code}", None
    if not incoming.is_result:
        return f"message {type(incoming.body).__name__}", incoming.body
    if isinstance(incoming.body, PlatelightError):
        return f"error {incoming.body.code}", None
    for result in {*RESULTS.values()}:
        with contextlib.suppress(PlatelightError):
            dataclasses.asdict(from_fields(result, incoming.body))
    return "result", None


class Engine:
    """An engine that runs. `ask` sends a line and waits until all that was sent before is dealt with."""

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PLATELIGHT_MODELS": str(folder / "models")}
        self._child = subprocess.Popen(
            [sys.executable, "-m", "engine", "serve"],
            cwd=Path(__file__).parents[3],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        threading.Thread(target=lambda: [*map(self._lines.put, self._child.stdout), self._lines.put(None)], daemon=True).start()
        self._asked = 10**6
        self.ask(encode_request(1, Hello(protocol=PROTOCOL_VERSION, client="fuzz")))

    def ask(self, line: str) -> None:
        """Raises:
        AssertionError: the engine is gone, or says something that is no answer.
        """
        self._asked += 1
        self._child.stdin.write(line.encode("utf-8", "replace").rstrip(b"\n") + b"\n")
        self._child.stdin.write(encode_request(self._asked, Cancel(job="nobody's")).encode())
        self._child.stdin.flush()
        while True:
            answer = self._lines.get(timeout=55)
            assert answer is not None, f"the engine has ended: {self._child.wait(5)}"
            incoming = decode(answer.decode())
            body = incoming.body
            assert not (isinstance(body, PlatelightError) and body.code is ErrorCode.INTERNAL), body
            if incoming.id == self._asked:
                return


def prepare(folder: Path, *, seed: int) -> Callable[[int], str]:
    engine = Engine(folder)

    def case(number: int) -> str:
        line = make(mutate.generator(seed, number))
        told, message = decoded(line)
        if isinstance(message, Estimate):
            message = dataclasses.replace(message, out=str(folder / "out"))
            line = encode_request(number, message)
        if not isinstance(message, _NOT_SENT):
            engine.ask(line)
        return told

    return case
