"""What operators on relit plates have in common."""

import bpy

from ..blender import compat
from ..relight.lights import scene_lights
from .reporting import is_own


class OfRelitPlates:
    """Needs a relit plate in the scene's compositor; can be undone."""

    bl_options = {"REGISTER", "UNDO"}

    shot: bpy.props.StringProperty(
        name="Plate", description="Name of the plate. If blank, all plates of the scene are used", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context):
        if not scene_lights.shots(compat.shown_scene(context)):
            cls.poll_message_set("The scene has no relit plate. Estimate or import normals first")
            return False
        return is_own(cls, compat.shown_scene(context))

    def shots(self, context):
        """Return the plates that are meant."""
        return [self.shot] if self.shot else scene_lights.shots(compat.shown_scene(context))
