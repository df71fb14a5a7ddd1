"""Turn a shot's depth into metres by one point whose distance is known."""

import bpy

from ..blender import compat
from ..compositor import depth
from .reporting import is_own, reported


class PLATELIGHT_OT_depth_at_point(bpy.types.Operator):
    bl_idname = "platelight.depth_at_point"
    bl_label = "This Point Is…"
    bl_description = "Set the distance of one point of the plate. All other depths scale with it"
    bl_options = {"REGISTER", "UNDO"}

    shot: bpy.props.StringProperty(name="Plate", options={"HIDDEN"})
    x: bpy.props.FloatProperty(
        name="X",
        description="Position across the plate: 0 is the left edge, 1 the right edge",
        default=0.5,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    y: bpy.props.FloatProperty(
        name="Y",
        description="Position up the plate: 0 is the lower edge, 1 the upper edge",
        default=0.5,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    metres: bpy.props.FloatProperty(
        name="Distance",
        description="Distance of the point from the camera, along the camera's axis",
        default=3.0,
        min=0.01,
        soft_max=100.0,
        unit="LENGTH",
    )

    @classmethod
    def poll(cls, context):
        return is_own(cls, compat.shown_scene(context))

    def invoke(self, context, event):
        """Return a tracker that is selected in the scene's clip is the point."""
        clip = context.scene.active_clip
        track = clip.tracking.tracks.active if clip else None
        marker = track.markers.find_frame(context.scene.frame_current, exact=False) if track else None
        if marker:
            self.x, self.y = marker.co
        return context.window_manager.invoke_props_dialog(self)

    @reported
    def execute(self, context):
        before = depth.set_point(compat.shown_scene(context), self.shot, x=self.x, y=self.y, metres=self.metres)
        self.report({"INFO"}, f"The point moved from {before:.2f} m to {self.metres:.2f} m")
        return {"FINISHED"}
