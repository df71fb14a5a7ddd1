"""Let renders composite on the CPU."""

import bpy

from ..blender import compat
from ..compositor import passes
from .reporting import is_own


class PLATELIGHT_OT_use_cpu_compositor(bpy.types.Operator):
    bl_idname = "platelight.use_cpu_compositor"
    bl_label = "Use CPU Compositor"
    bl_description = (
        "Composite this scene's renders on the CPU. On the GPU, Blender without a window stops on machines that have no graphics "
        "driver, as farms often do"
    )
    bl_options = {"INTERNAL", "UNDO"}

    @classmethod
    def poll(cls, context):
        return is_own(cls, compat.sequencer_scene(context))

    def execute(self, context):
        for notice in passes.render_without_display(compat.sequencer_scene(context)):
            self.report({"INFO"}, notice)
        return {"FINISHED"}
