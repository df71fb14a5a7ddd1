"""What the running Blender knows of its engine and jobs: one object, touched on the main thread only, and all that panels read."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..contract import DoctorResult, ModelEntry, PlatelightError
from ..jobs import JobQueue
from .client import Client
from .installer import Install
from .known_models import BEFORE_ASKING


@dataclass(kw_only=True)
class SessionState:
    """`engine_problem`: why no engine can be run, as of the last check, else empty. `idle_since`: monotonic seconds, None while
    the engine works. `files_opened`: counts the files Blender has opened, to tell one file's scenes from the next one's.
    `asking`: the engine has been asked for its report. `failure`: why it could not give one.
    """

    queue: JobQueue = field(default_factory=JobQueue)
    client: Client | None = None
    install: Install | None = None
    engine_problem: str = ""
    models: tuple[ModelEntry, ...] = BEFORE_ASKING
    doctor: DoctorResult | None = None
    asking: bool = False
    failure: PlatelightError | None = None
    idle_since: float | None = None
    files_opened: int = 0


state = SessionState()


def forget() -> None:
    """Back to the beginning, as if Blender had just started."""
    state.__init__()  # type: ignore[misc]
