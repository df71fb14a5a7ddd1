"""Tune the model to the selected plate, and stop doing so."""

import bpy

from .. import planning
from ..contract import PlatelightError
from ..link import tuning
from .reporting import refuse


class PLATELIGHT_OT_tune(bpy.types.Operator):
    bl_idname = "platelight.tune"
    bl_label = "Tune to This Plate"
    bl_description = "Let the model learn this plate for some minutes, so that its passes flicker less; then estimate again"

    minutes: bpy.props.FloatProperty(
        name="Minutes", description="How long it may learn; loading comes on top", default=5.0, min=0.1, soft_max=60.0, precision=1
    )

    @classmethod
    def poll(cls, context):
        reason = planning.why_not(context) or planning.why_not_tuned(context)
        if tuning.is_busy():
            reason = "Wait until the tuning has ended, or cancel it"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context, event):
        return context.window_manager.invoke_props_dialog(self, confirm_text="Tune")

    def execute(self, context):
        try:
            plan = planning.plans(context)[0]
            tuning.start(plan, minutes=self.minutes)
        except PlatelightError as error:
            return refuse(self, error)
        self.report({"INFO"}, f"Tuning to {plan.target.label} for {self.minutes:g} minutes")
        return {"FINISHED"}


class PLATELIGHT_OT_cancel_tune(bpy.types.Operator):
    bl_idname = "platelight.cancel_tune"
    bl_label = "Cancel"
    bl_description = "Stop tuning; nothing of it is kept"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context):
        return tuning.is_busy()

    def execute(self, context):
        tuning.cancel()
        return {"FINISHED"}


CLASSES = (PLATELIGHT_OT_tune, PLATELIGHT_OT_cancel_tune)
