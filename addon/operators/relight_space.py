"""Normals and lights in camera space or in the world's."""

import bpy

from ..blender import compat
from ..compositor import space
from .of_plates import OfRelitPlates
from .reporting import reported


class _Space(OfRelitPlates):
    @reported
    def execute(self, context):
        for shot in self.shots(context):
            for notice in self.do(compat.shown_scene(context), shot):
                self.report({"INFO"}, notice)
        return {"FINISHED"}


class PLATELIGHT_OT_add_space(_Space, bpy.types.Operator):
    bl_idname = "platelight.add_space"
    bl_label = "World Normals"
    bl_description = "Add a node that converts the normals between camera space and world space"

    def do(self, scene, shot):
        space.add(scene, shot)
        return []


class PLATELIGHT_OT_remove_space(_Space, bpy.types.Operator):
    bl_idname = "platelight.remove_space"
    bl_label = "Remove World Normals"
    bl_description = "Remove the node that converts the normals. The relight uses them as they are in their files"

    def do(self, scene, shot):
        space.remove(scene, shot)
        return []


class PLATELIGHT_OT_hold_studio_lights(_Space, bpy.types.Operator):
    bl_idname = "platelight.hold_studio_lights"
    bl_label = "Keep Studio Lights in the World"
    bl_description = "Fix Key, Fill and Rim in the world while the camera moves. This frame looks the same"

    def do(self, scene, shot):
        return space.hold_studio(scene, shot)


class PLATELIGHT_OT_release_studio_lights(_Space, bpy.types.Operator):
    bl_idname = "platelight.release_studio_lights"
    bl_label = "Studio Lights Follow the Camera"
    bl_description = "Move Key, Fill and Rim with the camera. This frame looks the same"

    def do(self, scene, shot):
        space.release_studio(scene, shot)
        return []


class PLATELIGHT_OT_update_space(_Space, bpy.types.Operator):
    bl_idname = "platelight.update_space"
    bl_label = "Follow Camera Markers"
    bl_description = "Update world-space directions after you change the camera markers on the timeline"

    def do(self, scene, shot):
        space.update(scene, shot)
        return []


OPERATORS = (
    PLATELIGHT_OT_add_space,
    PLATELIGHT_OT_remove_space,
    PLATELIGHT_OT_hold_studio_lights,
    PLATELIGHT_OT_release_studio_lights,
    PLATELIGHT_OT_update_space,
)
