"""Show where a plate's shots begin, and mark it on the timeline."""

import bpy

from .. import planning
from ..blender import compat, folders, shot_cuts
from ..contract import ErrorCode, PlatelightError
from .reporting import reported


class PLATELIGHT_OT_cuts(bpy.types.Operator):
    bl_idname = "platelight.cuts"
    bl_label = "Show Cuts"
    bl_description = "List the frames at which the shots of this plate begin, as its passes say"
    bl_options = {"REGISTER", "UNDO"}

    markers: bpy.props.BoolProperty(name="Mark", description="Put a marker on the timeline at each cut", default=False)

    @classmethod
    def description(cls, context, properties):
        return "Put a marker on the timeline at each cut" if properties.markers else cls.bl_description

    @classmethod
    def poll(cls, context):
        reason = planning.why_not(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    @reported
    def execute(self, context):
        scene, found, marked = compat.shown_scene(context), 0, 0
        for plan in planning.plans(context):
            records = folders.existing_records(plan.out, plan.target)
            if not records:
                raise PlatelightError(ErrorCode.NOTHING_SELECTED, f"{plan.target.label} has no passes yet. Estimate it first")
            first, last = plan.target.first, plan.target.last
            cuts = tuple(sorted({cut for record in records for cut in record.cuts if first < cut <= last}))
            shot_cuts.keep(scene, plate=plan.target.strip_name, cuts=cuts)
            marked += shot_cuts.mark(scene, plan.target, cuts=cuts) if self.markers else 0
            found += len(cuts)
        self.report({"INFO"}, f"{found} cut{'' if found == 1 else 's'}" + (f", {marked} marked" if self.markers else ""))
        return {"FINISHED"}
