"""What can be done to one light of a shot, and to the shot's normals and outputs."""

from __future__ import annotations

import bpy

from ..blender import compat
from ..errors import UserError
from ..relight import control, control_normals, mattes, outputs
from ..relight.lights import scene_lights
from .of_plates import OfRelitPlates
from .reporting import reported

_KINDS = (
    ("IMAGE", "Image", "The light falls where an image is bright"),
    ("MASK", "Mask", "The light falls inside a mask of the Movie Clip or Image editor"),
    ("ALPHA", "Alpha", "The light falls where the plate is opaque"),
)


class _OnShot(OfRelitPlates):
    shot: bpy.props.StringProperty(name="Plate", options={"SKIP_SAVE"})

    @reported
    def execute(self, context):
        self.act(context, control.need(compat.shown_scene(context), self.shot))
        return {"FINISHED"}


class _OnLight(_OnShot):
    light: bpy.props.StringProperty(name="Light", options={"SKIP_SAVE"})
    studio: bpy.props.BoolProperty(
        name="Studio", description="The light is a studio light: Ambient, Key, Fill or Rim", options={"SKIP_SAVE"}
    )

    def act(self, context, shot):
        self.act_on(context, shot, control.handle(shot, self.light, studio=self.studio))


class PLATELIGHT_OT_mute_light(_OnLight, bpy.types.Operator):
    bl_idname = "platelight.mute_light"
    bl_label = "Mute"
    bl_description = "Turn this light off on the plate. Press again to turn it on"

    def act_on(self, context, shot, light):
        control.set_muted(shot, light, not light.muted)


class PLATELIGHT_OT_solo_light(_OnLight, bpy.types.Operator):
    bl_idname = "platelight.solo_light"
    bl_label = "Solo"
    bl_description = "Light the plate with this light alone, or with all lights that are solo"

    def act_on(self, context, shot, light):
        control.set_solo(shot, light, not light.solo)


class PLATELIGHT_OT_matte_light(_OnLight, bpy.types.Operator):
    bl_idname = "platelight.matte_light"
    bl_label = "Limit with Matte"
    bl_description = "Limit this light to the white areas of a matte"

    kind: bpy.props.EnumProperty(name="Matte", items=_KINDS)
    image: bpy.props.StringProperty(name="Image", options={"SKIP_SAVE"})
    mask: bpy.props.StringProperty(name="Mask", options={"SKIP_SAVE"})

    def invoke(self, context, event):
        return context.window_manager.invoke_props_dialog(self, confirm_text="Limit")

    def draw(self, context):
        self.layout.prop(self, "kind", expand=True)
        if self.kind == "ALPHA":  # a row in each case: the button below stays where it is
            self.layout.label(text="The plate's own alpha")
        else:
            name = self.kind.lower()
            self.layout.prop_search(self, name, bpy.data, f"{name}s", text=self.kind.title())

    def act_on(self, context, shot, light):
        image, mask = bpy.data.images.get(self.image), bpy.data.masks.get(self.mask)
        if self.kind == "IMAGE" and (image is None or image.source == "VIEWER"):
            raise UserError("No image is chosen. Open one in the Image editor, then choose it here.")
        if self.kind == "MASK" and mask is None:
            raise UserError("No mask is chosen. Draw one in the Movie Clip editor, then choose it here.")
        chosen = {"IMAGE": {"image": image}, "MASK": {"mask": mask}, "ALPHA": {}}[self.kind]
        mattes.attach(shot, light, scene=compat.shown_scene(context), **chosen)


class PLATELIGHT_OT_unmatte_light(_OnLight, bpy.types.Operator):
    bl_idname = "platelight.unmatte_light"
    bl_label = "Remove Matte"
    bl_description = "Remove the matte, so that this light falls on the whole plate"

    def act_on(self, context, shot, light):
        mattes.remove(shot, light)


class PLATELIGHT_OT_normal_detail(_OnShot, bpy.types.Operator):
    bl_idname = "platelight.normal_detail"
    bl_label = "Normal Detail"
    bl_description = "Smooth or sharpen the surface detail of the plate. Press again to remove the control"

    def act(self, context, shot):
        if not control_normals.remove(shot):
            control_normals.add(shot)


class PLATELIGHT_OT_highlights(_OnShot, bpy.types.Operator):
    bl_idname = "platelight.highlights"
    bl_label = "Highlights"
    bl_description = "Add highlights of the scene lights to the plate. Renders take a quarter less time without them"

    def act(self, context, shot):
        if shot.lights is None:
            raise UserError(f"{self.shot} has no scene lights. Press Light with Scene Lights first.")
        on = not scene_lights.has_highlights(shot.lights)
        scene_lights.set_highlights(shot.block.tree, shot.lights, shot.relight, on)


class PLATELIGHT_OT_light_outputs(_OnShot, bpy.types.Operator):
    bl_idname = "platelight.light_outputs"
    bl_label = "Outputs for Grading"
    bl_description = "Save each render as a multilayer EXR too: result, diffuse, highlights, masks and every light alone"

    def act(self, context, shot):
        outputs.add(shot)


OPERATORS = (
    PLATELIGHT_OT_mute_light,
    PLATELIGHT_OT_solo_light,
    PLATELIGHT_OT_matte_light,
    PLATELIGHT_OT_unmatte_light,
    PLATELIGHT_OT_normal_detail,
    PLATELIGHT_OT_highlights,
    PLATELIGHT_OT_light_outputs,
)
