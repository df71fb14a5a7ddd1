"""Matching a shot from beginning to end, a step at a time: the window shows progress between steps, batch just goes on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

import bpy
import numpy as np

from ...blender import linked
from ...errors import UserError
from . import sample, wiring
from . import shot as shots
from .fit import Assumptions, Light, Pairs, View, fit, pairs_of, usable
from .sample import Look
from .wiring import Mode

_PAIRS = 80_000
"""In all frames together."""
_TURNS = 0.002
"""Radians of a camera's turn that still count as none."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """`done` of `total` frames were read; all of them: the light is being fitted."""

    done: int
    total: int


def match(scene: bpy.types.Scene, name: str, *, frames: int, assume: Assumptions) -> Iterator[Step]:
    """Fit the light of a shot and write it into its match node, made in mode REPLACE where there is none; nothing changes before
    the end.

    Args:
        frames: to look at, at most.

    Raises:
        UserError: there are no normals, or they don't fit the plate; files are missing; nothing can be seen; the compositor is a
            library's.
    """
    if refusal := linked.refusal(scene):
        raise UserError(refusal)
    numbers = shots.frames_of(shots.find(scene, name), count=frames, current=scene.frame_current)
    looks = []
    for done, frame in enumerate(numbers):
        yield Step(done=done, total=len(numbers))
        looks.append(sample.look(scene, name, frame))
    looks = _bright_enough(name, looks)
    turning = _turns(looks)
    with ThreadPoolExecutor(1) as other:
        task = other.submit(_fit, looks, turning, assume)
        while wait([task], timeout=0.05).not_done:
            yield Step(done=len(numbers), total=len(numbers))
        light = task.result()
    new = wiring.node_of(scene, name) is None
    node = wiring.ensure(scene, name)
    wiring.show(node, light, frames=[found.frame for found in looks], through=scene if turning else None)
    if new:
        wiring.set_mode(scene, name, Mode.REPLACE)


def _fit(looks: list[Look], turning: bool, assume: Assumptions) -> Light:
    views = [View(plate=found.plate, normals=found.normals @ found.camera.T if turning else found.normals) for found in looks]
    count = max(_PAIRS // len(views), 3000)
    pairs: list[Pairs] = [pairs_of(view, count=min(count, 12_000), seed=index) for index, view in enumerate(views)]
    distance = (looks[-1].frame - looks[0].frame) / max(len(looks) - 1, 1)
    return fit(views, pairs, distance=distance, assume=assume)


def _turns(looks: list[Look]) -> bool:
    """Return whether the camera's axes move during the shot."""
    if any(found.camera is None for found in looks):
        return False
    axes = np.array([found.camera for found in looks])
    return bool(np.abs(axes - axes[0]).max() > _TURNS)


def _bright_enough(name: str, looks: list[Look]) -> list[Look]:
    """Return the frames that show anything: fades to black and the like are left out."""
    if not any((found.plate > 1e-3).any() for found in looks):
        raise UserError(f"The plate of {name} is black in all frames looked at: check its file and colour space.")
    if not any(found.normals.any() for found in looks):
        raise UserError(f"The normals of {name} are empty where its plate is opaque, in all frames looked at: check both files.")
    good = [found for found in looks if usable(View(plate=found.plate, normals=found.normals)).mean() > 0.01]
    if not good:
        raise UserError(f"Nearly all of {name} is black or clipped, so no light can be told from it: match other frames.")
    return good
