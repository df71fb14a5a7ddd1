"""Estimate the selected plates."""

import bpy

from .. import messages, planning
from ..blender import compat
from ..contract import PlatelightError
from ..link import session
from ..link.jobs import Job
from .reporting import refuse


class PLATELIGHT_OT_estimate(bpy.types.Operator):
    bl_idname = "platelight.estimate"
    bl_label = "Estimate Normals"
    bl_description = "Estimate normals of the selected strips, or of the clip, and place them in the compositor"

    overwrite: bpy.props.BoolProperty(options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        if reason := planning.why_not(context):
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context, event):
        try:
            self.changes = planning.changes(planning.plans(context))
        except PlatelightError as error:
            return refuse(self, error)
        if self.changes and not compat.shown_scene(context).platelight.overwrite:
            self.overwrite = True
            title = "Replace the passes that are there?"
            return context.window_manager.invoke_props_dialog(self, width=480, title=title, confirm_text="Replace")
        return self.execute(context)

    def draw(self, context):
        column = self.layout.column(align=True)
        column.label(text="They were made otherwise:", icon="INFO")
        for label, changes in self.changes:
            column.separator()
            column.label(text=label, icon="FILE_MOVIE")
            for change in changes:
                column.label(text=messages.change_in_words(change), icon="BLANK1")

    def execute(self, context):
        jobs, errors = [], []
        try:
            for plan in planning.plans(context):
                try:
                    jobs.append(session.submit(plan.target, **plan.options(self.overwrite)))
                except PlatelightError as error:  # the others are estimated all the same
                    errors.append(error)
        except PlatelightError as error:
            return refuse(self, error)
        if not jobs:
            return refuse(self, errors[0])
        for error in errors:
            self.report({"WARNING"}, messages.in_one_line(error))
        self.report({"INFO"}, f"Estimating {', '.join(job.label for job in jobs)}{_elsewhere(context, jobs)}")
        return {"FINISHED"}


def _elsewhere(context: bpy.types.Context, jobs: list[Job]) -> str:
    """Where the passes will be placed, if that isn't in the scene that the editor shows."""
    scenes = {job.target.scene_name for job in jobs} - {compat.shown_scene(context).name}
    return f" for the compositor of the scene {' and '.join(sorted(scenes))}" if scenes else ""
