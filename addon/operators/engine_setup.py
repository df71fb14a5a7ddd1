"""Install the engine, and stop doing so."""

import bpy

from ..contract import PlatelightError
from ..link import session, tuning
from ..link.state import state
from .reporting import refuse


class PLATELIGHT_OT_install(bpy.types.Operator):
    bl_idname = "platelight.install"
    bl_label = "Install Engine"
    bl_description = "Download the engine's packages (up to several GB) into the extension's own folder, in the background"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context):
        busy = "job" if state.queue.current() else "tuning" if tuning.is_busy() else ""
        if busy:
            cls.poll_message_set(f"Wait until the {busy} has ended, or cancel it: it runs in the engine that would be replaced")
        return not busy

    def execute(self, context):
        try:
            session.install()
        except PlatelightError as error:
            return refuse(self, error)
        return {"FINISHED"}


class PLATELIGHT_OT_cancel_install(bpy.types.Operator):
    bl_idname = "platelight.cancel_install"
    bl_label = "Cancel"
    bl_description = "Stop the installation and remove what it has written so far"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        session.cancel_install()
        return {"FINISHED"}
