"""The Platelight tab in the side bar of the Sequencer, the Movie Clip editor, the compositor and the 3D viewport."""

import bpy

from ..link.state import state
from . import cuts, depth, import_normals, missing, plate, queue, relight_lights, relight_match, relight_space, saving, tune

EDITORS = {"sequencer": "SEQUENCE_EDITOR", "clip": "CLIP_EDITOR", "compositor": "NODE_EDITOR", "view3d": "VIEW_3D"}


class _Tab:
    bl_region_type = "UI"
    bl_category = "Platelight"

    @classmethod
    def poll(cls, context):
        return context.scene is not None and (
            context.area is None or context.area.type != "NODE_EDITOR" or context.space_data.tree_type == "CompositorNodeTree"
        )


class _Plate(_Tab):
    bl_label = "Plate"

    def draw(self, context):
        plate.draw_setup(self.layout, context)
        missing.draw(self.layout, context)
        saving.draw_interrupted(self.layout, context)
        plates = plate.draw_selection(self.layout, context)
        plate.draw_settings(self.layout, context)
        saving.draw(self.layout, context)
        plate.draw_estimate(self.layout, plates=plates)
        plate.draw_rendering(self.layout, context)


class _Advanced(_Tab):
    bl_label = "Advanced"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        plate.draw_advanced(self.layout, context)


class _Relight(_Tab):
    bl_label = "Relight"

    @classmethod
    def poll(cls, context):
        return super().poll(context) and bool(relight_lights.shots(context))

    def draw(self, context):
        relight_lights.draw(self.layout, context)


class _Queue(_Tab):
    bl_label = "Jobs"

    @classmethod
    def poll(cls, context):
        return super().poll(context) and bool(state.queue.tasks)

    def draw(self, context):
        queue.draw_queue(self.layout, context)


def _panels_of(editor: str, space: str) -> list[type]:
    plate_name, in_space = f"PLATELIGHT_PT_{editor}_plate", {"bl_space_type": space}
    return [
        type(plate_name, (_Plate, bpy.types.Panel), in_space),
        type(f"PLATELIGHT_PT_{editor}_advanced", (_Advanced, bpy.types.Panel), in_space | {"bl_parent_id": plate_name}),
        type(f"PLATELIGHT_PT_{editor}_cuts", (cuts.CutsPanel, _Tab, bpy.types.Panel), in_space | {"bl_parent_id": plate_name}),
        type(f"PLATELIGHT_PT_{editor}_tune", (tune.TunePanel, _Tab, bpy.types.Panel), in_space | {"bl_parent_id": plate_name}),
        type(f"PLATELIGHT_PT_{editor}_jobs", (_Queue, bpy.types.Panel), in_space),  # stays in sight when passes bring more panels
        type(f"PLATELIGHT_PT_{editor}_normals", (import_normals.NormalsPanel, _Tab, bpy.types.Panel), in_space),
        type(f"PLATELIGHT_PT_{editor}_depth", (depth.DepthPanel, _Tab, bpy.types.Panel), in_space),
        type(f"PLATELIGHT_PT_{editor}_relight", (_Relight, bpy.types.Panel), in_space),
        type(f"PLATELIGHT_PT_{editor}_match", (relight_match.MatchPanel, _Tab, bpy.types.Panel), in_space),
        type(f"PLATELIGHT_PT_{editor}_camera", (relight_space.SpacePanel, _Tab, bpy.types.Panel), in_space),
    ]


_PANELS = [panel for editor, space in EDITORS.items() for panel in _panels_of(editor, space)]
_register, _unregister = bpy.utils.register_classes_factory(_PANELS)


def register() -> None:
    _register()


def unregister() -> None:
    _unregister()
