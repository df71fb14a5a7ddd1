"""Estimate the selected plates, or one by name."""

import bpy

from .. import agreements, messages, planning
from ..blender import compat, replaced
from ..contract import PlatelightError, model_entry
from ..link import session
from ..link.jobs import Job
from ..link.state import state
from ..panels.texts import paragraph
from .replacing import ask, draw_counts
from .reporting import refuse, reported


class _Estimate:
    """Asks before passes that are there are replaced. Each operator has a `make_plans`."""

    overwrite: bpy.props.BoolProperty(options={"HIDDEN", "SKIP_SAVE"})
    anew: bpy.props.BoolProperty(options={"HIDDEN", "SKIP_SAVE"})
    remove_outside: bpy.props.BoolProperty(options={"SKIP_SAVE"})

    def invoke(self, context, event):
        try:
            self.plans = self.make_plans(context)
        except PlatelightError as error:
            return refuse(self, error)
        replacing = [plan for plan in self.plans if self.anew or plan.changes]
        self.model = self._model_to_ask_about()
        if not replacing and self.model is None:
            return self.execute(context)
        self.overwrite = bool(replacing)
        self.counts = [replaced.count(plan.target, out=plan.out, handles=plan.handles) for plan in replacing]
        if not replacing:
            title = f"Use {self.model.title}?"
            return context.window_manager.invoke_props_dialog(self, width=480, title=title, confirm_text="Use It")
        return ask(self, context)

    def _model_to_ask_about(self):
        """Return the model whose licence the user has not agreed to yet, None where there is none."""
        entries = (model_entry(state.models, plan.settings.model) for plan in self.plans)
        return next((entry for entry in entries if agreements.to_ask(entry)), None)

    @classmethod
    def description(cls, context, properties):
        return "Estimate all frames again and replace their passes. You are asked first" if properties.anew else cls.bl_description

    def draw(self, context):
        column = self.layout.column(align=True)
        if self.model is not None:
            told = f"Paid work with {self.model.title}: {self.model.paid}. Licence: {self.model.licence}."
            paragraph(column, f"{told} You are asked once.", width=70, icon="INFO")
            column.separator()
        draw_counts(column, self, self.counts)
        changed = planning.changes(self.plans)
        if changed:
            column.label(text="The existing passes were made with other settings:", icon="INFO")
        for label, changes in changed:
            column.separator()
            column.label(text=label, icon="FILE_MOVIE")
            for change in changes:
                column.label(text=messages.change_in_words(change), icon="BLANK1")

    @reported
    def execute(self, context):
        if asked := getattr(self, "model", None):
            agreements.agree(asked)
        jobs, errors = [], []
        for plan in getattr(self, "plans", None) or self.make_plans(context):
            try:
                options = plan.options(self.overwrite, anew=self.anew, remove_outside=self.remove_outside)
                jobs.append(session.submit(plan.target, **options))
            except PlatelightError as error:  # the others are estimated all the same
                errors.append(error)
        if not jobs:
            raise errors[0]
        for error in errors:
            self.report({"WARNING"}, messages.in_one_line(error))
        self.report({"INFO"}, f"Estimating {', '.join(job.label for job in jobs)}{_elsewhere(context, jobs)}")
        return {"FINISHED"}


class PLATELIGHT_OT_estimate(_Estimate, bpy.types.Operator):
    bl_idname = "platelight.estimate"
    bl_label = "Estimate Normals"
    bl_description = "Estimate the normals of the selected strips, or of the clip. The relit plate appears in the compositor"

    @classmethod
    def poll(cls, context):
        if reason := planning.why_not(context):
            cls.poll_message_set(reason)
        return not reason

    def make_plans(self, context):
        return planning.plans(context)


class PLATELIGHT_OT_estimate_plate(_Estimate, bpy.types.Operator):
    bl_idname = "platelight.estimate_plate"
    bl_label = "Estimate"
    bl_description = "Estimate the missing frames of this plate and add them to the compositor"
    bl_options = {"INTERNAL"}

    shot: bpy.props.StringProperty(name="Plate", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        if state.engine_problem:
            cls.poll_message_set(state.engine_problem)
        return not state.engine_problem

    def make_plans(self, context):
        return planning.plans_of_plate(compat.shown_scene(context), self.shot)


OPERATORS = (PLATELIGHT_OT_estimate, PLATELIGHT_OT_estimate_plate)


def _elsewhere(context: bpy.types.Context, jobs: list[Job]) -> str:
    """Where the passes will be placed, if that isn't in the scene that the editor shows."""
    scenes = {job.target.scene_name for job in jobs} - {compat.shown_scene(context).name}
    return f" for the scene {' and '.join(sorted(scenes))}" if scenes else ""
