"""What is known of the normals imported for each plate, and what the user says instead. Data only."""

from __future__ import annotations

from typing import Any, cast

import bpy
from bpy.props import (
    BoolProperty,
    BoolVectorProperty,
    CollectionProperty,
    EnumProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..errors import UserError
from ..imports import convention
from ..imports.convention import Convention
from . import imported_normals
from .imported_normals import Imported

_TOLD = (("sure", "Sure", ""), ("likely", "Likely", ""), ("a guess", "A Guess", ""))


def _changed(self: PlatelightNormals, context: bpy.types.Context | None) -> None:
    imported_normals.apply(cast(bpy.types.Scene, self.id_data), imported(self))


def _layers(self: PlatelightNormals, context: bpy.types.Context | None, typed: str) -> list[str]:
    return self.layers.split("\n")


def _layer_changed(self: PlatelightNormals, context: bpy.types.Context | None) -> None:
    try:
        imported_normals.show_layer(cast(bpy.types.Scene, self.id_data), imported(self))
    except UserError as error:
        told = self.findings.add()
        told.name, told.trouble = str(error), True


class PlatelightFinding(bpy.types.PropertyGroup):
    """`name`: the sentence."""

    sure: EnumProperty(items=_TOLD)
    trouble: BoolProperty()


class PlatelightNormals(bpy.types.PropertyGroup):
    """`name`: of the plate's strip or clip. `start`: the scene frame that would show source frame 0."""

    file: StringProperty(name="File", description="A file of the sequence")
    layer: StringProperty(
        name="Layer",
        description="The layer of the EXR that holds the normals; blank for its own colours",
        search=_layers,
        update=_layer_changed,
    )
    layers: StringProperty()
    first: IntProperty()
    last: IntProperty()
    start: IntProperty()
    findings: CollectionProperty(type=PlatelightFinding)
    encoding: EnumProperty(
        name="Numbers",
        description="What the numbers in the file mean",
        update=_changed,
        items=(
            (convention.SIGNED, "Signed", "The components themselves, from -1 to 1"),
            (convention.ZERO_ONE, "0 to 1", "0 means -1 and 1 means 1, as in pictures of 8 or 16 bits"),
        ),
    )
    curve: EnumProperty(
        name="sRGB Curve",
        description="Directions should not go through one, but some files did",
        update=_changed,
        items=(
            (convention.NONE, "None", "The numbers are as they should be"),
            (convention.DISPLAY, "Undo", "The curve was applied, as to colours for a display: undo it"),
            (convention.LINEARIZED, "Put Back", "The curve was undone though there was none, as when read as sRGB: put it back"),
        ),
    )
    order: EnumProperty(
        name="Channels",
        description="Which channels are X, Y and Z",
        update=_changed,
        items=tuple(
            (order, " ".join({"X": "Red", "Y": "Green", "Z": "Blue"}[channel] for channel in order), "As X, Y, Z")
            for order in convention.ORDERS
        ),
        default="XYZ",
    )
    flip: BoolVectorProperty(name="Flip", description="Turn this axis around", size=3, subtype="XYZ", update=_changed)
    space: EnumProperty(
        name="Space",
        description="What the axes belong to",
        update=_changed,
        items=(
            (convention.CAMERA, "Camera", "X is right, Y up, Z toward the camera"),
            (convention.WORLD, "World", "Blender's world, +Z up; the scene's camera leads from there"),
        ),
    )
    fill_holes: BoolProperty(
        name="Fill Holes", description="Let pixels without a normal face the camera", default=True, update=_changed
    )
    offset: IntProperty(
        name="Frame Offset", description="What is added to a file's number to get the source frame of the plate", update=_changed
    )


class PlatelightImports(bpy.types.PropertyGroup):
    normals: CollectionProperty(type=PlatelightNormals)


_CLASSES = (PlatelightFinding, PlatelightNormals, PlatelightImports)


def imported(entry: PlatelightNormals) -> Imported:
    """Return what is set for a plate's normals, as the compositor takes it."""
    read_as = Convention(encoding=entry.encoding, curve=entry.curve, order=entry.order, flip=tuple(entry.flip), space=entry.space)
    return Imported(
        name=entry.name,
        layer=entry.layer,
        first=entry.first,
        last=entry.last,
        start=entry.start,
        offset=entry.offset,
        convention=read_as,
        fill_holes=entry.fill_holes,
    )


def entries(scene: bpy.types.Scene) -> Any:
    """Return what is known of all plates' imported normals, a collection by the plates' names."""
    return cast(Any, scene).platelight_imports.normals


def entry_of(scene: bpy.types.Scene, name: str) -> PlatelightNormals | None:
    """Return what is known of a plate's imported normals."""
    return entries(scene).get(name)


def register() -> None:
    for each in _CLASSES:
        bpy.utils.register_class(each)
    cast(Any, bpy.types.Scene).platelight_imports = cast(Any, PointerProperty)(type=PlatelightImports)


def unregister() -> None:
    del cast(Any, bpy.types.Scene).platelight_imports
    for each in reversed(_CLASSES):
        bpy.utils.unregister_class(each)
