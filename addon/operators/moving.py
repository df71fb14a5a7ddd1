"""Bring passes that were made before the project was saved beside it."""

import bpy

from ..blender import compat
from ..compositor import move_passes
from ..contract import PlatelightError
from ..link import session
from .reporting import is_own, refuse


class PLATELIGHT_OT_move_passes(bpy.types.Operator):
    bl_idname = "platelight.move_passes"
    bl_label = "Move Passes Beside Project"
    bl_description = "Move the passes to the folder platelight beside this project. The compositor uses them from there"

    @classmethod
    def poll(cls, context):
        if any(not job.finished for job in session.jobs()):
            cls.poll_message_set("An estimate is running. Wait until it ends, or cancel it")
            return False
        return is_own(cls, compat.shown_scene(context))

    def execute(self, context):
        moved = []
        for stray in move_passes.strays(compat.shown_scene(context)):
            try:
                folder = move_passes.beside_project(stray.folder)
            except PlatelightError as error:
                return refuse(self, error)
            session.passes_moved(str(stray.folder), str(folder))
            moved.append(f"{stray.plate} to {folder}")
        if not moved:
            self.report({"INFO"}, "No passes lie in the extension's folder")
            return {"CANCELLED"}
        self.report({"INFO"}, f"Moved the passes of {', '.join(moved)}. Save the project to keep their new place")
        return {"FINISHED"}
