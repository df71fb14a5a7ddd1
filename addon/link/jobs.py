"""What a job is and the states it may pass through. Data only: no bpy, no process."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ..contract import (
    DownloadModel,
    ErrorCode,
    Estimate,
    EstimateResult,
    EstimateSettings,
    PlatelightError,
    Progress,
    Tune,
    TuneResult,
)

if TYPE_CHECKING:
    from ..blender.clips import ClipTarget


class JobState(StrEnum):
    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


_ENDS = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
ALLOWED: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.STARTING, JobState.FAILED, JobState.CANCELLED}),
    JobState.STARTING: _ENDS | {JobState.RUNNING, JobState.CANCELLING, JobState.QUEUED},
    JobState.RUNNING: _ENDS | {JobState.CANCELLING, JobState.QUEUED},
    JobState.CANCELLING: _ENDS,
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}
ACTIVE = frozenset({JobState.STARTING, JobState.RUNNING, JobState.CANCELLING})


@dataclass(kw_only=True, eq=False)
class Task:
    """Something the engine does for a while.

    `windows`: the first that was said of each window, in order; whoever looks now and then has missed none.
    `notices`: what the user should know though it did not stop the work.
    """

    id: str
    label: str
    state: JobState = JobState.QUEUED
    progress: Progress | None = None
    windows: list[Progress] = field(default_factory=list)
    error: PlatelightError | None = None
    notices: list[str] = field(default_factory=list)

    @property
    def active(self) -> bool:
        """Whether the engine has it in hand."""
        return self.state in ACTIVE

    @property
    def finished(self) -> bool:
        return self.state in _ENDS

    def move(self, state: JobState) -> None:
        """Pass to another state.

        Raises:
            ValueError: when a task in its present state cannot.
        """
        if state not in ALLOWED[self.state]:
            raise ValueError(f"a {self.state} task cannot become {state}")
        self.state = state

    def fail(self, error: PlatelightError) -> None:
        """End on an error; one that only reports the cancelling the user asked for is not a failure."""
        asked = self.state is JobState.CANCELLING or error.code is ErrorCode.CANCELLED
        self.error = None if asked else error
        self.move(JobState.CANCELLED if asked else JobState.FAILED)

    def advance(self, now: Progress) -> None:
        """Take in how far it is."""
        self.progress = now
        if now.window and (not self.windows or self.windows[-1].window != now.window):
            self.windows.append(now)

    def note(self, text: str) -> None:
        """Keep a notice once; a flood of them is cut off."""
        if text not in self.notices and len(self.notices) < 8:
            self.notices.append(text)


@dataclass(kw_only=True, eq=False)
class Job(Task):
    """An estimate. `out`: the folder of its passes. `ready`: first and last usable source frame of each pass.

    `blend`: the file it was started from and how many files had been opened before, to tell it from another file's scenes.
    `placed_at`: when its passes were last placed in the compositor, monotonic seconds. `not_placed`: another file was open then.
    """

    target: ClipTarget
    out: str
    settings: EstimateSettings
    handles: int = 0
    overwrite: bool = False
    remove_outside: bool = False
    blend: tuple[str, int] = ("", 0)
    result: EstimateResult | None = None
    ready: dict[str, tuple[int, int]] = field(default_factory=dict)
    placed_at: float = float("-inf")
    not_placed: bool = False

    @property
    def first_ready(self) -> int | None:
        """The first source frame of which every pass so far is there, or None before the first window."""
        return max((first for first, _ in self.ready.values()), default=None)

    @property
    def last_ready(self) -> int | None:
        return min((last for _, last in self.ready.values()), default=None)

    @property
    def frames(self) -> range:
        """Source frames that were asked for, handles included."""
        return range(self.target.first - self.handles, self.target.last + self.handles + 1)

    def frames_ready(self, pass_name: str, *, first: int, last: int) -> None:
        known = self.ready.get(pass_name, (first, last))
        self.ready[pass_name] = min(first, known[0]), max(last, known[1])

    def request(self) -> Estimate:
        return Estimate(
            job=self.id,
            source=self.target.source,
            out=self.out,
            first=self.target.first,
            last=self.target.last,
            handles=self.handles,
            settings=self.settings,
            overwrite=self.overwrite,
            remove_outside=self.remove_outside,
        )


@dataclass(kw_only=True, eq=False)
class Download(Task):
    """A model on its way here. `folder`: where its files are, once done."""

    model: str
    folder: str = ""

    def request(self) -> DownloadModel:
        return DownloadModel(job=self.id, model=self.model)


@dataclass(kw_only=True, eq=False)
class Tuning(Task):
    """A training of the model on a plate. `out`: folder of the plate's passes. `minutes`: how long it trains."""

    target: ClipTarget
    out: str
    settings: EstimateSettings
    minutes: float
    result: TuneResult | None = None

    def request(self) -> Tune:
        """Return the message that asks the engine for it."""
        return Tune(
            job=self.id,
            source=self.target.source,
            out=self.out,
            model=self.settings.model,
            first=self.target.first,
            last=self.target.last,
            minutes=self.minutes,
            max_resolution=self.settings.max_resolution,
            device=self.settings.device,
        )


Kind = type[Task] | tuple[type[Task], ...]
"""A kind of task, or several that take turns."""


class JobQueue:
    """Tasks in the order in which they were asked for. The engine has one estimate or tuning in hand, and one download."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self._count = 0

    def new_id(self) -> str:
        self._count += 1
        return f"job-{self._count}"

    def add(self, task: Task) -> None:
        """Raises:
        PlatelightError: `output_in_use` when the same frames are waiting or under way already.
        """
        if isinstance(task, Job):
            for other in self.tasks:
                if isinstance(other, Job) and not other.finished and (other.target, other.out) == (task.target, task.out):
                    raise PlatelightError(ErrorCode.OUTPUT_IN_USE, f"{task.label} is in the queue already")
        self.tasks.append(task)

    def get(self, task_id: str) -> Task:
        """Raises:
        PlatelightError: `unknown_job`.
        """
        for task in self.tasks:
            if task.id == task_id:
                return task
        raise PlatelightError(ErrorCode.UNKNOWN_JOB, task_id)

    def current(self, kind: Kind = Task) -> Task | None:
        """Return the task of that kind that the engine has in hand."""
        return next((task for task in self.tasks if isinstance(task, kind) and task.active), None)

    def waiting(self, kind: Kind = Task) -> Task | None:
        """Return the task of that kind whose turn is next."""
        return next((task for task in self.tasks if isinstance(task, kind) and task.state is JobState.QUEUED), None)

    def remove(self, task_id: str) -> None:
        """Forget a finished task; its files stay.

        Raises:
            PlatelightError: `unknown_job`; `output_in_use` while it is not finished.
        """
        task = self.get(task_id)
        if not task.finished:
            raise PlatelightError(ErrorCode.OUTPUT_IN_USE, f"{task.label} is not finished")
        self.tasks.remove(task)


@dataclass(frozen=True, kw_only=True)
class Interrupted:
    """An estimate that was cut short. `plate`: the name of its strip or clip. `done` of `count` frames are there."""

    blend: str
    scene: str
    plate: str
    label: str
    done: int
    count: int

    @property
    def sentence(self) -> str:
        return f"Blender was closed during the estimate of {self.label}: {self.done} of {self.count} frames are there"
