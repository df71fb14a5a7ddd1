"""Ask before passes are replaced, with the numbers of frames."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ..blender.replaced import Replaced


def ask(operator: bpy.types.Operator, context: bpy.types.Context) -> set[str]:
    """Open the dialog; the operator draws it and then executes."""
    title = "Replace the existing passes?"
    return context.window_manager.invoke_props_dialog(operator, width=480, title=title, confirm_text="Replace")


def draw_counts(layout: bpy.types.UILayout, operator: bpy.types.Operator, counts: Sequence[Replaced]) -> None:
    """Say how many frames are replaced, and offer to remove those outside the range, if there are any."""
    for count in counts:
        layout.label(text=f"{count.label}: {count.inside} frames will be replaced", icon="FILE_MOVIE")
    if outside := sum(count.outside for count in counts):
        layout.prop(
            operator, "remove_outside", text=f"Also delete up to {outside} frames outside the range, made with other settings"
        )
