"""Show a job's passes in the file manager."""

from pathlib import Path

import bpy

from ..contract import ErrorCode, PlatelightError
from .reporting import refuse


class PLATELIGHT_OT_open_folder(bpy.types.Operator):
    bl_idname = "platelight.open_folder"
    bl_label = "Show Folder"
    bl_description = "Show the folder of the passes in the file manager"
    bl_options = {"INTERNAL"}

    folder: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context):
        if not Path(self.folder).is_dir():
            return refuse(self, PlatelightError(ErrorCode.SOURCE_MISSING, f"{self.folder} is not there yet"))
        bpy.ops.wm.path_open(filepath=self.folder)
        return {"FINISHED"}
