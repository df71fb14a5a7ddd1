"""Fetching a model as a job: a generator that yields how far it is."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

from ..protocol import DownloadModel, DownloadModelResult, ErrorCode, PlatelightError, Progress, Stage
from . import registry, weights

_POLL_SECONDS = 0.2


def run(request: DownloadModel, *, cancelled: Callable[[], bool]) -> Generator[Progress, None, DownloadModelResult]:
    """Download a model's files. Closing the generator, or `cancelled`, stops it; a later run continues.

    Yields:
        `Progress` in bytes.

    Returns:
        `DownloadModelResult`, as the generator's return value.

    Raises:
        PlatelightError: `model_unknown`, `download_failed`, `offline`, `disk_full`, `cancelled`.
    """
    model = registry.info(request.model)
    told: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()
    outcome: list[Path | Exception] = []
    closed = threading.Event()

    def fetch() -> None:
        try:
            outcome.append(
                weights.download(
                    model, on_progress=lambda *so_far: told.put(so_far), cancelled=lambda: closed.is_set() or cancelled()
                )
            )
        except Exception as error:  # noqa: BLE001 - it is raised below
            outcome.append(error)

    thread = threading.Thread(target=fetch, name="download", daemon=True)
    begun = time.perf_counter()
    first: int | None = None
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_POLL_SECONDS)
            if cancelled():  # the thread follows as soon as the server has said something
                raise PlatelightError(ErrorCode.CANCELLED)
            news = None
            while not told.empty():
                news = told.get()
            if news is None:
                continue
            done, total = news
            first = done if first is None else first
            rate = max(0.0, (done - first) / (time.perf_counter() - begun))
            yield Progress(
                job=request.job,
                stage=Stage.LOADING,
                done=done,
                total=total,
                rate=rate,
                seconds_left=max(0.0, (total - done) / rate) if rate else None,
                fraction=min(1.0, done / total) if total else 0.0,
            )
    finally:
        closed.set()
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return DownloadModelResult(job=request.job, folder=str(outcome[0]))
