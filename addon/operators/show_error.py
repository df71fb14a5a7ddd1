"""Show an error in full."""

import textwrap

import bpy

from .. import messages
from ..contract import PlatelightError
from ..link import session
from .reporting import refuse


class PLATELIGHT_OT_show_error(bpy.types.Operator):
    bl_idname = "platelight.show_error"
    bl_label = "Details"
    bl_description = "Show all that is known of the error"
    bl_options = {"INTERNAL"}

    job: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context):
        try:
            error = session.error_of(self.job)
        except PlatelightError as unknown:
            return refuse(self, unknown)
        lines = textwrap.wrap(messages.in_one_line(error), 100)

        def draw(menu, context):
            for line in lines:
                menu.layout.label(text=line)

        context.window_manager.popup_menu(draw, title=f"Error {error.code}", icon="ERROR")
        return {"FINISHED"}
