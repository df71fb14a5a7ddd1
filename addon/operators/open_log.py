"""Show the engine's log."""

import bpy

from ..contract import ErrorCode, PlatelightError
from ..identity import log_file
from .reporting import refuse


class PLATELIGHT_OT_open_log(bpy.types.Operator):
    bl_idname = "platelight.open_log"
    bl_label = "Show Log"
    bl_description = "Open what the engine printed since it was last started; engine.previous.log beside it is of the one before"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        if not log_file().is_file():
            return refuse(self, PlatelightError(ErrorCode.SOURCE_MISSING, "the engine has not been started yet"))
        bpy.ops.wm.path_open(filepath=str(log_file()))
        return {"FINISHED"}
