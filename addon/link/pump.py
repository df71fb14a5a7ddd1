"""Moves everything along on Blender's main thread: empties the queues, advances jobs, starts the next one, lets an idle engine go.

`tick` is a plain function. With a window a timer calls it while there is work; without one (`blender -b`) the caller does.
"""

from __future__ import annotations

import time
from functools import partial

import bpy

from ..blender import redraw
from ..contract import (
    PASSES,
    Cancel,
    DownloadModelResult,
    ErrorCode,
    EstimateResult,
    FramesReady,
    ListModels,
    ListModelsResult,
    Notice,
    PlatelightError,
    Progress,
    TuneResult,
)
from ..identity import extension_root, log_file
from . import arrivals, interrupted, model_list
from .client import Client, Event, Garbage
from .command import engine_choice, engine_command, engine_environment
from .jobs import Download, Job, JobState, Kind, Task, Tuning
from .state import state

BUSY_INTERVAL, IDLE_INTERVAL = 0.1, 1.0


def tick() -> bool:
    """Return one round, without waiting for anything. True while there is work: a job, an installation, an answer to come."""
    if state.install and not state.install.finished:
        state.install.poll()
        if state.install.finished:
            _installed()
    _listen()
    _start_next((Job, Tuning))
    _start_next((Download,))
    arrivals.place_waiting()
    interrupted.keep()
    _rest()
    return is_busy()


def is_busy() -> bool:
    installing = state.install is not None and not state.install.finished
    asked = state.client is not None and state.client.busy
    return installing or asked or bool(state.to_place) or state.queue.current() is not None or state.queue.waiting() is not None


def wake() -> None:
    """Make sure that somebody calls `tick`: the timer, where there is a window."""
    if not bpy.app.background and not bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.register(_on_timer, first_interval=BUSY_INTERVAL, persistent=True)


def sleep() -> None:
    """Take the timer away."""
    if bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.unregister(_on_timer)


def engine() -> Client:
    """Return the engine, started if need be.

    Raises:
        PlatelightError: `engine_missing`.
    """
    if state.client is None:
        try:
            command = engine_command()
            state.client = Client(command, cwd=extension_root(), env=engine_environment(), log=log_file())
        except PlatelightError as error:
            state.engine_problem = error.detail
            raise
        state.engine_problem = ""
        refresh_models()
    state.idle_since = None
    return state.client


def refresh_models() -> None:
    """Ask the running engine which models it has."""
    if state.client:
        state.client.request(ListModels(), on_result=_models_listed, on_error=_models_not_listed)


def cancel(task: Task) -> None:
    """Ask for the end of a task. One that waits ends here; asked a second time, the engine itself is ended."""
    if task.state is JobState.QUEUED:
        task.move(JobState.CANCELLED)
    elif task.state is JobState.CANCELLING and state.client:
        _end_engine(task)
    elif task.active and state.client:
        task.move(JobState.CANCELLING)
        state.client.request(Cancel(job=task.id), on_result=lambda result: None, on_error=partial(_cancel_refused, task))


def _end_engine(task: Task) -> None:
    """End the engine because of a task that does not end by itself.

    Its other tasks go back to the queue: the next engine continues them. A download is no reason to end an engine that is at work
    on something else, since it stops within a second of being asked.
    """
    others = [other for other in state.queue.tasks if other.active and other is not task]
    if state.client is None or (others and isinstance(task, Download)):
        return
    for other in others:
        if other.state is not JobState.CANCELLING:
            other.move(JobState.QUEUED)
    client, state.client = state.client, None
    client.abandon(PlatelightError(ErrorCode.ENGINE_DIED, "it was ended by a second Cancel"))


def _on_timer() -> float | None:
    busy = tick()
    redraw.side_bars()
    if busy:
        return BUSY_INTERVAL
    return IDLE_INTERVAL if state.client else None


def _listen() -> None:
    client = state.client
    if client is None:
        return
    client.poll(_take)
    if client.failure:
        state.client = None


def _take(event: Event) -> None:
    if isinstance(event, Garbage):
        if task := state.queue.current():
            task.note(event.text)
        return
    try:
        task = state.queue.get(event.job)
    except PlatelightError as error:
        if current := state.queue.current():
            current.note(error.sentence)
        return
    if task.finished:
        return
    if task.state is JobState.STARTING:
        task.move(JobState.RUNNING)
    if isinstance(event, Progress):
        task.advance(event)
    elif isinstance(event, Notice):
        task.note(event.text)
    elif isinstance(event, FramesReady) and isinstance(task, Job) and _asked_for(task, event):
        task.frames_ready(event.pass_name, first=event.first, last=event.last)
        arrivals.frames_arrived(task)


def _start_next(kind: Kind) -> None:
    task = state.queue.waiting(kind)
    if task is None or state.queue.current(kind) is not None:
        return
    try:
        client = engine()
    except PlatelightError as error:
        task.fail(error)
        return
    task.move(JobState.STARTING)
    assert isinstance(task, Job | Tuning | Download)
    client.request(task.request(), on_result=partial(_done, task), on_error=partial(_failed, task))


def _asked_for(job: Job, said: FramesReady | EstimateResult) -> bool:
    """Return whether these are passes and frames of a job; others are told and not looked for."""
    names = said.passes if isinstance(said, EstimateResult) else (said.pass_name,)
    if said.first <= said.last and said.first in job.frames and said.last in job.frames and PASSES.keys() >= set(names):
        return True
    asked = f"{job.frames[0]} to {job.frames[-1]}"
    job.note(f"The engine reported {', '.join(names)} of frames {said.first} to {said.last}, and was asked for frames {asked}")
    return False


def _done(task: Task, result: EstimateResult | TuneResult | DownloadModelResult) -> None:
    if not task.active:
        return
    if isinstance(result, EstimateResult) and isinstance(task, Job):
        task.result = result
        if _asked_for(task, result):
            for name in result.passes:
                task.frames_ready(name, first=result.first, last=result.last)
        task.move(JobState.DONE)
        arrivals.ended(task)
    elif isinstance(result, TuneResult) and isinstance(task, Tuning):
        task.result = result
        task.move(JobState.DONE)
    elif isinstance(result, DownloadModelResult) and isinstance(task, Download):
        task.folder = result.folder
        task.move(JobState.DONE)
        refresh_models()


def _failed(task: Task, error: PlatelightError) -> None:
    if not task.active:
        return
    task.fail(error)
    if isinstance(task, Job):
        arrivals.ended(task)


def _cancel_refused(task: Task, error: PlatelightError) -> None:
    """A job the engine does not know has ended, though its answer got lost on the way."""
    if error.code is ErrorCode.UNKNOWN_JOB and not task.finished:
        task.fail(error)


def _models_listed(result: ListModelsResult) -> None:
    state.models = result.models
    model_list.save(result)


def _models_not_listed(error: PlatelightError) -> None:
    state.failure = error


def _installed() -> None:
    install = state.install
    assert install is not None
    if install.report:
        state.doctor, state.failure = install.report.doctor, None
        engine()  # it tells which models are here


def _rest() -> None:
    """Let an engine go that nobody has needed for a while: it holds memory, on the graphics card too."""
    if state.client is None or is_busy():
        state.idle_since = None
        return
    now = time.monotonic()
    if state.idle_since is None:
        state.idle_since = now
    elif now - state.idle_since > engine_choice().idle_seconds:
        state.client.close(wait=False)
        state.client, state.idle_since = None, None
