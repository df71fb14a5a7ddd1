"""The keyframes and drivers of a data-block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import bpy


def clear(owner: bpy.types.ID, paths: set[str]) -> None:
    """Remove the keyframes and drivers of these properties."""
    data = _data(owner)
    if data is None:
        return
    for driver in [found for found in data.drivers if found.data_path in paths]:
        data.drivers.remove(driver)
    for curves in _groups(data):
        for curve in [found for found in curves if found.data_path in paths]:
            cast(Any, curves).remove(curve)


def all_of(owner: bpy.types.ID) -> list[bpy.types.FCurve]:
    return [curve for curves in _groups(_data(owner)) for curve in curves]


def of(owner: bpy.types.ID, path: str) -> list[bpy.types.FCurve]:
    """Return the F-curves of a property."""
    return [curve for curve in all_of(owner) if curve.data_path == path]


def set_over_time(owner: bpy.types.bpy_struct, name: str, values: Mapping[int, Sequence[float] | float]) -> None:
    """Give a property its value at each frame, with keyframes where there is more than one frame; those it had go."""
    clear(cast(bpy.types.ID, owner.id_data), {path_of(owner, name)})
    for frame, value in values.items():
        setattr(owner, name, value)
        if len(values) > 1:
            owner.keyframe_insert(name, frame=frame)


def path_of(owner: bpy.types.bpy_struct, name: str) -> str:
    """Return a property's path on its data-block, as F-curves write it."""
    return name if owner == owner.id_data else owner.path_from_id(name)


def _data(owner: bpy.types.ID) -> bpy.types.AnimData | None:
    """Return the keyframes and drivers of a data-block; kinds that can have none have none."""
    return cast("bpy.types.AnimData | None", getattr(owner, "animation_data", None))


def _groups(data: bpy.types.AnimData | None) -> Iterator[bpy.types.bpy_prop_collection]:
    """Yield what holds the F-curves: the bags of the data-block's slot."""
    action = data.action if data else None
    if data is None or action is None:
        return
    for strip in (strip for layer in action.layers for strip in layer.strips):
        yield from (bag.fcurves for bag in cast(Any, strip).channelbags if bag.slot == data.action_slot)
