"""Without a window: ``blender -b shot.blend --command platelight estimate --strips "plate*"``.

Lines on standard output that begin with ``platelight: `` are ours; Blender prints others. Errors are a sentence on standard error
and an exit code of their own, the same as the engine's.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import bpy

from .. import properties
from ..blender import clips, linked, paths
from ..blender.clips import ClipTarget
from ..compositor import passes
from ..contract import (
    DoctorResult,
    ErrorCode,
    EstimateSettings,
    ListModels,
    ListModelsResult,
    PlatelightError,
    Progress,
    model_entry,
)
from ..link import pump, session
from ..link.command import COMMAND_VARIABLE
from ..link.jobs import Job, JobState
from ..link.state import state
from . import arguments, check_scene, match
from .console import Stop, complain, need_project, save, say, scenes_named, stoppable

_POLL = 0.05
_GRACE = 10.0
"""Seconds that a cancelled engine may take to finish what it is writing."""
_PROBLEMS = 1
"""Exit code of `doctor` when something is missing."""

_commands: list[Any] = []


def main(argv: Sequence[str]) -> int:
    """Run a command; returns the exit code. The engine is gone when it returns."""
    commands = {
        "estimate": estimate,
        "match": match.match,
        "check_scene": check_scene.check_scene,
        "models": models,
        "doctor": doctor,
    }
    options = arguments.parser(**commands).parse_args(list(argv))
    try:
        with _engine(options.engine), stoppable() as stop:
            return options.run(options, stop)
    except PlatelightError as error:
        complain(str(error))
        return error.exit_code
    finally:
        session.shutdown()


def estimate(options: argparse.Namespace, stop: Stop) -> int:
    """Estimate, attach, save. What is wrong with one plate is told and doesn't stop the others."""
    need_project(options)
    plates, errors = _plates(options)
    if plates and options.model is None:
        _answer(ListModels(), stop)  # the best one is only known once the engine has said which are here
    jobs: list[tuple[ClipTarget, Job]] = []
    for target, part in plates:
        try:
            jobs.append((target, _submit(target, part, options)))
        except PlatelightError as error:
            errors.append(_told(error, label=target.label))
    _watch([job for _, job in jobs], stop)
    errors += [wrong for target, job in jobs if (wrong := _end(target, job, options))]
    if any(job.state is JobState.DONE for _, job in jobs):
        save(options)
    return errors[0].exit_code if errors else 0


def _told(error: PlatelightError, *, label: str = "") -> PlatelightError:
    complain(str(error), label=label)
    return error


def _end(target: ClipTarget, job: Job, options: argparse.Namespace) -> PlatelightError | None:
    """Place what a job has made; what is wrong with it is told."""
    if job.state is not JobState.DONE:
        return _told(job.error or PlatelightError(ErrorCode.CANCELLED), label=job.label)
    try:
        _place(target, job, into_scene=not (options.no_save and linked.refusal(bpy.data.scenes[target.scene_name])))
    except PlatelightError as error:
        return _told(error, label=job.label)
    return None


def models(options: argparse.Namespace, stop: Stop) -> int:
    """List the engine's models."""
    result = _answer(ListModels(), stop)
    assert isinstance(result, ListModelsResult)
    for model in result.models:
        folder = model.folder if model.installed else f"not installed, belongs in {model.folder}"
        where = folder if model.size_bytes else "embedded"
        say(f"{model.name}: {model.title} ({where}; paid work: {model.paid}; licence: {model.licence})")
    return 0


def doctor(options: argparse.Namespace, stop: Stop) -> int:
    """Say what the engine has and lacks."""
    session.run_doctor()
    _wait(lambda: not state.asking, stop)
    if state.failure:
        raise state.failure
    assert isinstance(state.doctor, DoctorResult)
    say(f"device: {state.doctor.device}")
    for finding in state.doctor.findings:
        say(f"{finding.name}: {finding.value}" + (f" -- {finding.remedy}" if not finding.ok else ""))
    return 0 if all(finding.ok for finding in state.doctor.findings) else _PROBLEMS


@contextmanager
def _engine(command: str) -> Iterator[None]:
    """Let ``--engine`` win while the command runs."""
    before = os.environ.get(COMMAND_VARIABLE)
    if command:
        os.environ[COMMAND_VARIABLE] = command
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(COMMAND_VARIABLE, None)
        else:
            os.environ[COMMAND_VARIABLE] = before


def _plates(options: argparse.Namespace) -> tuple[list[tuple[ClipTarget, ClipTarget]], list[PlatelightError]]:
    """Return the plates, each with the part of it to be estimated, and what is wrong with others, which is told."""
    targets, errors = _targets(options)
    plates = []
    for error in errors:
        complain(str(error))
    for target in targets:
        try:
            if not options.no_save:
                linked.need_own(bpy.data.scenes[target.scene_name])
            plates.append(_within(target, options.frames))
        except PlatelightError as error:
            errors.append(_told(error, label=target.label))
    return plates, errors


def _targets(options: argparse.Namespace) -> tuple[list[ClipTarget], list[PlatelightError]]:
    scenes = scenes_named(options)
    if options.strips:
        return clips.each_by_pattern(options.strips, scene_names=tuple(scene.name for scene in scenes))
    clip = bpy.data.movieclips.get(options.clip)
    if clip is None:
        raise PlatelightError(ErrorCode.NOTHING_SELECTED, f"there is no movie clip {options.clip}")
    return [clips.clip_target(clip, scene=scenes[0] if scenes else bpy.context.scene)], []


