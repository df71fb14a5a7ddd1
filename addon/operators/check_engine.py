"""Ask the engine what it sees."""

import bpy

from ..contract import PlatelightError
from ..link import session
from .reporting import refuse


class PLATELIGHT_OT_check_engine(bpy.types.Operator):
    bl_idname = "platelight.check_engine"
    bl_label = "Check Engine"
    bl_description = "Start the engine and ask what it sees: device, memory, versions, models, disk"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        try:
            session.run_doctor()
        except PlatelightError as error:
            return refuse(self, error)
        return {"FINISHED"}
