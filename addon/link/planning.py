"""From the context to the estimates it asks for, and what they would change that is there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from ..blender import clips, folders
from ..contract import EstimateSettings, settings_differences
from ..properties import estimate_settings
from . import known_models, session
from .state import state


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An estimate not yet asked for. `changes`: how its settings differ from those of the passes that are there."""

    target: clips.ClipTarget
    out: str
    settings: EstimateSettings
    handles: int
    overwrite: bool
    changes: tuple[str, ...]

    def options(self, overwrite: bool) -> dict[str, Any]:
        """The keyword arguments of `session.submit`; passes are replaced only where they differ."""
        replace = self.overwrite or (overwrite and bool(self.changes))
        return {"out": self.out, "settings": self.settings, "handles": self.handles, "overwrite": replace}


def why_not(context: bpy.types.Context) -> str:
    """Why nothing can be estimated here, or ``""``. Free: for `poll`."""
    return state.engine_problem or clips.can_target(context)


def plans(context: bpy.types.Context) -> list[Plan]:
    """One for each selected plate.

    Raises:
        PlatelightError: where a plate cannot be estimated, or a setting cannot be used.
    """
    wanted = context.scene.platelight
    settings = estimate_settings(wanted)
    found: list[Plan] = []
    for target in clips.targets_from_context(context):
        out = bpy.path.abspath(wanted.output_folder) if wanted.output_folder.strip() else ""
        out = out or session.default_folder(target, before=[(plan.out, plan.target.source) for plan in found])
        makes = known_models.entry(state.models, settings.model).passes
        record = folders.existing_record(out, target, pass_name=makes[0])
        found.append(Plan(
            target=target, out=out, settings=settings, handles=wanted.handles, overwrite=wanted.overwrite,
            changes=settings_differences(record.settings, settings) if record else (),
        ))
    return found


def changes(plans: Sequence[Plan]) -> list[tuple[str, tuple[str, ...]]]:
    """The plates whose passes would be made anew, each with what differs."""
    return [(plan.target.label, plan.changes) for plan in plans if plan.changes]
