"""How an operator tells of an error."""

import bpy

from .. import messages
from ..contract import PlatelightError


def refuse(operator: bpy.types.Operator, error: PlatelightError) -> set[str]:
    """Show the error and cancel."""
    operator.report({"ERROR"}, messages.in_one_line(error))
    return {"CANCELLED"}
