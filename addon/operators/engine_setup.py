"""Install the engine, and stop doing so."""

import bpy
from bpy.props import EnumProperty

from ..contract import PlatelightError
from ..link import session
from ..link.state import state
from ..link.torch_builds import Compute
from ..panels import engine_setup
from .reporting import refuse


class PLATELIGHT_OT_install(bpy.types.Operator):
    bl_idname = "platelight.install"
    bl_label = "Install Engine"
    bl_description = "Download the engine's packages into the extension's own folder, in the background; says their size first"
    bl_options = {"INTERNAL"}

    compute: EnumProperty(
        name="Compute On",
        items=(
            (Compute.AUTO, "Automatic", "An NVIDIA card where there is one that the build runs on, else the CPU"),
            (Compute.CPU, "CPU", "The small build, whatever card there is"),
            (Compute.NVIDIA, "NVIDIA Card", "The large build"),
        ),
    )

    @classmethod
    def poll(cls, context):
        busy = state.queue.current()
        if busy:
            cls.poll_message_set("Wait until the job has ended, or cancel it: it runs in the engine that would be replaced")
        return not busy

    def invoke(self, context, event):
        try:
            session.look_for_builds()
        except PlatelightError as error:
            return refuse(self, error)
        return context.window_manager.invoke_props_dialog(self, width=460, title=self.bl_label, confirm_text="Download and Install")

    def draw(self, context):
        engine_setup.draw_build(self.layout, Compute(self.compute))
        self.layout.prop(self, "compute", expand=True)

    def execute(self, context):
        try:
            session.install(Compute(self.compute))
        except PlatelightError as error:
            return refuse(self, error)
        return {"FINISHED"}


class PLATELIGHT_OT_cancel_install(bpy.types.Operator):
    bl_idname = "platelight.cancel_install"
    bl_label = "Cancel"
    bl_description = "Stop the installation and remove what it has written so far"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        session.cancel_install()
        return {"FINISHED"}
