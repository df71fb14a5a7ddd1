"""Do a finished job again."""

import bpy

from ..blender import replaced
from ..contract import PlatelightError
from ..link import session
from .replacing import ask, draw_counts
from .reporting import refuse


class PLATELIGHT_OT_retry(bpy.types.Operator):
    bl_idname = "platelight.retry"
    bl_label = "Estimate Again"
    bl_description = "Do the job again with the same settings; it continues after the frames that are there already"
    bl_options = {"INTERNAL"}

    job: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    overwrite: bpy.props.BoolProperty(options={"HIDDEN", "SKIP_SAVE"})
    remove_outside: bpy.props.BoolProperty(options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context, properties):
        return "Replace the passes that are there; asks first" if properties.overwrite else cls.bl_description

    def invoke(self, context, event):
        job = next((job for job in session.jobs() if job.id == self.job), None)
        if job is None or not self.overwrite:
            return self.execute(context)
        self.counts = [replaced.count(job.target, out=job.out, handles=job.handles)]
        return ask(self, context)

    def draw(self, context):
        draw_counts(self.layout.column(align=True), self, self.counts)

    def execute(self, context):
        try:
            session.retry(self.job, overwrite=self.overwrite, remove_outside=self.overwrite and self.remove_outside)
        except PlatelightError as error:
            return refuse(self, error)
        return {"FINISHED"}
