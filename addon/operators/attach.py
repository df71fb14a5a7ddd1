"""Place a job's passes in the compositor again."""

import bpy

from ..contract import PlatelightError
from ..link import session
from .reporting import refuse


class PLATELIGHT_OT_attach(bpy.types.Operator):
    bl_idname = "platelight.attach"
    bl_label = "Load Passes"
    bl_description = "Put the job's passes into the compositor again and reload their files"
    bl_options = {"INTERNAL", "UNDO"}

    job: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context):
        try:
            placed = session.attach_again(self.job)
        except PlatelightError as error:
            return refuse(self, error)
        if not placed:
            self.report({"ERROR"}, "The passes could not be placed. The notes of the job say why")
            return {"CANCELLED"}
        for notice in session.notices(self.job):
            self.report({"INFO"}, notice)
        return {"FINISHED"}
