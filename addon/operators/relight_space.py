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
    bl_description = (
        "Put a node after the normals that gives them both as the camera sees them and in the world, and that takes either from "
        "their files"
    )

    def do(self, scene, shot):
        space.add(scene, shot)
        return []


class PLATELIGHT_OT_remove_space(_Space, bpy.types.Operator):
    bl_idname = "platelight.remove_space"
    bl_label = "Remove World Normals"
    bl_description = "Take the node after the normals away again; they are used as they are in their files"

    def do(self, scene, shot):
        space.remove(scene, shot)
        return []


class PLATELIGHT_OT_hold_studio_lights(_Space, bpy.types.Operator):
    bl_idname = "platelight.hold_studio_lights"
    bl_label = "Keep Studio Lights in the World"
    bl_description = "Let key, fill and rim stay where they are in the world while the camera moves; this frame looks the same"

    def do(self, scene, shot):
        return space.hold_studio(scene, shot)


class PLATELIGHT_OT_release_studio_lights(_Space, bpy.types.Operator):
    bl_idname = "platelight.release_studio_lights"
    bl_label = "Studio Lights Follow the Camera"
    bl_description = "Let key, fill and rim go with the camera; this frame looks the same"

    def do(self, scene, shot):
        space.release_studio(scene, shot)
        return []


class PLATELIGHT_OT_update_space(_Space, bpy.types.Operator):
    bl_idname = "platelight.update_space"
    bl_label = "Follow Camera Markers"
    bl_description = "Let the directions in world space follow the cameras that the timeline's markers cut to now"

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
