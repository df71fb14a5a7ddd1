"""Install the engine, ask what it sees, show its log, download models and open the preferences."""

import bpy
from bpy.props import EnumProperty

from ..contract import ErrorCode, PlatelightError
from ..identity import ROOT_PACKAGE, log_file
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


class PLATELIGHT_OT_check_engine(bpy.types.Operator):
    bl_idname = "platelight.check_engine"
    bl_label = "Check Engine"
    bl_description = "Start the engine and ask what it sees: device, memory, versions, models, disk"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        try:
            session.run_doctor()
        except PlatelightError as error:
            return refuse(self, error)
        return {"FINISHED"}


class PLATELIGHT_OT_download_model(bpy.types.Operator):
    bl_idname = "platelight.download_model"
    bl_label = "Download"
    bl_description = "Download the model's weights, in the background; an interrupted download continues"
    bl_options = {"INTERNAL"}

    model: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    title: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context):
        try:
            session.download(self.model, title=self.title)
        except PlatelightError as error:
            return refuse(self, error)
        return {"FINISHED"}


class PLATELIGHT_OT_open_log(bpy.types.Operator):
    bl_idname = "platelight.open_log"
    bl_label = "Show Log"
    bl_description = "Open what the engine printed since it was last started; engine.previous.log beside it is of the one before"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        if not log_file().is_file():
            return refuse(self, PlatelightError(ErrorCode.SOURCE_MISSING, "the engine has not been started yet"))
        bpy.ops.wm.path_open(filepath=str(log_file()))
        return {"FINISHED"}


class PLATELIGHT_OT_open_preferences(bpy.types.Operator):
    bl_idname = "platelight.open_preferences"
    bl_label = "Open Preferences"
    bl_description = "Open Platelight's preferences: the engine, the models, where things are kept"
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
