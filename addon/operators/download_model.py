"""Download a model's weights."""

import bpy

from ..contract import PlatelightError
from ..link import session
from .reporting import refuse


class PLATELIGHT_OT_download_model(bpy.types.Operator):
    bl_idname = "platelight.download_model"
    bl_label = "Download"
    bl_description = "Download the model's weights, in the background; an interrupted download continues"
    bl_options = {"INTERNAL"}

    model: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    title: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context):
        try:
            session.download(self.model, title=self.title)
        except PlatelightError as error:
            return refuse(self, error)
        return {"FINISHED"}
