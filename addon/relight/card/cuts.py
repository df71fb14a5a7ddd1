"""Which cameras a plate is seen through: the scene's, or those that timeline markers cut to while the plate is seen."""

from __future__ import annotations

from itertools import pairwise

import bpy

from ...nodes import drivers
from ...nodes.drivers import Cut, Source
from .pictures import Picture

_LENS = {"s": "sensor_width", "v": "sensor_height", "f": "sensor_fit", "l": "lens", "p": "shift_x", "q": "shift_y"}
"""What a card asks of a camera's data, by the names that its expressions use."""


def of_plate(scene: bpy.types.Scene, plate: Picture) -> tuple[Cut, ...]:
    """Return the cameras in order, each from its frame on, the first from the beginning; one where no marker cuts inside the
    plate."""
    cuts = drivers.eye(scene).cuts
    if not cuts:
        return (Cut(frame=scene.frame_start, camera=scene.camera),) if scene.camera else ()
    first, last = plate.frames
    ends = [cut.frame for cut in cuts[1:]]
    seen = [
        cut for index, cut in enumerate(cuts) if (index == len(ends) or ends[index] > first) and (index == 0 or cut.frame <= last)
    ]
    return tuple(seen)


def shares(cuts: tuple[Cut, ...]) -> dict[bpy.types.Object | None, str]:
    """For each camera an expression: 1 in the frames that are seen through it, else 0."""
    found: dict[bpy.types.Object | None, str] = {}
    for camera in dict.fromkeys(cut.camera for cut in cuts):
        expression = f"{int(cuts[-1].camera == camera)}"
        for cut, after in reversed(list(pairwise(cuts))):
            expression = f"{int(cut.camera == camera)} if frame<{after.frame} else {expression}"
        found[camera] = expression
    return found


def followed(card: bpy.types.Object) -> dict[bpy.types.Object | None, str]:
    """Return the same of the cameras that a card follows now; None stands for one that was deleted."""
    found: dict[bpy.types.Object | None, str] = {}
    for each in _constraints(card):
        path = f"{each.path_from_id()}.influence"
        curve = card.animation_data.drivers.find(path) if card.animation_data else None
        found[each.target] = curve.driver.expression if curve else "1"
    return found


def now(card: bpy.types.Object) -> bpy.types.Object | None:
    """Return the camera that a card follows at the present frame; None when that was deleted."""
    return next((each.target for each in _constraints(card) if each.influence > 0.5), None)


def follow(card: bpy.types.Object, cuts: tuple[Cut, ...]) -> None:
    """Let the card stand where its cameras stand, each in its time, and turn as they turn; a camera's scale changes nothing of
    what it sees."""
    for old in _constraints(card):
        old.driver_remove("influence")
        card.constraints.remove(old)
    for camera, expression in shares(cuts).items():
        for kind in ("COPY_LOCATION", "COPY_ROTATION"):
            made = card.constraints.new(kind)
            made.target = camera
            if len(cuts) > 1:
                driver = made.driver_add("influence").driver
                driver.type, driver.expression = "SCRIPTED", expression


def _constraints(card: bpy.types.Object) -> list[bpy.types.Constraint]:
    return [each for each in card.constraints if each.type in ("COPY_LOCATION", "COPY_ROTATION")]


def lens(scene: bpy.types.Scene, tree: bpy.types.NodeTree, cuts: tuple[Cut, ...]) -> dict[str, Source]:
    """Sensor, lens and shift for the drivers of another tree.

    Where there are several cameras, Value nodes of `tree` follow them and are asked instead: an expression has room for one only.
    """
    if len(cuts) == 1:
        return {name: Source(owner=cuts[0].camera, path=f"data.{path}") for name, path in _LENS.items()}
    eye, found = drivers.Eye(scene=scene, cuts=cuts), {}
    for row, (name, path) in enumerate(_LENS.items()):
        node = tree.nodes.new("ShaderNodeValue")
        node.name = node.label = f"Camera {path.replace('_', ' ').title()}"
        node.location = 0, -200 - 100 * row
        eye.drive(node.outputs[0], f"data.{path}")
        found[name] = Source(owner=tree, path=f'nodes["{node.name}"].outputs[0].default_value')
    return found
