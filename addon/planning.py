"""From the context to the estimates it asks for, and what they would change that is there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from . import properties
from .blender import clips, compat, folders, linked, paths
from .contract import EstimateSettings, PassRecord, model_entry, settings_differences, tuned_file, weights_difference, with_temporal
from .link import session
from .link.state import state
from .properties import FOLDER, PlatelightSettings, chosen_model, estimate_settings


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An estimate not yet asked for. `changes`: what makes its passes other than those that are there."""

    target: clips.ClipTarget
    out: str
    settings: EstimateSettings
    handles: int
    changes: tuple[str, ...]

    def options(self, overwrite: bool, *, anew: bool = False, remove_outside: bool = False) -> dict[str, Any]:
        """Return the keyword arguments of `session.submit`.

        Args:
            overwrite: replace passes where they differ.
            anew: replace them in any case.
            remove_outside: where passes are replaced, also remove those outside the range that have other settings.
        """
        replace = anew or (overwrite and bool(self.changes))
        return {
            "out": self.out,
            "settings": self.settings,
            "handles": self.handles,
            "overwrite": replace,
            "remove_outside": replace and remove_outside,
        }


def why_not(context: bpy.types.Context) -> str:
    """Return why nothing can be estimated here, or ``""``. Free: for `poll`."""
    return state.engine_problem or clips.can_target(context)


def why_not_tuned(context: bpy.types.Context) -> str:
    """Return why the chosen model can't be tuned to a plate, or ``""``; of a folder only the engine knows. Free: for `poll`."""
    wanted = properties.of(compat.shown_scene(context))
    model = chosen_model(wanted)
    return "" if model.tunable or wanted.model == FOLDER else f"{model.title} cannot be tuned to a plate: choose another model"


def plans(context: bpy.types.Context) -> list[Plan]:
    """Return one for each selected plate.

    Raises:
        PlatelightError: where a plate cannot be estimated, or a setting cannot be used.
    """
    return _plans(clips.targets_from_context(context), properties.of(compat.shown_scene(context)))


def plans_of_plate(scene: bpy.types.Scene, name: str) -> list[Plan]:
    """Return the same for one strip or clip, whatever is selected.

    Raises:
        PlatelightError: as `plans`; `nothing_selected` where it is no more.
    """
    return _plans([clips.target_named(scene, name)], properties.of(scene))


def _plans(targets: Sequence[clips.ClipTarget], wanted: PlatelightSettings) -> list[Plan]:
    settings = estimate_settings(wanted)
    found: list[Plan] = []
    for target in targets:
        linked.need_own(bpy.data.scenes[target.scene_name])
        out = str(paths.absolute(wanted.output_folder)) if wanted.output_folder.strip() else ""
        out = out or session.default_folder(target, before=[(plan.out, plan.target.source) for plan in found])
        makes = model_entry(state.models, settings.model).passes
        record = folders.existing_record(out, target, pass_name=makes[0])
        found.append(
            Plan(
                target=target,
                out=out,
                settings=settings,
                handles=wanted.handles,
                changes=_differences(record, settings, out=out) if record else (),
            )
        )
    return found


def changes(plans: Sequence[Plan]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the plates whose passes have other settings, each with what differs."""
    return [(plan.target.label, plan.changes) for plan in plans if plan.changes]


def _differences(record: PassRecord, settings: EstimateSettings, *, out: str) -> tuple[str, ...]:
    """Return in which settings an estimate would differ from a record. Tuning the model to the plate since then counts, too."""
    tuned = tuned_file(out, model=settings.model, clip=record.clip)
    now = with_temporal(record.revision.partition(" ")[0], temporal=settings.temporal, tuned=tuned)
    weights = weights_difference(record, revision=now, temporal=settings.temporal)
    return (*settings_differences(record.settings, settings), *((weights,) if weights else ()))
