"""Install the engine, ask what it sees, show its log, download models and open the preferences."""

import bpy
from bpy.props import EnumProperty

from ..contract import ErrorCode, PlatelightError
from ..identity import ROOT_PACKAGE, log_file
from ..link import session
from ..link.state import state
from ..link.torch_builds import Compute
from ..panels import engine_setup
from .reporting import refuse, reported


class PLATELIGHT_OT_install(bpy.types.Operator):
    bl_idname = "platelight.install"
    bl_label = "Install Engine"
    bl_description = "Download the engine into the extension's folder. You see the size before the download begins"
    bl_options = {"INTERNAL"}

    compute: EnumProperty(
        name="Compute On",
        items=(
            (Compute.AUTO, "Automatic", "Use the NVIDIA card if it can run the engine, else the CPU"),
            (Compute.CPU, "CPU", "Install the small build, which runs on the processor"),
            (Compute.NVIDIA, "NVIDIA Card", "Install the large build, which runs on an NVIDIA card"),
        ),
    )

    @classmethod
    def poll(cls, context):
        busy = state.queue.current()
        if busy:
            cls.poll_message_set("A job uses this engine. Wait until it ends, or cancel it")
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

    @reported
    def execute(self, context):
        session.install(Compute(self.compute))
        return {"FINISHED"}


class PLATELIGHT_OT_cancel_install(bpy.types.Operator):
    bl_idname = "platelight.cancel_install"
    bl_label = "Cancel"
    bl_description = "Stop the installation and delete the files it has written"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        session.cancel_install()
        return {"FINISHED"}


class PLATELIGHT_OT_check_engine(bpy.types.Operator):
    bl_idname = "platelight.check_engine"
    bl_label = "Check Engine"
    bl_description = "List the engine's device, memory, packages, models and free disk space"
    bl_options = {"INTERNAL"}

    @reported
    def execute(self, context):
        session.run_doctor()
        return {"FINISHED"}


class PLATELIGHT_OT_download_model(bpy.types.Operator):
    bl_idname = "platelight.download_model"
    bl_label = "Download"
    bl_description = "Download the model's weights. An interrupted download continues where it stopped"
    bl_options = {"INTERNAL"}

    model: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    title: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @reported
    def execute(self, context):
        session.download(self.model, title=self.title)
        return {"FINISHED"}


class PLATELIGHT_OT_open_log(bpy.types.Operator):
    bl_idname = "platelight.open_log"
    bl_label = "Show Log"
    bl_description = "Open the log of the engine. The log of the run before is engine.previous.log, beside it"
    bl_options = {"INTERNAL"}

    @reported
    def execute(self, context):
        if not log_file().is_file():
            raise PlatelightError(ErrorCode.SOURCE_MISSING, "the engine has not run yet")
        bpy.ops.wm.path_open(filepath=str(log_file()))
        return {"FINISHED"}


class PLATELIGHT_OT_open_preferences(bpy.types.Operator):
    bl_idname = "platelight.open_preferences"
    bl_label = "Open Preferences"
    bl_description = "Open Platelight's preferences: engine, models and folders"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        bpy.ops.preferences.addon_show(module=ROOT_PACKAGE)
        return {"FINISHED"}


OPERATORS = (
    PLATELIGHT_OT_install,
    PLATELIGHT_OT_cancel_install,
    PLATELIGHT_OT_check_engine,
    PLATELIGHT_OT_download_model,
    PLATELIGHT_OT_open_log,
    PLATELIGHT_OT_open_preferences,
)
