"""What the preferences show: the engine, its report, the models, the folders."""

from __future__ import annotations

import time

import bpy

from ..contract import ErrorCode, ModelEntry, PlatelightError
from ..link.jobs import Download
from ..link.state import state
from ..link.torch_builds import Compute
from . import queue, texts

_LINES = 8


def draw(layout: bpy.types.UILayout, context: bpy.types.Context, preferences: bpy.types.AddonPreferences, *, kind: str) -> None:
    width = texts.characters(context, margin=140)
    layout.row().prop(preferences, "engine_kind", expand=True)
    if kind == "INSTALLED":
        _draw_install(layout.box(), width=width)
    else:
        layout.prop(preferences, "engine_python" if kind == "EXISTING" else "engine_command")
        if state.engine_problem:
            texts.problem(layout, PlatelightError(ErrorCode.ENGINE_MISSING, state.engine_problem), width=width)
    _draw_report(layout.box(), width=width)
    _draw_models(layout.box(), width=width)
    column = layout.column()
    column.use_property_split = True
    column.prop(preferences, "models_folder")
    column.prop(preferences, "idle_minutes")
    column.prop(preferences, "paid_first")


def draw_build(layout: bpy.types.UILayout, compute: Compute) -> None:
    """What an installation would download, before anything is."""
    choice = state.builds.get(compute)
    if choice is None:
        texts.paragraph(layout, "This machine has no NVIDIA card that can run this build.", width=60, icon="ERROR")
        return
    texts.paragraph(layout, f"{choice.summary}.", width=60, icon="IMPORT")
    texts.paragraph(layout, f"{choice.why[:1].upper()}{choice.why[1:]}.", width=60, icon="BLANK1")


def _draw_install(layout: bpy.types.UILayout, *, width: int) -> None:
    install = state.install
    if install and not install.finished:
        row = layout.row()
        row.label(text=f"Installing, {texts.duration(time.monotonic() - install.started)}", icon="SORTTIME")
        row.operator("platelight.cancel_install", icon="CANCEL")
        _draw_lines(layout, list(install.lines), width=width)
        return
    row = layout.row()
    if state.engine_problem:
        row.label(text=f"{state.engine_problem[:1].upper()}{state.engine_problem[1:]}", icon="INFO")
    else:
        row.label(text="The engine is installed", icon="CHECKMARK")
    row.operator("platelight.install", text="Install Engine" if state.engine_problem else "Install Again", icon="IMPORT")
    if not bpy.app.online_access:
        _draw_offline(layout, width=width)
    if install and install.error and install.error.code is ErrorCode.CANCELLED:
        layout.label(text="The installation was cancelled. Its files were deleted", icon="CANCEL")
    elif install and install.error:
        _draw_lines(layout, list(install.lines), width=width)
        texts.problem(layout, install.error, width=width)
    if install and install.report and install.report.warning:
        warning = layout.column()
        warning.alert = True
        texts.paragraph(warning, install.report.warning, width=width, icon="ERROR")


def _draw_offline(layout: bpy.types.UILayout, *, width: int) -> None:
    if bpy.app.online_access_override:
        offline = "Blender was started in offline mode. Nothing can be downloaded."
        texts.paragraph(layout, offline, width=width, icon="INTERNET_OFFLINE")
        return
    row = layout.row()
    row.label(text="Online access is off in Blender", icon="INTERNET_OFFLINE")
    row.prop(bpy.context.preferences.system, "use_online_access", text="Allow Online Access")


def _draw_lines(layout: bpy.types.UILayout, lines: list[str], *, width: int) -> None:
    column = layout.box().column(align=True)
    column.scale_y = 0.7
    for line in lines[-_LINES:]:
        column.label(text=line if len(line) <= width else f"{line[: width - 1]}…")


def _draw_report(layout: bpy.types.UILayout, *, width: int) -> None:
    layout.label(text=f"The engine uses {state.doctor.device}" if state.doctor else "Engine check", icon="SYSTEM")
    row = layout.row()
    if state.asking:
        row.label(text="Checking the engine", icon="SORTTIME")
    else:
        row.operator("platelight.check_engine", icon="FILE_REFRESH")
    row.operator("platelight.open_log", icon="TEXT")
    if state.failure:
        texts.problem(layout, state.failure, width=width)
    for finding in state.doctor.findings if state.doctor else ():
        split = layout.split(factor=0.25)
        split.label(text=finding.name, icon="CHECKMARK" if finding.ok else "CANCEL")
        column = split.column(align=True)
        texts.paragraph(column, finding.value, width=int(width * 0.75))
        if finding.remedy:
            texts.paragraph(column, finding.remedy, width=int(width * 0.75), icon="INFO")


def _draw_models(layout: bpy.types.UILayout, *, width: int) -> None:
    layout.label(text="Models", icon="OUTLINER_OB_LIGHTPROBE")
    for model in state.models:
        _draw_model(layout.column(align=True), model, width=width)


def _draw_model(layout: bpy.types.UILayout, model: ModelEntry, *, width: int) -> None:
    row = layout.row()
    row.label(text=model.title, icon="CHECKMARK" if model.installed else "BLANK1")
    task = next((t for t in reversed(state.queue.tasks) if isinstance(t, Download) and t.model == model.name), None)
    if not model.installed and (task is None or task.finished):
        button = row.row()
        button.enabled = bpy.app.online_access
        size = f" ({texts.size(model.size_bytes)})" if model.size_bytes else ""
        get = button.operator("platelight.download_model", text=f"Download{size}", icon="IMPORT")
        get.model, get.title = model.name, model.title
    texts.paragraph(layout, f"{model.purpose}. Paid work: {model.paid}. Licence: {model.licence}.", width=width, icon="BLANK1")
    if task and not (task.finished and model.installed):
        queue.draw_task(layout.box(), task, width=width)
    elif not model.installed:
        where = f"Or copy {model.hub_id} to {model.folder} yourself" if model.folder else f"Hugging Face: {model.hub_id}"
        texts.paragraph(layout, f"{where}.", width=width, icon="BLANK1")
