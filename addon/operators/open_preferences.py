"""Open the add-on's preferences."""

import bpy

from ..identity import ROOT_PACKAGE


class PLATELIGHT_OT_open_preferences(bpy.types.Operator):
    bl_idname = "platelight.open_preferences"
    bl_label = "Open Preferences"
    bl_description = "Open Platelight's preferences: the engine, the models, where things are kept"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        bpy.ops.preferences.addon_show(module=ROOT_PACKAGE)
        return {"FINISHED"}
