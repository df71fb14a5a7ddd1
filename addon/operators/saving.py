"""Copy passes beside a project that was saved after they were made, and dismiss estimates that were cut short."""

import bpy

from ..blender import compat
from ..compositor import copy_passes
from ..link import interrupted, session
from .reporting import is_own, reported


class PLATELIGHT_OT_copy_passes(bpy.types.Operator):
    bl_idname = "platelight.copy_passes"
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
        for stray in copy_passes.strays(compat.shown_scene(context)):
            folder = copy_passes.beside_project(stray.folder)
            session.passes_copied(str(stray.folder), str(folder))
            copied.append(f"{stray.plate} to {folder}")
        if not copied:
            self.report({"INFO"}, "No passes are in the extension's folder")
            return {"CANCELLED"}
        self.report({"INFO"}, f"Copied the passes of {', '.join(copied)}. Save the project to keep their new place")
        return {"FINISHED"}


class PLATELIGHT_OT_forget_interrupted(bpy.types.Operator):
    bl_idname = "platelight.forget_interrupted"
    bl_label = "Dismiss"
    bl_description = "Remove this message. Finished frames stay, and Estimate continues after them"
    bl_options = {"INTERNAL"}

    shot: bpy.props.StringProperty(name="Plate", options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context):
        interrupted.forget(self.shot)
        return {"FINISHED"}


OPERATORS = (PLATELIGHT_OT_copy_passes, PLATELIGHT_OT_forget_interrupted)
