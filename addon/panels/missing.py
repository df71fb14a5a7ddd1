"""Files that relit plates lack, above everything else: a render of them shows the plate as it was shot."""

from __future__ import annotations

from itertools import groupby

import bpy

from ..blender import compat
from ..compositor.missing_files import PLATE, Missing
from ..contract import PASSES
from ..link import file_watch
from .texts import characters, paragraph


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """A box for each plate of the shown scene that lacked files at the last look; nothing where none does."""
    for plate, found in groupby(file_watch.of_scene(compat.shown_scene(context)), key=lambda each: each.plate):
        _draw_plate(layout.box(), plate, list(found), width=characters(context))


def names(scene: bpy.types.Scene) -> set[str]:
    """Return the plates that lacked files. Free."""
    return {each.plate for each in file_watch.of_scene(scene)}


def _draw_plate(box: bpy.types.UILayout, plate: str, found: list[Missing], *, width: int) -> None:
    row = box.row()
    row.label(text=plate, icon="ERROR")
    row.operator("platelight.look_for_files", text="", icon="FILE_REFRESH")
    told = box.column()
    told.alert = True
    for each in found:
        paragraph(told, f"{each.sentence}.", width=width, icon="BLANK1")
    box.label(text=f"Looked for in {found[0].folder}", icon="BLANK1")
    row = box.row(align=True)
    if any(each.what == PLATE for each in found):
        row.operator("file.find_missing_files", text="Find Plate…", icon="VIEWZOOM")
    if any(each.what != PLATE for each in found):
        paragraph(box, "Frames without these files show the plate as it was shot.", width=width, icon="BLANK1")
        row.operator("platelight.find_passes", text="Find…", icon="VIEWZOOM").shot = plate
    if any(each.what in PASSES for each in found):
        row.operator("platelight.estimate_plate", icon="NODE_COMPOSITING").shot = plate
