"""The Normals panel: normals of other tools, what was found out about them, and what the user says instead."""

from __future__ import annotations

import bpy

from ..blender import compat
from ..compositor import imported_normals
from ..compositor.import_settings import PlatelightNormals, entry_of
from ..imports import convention
from .texts import characters, paragraph

_ICONS = {"sure": "CHECKMARK", "likely": "DOT", "a guess": "QUESTION"}


class NormalsPanel:
    """Always there: it needs no engine."""

    bl_label = "Imported Normals"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        draw(self.layout, context)


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    layout.operator("platelight.import_normals", text="Import Normals…", icon="IMPORT")
    scene = compat.shown_scene(context)
    for shot in imported_normals.imported(scene):
        if entry := entry_of(scene, shot):
            _draw_shot(layout.box(), context, entry)


def _draw_shot(box: bpy.types.UILayout, context: bpy.types.Context, entry: PlatelightNormals) -> None:
    row = box.row(align=True)
    row.label(text=entry.name, icon="NORMALS_FACE")
    row.operator("platelight.check_normals", text="", icon="FILE_REFRESH").shot = entry.name
    row.operator("platelight.forget_normals", text="", icon="X").shot = entry.name
    for finding in entry.findings:
        doubt = "" if finding.sure == "sure" else f" ({finding.sure})"
        icon = "ERROR" if finding.trouble else _ICONS[finding.sure]
        column = box.column()
        paragraph(column, f"{finding.name}{doubt}", width=characters(context), icon=icon)
    if entry.space == convention.WORLD and compat.shown_scene(context).camera is None:
        told = "World space needs the camera of the plate. Make it the active camera, then press Check Again."
        paragraph(box, told, width=characters(context), icon="ERROR")
    column = box.column()
    column.use_property_split, column.use_property_decorate = True, False
    if entry.layers:
        column.prop(entry, "layer")
    for name in ("encoding", "curve", "order"):
        column.prop(entry, name)
    row = column.row(heading="Flip", align=True)
    for axis, text in enumerate("XYZ"):
        row.prop(entry, "flip", index=axis, text=text, toggle=True)
    for name in ("space", "fill_holes", "offset"):
        column.prop(entry, name)
