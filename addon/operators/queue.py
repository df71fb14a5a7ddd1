"""Cancel a job."""

import bpy

from ..contract import PlatelightError
from ..link import session
from .reporting import refuse


class PLATELIGHT_OT_cancel(bpy.types.Operator):
    bl_idname = "platelight.cancel"
    bl_label = "Cancel"
    bl_description = "Stop after the present step; finished frames are kept. Pressed again, the engine itself is ended"
    bl_options = {"INTERNAL"}

    job: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context):
        try:
            session.cancel(self.job)
        except PlatelightError as error:
            return refuse(self, error)
        return {"FINISHED"}
