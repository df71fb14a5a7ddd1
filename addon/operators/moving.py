"""Copy passes that were made before the project was saved beside it."""

import bpy

from ..blender import compat
from ..compositor import move_passes
from ..link import session
from .reporting import is_own, reported


class PLATELIGHT_OT_move_passes(bpy.types.Operator):
    bl_idname = "platelight.move_passes"
    bl_label = "Copy Passes Beside Project"
    bl_description = "Copy the passes to the folder platelight beside this project. The compositor uses the copies"

    @classmethod
    def poll(cls, context):
        if any(not job.finished for job in session.jobs()):
            cls.poll_message_set("An estimate is running. Wait until it ends, or cancel it")
            return False
        return is_own(cls, compat.shown_scene(context))

    @reported
    def execute(self, context):
        copied = []
        for stray in move_passes.strays(compat.shown_scene(context)):
            folder = move_passes.beside_project(stray.folder)
            session.passes_moved(str(stray.folder), str(folder))
            copied.append(f"{stray.plate} to {folder}")
        if not copied:
            self.report({"INFO"}, "No passes are in the extension's folder")
            return {"CANCELLED"}
        self.report({"INFO"}, f"Copied the passes of {', '.join(copied)}. Save the project to keep their new place")
        return {"FINISHED"}
