"""Do a finished job again."""

import bpy

from ..contract import PlatelightError
from ..link import session
from .reporting import refuse


class PLATELIGHT_OT_retry(bpy.types.Operator):
    bl_idname = "platelight.retry"
    bl_label = "Estimate Again"
    bl_description = "Do the job again with the same settings; it continues after the frames that are there already"
    bl_options = {"INTERNAL"}

    job: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    overwrite: bpy.props.BoolProperty(options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def description(cls, context, properties):
        return "Replace the passes that are there" if properties.overwrite else cls.bl_description

    def execute(self, context):
        try:
            session.retry(self.job, overwrite=self.overwrite)
        except PlatelightError as error:
            return refuse(self, error)
        return {"FINISHED"}
