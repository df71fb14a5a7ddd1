"""Where passes go while the project is not saved, how they come beside it, and estimates that the end of Blender cut short."""

from __future__ import annotations

import bpy

from ..blender import compat
from ..compositor import copy_passes
from ..link import interrupted
from .texts import characters, paragraph


def draw_interrupted(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """A box for each estimate of the shown scene that was cut short; nothing where none was."""
    for each in interrupted.of_scene(compat.shown_scene(context)):
        box = layout.box()
        paragraph(box, f"{each.sentence}.", width=characters(context), icon="INFO")
        row = box.row(align=True)
        row.operator("platelight.estimate_plate", text="Continue", icon="PLAY").shot = each.plate
        row.operator("platelight.forget_interrupted", text="", icon="X").shot = each.plate


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Nothing where the project is saved and its passes lie beside it, or where the user chose their folder."""
    scene, width = compat.shown_scene(context), characters(context)
    if not bpy.data.filepath:
        if not scene.platelight.output_folder.strip():
            told = "The project is not saved. Save it to keep its passes beside it. Until then they go to the extension's folder."
            paragraph(layout, told, width=width, icon="INFO")
            layout.operator("wm.save_as_mainfile", text="Save As…", icon="FILE_TICK")
        return
    strays = copy_passes.strays(scene)
    if strays:
        names = ", ".join(stray.plate for stray in strays)
        paragraph(layout, f"The passes of {names} are in the extension's folder.", width=width, icon="INFO")
        layout.operator("platelight.copy_passes", icon="FILE_FOLDER")
