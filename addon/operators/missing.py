"""Files that relit plates lack: find them in another folder, and look again."""

import bpy

from ..blender import compat, paths
from ..compositor import relink
from ..link import file_watch
from .reporting import is_own


class PLATELIGHT_OT_find_passes(bpy.types.Operator):
    bl_idname = "platelight.find_passes"
    bl_label = "Find Passes"
    bl_description = "Choose the folder that holds the missing passes of this plate. Folders inside it are searched too"
    bl_options = {"REGISTER", "UNDO"}

    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    shot: bpy.props.StringProperty(name="Plate", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        return is_own(cls, compat.shown_scene(context))

    def invoke(self, context, event):
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        scene, chosen = compat.shown_scene(context), paths.absolute(self.directory)
        found = relink.relink(scene, self.shot, chosen=chosen)
        if not found:
            self.report({"ERROR"}, f"{chosen} has none of the missing frames of {self.shot}. Choose another folder")
            return {"CANCELLED"}
        for each in found:
            self.report({"INFO"}, f"{each.what.title()} of {self.shot}: {each.there} of {each.of} frames are in {each.folder}")
        file_watch.look_now([scene])
        return {"FINISHED"}


class PLATELIGHT_OT_look_for_files(bpy.types.Operator):
    bl_idname = "platelight.look_for_files"
    bl_label = "Look Again"
    bl_description = "Check again whether the files of all relit plates exist"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        file_watch.look_now()
        return {"FINISHED"}


OPERATORS = (PLATELIGHT_OT_find_passes, PLATELIGHT_OT_look_for_files)