def _within(target: ClipTarget, frames: tuple[int, int] | None) -> tuple[ClipTarget, ClipTarget]:
    """Return the plate, and the part of it to be estimated.

    Raises:
        PlatelightError: `range_outside_clip` when the strip doesn't show all of `frames`.
    """
    if frames is None:
        return target, target
    first, last = frames
    if first < target.first or last > target.last:
        raise PlatelightError(ErrorCode.RANGE_OUTSIDE_CLIP, f"{target.label} has {target.first}-{target.last}, not {first}-{last}")
    part = dataclasses.replace(
        target, first=first, last=last, timeline_start=target.timeline_start + first - target.first, hold_before=0, hold_after=0
    )
    return target, part


def _submit(target: ClipTarget, part: ClipTarget, options: argparse.Namespace) -> Job:
    scene = bpy.data.scenes[target.scene_name]
    out = options.out or properties.of(scene).output_folder.strip()
    return session.submit(
        part,
        out=os.path.abspath(paths.absolute(out)) if out else session.default_folder(target),
        settings=_settings(scene, options),
        overwrite=options.overwrite,
        remove_outside=options.remove_outside,
        handles=properties.of(scene).handles if options.handles is None else options.handles,
    )


def _settings(scene: bpy.types.Scene, options: argparse.Namespace) -> EstimateSettings:
    """Return the scene's settings with the command's in their place; another model comes with its own resolution and window."""
    wanted = properties.estimate_settings(properties.of(scene))
    names = [field.name for field in dataclasses.fields(EstimateSettings)]
    given = {name: value for name in names if (value := getattr(options, name, None)) is not None}
    if given.get("temporal", "none") not in ("auto", "none"):
        given["temporal"] = os.path.abspath(given["temporal"])  # the engine runs in another folder
    if "model" in given:
        if os.path.isdir(given["model"]):
            given["model"] = os.path.abspath(given["model"])
        made_for = model_entry(state.models, given["model"])
        if properties.of(scene).quality == "RECOMMENDED":
            given.setdefault("max_resolution", made_for.default_resolution)
        for name in ("window", "overlap"):
            if not properties.of(scene).is_property_set(name):
                given.setdefault(name, getattr(made_for, name))
    return dataclasses.replace(wanted, **given)


def _watch(jobs: list[Job], stop: Stop) -> None:
    """Move the jobs along until each has ended; a line for each window and notice, however many came at once."""
    told: dict[str, tuple[int, int]] = {}

    def all_ended() -> bool:
        for job in jobs:
            windows, notices = told.get(job.id, (0, 0))
            for step in job.windows[windows:]:
                say(f"{job.label}: {_window(step)}")
            for notice in job.notices[notices:]:
                say(f"{job.label}: note: {notice}")
            told[job.id] = len(job.windows), len(job.notices)
        return all(job.finished for job in jobs)

    try:
        _wait(all_ended, stop)
    except PlatelightError as error:
        if error.code is not ErrorCode.CANCELLED:
            raise
        for job in jobs:
            if not job.finished:
                session.cancel(job.id)
        deadline = time.monotonic() + _GRACE
        while not all_ended() and time.monotonic() < deadline:
            pump.tick()
            time.sleep(_POLL)
        raise


def _window(step: Progress) -> str:
    """``window 2/4, 14/48 frames, 1.30 frames/s, 26 s left``"""
    left = f", {step.seconds_left:.0f} s left" if step.seconds_left is not None else ""
    rate = f", {step.rate:.2f} frames/s" if step.rate else ""
    return f"window {step.window}/{step.windows}, {step.done}/{step.total} frames{rate}{left}"


def _place(target: ClipTarget, job: Job, *, into_scene: bool) -> None:
    """Attach once more, now to all of the plate, and let renders show it where neither add-on nor graphics driver is.

    Raises:
        PlatelightError: as `passes.attach`; the passes are there all the same.
    """
    result, scene = job.result, bpy.data.scenes[target.scene_name]
    assert result is not None
    if into_scene:
        notices = passes.attach(scene, target=target, out=job.out, passes=result.passes, first=result.first, last=result.last)
        for notice in (*notices, *passes.render_compositor(scene), *passes.render_without_display(scene)):
            say(f"{job.label}: note: {notice}")
    say(
        f"{job.label}: done, frames {result.first}-{result.last}, {result.frames_written} written, {result.frames_reused} reused, "
        f"in {result.seconds:.1f} s, in {job.out}"
    )


def _answer(question: ListModels, stop: Stop) -> ListModelsResult:
    """Return what the engine says; starts it. It also tells the session which models there are."""
    answers: list[Any] = []
    pump.engine().request(question, on_result=answers.append, on_error=answers.append)
    _wait(lambda: bool(answers), stop)
    if isinstance(answers[0], PlatelightError):
        raise answers[0]
    return answers[0]


def _wait(ended: Callable[[], bool], stop: Stop) -> None:
    """Timers don't run without a window, so that the pump is driven here."""
    while not ended():
        if stop.asked:
            raise PlatelightError(ErrorCode.CANCELLED)
        pump.tick()
        time.sleep(_POLL)


def register() -> None:
    _commands.append(cast(Any, bpy.utils).register_cli_command("platelight", main))


def unregister() -> None:
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
