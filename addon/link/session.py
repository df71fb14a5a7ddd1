"""What the rest of the add-on asks for: submit, look, cancel, install, report. Everything here is called on the main thread."""

from __future__ import annotations

import atexit
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.app.handlers import persistent

from ..blender import folders
from ..contract import Doctor, DoctorResult, ErrorCode, EstimateSettings, PlatelightError, Source
from ..identity import extension_root, user_folder
from . import arrivals, installer, interrupted, model_list, process, pump, torch_builds
from .command import check_online, engine_command, engine_environment, locks_folder
from .jobs import Download, Job, Tuning
from .state import forget, state
from .torch_builds import Compute

if TYPE_CHECKING:
    from ..blender.clips import ClipTarget

__all__ = [
    "attach_again",
    "cancel",
    "cancel_install",
    "change_engine",
    "check_engine",
    "clear_finished",
    "default_folder",
    "download",
    "engine_command",
    "error_of",
    "install",
    "jobs",
    "look_for_builds",
    "notices",
    "remove",
    "retry",
    "run_doctor",
    "shutdown",
    "stop_engine",
    "submit",
    "tune",
]


def default_folder(target: ClipTarget, *, before: Sequence[tuple[str, Source]] = ()) -> str:
    """Where the passes of a plate belong that were given no folder: never where another clip of the same name has its own.

    Args:
        before: folders and clips of estimates that are to be submitted before this one.
    """
    waiting = [(job.out, job.target.source) for job in jobs() if not job.finished]
    return folders.default_folder(target, claimed=(*waiting, *before))


def submit(
    target: ClipTarget,
    *,
    out: str,
    settings: EstimateSettings,
    handles: int = 0,
    overwrite: bool = False,
    remove_outside: bool = False,
) -> Job:
    """Queue an estimate of the clip's visible frames; `out` is the absolute folder of its passes.

    Raises:
        PlatelightError: `engine_missing`; `output_in_use` when the same frames are in the queue already.
    """
    engine_command()
    job = Job(
        id=state.queue.new_id(),
        label=target.label,
        target=target,
        out=out,
        settings=settings,
        handles=handles,
        overwrite=overwrite,
        remove_outside=remove_outside,
        blend=arrivals.this_file(),
    )
    state.queue.add(job)
    interrupted.forget(target.strip_name)
    plain = Path(folders.plain_folder(target))
    if Path(out) != plain and Path(out).parent == plain.parent:
        job.note(f"{plain.name} holds the passes of another clip of this name, so these go to {Path(out).name}")
    pump.wake()
    return job


def tune(target: ClipTarget, *, out: str, settings: EstimateSettings, minutes: float) -> Tuning:
    """Queue a training of the settings' model on the plate's visible frames; the next estimate into `out` uses what it gives.

    Raises:
        PlatelightError: `engine_missing`.
    """
    engine_command()
    task = Tuning(id=state.queue.new_id(), label=target.label, target=target, out=out, settings=settings, minutes=minutes)
    state.queue.add(task)
    pump.wake()
    return task


def jobs() -> list[Job]:
    """Return the estimates, in the order in which they were asked for, finished ones included until they are removed."""
    return [task for task in state.queue.tasks if isinstance(task, Job)]


def cancel(job_id: str) -> None:
    """Raises:
    PlatelightError: `unknown_job`.
    """
    pump.cancel(state.queue.get(job_id))
    pump.wake()


def retry(job_id: str, *, overwrite: bool, remove_outside: bool = False) -> Job:
    """Queue a finished job's work again, in its place; frames that are there already are kept unless `overwrite`.

    Raises:
        PlatelightError: `unknown_job`, and those of `submit`.
    """
    old = state.queue.get(job_id)
    assert isinstance(old, Job)
    engine_command()
    state.queue.remove(job_id)
    return submit(
        old.target, out=old.out, settings=old.settings, handles=old.handles, overwrite=overwrite, remove_outside=remove_outside
    )


def passes_copied(old: str, new: str) -> None:
    """Let the jobs go on with the copies of their passes, in another folder."""
    for job in jobs():
        if job.out == old:
            job.out = new


def remove(job_id: str) -> None:
    """Take a finished job off the list; its files stay.

    Raises:
        PlatelightError: `unknown_job`; `output_in_use` while it is not finished.
    """
    state.queue.remove(job_id)


def clear_finished() -> None:
    """Take all finished jobs off the list."""
    state.queue.tasks[:] = [task for task in state.queue.tasks if not task.finished]


def error_of(job_id: str) -> PlatelightError:
    """Return what a task failed on.

    Raises:
        PlatelightError: `unknown_job`, for one that did not fail too.
    """
    return state.queue.get(job_id).error or PlatelightError(ErrorCode.UNKNOWN_JOB, f"{job_id} that failed")


