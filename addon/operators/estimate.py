"""Estimate the selected plates."""

import bpy

from .. import messages, planning
from ..blender import compat, replaced
from ..contract import PlatelightError
from ..link import session
from ..link.jobs import Job
from .replacing import ask, draw_counts
from .reporting import refuse


class PLATELIGHT_OT_estimate(bpy.types.Operator):
    bl_idname = "platelight.estimate"
    bl_label = "Estimate Normals"
    bl_description = "Estimate normals of the selected strips, or of the clip, and place them in the compositor"

    overwrite: bpy.props.BoolProperty(options={"HIDDEN", "SKIP_SAVE"})
    anew: bpy.props.BoolProperty(options={"HIDDEN", "SKIP_SAVE"})
    remove_outside: bpy.props.BoolProperty(options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        if reason := planning.why_not(context):
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context, event):
        try:
            self.plans = planning.plans(context)
        except PlatelightError as error:
            return refuse(self, error)
        replacing = [plan for plan in self.plans if self.anew or plan.changes]
        if not replacing:
            return self.execute(context)
        self.overwrite = True
        self.counts = [replaced.count(plan.target, out=plan.out, handles=plan.handles) for plan in replacing]
        return ask(self, context)

    @classmethod
    def description(cls, context, properties):
        return "Replace the passes that are there; asks first" if properties.anew else cls.bl_description

    def draw(self, context):
        column = self.layout.column(align=True)
        draw_counts(column, self, self.counts)
        changed = planning.changes(self.plans)
        if changed:
            column.label(text="The existing passes use other settings:", icon="INFO")
        for label, changes in changed:
            column.separator()
            column.label(text=label, icon="FILE_MOVIE")
            for change in changes:
                column.label(text=messages.change_in_words(change), icon="BLANK1")

    def execute(self, context):
        jobs, errors = [], []
        try:
            for plan in getattr(self, "plans", None) or planning.plans(context):
                try:
                    options = plan.options(self.overwrite, anew=self.anew, remove_outside=self.remove_outside)
                    jobs.append(session.submit(plan.target, **options))
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
