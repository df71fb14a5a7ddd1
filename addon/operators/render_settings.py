"""What a scene's render settings stand in the way of: its size, and where it is composited."""

import bpy

from ..blender import compat
from ..compositor import passes, render_size
from .reporting import is_own


class PLATELIGHT_OT_use_cpu_compositor(bpy.types.Operator):
    bl_idname = "platelight.use_cpu_compositor"
    bl_label = "Use CPU Compositor"
    bl_description = (
        "Composite this scene's renders on the CPU. "
        "With the GPU, background renders stop on farm machines that have no graphics driver"
    )
    bl_options = {"INTERNAL", "UNDO"}

    @classmethod
    def poll(cls, context):
        return is_own(cls, compat.sequencer_scene(context))

    def execute(self, context):
        for notice in passes.render_without_display(compat.sequencer_scene(context)):
            self.report({"INFO"}, notice)
        return {"FINISHED"}


class PLATELIGHT_OT_set_render_size(bpy.types.Operator):
    bl_idname = "platelight.set_render_size"
    bl_label = "Set Render Size"
    bl_description = "Set the render size to the size of the plate, so that the plate fills the frame"
    bl_options = {"REGISTER", "UNDO"}

    shot: bpy.props.StringProperty(name="Plate", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        return is_own(cls, compat.shown_scene(context))

    def execute(self, context):
        size = render_size.set_to(compat.shown_scene(context), self.shot)
        if size is None:
            self.report(
                {"ERROR"}, f"Blender cannot render at the size of {self.shot or 'this plate'}. Set a size in Output > Format"
            )
            return {"CANCELLED"}
        self.report({"INFO"}, f"The render size is now {size[0]} x {size[1]} pixels, as {self.shot} has")
        return {"FINISHED"}


OPERATORS = (PLATELIGHT_OT_use_cpu_compositor, PLATELIGHT_OT_set_render_size)