def attach_again(job_id: str) -> bool:
    """Place a job's passes in its scene's compositor once more; where that fails, the job's notices tell why. The undo step is
    the caller's.

    Raises:
        PlatelightError: `unknown_job`.
    """
    job = state.queue.get(job_id)
    assert isinstance(job, Job)
    job.notices.clear()
    return arrivals.attach(job, undo_step=False)


def notices(job_id: str) -> tuple[str, ...]:
    """Return what the user should know of a task.

    Raises:
        PlatelightError: `unknown_job`.
    """
    return tuple(state.queue.get(job_id).notices)


def download(model: str, *, title: str) -> Download:
    """Queue the download of a model's weights.

    Raises:
        PlatelightError: `offline`, `engine_missing`.
    """
    check_online(f"{title} cannot be downloaded")
    engine_command()
    task = Download(id=state.queue.new_id(), label=title, model=model)
    state.queue.add(task)
    pump.wake()
    return task


def look_for_builds() -> None:
    """Find out which builds of PyTorch this machine can have; `state.builds` holds them.

    Raises:
        PlatelightError: `offline`; `install_failed` where none fits.
    """
    check_online("the engine cannot be downloaded")
    machine, locks = torch_builds.this_machine(), locks_folder()
    found = {Compute.AUTO: torch_builds.choose(machine, Compute.AUTO, locks=locks)}
    for compute in (Compute.CPU, Compute.NVIDIA):
        with contextlib.suppress(PlatelightError):
            found[compute] = torch_builds.choose(machine, compute, locks=locks)
    state.builds = found


def install(compute: Compute = Compute.AUTO) -> None:
    """Start installing the engine in the background; `state.install` tells how it goes.

    Raises:
        PlatelightError: `offline`; `install_failed` where no build of PyTorch fits.
    """
    check_online("the engine cannot be downloaded")
    if state.install and not state.install.finished:
        return
    choice = torch_builds.choose(torch_builds.this_machine(), compute, locks=locks_folder())
    stop_engine()
    plan = installer.InstallPlan(
        python=sys.executable,
        folder=installer.engine_folder(user_folder()),
        locks=locks_folder(),
        choice=choice,
        root=extension_root(),
        env=engine_environment(),
    )
    state.install = installer.Install(plan)
    pump.wake()


def cancel_install() -> None:
    if state.install:
        state.install.cancel()


def run_doctor() -> None:
    """Ask the engine for its report; `state.doctor` or `state.failure` holds it then.

    Raises:
        PlatelightError: `engine_missing`.
    """
    state.asking, state.failure = True, None
    try:
        pump.engine().request(Doctor(), on_result=_reported, on_error=_not_reported)
    except PlatelightError:
        state.asking = False
        raise
    pump.refresh_models()
    pump.wake()


def check_engine() -> None:
    """Look whether there is an engine to run, for the panels."""
    try:
        engine_command()
        state.engine_problem = ""
    except PlatelightError as error:
        state.engine_problem = error.detail


def change_engine() -> None:
    """The preferences name another engine: what the last one said of itself no longer holds."""
    state.doctor, state.failure = None, None
    check_engine()
    stop_engine()


def stop_engine() -> None:
    """End an idle engine, so that the next one starts with the preferences as they are now."""
    if state.client and not state.client.busy and state.queue.current() is None:
        state.client.close(wait=False)
        state.client = None


def shutdown() -> None:
    """End the installation and the engine, and forget all jobs. Frames already written stay."""
    interrupted.keep(ended=True)
    if state.install:
        state.install.cancel()
        state.install.join(5.0)
    if state.client:
        state.client.close()
    forget()


def _reported(result: DoctorResult) -> None:
    state.asking, state.doctor, state.failure = False, result, None


def _not_reported(error: PlatelightError) -> None:
    state.asking, state.doctor, state.failure = False, None, error


@persistent
def _file_opened(*_: object) -> None:
    """Blender has opened a file. Passes that came while another was open are placed in the one that they belong to."""
    state.files_opened += 1
    interrupted.look()
    for job in jobs():
        if job.not_placed and job.blend[0] == bpy.data.filepath:
            arrivals.ended(job)
    if state.to_place:
        pump.wake()


def register() -> None:
    state.models = model_list.load()
    check_engine()
    bpy.app.handlers.load_post.append(_file_opened)
    atexit.register(process.kill_all)


def unregister() -> None:
    shutdown()
    interrupted.stop_looking()
    pump.sleep()
    bpy.app.handlers.load_post.remove(_file_opened)
    process.kill_all()
    atexit.unregister(process.kill_all)
