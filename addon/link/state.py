"""What the running Blender knows of its engine and jobs: one object, touched on the main thread only, and all that panels read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..contract import MODELS_BEFORE_ASKING, DoctorResult, ModelEntry, PlatelightError
from .client import Client
from .installer import Install
from .jobs import Interrupted, Job, JobQueue
from .torch_builds import Choice, Compute

if TYPE_CHECKING:
    from ..compositor.missing_files import Missing


@dataclass(kw_only=True)
class SessionState:
    """What is known now.

    `engine_problem`: why no engine can be run, as of the last check, else empty. `asking`: the engine has been asked for its
    report; `failure`: why it could not give one. `idle_since`: monotonic seconds, None while the engine works. `files_opened`:
    counts the files Blender has opened, to tell one file's scenes from the next one's. `to_place`: jobs whose passes are to be
    placed in the compositor. `missing`: files that relit plates lack, by their scene's full name, as of the last look.
    `interrupted`: estimates that the end of Blender
    cut short, of the projects that were open since. `builds`: of PyTorch that an installation can have here, once looked for.
    """

    queue: JobQueue = field(default_factory=JobQueue)
    client: Client | None = None
    install: Install | None = None
    builds: dict[Compute, Choice] = field(default_factory=dict)
    engine_problem: str = ""
    models: tuple[ModelEntry, ...] = MODELS_BEFORE_ASKING
    doctor: DoctorResult | None = None
    asking: bool = False
    failure: PlatelightError | None = None
    idle_since: float | None = None
    files_opened: int = 0
    to_place: list[Job] = field(default_factory=list)
    missing: dict[str, list[Missing]] = field(default_factory=dict)
    interrupted: list[Interrupted] = field(default_factory=list)


state = SessionState()


def forget() -> None:
    """Back to the beginning, as if Blender had just started."""
    vars(state).update(vars(SessionState()))
