"""How an operator tells of an error."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import bpy

from .. import messages
from ..blender import linked
from ..contract import PlatelightError
from ..errors import UserError

Execute = TypeVar("Execute", bound=Callable[..., set[Any]])


def reported(execute: Execute) -> Execute:
    """Let an operator's `execute` show an error that a person can put right, and cancel."""

    @functools.wraps(execute)
    def run(self: bpy.types.Operator, context: bpy.types.Context) -> set[Any]:
        try:
            return execute(self, context)
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        except PlatelightError as error:
            return refuse(self, error)

    return cast(Execute, run)


def refuse(operator: bpy.types.Operator, error: PlatelightError) -> set[str]:
    """Show the error and cancel."""
    operator.report({"ERROR"}, messages.in_one_line(error))
    return {"CANCELLED"}


def is_own(operator: type[bpy.types.Operator], scene: bpy.types.Scene) -> bool:
    """For `poll`: whether the scene may be changed here, or belongs to a library; then the button says so."""
    if reason := linked.refusal(scene):
        operator.poll_message_set(reason)
    return not reason
