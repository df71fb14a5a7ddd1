"""The Depth panel: how a shot's depth becomes metres."""

from __future__ import annotations

import bpy

from ..blender import compat
from ..compositor import depth
from ..nodes.block import Block


class DepthPanel:
    """For shots that have a depth pass."""

    bl_label = "Depth"

    @classmethod
    def poll(cls, context):
        return super().poll(context) and bool(depth.shots(compat.shown_scene(context)))

    def draw(self, context):
        draw(self.layout, context)


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    scene = compat.shown_scene(context)
    tree = compat.compositor_tree(scene)
    for shot in depth.shots(scene):
        node = Block(tree, strip_name=shot).find(depth.NODE)
        box = layout.box()
        relative = depth.scale_of(node).relative
        box.label(text=f"{shot}: {'relative depth' if relative else 'depth in metres'}", icon="EMPTY_SINGLE_ARROW")
        column = box.column(align=True)
        for name, text in (("Near", "Near (m)"), ("Far", "Far (m)")) if relative else (("Scale", "Scale"),):
            column.prop(node.inputs[name], "default_value", text=text)
        column.operator("platelight.depth_at_point", icon="EYEDROPPER").shot = shot
