"""Estimate the selected plates, or one by name."""

import bpy

from .. import messages, planning
from ..blender import compat
from ..contract import PlatelightError
from ..link import session
from ..link.jobs import Job
from ..link.state import state
from .reporting import refuse


class _Estimate:
    """Asks before passes that are there are replaced. `plans`: what each operator estimates."""

    overwrite: bpy.props.BoolProperty(options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context, event):
        try:
            self.changes = planning.changes(self.plans(context))
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
            for plan in self.plans(context):
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


class PLATELIGHT_OT_estimate(_Estimate, bpy.types.Operator):
    bl_idname = "platelight.estimate"
    bl_label = "Estimate Normals"
    bl_description = "Estimate normals of the selected strips, or of the clip, and place them in the compositor"

    @classmethod
    def poll(cls, context):
        if reason := planning.why_not(context):
            cls.poll_message_set(reason)
        return not reason

    def plans(self, context):
        return planning.plans(context)


class PLATELIGHT_OT_estimate_plate(_Estimate, bpy.types.Operator):
    bl_idname = "platelight.estimate_plate"
    bl_label = "Estimate"
    bl_description = "Estimate the frames of this plate that are missing, and place them in the compositor"
    bl_options = {"INTERNAL"}

    shot: bpy.props.StringProperty(name="Plate", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        if state.engine_problem:
            cls.poll_message_set(state.engine_problem)
        return not state.engine_problem

    def plans(self, context):
        return planning.plans_of_plate(compat.shown_scene(context), self.shot)


OPERATORS = (PLATELIGHT_OT_estimate, PLATELIGHT_OT_estimate_plate)


def _elsewhere(context: bpy.types.Context, jobs: list[Job]) -> str:
    """Where the passes will be placed, if that isn't in the scene that the editor shows."""
    scenes = {job.target.scene_name for job in jobs} - {compat.shown_scene(context).name}
    return f" for the compositor of the scene {' and '.join(sorted(scenes))}" if scenes else ""
