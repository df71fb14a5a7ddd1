"""Choose what the Viewer shows of a shot."""

import bpy

from ..blender import compat
from ..relight import control, viewing
from ..relight.lights import scene_lights
from ..relight.viewing import VIEWS, View
from .reporting import reported


class PLATELIGHT_OT_view_light(bpy.types.Operator):
    bl_idname = "platelight.view_light"
    bl_label = "Look at Light"
    bl_description = "Choose what the Viewer shows of this plate. Renders stay the same"
    bl_options = {"REGISTER", "UNDO"}

    shot: bpy.props.StringProperty(name="Plate", options={"SKIP_SAVE"})
    view: bpy.props.EnumProperty(name="View", items=[(view.value, label, note) for view, label, note in VIEWS])

    @classmethod
    def poll(cls, context):
        return bool(scene_lights.shots(compat.shown_scene(context)))

    @classmethod
    def description(cls, context, properties):
        return next(note for view, _, note in VIEWS if view == properties.view)

    @reported
    def execute(self, context):
        viewing.show(control.need(compat.shown_scene(context), self.shot), View(self.view))
        return {"FINISHED"}


OPERATORS = (PLATELIGHT_OT_view_light,)
