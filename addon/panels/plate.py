"""The upper panel: what is selected, how it will be estimated, and the button."""

from __future__ import annotations

import bpy

from .. import properties
from ..blender import compat
from ..compositor import render_size
from ..contract import must_ask
from ..link.state import state
from . import missing
from .selection import needs_gpu, selected
from .texts import characters, paragraph

_SHOWN = 4


def draw_setup(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What is missing before anything can be estimated; nothing when all is there."""
    if not state.engine_problem:
        return
    box = layout.box()
    if state.install and not state.install.finished:
        box.label(text="Installing the engine", icon="SORTTIME")
        paragraph(box, state.install.lines[-1] if state.install.lines else "Starting", width=characters(context))
    else:
        box.label(text="Platelight needs its engine", icon="INFO")
        paragraph(box, f"{state.engine_problem[:1].upper()}{state.engine_problem[1:]}.", width=characters(context))
    box.operator("platelight.open_preferences", text="Set Up in Preferences", icon="PREFERENCES")


def draw_selection(layout: bpy.types.UILayout, context: bpy.types.Context) -> int:
    """Returns:
    How many plates are selected.
    """
    plates = selected(context)
    box = layout.box().column(align=True)
    for plate in plates[:_SHOWN]:
        box.label(text=plate.name, icon=plate.icon)
        box.label(text=plate.detail, icon="BLANK1")
        if plate.attached:
            if plate.name in missing.names(compat.shown_scene(context)):
                box.label(text="In the compositor, with files missing", icon="ERROR")
            else:
                box.label(text="In the compositor", icon="NODE_COMPOSITING")
    if len(plates) > _SHOWN:
        box.label(text=f"and {len(plates) - _SHOWN} more", icon="BLANK1")
    if not plates:
        hint = "Select a movie, image or movie-clip strip, or open a clip in the Movie Clip editor."
        paragraph(box, hint, width=characters(context), icon="INFO")
    return len(plates)


def draw_settings(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    settings = compat.shown_scene(context).platelight
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    column.prop(settings, "model")
    if settings.model == properties.FOLDER:
        column.prop(settings, "model_folder", text="Folder")
    column.prop(settings, "quality")
    if settings.quality == "CUSTOM":
        column.prop(settings, "max_resolution")
    _draw_what_is_used(layout, context)


def draw_estimate(layout: bpy.types.UILayout, *, plates: int) -> None:
    row = layout.row()
    row.scale_y = 1.4
    text = "Estimate Normals" if plates < 2 else f"Estimate Normals of {plates} Plates"
    row.operator("platelight.estimate", text=text, icon="NODE_COMPOSITING")


def draw_rendering(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What renders of the project would surprise with: plates of another shape, and farms; nothing where nothing does."""
    for each in render_size.others(compat.shown_scene(context)):
        paragraph(layout, f"{each.sentence}.", width=characters(context), icon="INFO")
        text = f"Set Render Size to {each.size[0]} x {each.size[1]}"
        layout.operator("platelight.set_render_size", text=text, icon="FULLSCREEN_ENTER").shot = each.plate
    if needs_gpu(context):
        told = "Renders use the GPU compositor. Blender stops on farm machines that have no graphics driver."
        paragraph(layout, told, width=characters(context), icon="INFO")
        layout.operator("platelight.use_cpu_compositor")


def draw_advanced(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    settings = compat.shown_scene(context).platelight
    layout.use_property_split = True
    layout.use_property_decorate = False
    column = layout.column()
    column.prop(settings, "handles")
    column.prop(settings, "output_folder")
    column.operator("platelight.estimate", text="Redo All Frames", icon="FILE_REFRESH").anew = True
    column = layout.column(align=True)
    column.prop(settings, "window")
    column.prop(settings, "overlap")
    _draw_own_window(column, settings)
    column.prop(settings, "decode_chunk_size")
    column = layout.column()
    column.prop(settings, "precision")
    column.prop(settings, "device")


def _draw_own_window(layout: bpy.types.UILayout, settings: bpy.types.PropertyGroup) -> None:
    """What 0 and -1 stand for; of a folder only the engine knows."""
    model = properties.chosen_model(settings)
    if model.window and (settings.window == 0 or settings.overlap < 0):
        layout.label(text=f"Default: {model.window} frames, {model.overlap} of them shared", icon="BLANK1")


def _draw_what_is_used(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The model that Best Installed comes to, and a way to the one that is not here yet."""
    settings = compat.shown_scene(context).platelight
    if settings.model == properties.FOLDER:
        return
    name = properties.resolved_model(settings)
    model = next((m for m in state.models if m.name == name), None)
    if model is None:
        return
    if settings.model == properties.BEST:
        long_side = properties.resolved_resolution(settings)
        layout.label(text=f"{model.title}, {f'{long_side} px' if long_side else 'native size'}", icon="BLANK1")
    if must_ask(model):
        paragraph(layout, f"Paid work: {model.paid}. {model.licence}.", width=characters(context), icon="INFO")
    else:
        layout.label(text="Paid work: yes", icon="BLANK1")
    if not model.installed:
        row = layout.row()
        row.label(text="Not on this machine", icon="ERROR")
        row.operator("platelight.open_preferences", text="Get It", icon="IMPORT")
