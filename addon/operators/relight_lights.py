"""Let the scene's lights light the plate, and take them off again."""

import bpy

from ..blender import compat
from ..relight import control
from ..relight.lights import scene_lights
from .of_plates import OfRelitPlates
from .reporting import is_own, reported


class PLATELIGHT_OT_wire_lights(OfRelitPlates, bpy.types.Operator):
    bl_idname = "platelight.wire_lights"
    bl_label = "Light with Scene Lights"
    bl_description = "Relight the plates with the lights of the scene or collection, as Cycles would"

    @reported
    def execute(self, context):
        scene = compat.shown_scene(context)
        settings = scene.platelight_relight
        for shot in self.shots(context):
            for notice in control.wire_lights(scene, shot, collection=settings.collection, world=settings.world):
                self.report({"INFO"}, notice)
        return {"FINISHED"}


class PLATELIGHT_OT_unwire_lights(bpy.types.Operator):
    bl_idname = "platelight.unwire_lights"
    bl_label = "Remove Scene Lights"
    bl_description = "Stop lighting the plates with scene lights. The studio lights come back"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        return bool(scene_lights.rigs(compat.shown_scene(context))) and is_own(cls, compat.shown_scene(context))

    def execute(self, context):
        scene = compat.shown_scene(context)
        for shot in scene_lights.rigs(scene):
            scene_lights.unwire(scene, shot)
            if found := control.find(scene, shot):
                control.apply(found)
        return {"FINISHED"}
