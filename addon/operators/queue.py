"""Cancel a job, do it again, take it off the list, show its folder and its error."""

import textwrap
from pathlib import Path

import bpy

from .. import messages
from ..blender import replaced
from ..contract import ErrorCode, PlatelightError
from ..link import session
from .replacing import ask, draw_counts
from .reporting import reported


class PLATELIGHT_OT_cancel(bpy.types.Operator):
    bl_idname = "platelight.cancel"
    bl_label = "Cancel"
    bl_description = "Stop after the current step and keep finished frames. Press again to stop at once"
    bl_options = {"INTERNAL"}

    job: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @reported
    def execute(self, context):
        session.cancel(self.job)
        return {"FINISHED"}


class PLATELIGHT_OT_retry(bpy.types.Operator):
    bl_idname = "platelight.retry"
    bl_label = "Estimate Again"
    bl_description = "Run the job again with the same settings. It continues after the finished frames"
    bl_options = {"INTERNAL"}

    job: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    overwrite: bpy.props.BoolProperty(options={"HIDDEN", "SKIP_SAVE"})
    remove_outside: bpy.props.BoolProperty(options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context, properties):
        return (
            "Estimate all frames again and replace their passes. You are asked first"
            if properties.overwrite
            else cls.bl_description
        )

    def invoke(self, context, event):
        job = next((job for job in session.jobs() if job.id == self.job), None)
        if job is None or not self.overwrite:
            return self.execute(context)
        self.counts = [replaced.count(job.target, out=job.out, handles=job.handles)]
        return ask(self, context)

    def draw(self, context):
        draw_counts(self.layout.column(align=True), self, self.counts)

    @reported
    def execute(self, context):
        session.retry(self.job, overwrite=self.overwrite, remove_outside=self.overwrite and self.remove_outside)
        return {"FINISHED"}


class PLATELIGHT_OT_remove(bpy.types.Operator):
    bl_idname = "platelight.remove"
    bl_label = "Remove from List"
    bl_description = "Remove this job from the list. Its passes stay on disk"
    bl_options = {"INTERNAL"}

    job: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @reported
    def execute(self, context):
        session.remove(self.job)
        return {"FINISHED"}


class PLATELIGHT_OT_clear(bpy.types.Operator):
    bl_idname = "platelight.clear"
    bl_label = "Clear Finished"
    bl_description = "Remove all finished jobs from the list. Their passes stay on disk"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        session.clear_finished()
        return {"FINISHED"}


class PLATELIGHT_OT_show_error(bpy.types.Operator):
    bl_idname = "platelight.show_error"
    bl_label = "Details"
    bl_description = "Show the whole error message"
    bl_options = {"INTERNAL"}

    job: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @reported
    def execute(self, context):
        error = session.error_of(self.job)
        lines = textwrap.wrap(messages.in_one_line(error), 100)

        def draw(menu, context):
            for line in lines:
                menu.layout.label(text=line)

        context.window_manager.popup_menu(draw, title=f"Error {error.code}", icon="ERROR")
        return {"FINISHED"}


class PLATELIGHT_OT_open_folder(bpy.types.Operator):
    bl_idname = "platelight.open_folder"
    bl_label = "Show Folder"
    bl_description = "Open the folder of the passes in the file manager"
    bl_options = {"INTERNAL"}

    folder: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @reported
    def execute(self, context):
        if not Path(self.folder).is_dir():
            raise PlatelightError(ErrorCode.SOURCE_MISSING, f"{self.folder} does not exist yet")
        bpy.ops.wm.path_open(filepath=self.folder)
        return {"FINISHED"}


OPERATORS = (
    PLATELIGHT_OT_cancel,
    PLATELIGHT_OT_retry,
    PLATELIGHT_OT_remove,
    PLATELIGHT_OT_clear,
    PLATELIGHT_OT_show_error,
    PLATELIGHT_OT_open_folder,
)
