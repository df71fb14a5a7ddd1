"""A plate as a card in the 3D scene."""

import bpy

from .. import tags
from ..blender import compat
from ..compositor import depth
from ..errors import UserError
from ..relight import card
from ..relight.card import controls
from .of_plates import OfRelitPlates
from .reporting import is_own, reported


class PLATELIGHT_OT_add_card(OfRelitPlates, bpy.types.Operator):
    bl_idname = "platelight.add_card"
    bl_label = "Add Relight Card"
    bl_description = (
        "Add the plate to the 3D scene as a card in front of the camera. "
        "Its depth shapes it, and it shares lights and shadows with 3D objects. Press again to update it"
    )

    @reported
    def execute(self, context):
        for shot in self.shots(context):
            _, notices = card.add(compat.shown_scene(context), shot)
            for notice in notices:
                self.report({"INFO"}, notice)
        return {"FINISHED"}


class _Card:
    bl_options = {"REGISTER", "UNDO"}

    shot: bpy.props.StringProperty(name="Plate", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        return bool(card.cards(compat.shown_scene(context))) and is_own(cls, compat.shown_scene(context))

    def card(self, context):
        """Return the card that is meant: the plate's, or the only one."""
        found = card.cards(compat.shown_scene(context))
        return found.get(self.shot) if self.shot else next(iter(found.values()))


class PLATELIGHT_OT_remove_card(_Card, bpy.types.Operator):
    bl_idname = "platelight.remove_card"
    bl_label = "Remove Relight Card"
    bl_description = "Delete the card. The relight in the compositor stays"

    def execute(self, context):
        for shot in [self.shot] if self.shot else card.cards(compat.shown_scene(context)):
            card.remove(compat.shown_scene(context), shot)
        return {"FINISHED"}


class PLATELIGHT_OT_card_own_shadows(_Card, bpy.types.Operator):
    bl_idname = "platelight.card_own_shadows"
    bl_label = "Shadows on Itself"
    bl_description = (
        "Let the plate cast shadows on itself. They can be patchy where depth is estimated. "
        "The plate and 3D objects shadow each other either way"
    )

    @reported
    def execute(self, context):
        found = self.card(context)
        if found is None:
            raise UserError("The plate has no card. Press Add Relight Card first.")
        card.shadows.set_apart(found, not card.shadows.is_apart(found))
        for notice in card.shadows.update(compat.shown_scene(context)):
            self.report({"INFO"}, notice)
        return {"FINISHED"}


class PLATELIGHT_OT_card_depth_cursor(_Card, bpy.types.Operator):
    bl_idname = "platelight.card_depth_cursor"
    bl_label = "Surface to 3D Cursor"
    bl_description = "Scale the depth until the surface behind the 3D cursor is as far away as the cursor"

    @reported
    def execute(self, context):
        found = self.card(context)
        if found is None or "depth" not in card.passes_of(found):
            raise UserError("The card has no depth pass. Estimate depth, then press Update Relight Card.")
        place = card.on_plate(compat.shown_scene(context), found, compat.shown_scene(context).cursor.location)
        if place is None:
            raise UserError("The 3D cursor is outside the plate. Place it on something that the camera sees.")
        depth.set_point(compat.shown_scene(context), found[tags.CARD], x=place.x, y=place.y, metres=place.z)
        controls.look_again(found)
        return {"FINISHED"}


OPERATORS = (
    PLATELIGHT_OT_add_card,
    PLATELIGHT_OT_remove_card,
    PLATELIGHT_OT_card_own_shadows,
    PLATELIGHT_OT_card_depth_cursor,
)
