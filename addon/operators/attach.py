"""Place a job's passes in the compositor again."""

import bpy

from ..link import session
from .reporting import reported


class PLATELIGHT_OT_attach(bpy.types.Operator):
    bl_idname = "platelight.attach"
    bl_label = "Load Passes"
    bl_description = "Put the job's passes into the compositor again and reload their files"
    bl_options = {"INTERNAL", "UNDO"}

    job: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @reported
    def execute(self, context):
        placed = session.attach_again(self.job)
        if not placed:
            self.report({"ERROR"}, "The passes could not be placed. The notes of the job say why")
            return {"CANCELLED"}
        for notice in session.notices(self.job):
            self.report({"INFO"}, notice)
        return {"FINISHED"}
