"""Tune the model to the selected plate."""

import bpy

from .. import planning
from ..link import session
from .reporting import reported


class PLATELIGHT_OT_tune(bpy.types.Operator):
    bl_idname = "platelight.tune"
    bl_label = "Tune to This Plate"
    bl_description = "Train the model on this plate for some minutes, so that its passes flicker less. Then estimate again"

    minutes: bpy.props.FloatProperty(
        name="Minutes",
        description="Minutes of training. Loading the model takes longer",
        default=5.0,
        min=0.1,
        soft_max=60.0,
        precision=1,
    )

    @classmethod
    def poll(cls, context):
        reason = planning.why_not(context) or planning.why_not_tuned(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context, event):
        return context.window_manager.invoke_props_dialog(self, confirm_text="Tune")

    @reported
    def execute(self, context):
        plan = planning.plans(context)[0]
        session.tune(plan.target, out=plan.out, settings=plan.settings, minutes=self.minutes)
        self.report({"INFO"}, f"Tuning to {plan.target.label} for {self.minutes:g} minutes")
        return {"FINISHED"}


CLASSES = (PLATELIGHT_OT_tune,)
