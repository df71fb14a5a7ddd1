"""``--command platelight match``: find the light of plates and choose what becomes of it; no window and no engine is needed."""

from __future__ import annotations

import argparse
import logging
from fnmatch import fnmatchcase

import bpy

from .. import properties
from ..blender import typed
from ..contract import ERRORS, ErrorCode, PlatelightError
from ..errors import UserError
from ..relight import matched_sun
from ..relight.lights import scene_lights
from ..relight.match import run, summary, wiring
from ..relight.match.fit import Assumptions
from ..relight.match.wiring import Mode
from .console import Stop, complain, need_project, save, say, scenes_named

_log = logging.getLogger(__name__)
_FAILED = 1
"""Exit code where the light of a plate could not be found; the others are matched and saved."""


def match(options: argparse.Namespace, stop: Stop) -> int:
    """Fit, set the mode, save."""
    need_project(options)
    if options.keep_original is not None and options.mode != "mix":
        raise PlatelightError(ErrorCode.SETTING_INVALID, "--keep-original is for --mode mix")
    plates, failed = _plates(options), 0
    if not plates:
        complain(f"No relit plate is called {options.shot}: estimate it, or load passes or normals for it, first.")
        return ERRORS[ErrorCode.NOTHING_SELECTED].exit_code
    for scene, shot in plates:
        try:
            _try(scene, shot, options, stop)
        except UserError as error:
            complain(str(error), label=shot)
            failed += 1
    if failed < len(plates):
        save(options)
    return _FAILED if failed else 0


def _plates(options: argparse.Namespace) -> list[tuple[bpy.types.Scene, str]]:
    scenes = scenes_named(options) or list(bpy.data.scenes)
    return [(scene, shot) for scene in scenes for shot in scene_lights.shots(scene) if fnmatchcase(shot, options.shot)]


def _try(scene: bpy.types.Scene, shot: str, options: argparse.Namespace, stop: Stop) -> None:
    """Match a plate. Whatever goes wrong is an error of that plate: the others are matched and saved.

    Raises:
        UserError: the plate isn't matched. PlatelightError: `cancelled`.
    """
    try:
        _match(scene, shot, options, stop)
    except (UserError, PlatelightError):
        raise
    except Exception as error:
        _log.exception("the light of %s could not be matched", shot)
        raise UserError(f"Blender could not do it: {' '.join(str(error).split())}.") from error


def _match(scene: bpy.types.Scene, shot: str, options: argparse.Namespace, stop: Stop) -> None:
    settings = properties.of(scene).match
    given = {name: getattr(options, name) for name in ("albedo", "smoothing", "grey_world")}
    assume = Assumptions(**{name: getattr(settings, name) if value is None else value for name, value in given.items()})
    told = -1
    for step in run.match(scene, shot, frames=options.count or settings.frames, assume=assume):
        if stop.asked:
            raise PlatelightError(ErrorCode.CANCELLED)
        if step.done != told:
            say(f"{shot}: " + (f"frame {step.done + 1}/{step.total}" if step.done < step.total else "fitting the light"))
            told = step.done
    if options.mode:
        wiring.set_mode(scene, shot, Mode(options.mode.upper()))
    node = wiring.node_of(scene, shot)
    assert node is not None, "matched just now"
    if options.keep_original is not None:
        typed.set_value(node.inputs["Keep Original"], options.keep_original)
    say(f"{shot}: {summary.found(scene, shot)}; mode {wiring.mode_of(node).value.lower()}")
    for notice in matched_sun.make(scene, shot) if options.sun else ():
        say(f"{shot}: note: {notice}")
