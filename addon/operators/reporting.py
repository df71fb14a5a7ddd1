"""How an operator tells of an error."""

import bpy

from .. import messages
from ..blender import linked
from ..contract import PlatelightError


def refuse(operator: bpy.types.Operator, error: PlatelightError) -> set[str]:
    """Show the error and cancel."""
    operator.report({"ERROR"}, messages.in_one_line(error))
    return {"CANCELLED"}


def is_own(operator: type[bpy.types.Operator], scene: bpy.types.Scene) -> bool:
    """For `poll`: whether the scene may be changed here, or belongs to a library; then the button says so."""
    if reason := linked.refusal(scene):
        operator.poll_message_set(reason)
    return not reason
