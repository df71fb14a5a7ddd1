"""How a scene's plates are matched. Data only."""

import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty


class PlatelightMatchSettings(bpy.types.PropertyGroup):
    frames: IntProperty(
        name="Frames",
        description="Frames to look at, evenly over the shot; each becomes a keyframe of the light",
        default=12,
        min=1,
        soft_max=48,
        max=500,
    )
    smoothing: FloatProperty(
        name="Smoothing",
        description="Frames over which the light may change: many for light that stays, few for flicker",
        default=48.0,
        min=0.0,
        soft_max=250.0,
        max=10000.0,
    )
    albedo: FloatProperty(
        name="Mean Albedo",
        description="How much light the average surface is taken to reflect; more makes the fitted light darker",
        default=0.3,
        min=0.02,
        max=0.95,
        subtype="FACTOR",
    )
    grey_world: BoolProperty(
        name="Grey Surfaces",
        default=False,
        description="Take the average surface for grey, so that a cast belongs to the light; off: the plate is white-balanced",
    )


def register() -> None:
    bpy.utils.register_class(PlatelightMatchSettings)


def unregister() -> None:
    bpy.utils.unregister_class(PlatelightMatchSettings)
