"""Light a shot with a preset."""

import bpy

from ..blender import compat
from ..relight import control, presets
from ..relight.lights import scene_lights
from .reporting import reported


class PLATELIGHT_OT_light_preset(bpy.types.Operator):
    bl_idname = "platelight.light_preset"
    bl_label = "Light with Preset"
    bl_description = "Light this plate with a preset. Adjust its lights afterwards"
    bl_options = {"REGISTER", "UNDO"}

    shot: bpy.props.StringProperty(name="Plate", options={"SKIP_SAVE"})
    preset: bpy.props.EnumProperty(
        name="Preset", items=[(name, preset.label, preset.note) for name, preset in presets.PRESETS.items()]
    )
    lights: bpy.props.EnumProperty(
        name="As",
        items=(
            ("STUDIO", "Studio Lights", "Set Ambient, Key, Fill and Rim, which move with the camera"),
            ("SCENE", "Scene Lights", "Add suns to the scene. They stay in place and light 3D objects too"),
        ),
    )

    @classmethod
    def poll(cls, context):
        return bool(scene_lights.shots(compat.shown_scene(context)))

    @classmethod
    def description(cls, context, properties):
        return presets.PRESETS[properties.preset].note

    @reported
    def execute(self, context):
        scene, preset = compat.shown_scene(context), presets.PRESETS[self.preset]
        settings = scene.platelight_relight
        shot = control.need(scene, self.shot)
        if self.lights == "STUDIO":
            notices = presets.light_studio(shot, preset, scene=scene)
        else:
            taking = {"collection": settings.collection, "world": settings.world}
            notices = presets.light_scene(shot, preset, scene=scene, **taking)
            control.apply(control.need(scene, self.shot))
        for notice in notices:
            self.report({"INFO"}, notice)
        return {"FINISHED"}


OPERATORS = (PLATELIGHT_OT_light_preset,)
