"""Take finished jobs off the list."""

import bpy

from ..contract import PlatelightError
from ..link import session
from .reporting import refuse


class PLATELIGHT_OT_remove(bpy.types.Operator):
    bl_idname = "platelight.remove"
    bl_label = "Remove from List"
    bl_description = "Take the finished job off the list; its passes stay"
    bl_options = {"INTERNAL"}

    job: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context):
        try:
            session.remove(self.job)
        except PlatelightError as error:
            return refuse(self, error)
        return {"FINISHED"}


class PLATELIGHT_OT_clear(bpy.types.Operator):
    bl_idname = "platelight.clear"
    bl_label = "Clear Finished"
    bl_description = "Take all finished jobs off the list; their passes stay"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        session.clear_finished()
        return {"FINISHED"}
